// Takes what a site made to its catalogue: signed once, put until it is taken, however long the catalogue is away.

using FabNet.Edge.Configuration;
using FabNet.Edge.Leasing;
using FabNet.Journal;
using FabNet.Model.Licensing;
using FabNet.Protocol;
using FabNet.Protocol.Statements;
using FabNet.Protocol.V1;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Envelope = FabNet.Protocol.Statements.Envelope;

namespace FabNet.Edge.Commons;

/// <summary>
/// Tells the oldest production that waits, then the next. What is said about it is journaled before it is put for the first time, so that a try after a crash, after weeks, or after the keys were
/// rotated puts the same bytes: a catalogue has a statement once, however often it comes. Pauses grow to five minutes.
/// </summary>
/// <remarks>One loop; what it changes in the book it asks of the edge's loop.</remarks>
internal sealed partial class CommonsLink(
    SitePublisherConfig config, DesignCatalogue.DesignCatalogueClient catalogue, EdgeLoop loop, EdgeBook book, TimeSpan interval, TimeProvider time, ILogger<CommonsLink> logger)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(30);

    private readonly ILogger _logger = logger;
    private string? _trouble;

    /// <summary>Runs until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var pause = interval;
        try
        {
            while (true)
            {
                await Task.Delay(pause, time, cancellationToken);
                pause = await TellAllAsync(cancellationToken) ? interval : pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The agent is being stopped; what waits is in the journal.
        }
    }

    /// <returns>True if nothing waits any more.</returns>
    private async Task<bool> TellAllAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (await loop.AskAsync(() => book.Productions.Next, cancellationToken) is { } next)
            {
                using var patience = new CancellationTokenSource(AnswerWithin, time);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
                await TellAsync(next, either.Token);
            }

            _trouble = null;
            return true;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is RpcException or IOException or UnauthorizedAccessException or JournalException or OperationCanceledException)
        {
            var reason = e is RpcException rpc ? rpc.Status.Detail : e.Message;
            if (_trouble != reason)
            {
                LogWaiting(await loop.AskAsync(loop.Untold, cancellationToken), reason);
            }

            _trouble = reason;
            return false;
        }
        catch (RpcException e) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(e.Message, e, cancellationToken);
        }
    }

    private async Task TellAsync(WaitingProduction waiting, CancellationToken cancellationToken)
    {
        var (job, epoch) = waiting.Production.Key;
        var me = PublisherFolder.Open(config.Folder, config.Name);
        try
        {
            if (waiting.Signed is not { } signed)
            {
                signed = new SignedRecord { Job = job, Epoch = epoch, Envelopes = [.. (await SayAsync(waiting.Production, me, cancellationToken)).Select(e => e.Write())] };
                await loop.AskAsync(() => { book.Sign(signed); return true; }, cancellationToken);
            }

            // Consent that was withdrawn since it was signed counts, too.
            var said = signed.Envelopes.Select(e => Envelope.Read(e)).Where(e => config.SharesRuns || StatementKinds.Of(e.PayloadType) != StatementKinds.Run).ToList();
            if (said.Count > 0)
            {
                await PutAsync(me.Chain, cancellationToken);
                await PutAsync(said, cancellationToken);
                LogTold(job.Value, me.Name.ToString(), said.Count);
            }
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.InvalidArgument or StatusCode.PermissionDenied or StatusCode.AlreadyExists)
        {
            LogRefused(job.Value, e.Status.Detail);
        }
        catch (FormatException e)
        {
            LogRefused(job.Value, e.Message);
        }

        await loop.AskAsync(() => { book.Tell(new ToldRecord { Job = job, Epoch = epoch }); return true; }, cancellationToken);
    }

    /// <summary>What is to be said about a production: a run where the site consents, and a claim where one is owed.</summary>
    private async Task<IReadOnlyList<Envelope>> SayAsync(ProductionRecord made, PublisherFolder me, CancellationToken cancellationToken)
    {
        // Consent that was withdrawn meanwhile counts.
        var isShared = made.IsShared && config.SharesRuns;
        List<Envelope> said = isShared ? [me.Sign(RunOf(made, me.Author))] : [];
        if (made.Good > 0 && IsReciprocal(made.Recipe.License, me.Current.Organisation, isContributor: isShared) && !await IsContributorAsync(me, cancellationToken))
        {
            said.Add(me.Sign(new ClaimStatement { By = me.Author, Manifest = made.Manifest, Quantity = made.Good.Value, Rate = await RateAsync(made, cancellationToken), Nonce = made.ClaimNonce }));
        }

        return said;
    }

    private static RunStatement RunOf(ProductionRecord made, Author author) => new()
    {
        By = author,
        Manifest = made.Manifest,
        Part = made.Part,
        MachineClass = made.MachineClass,
        Material = made.Material,
        Settings = made.Recipe.Settings,
        Toolpath = made.Recipe.Toolpath,
        Seconds = made.Seconds,
        Made = made.Made,
        Good = made.Good ?? made.Made,
        Month = made.Month,
        Nonce = made.RunNonce,
    };

    // An open licence has no condition, and what no licence list knows asks for no reciprocity.
    private static bool IsReciprocal(string license, OrganisationKind organisation, bool isContributor)
    {
        try
        {
            return Reciprocity.OwesClaim(LicenseExpression.Parse(license), organisation, isContributor);
        }
        catch (LicenseSyntaxException)
        {
            return false;
        }
    }

    private async Task<bool> IsContributorAsync(PublisherFolder me, CancellationToken cancellationToken)
    {
        await PutAsync(me.Chain, cancellationToken);
        return (await catalogue.GetPublisherAsync(new GetPublisherRequest { Name = me.Name.ToString() }, cancellationToken: cancellationToken)).Contributor;
    }

    /// <summary>The rate that a publisher of the design asks for now, as the site's catalogue tells it; null where that is to be agreed on.</summary>
    private async Task<ReciprocityRate?> RateAsync(ProductionRecord made, CancellationToken cancellationToken)
    {
        DesignReport report;
        try
        {
            report = await catalogue.GetReportAsync(new GetReportRequest { ManifestDigest = made.Manifest.Value, StandingOnly = true }, cancellationToken: cancellationToken);
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.NotFound)
        {
            return null; // Made from a copy that came another way: its publisher is asked when they meet.
        }

        foreach (var publication in report.Publications)
        {
            var publisher = await catalogue.GetPublisherAsync(new GetPublisherRequest { Name = publication.Name }, cancellationToken: cancellationToken);
            if (Newest(publisher)?.Rate is { } rate)
            {
                return rate;
            }
        }

        return null;
    }

    /// <exception cref="IOException">The catalogue sent what is no statement; another answer is waited for.</exception>
    private static PublisherStatement? Newest(Publisher publisher)
    {
        try
        {
            return publisher.Chain.Select(e => StatementFormat.Read(e.ToModel())).OfType<PublisherStatement>().MaxBy(s => s.Sequence);
        }
        catch (FormatException e)
        {
            throw new IOException($"The catalogue's statements of {publisher.Name} can't be read: {e.Message}", e);
        }
    }

    private async Task PutAsync(IEnumerable<Envelope> envelopes, CancellationToken cancellationToken)
    {
        foreach (var envelope in envelopes)
        {
            await catalogue.PutStatementAsync(new PutStatementRequest { Envelope = envelope.ToWire() }, cancellationToken: cancellationToken);
        }
    }

    [LoggerMessage(LogLevel.Information, "The catalogue has what {Job} taught, said by {Publisher}: {Statements} signed.")]
    private partial void LogTold(string job, string publisher, int statements);

    [LoggerMessage(LogLevel.Warning, "What finished jobs taught waits to be published ({Waiting} of them): {Reason}")]
    private partial void LogWaiting(int waiting, string reason);

    [LoggerMessage(LogLevel.Warning, "What {Job} taught is not published: {Reason}")]
    private partial void LogRefused(string job, string reason);
}
