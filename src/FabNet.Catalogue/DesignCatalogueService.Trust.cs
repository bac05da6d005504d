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
    public override Task<PutStatementReply> PutStatement(PutStatementRequest request, ServerCallContext context) => Answer(async () =>
    {
        var (stored, isAdded) = await store.PutAsync(request.Envelope.ToModel(), context.CancellationToken);
        if (isAdded)
        {
            LogPut(stored.Said.Statement.Kind, stored.Said.Id.Short);
        }

        return new PutStatementReply { Id = stored.Said.Id.Value, Cursor = stored.Cursor, Added = isAdded };
    }, context.CancellationToken);

    /// <inheritdoc />
    public override Task<ListStatementsReply> ListStatements(ListStatementsRequest request, ServerCallContext context) => Answer(() =>
    {
        if (request.Limit is < 0 or > MaxStatements || request.After < 0)
        {
            throw new CatalogueException(CatalogueFault.Invalid, $"limit is {request.Limit} and after is {request.After}; limit must be from 1 to {MaxStatements}, or 0 for {DefaultStatements}, and after 0 or more.");
        }

        var limit = request.Limit == 0 ? DefaultStatements : request.Limit;
        var reply = new ListStatementsReply { Cursor = request.After, End = true };
        var (bytes, count) = (0, 0);
        foreach (var stored in store.Log(request.After))
        {
            var isWanted = request.Kinds.Count == 0 || request.Kinds.Contains(stored.Said.Statement.Kind);
            var statement = isWanted ? new LoggedStatement { Cursor = stored.Cursor, Envelope = stored.Envelope.ToWire() } : null;
            bytes += statement?.CalculateSize() ?? 0;
            if (count == limit || (bytes > MaxReplyBytes && reply.Statements.Count > 0))
            {
                reply.End = false;
                break;
            }

            (count, reply.Cursor) = (count + 1, stored.Cursor);
            if (statement is not null)
            {
                reply.Statements.Add(statement);
            }
        }

        return Task.FromResult(reply);
    }, context.CancellationToken);

    /// <inheritdoc />
    public override Task<DesignReport> GetReport(GetReportRequest request, ServerCallContext context) => Answer(() =>
    {
        var design = store.Get(Digest.Parse(request.ManifestDigest)).Design;
        var (report, refs) = store.AskCommons(commons => WithRefs(commons, request.StandingOnly ? new Trust.DesignReport(commons.Standing(design.Ref.Manifest), [], [], [], [], [], []) : commons.Report(design.Ref.Manifest)));
        var wire = new DesignReport { Ref = design.Ref.ToWire() };
        wire.Publications.AddRange(report.Standing.Publications.Select(TrustMapping.ToWire));
        wire.Findings.AddRange(report.Standing.Findings.Select(TrustMapping.ToWire));
        wire.Runs.AddRange(report.Runs.Select(TrustMapping.ToWire));
        wire.Toolpaths.AddRange(report.Toolpaths.Select(t => TrustMapping.ToWire(t, design)));
        wire.Claims.AddRange(report.Claims.Select(TrustMapping.ToWire));
        wire.Proposals.AddRange(report.Proposals.Select(TrustMapping.ToWire));
        wire.Origins.AddRange(report.Origins.Select(s => ToWire(s, refs)));
        wire.Forks.AddRange(report.Forks.Select(s => ToWire(s, refs)));
        if (report.Standing.FindStop() is { } reason)
        {
            wire.StopReason = reason;
        }

        return Task.FromResult(wire);
    }, context.CancellationToken);

    /// <inheritdoc />
    public override Task<Publisher> GetPublisher(GetPublisherRequest request, ServerCallContext context) => Answer(() => Task.FromResult(store.AskCommons(commons =>
    {
        var chain = request.WhichCase == GetPublisherRequest.WhichOneofCase.KeyId
            ? commons.Owners([Digest.Parse(request.KeyId)]).MinBy(p => p.Identity.Value, StringComparer.Ordinal)
                ?? throw new CatalogueException(CatalogueFault.NotFound, $"The key {request.KeyId} speaks for no publisher that is known here.")
            : commons.FindPublisher(PublisherName.Parse(request.Name));
        var reply = new Publisher { Identity = chain.Identity.Value, Name = chain.Name.ToString(), Disputed = chain.IsDisputed, Contributor = commons.IsContributor(chain.Identity) };
        reply.Chain.AddRange(commons.ChainOf(chain.Identity).Select(e => e.ToWire()));
        reply.SameName.AddRange(commons.NamedPublishers(chain.Current.Namespace).Where(i => i != chain.Identity).Select(i => PublisherName.Of(chain.Current.Namespace, i).ToString()));
        return reply;
    })), context.CancellationToken);

    /// <inheritdoc />
    public override Task<Collection> GetCollection(GetCollectionRequest request, ServerCallContext context) => Answer(() => Task.FromResult(store.AskCommons(commons =>
    {
        var collection = commons.FindCollection(PublisherName.Parse(request.Owner), request.Name);
        var reply = new Collection
        {
            Identity = collection.Identity.Value,
            Name = collection.Name,
            Head = collection.Head.Value,
            Sequence = collection.Current.Sequence,
            Title = collection.Current.Title,
            Owner = collection.Owner.Identity.Value,
            NextSequence = request.HasSubject ? commons.NextAttestation(collection.Identity, Digest.Parse(request.Subject)) : 1,
        };
        reply.Maintainers.AddRange(collection.Current.Maintainers.Select(m => m.Value));
        return reply;
    })), context.CancellationToken);

    private static (Trust.DesignReport Report, Dictionary<Digest, FabNet.Model.Designs.DesignRef> Refs) WithRefs(Commons commons, Trust.DesignReport report) => (report, report.Origins.Concat(report.Forks)
        .Select(s => (commons.Statements.Find(s.Manifest)?.Said.Statement as DesignStatement)?.Design.Ref).OfType<FabNet.Model.Designs.DesignRef>().DistinctBy(r => r.Manifest).ToDictionary(r => r.Manifest));

    private static DesignReport.Types.ForkStep ToWire(ForkStep step, Dictionary<Digest, FabNet.Model.Designs.DesignRef> refs) => new()
    {
        ManifestDigest = step.Manifest.Value,
        Distance = step.Distance,
        FromManifest = step.From.Value,
        Ref = refs.TryGetValue(step.Manifest, out var known) ? known.ToWire() : null,
    };

    [LoggerMessage(Level = LogLevel.Information, Message = "The {Kind} {Id} was put.")]
    private partial void LogPut(string kind, string id);
}
