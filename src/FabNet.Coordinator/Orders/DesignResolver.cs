// Gets designs from the catalogue, and believes only what their digests prove.

using FabNet.Coordinator.State;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Protocol;
using FabNet.Protocol.Catalogue;
using FabNet.Protocol.Statements;
using FabNet.Protocol.V1;
using Grpc.Core;
using Design = FabNet.Model.Designs.Design;

namespace FabNet.Coordinator.Orders;

/// <summary>Resolves what an order names. Thread safe.</summary>
internal sealed class DesignResolver(DesignCatalogue.DesignCatalogueClient catalogue, TimeProvider time)
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(15);

    /// <summary>The verified design of <c>name</c> (its newest version), <c>name@version</c>, <c>publisher/name@version</c>, or a manifest's digest. One that must not be made is refused.</summary>
    /// <param name="text">What names it.</param>
    /// <param name="customer">The publisher who orders; empty for a person.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The design, and whom its making credits.</returns>
    /// <exception cref="RefusedException">There is none, it must not be made, the catalogue does not answer, or what it sent is not what was asked for.</exception>
    public async Task<(Design Design, DesignCredit Credit)> ResolveAsync(string text, string customer, CancellationToken cancellationToken)
    {
        var request = Read(text.Trim());
        using var patience = new CancellationTokenSource(AnswerWithin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        var published = await AskAsync(text, ct => catalogue.GetDesignAsync(request, cancellationToken: ct), patience, either.Token, cancellationToken);
        Design design;
        try
        {
            design = published.AnswerTo(request);
        }
        catch (TamperedException e)
        {
            throw new RefusedException(Refusal.Unavailable, $"design '{Clip.Reason(text, "", 120)}': {e.Message} It was not used: tell who runs the catalogue.", e);
        }

        var report = await AskAsync(text, ct => catalogue.GetReportAsync(new GetReportRequest { ManifestDigest = design.Ref.Manifest.Value }, cancellationToken: ct), patience, either.Token, cancellationToken);
        if (report.HasStopReason)
        {
            throw new RefusedException(Refusal.Precondition, $"design: {design.Ref} must not be made: {report.StopReason}. Order another version, or a fork of it.");
        }

        var buyer = customer.Length == 0 ? null : await PublisherAsync(customer, patience, either.Token, cancellationToken);
        var credit = await DesignCredits.AskAsync(
            design,
            report,
            digest => ReportAsync(digest, patience, either.Token, cancellationToken),
            name => PublisherAsync(name, patience, either.Token, cancellationToken),
            buyer);
        return (design, credit);
    }

    private async Task<DesignReport?> ReportAsync(string digest, CancellationTokenSource patience, CancellationToken either, CancellationToken cancellationToken)
    {
        try
        {
            return await AskAsync(digest, ct => catalogue.GetReportAsync(new GetReportRequest { ManifestDigest = digest, StandingOnly = true }, cancellationToken: ct), patience, either, cancellationToken);
        }
        catch (RefusedException e) when (e.Refusal is Refusal.NotFound)
        {
            return null; // A version that only another catalogue has.
        }
    }

    private async Task<Publisher> PublisherAsync(string name, CancellationTokenSource patience, CancellationToken either, CancellationToken cancellationToken)
    {
        try
        {
            return await AskAsync(name, ct => catalogue.GetPublisherAsync(new GetPublisherRequest { Name = name }, cancellationToken: ct), patience, either, cancellationToken);
        }
        catch (RefusedException e) when (e.Refusal is Refusal.NotFound or Refusal.Invalid)
        {
            throw new RefusedException(e.Refusal, $"publisher: the catalogue knows no publisher '{Clip.Reason(name, "", 120)}'. Order without one, or make a key first: fabnet key create", e);
        }
    }

    private static async Task<T> AskAsync<T>(string text, Func<CancellationToken, AsyncUnaryCall<T>> ask, CancellationTokenSource patience, CancellationToken either, CancellationToken cancellationToken)
    {
        try
        {
            return await ask(either);
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.NotFound)
        {
            throw new RefusedException(Refusal.NotFound, $"design: the catalogue has no '{Clip.Reason(text, "", 120)}'. Search it with: fabnet catalogue search", e);
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.InvalidArgument)
        {
            throw new RefusedException(Refusal.Invalid, $"design: {e.Status.Detail}", e);
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            var why = e is RpcException { Status: var status } && !patience.IsCancellationRequested ? $"{status.StatusCode}: {status.Detail}" : $"not within {AnswerWithin.TotalSeconds:0} s";
            throw new RefusedException(Refusal.Unavailable, $"The catalogue does not answer ({why}). Order again once it is back.", e);
        }
    }

    private static GetDesignRequest Read(string text)
    {
        if (Digest.TryParse(text, out var digest))
        {
            return new GetDesignRequest { ManifestDigest = digest.Value };
        }

        try
        {
            return DesignName.Parse(text).ToRequest();
        }
        catch (FormatException e)
        {
            throw new RefusedException(Refusal.Invalid, $"design: '{Clip.Reason(text, "", 120)}' names no design. Write name, name@version, publisher/name@version, or the manifest's digest.", e);
        }
    }
}
