// The calls about signed statements: what is said, and what holds.

using FabNet.Catalogue.Trust;
using FabNet.Model;
using FabNet.Protocol;
using FabNet.Protocol.Statements;
using FabNet.Protocol.V1;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using DesignReport = FabNet.Protocol.V1.DesignReport;
using ForkStep = FabNet.Catalogue.Trust.ForkStep;

namespace FabNet.Catalogue;

internal sealed partial class DesignCatalogueService
{
    private const int DefaultStatements = 100;

    private const int MaxStatements = 1_000;

    private const int MaxReplyBytes = DesignManifest.MaxBytes;

    /// <inheritdoc />
    public override Task<PutStatementReply> PutStatement(PutStatementRequest request, ServerCallContext context) => Answer(() =>
    {
        var (stored, isAdded) = store.Put(request.Envelope.ToModel());
        if (isAdded)
        {
            LogPut(stored.Said.Statement.Kind, stored.Said.Id.Short);
        }

        return Task.FromResult(new PutStatementReply { Id = stored.Said.Id.Value, Cursor = stored.Cursor, Added = isAdded });
    }, context.CancellationToken);

    /// <inheritdoc />
    public override Task<ListStatementsReply> ListStatements(ListStatementsRequest request, ServerCallContext context) => Answer(() =>
    {
        if (request.Limit is < 0 or > MaxStatements || request.After < 0)
        {
            throw new CatalogueException(CatalogueFault.Invalid, $"limit is {request.Limit} and after is {request.After}; limit must be from 1 to {MaxStatements}, or 0 for {DefaultStatements}, and after 0 or more.");
        }

        var limit = request.Limit == 0 ? DefaultStatements : request.Limit;
        var reply = new ListStatementsReply { Cursor = request.After };
        var bytes = 0;
        foreach (var stored in store.Commons.Table.After(request.After, limit))
        {
            var statement = new LoggedStatement { Cursor = stored.Cursor, Envelope = stored.Envelope.ToWire() };
            bytes += statement.CalculateSize();
            if (bytes > MaxReplyBytes && reply.Cursor > request.After)
            {
                return Task.FromResult(reply);
            }

            reply.Cursor = stored.Cursor;
            if (request.Kinds.Count == 0 || request.Kinds.Contains(stored.Said.Statement.Kind))
            {
                reply.Statements.Add(statement);
            }
        }

        reply.End = store.Commons.Table.After(reply.Cursor, 1).Count == 0;
        return Task.FromResult(reply);
    }, context.CancellationToken);

    /// <inheritdoc />
    public override Task<DesignReport> GetReport(GetReportRequest request, ServerCallContext context) => Answer(() =>
    {
        var design = store.Get(Digest.Parse(request.ManifestDigest)).Design;
        var report = store.Commons.Report(design.Ref.Manifest);
        var wire = new DesignReport { Ref = design.Ref.ToWire() };
        wire.Publications.AddRange(report.Standing.Publications.Select(TrustMapping.ToWire));
        wire.Findings.AddRange(report.Standing.Findings.Select(TrustMapping.ToWire));
        wire.Runs.AddRange(report.Runs.Select(TrustMapping.ToWire));
        wire.Claims.AddRange(report.Claims.Select(TrustMapping.ToWire));
        wire.Proposals.AddRange(report.Proposals.Select(TrustMapping.ToWire));
        wire.Origins.AddRange(report.Origins.Select(ToWire));
        wire.Forks.AddRange(report.Forks.Select(ToWire));
        if (report.Standing.FindStop() is { } reason)
        {
            wire.StopReason = reason;
        }

        return Task.FromResult(wire);
    }, context.CancellationToken);

    /// <inheritdoc />
    public override Task<Publisher> GetPublisher(GetPublisherRequest request, ServerCallContext context) => Answer(() =>
    {
        var chain = request.WhichCase == GetPublisherRequest.WhichOneofCase.KeyId
            ? store.Commons.Table.Owners([Digest.Parse(request.KeyId)]).MinBy(p => p.Identity.Value, StringComparer.Ordinal)
                ?? throw new CatalogueException(CatalogueFault.NotFound, $"The key {request.KeyId} speaks for no publisher that is known here.")
            : store.Commons.FindPublisher(PublisherName.Parse(request.Name));
        var reply = new Publisher
        {
            Identity = chain.Identity.Value,
            Name = chain.Name.ToString(),
            Disputed = chain.IsDisputed,
            Contributor = store.Commons.IsContributor(chain.Identity),
        };
        reply.Chain.AddRange(store.Commons.Table.ChainOf(chain.Identity).Select(e => e.ToWire()));
        reply.SameName.AddRange(store.Commons.Table.NamedPublishers(chain.Current.Namespace).Where(i => i != chain.Identity).Select(i => PublisherName.Of(chain.Current.Namespace, i).ToString()));
        return Task.FromResult(reply);
    }, context.CancellationToken);

    /// <inheritdoc />
    public override Task<Collection> GetCollection(GetCollectionRequest request, ServerCallContext context) => Answer(() =>
    {
        var collection = store.Commons.FindCollection(PublisherName.Parse(request.Owner), request.Name);
        var reply = new Collection
        {
            Identity = collection.Identity.Value,
            Name = collection.Name,
            Head = collection.Head.Value,
            Sequence = collection.Current.Sequence,
            Title = collection.Current.Title,
            Owner = collection.Owner.Identity.Value,
            NextSequence = request.HasSubject ? store.Commons.NextAttestation(collection.Identity, Digest.Parse(request.Subject)) : 1,
        };
        reply.Maintainers.AddRange(collection.Current.Maintainers.Select(m => m.Value));
        return Task.FromResult(reply);
    }, context.CancellationToken);

    private DesignReport.Types.ForkStep ToWire(ForkStep step) => new()
    {
        ManifestDigest = step.Manifest.Value,
        Distance = step.Distance,
        FromManifest = step.From.Value,
        Ref = (store.Commons.Table.Find(step.Manifest)?.Said.Statement as DesignStatement)?.Design.Ref.ToWire(),
    };

    [LoggerMessage(Level = LogLevel.Information, Message = "The {Kind} {Id} was put.")]
    private partial void LogPut(string kind, string id);
}
