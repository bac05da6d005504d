// The calls about signed statements: what is said, and what holds.

using FabNet.Catalogue.Federation;
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
        var envelope = request.Envelope.ToModel();
        if (request.Mode is PutMode.Judge or PutMode.Relay)
        {
            return await RelayAsync(envelope, request.Mode is PutMode.Judge, context.CancellationToken);
        }

        var (stored, isAdded) = await store.PutAsync(envelope, context.CancellationToken);
        if (isAdded)
        {
            LogPut(stored.Said.Statement.Kind, stored.Said.Id.Short);
        }

        return new PutStatementReply { Id = stored.Said.Id.Value, Cursor = stored.Cursor, Added = isAdded };
    }, context.CancellationToken);

    private async Task<PutStatementReply> RelayAsync(FabNet.Protocol.Statements.Envelope envelope, bool isJudgedOnly, CancellationToken cancellationToken)
    {
        var admitted = store.Admit(envelope);
        var said = admitted.Said;
        if (isJudgedOnly)
        {
            return new PutStatementReply { Id = said.Id.Value };
        }

        if (said.Statement is DesignStatement { Design: var design })
        {
            store.RequireBlobs(design);
        }

        var isAdded = await store.PutAsync(admitted, cancellationToken);
        return new PutStatementReply { Id = said.Id.Value, Cursor = store.AskCommons(commons => commons.Statements.Find(said.Id))!.Cursor, Added = isAdded };
    }

    /// <inheritdoc />
    public override Task<ListStatementsReply> ListStatements(ListStatementsRequest request, ServerCallContext context) => Answer(() =>
    {
        if (request.Limit is < 0 or > MaxStatements || request.After < 0)
        {
            throw new CatalogueException(CatalogueFault.Invalid, $"limit is {request.Limit} and after is {request.After}; limit must be from 1 to {MaxStatements}, or 0 for {DefaultStatements}, and after 0 or more.");
        }

        if (request.HasMark && store.MarkOf(request.After) != request.Mark)
        {
            throw new CatalogueException(CatalogueFault.OutOfRange, $"This log is not the one whose place {request.After} was marked so: it was restored from a copy, or replaced. Begin again from its beginning.");
        }

        var limit = request.Limit == 0 ? DefaultStatements : request.Limit;
        var selection = new LogSelection(request.Kinds, [.. request.About.Select(Digest.Parse)], [.. request.By.Select(Digest.Parse)]);
        var reply = selection.IsAll ? ListAll(request.After, limit) : List(selection, request.After, limit);
        (reply.Head, reply.Mark) = (Math.Max(store.Head, reply.Cursor), store.MarkOf(reply.Cursor) ?? "");
        return Task.FromResult(reply);
    }, context.CancellationToken);

    private ListStatementsReply ListAll(long after, int limit)
    {
        var reply = new ListStatementsReply { Cursor = after, End = true };
        var bytes = 0;
        foreach (var stored in store.Log(after))
        {
            if (!TryAdd(reply, stored, limit, ref bytes))
            {
                break;
            }
        }

        return reply;
    }

    private ListStatementsReply List(LogSelection selection, long after, int limit)
    {
        var page = store.Select(selection, after, limit);
        var reply = new ListStatementsReply { Cursor = after, End = page.IsEnd };
        var bytes = 0;
        foreach (var entry in page.Entries)
        {
            if (store.StatementAt(entry.Cursor) is { } stored && !TryAdd(reply, stored, limit, ref bytes))
            {
                return reply;
            }
        }

        reply.Cursor = Math.Max(after, page.Horizon);
        return reply;
    }

    // False if the reply is full: then it is not the end.
    private static bool TryAdd(ListStatementsReply reply, StoredStatement stored, int limit, ref int bytes)
    {
        var statement = new LoggedStatement { Cursor = stored.Cursor, Envelope = stored.Envelope.ToWire() };
        bytes += statement.CalculateSize();
        if (reply.Statements.Count == limit || (bytes > MaxReplyBytes && reply.Statements.Count > 0))
        {
            reply.End = false;
            return false;
        }

        reply.Statements.Add(statement);
        reply.Cursor = stored.Cursor;
        return true;
    }

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
        if (store.AskCommons(commons => commons.FindForkObstacle(design.Ref.Manifest)) is { } obstacle)
        {
            wire.LicenseFault = obstacle;
        }

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
