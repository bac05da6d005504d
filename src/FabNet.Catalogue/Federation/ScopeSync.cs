// One sync of a part of another node: of a publisher, a collection or a search.

using FabNet.Catalogue.Trust;
using FabNet.Model;
using FabNet.Protocol.Statements;
using FabNet.Protocol.V1;
using Envelope = FabNet.Protocol.V1.Envelope;

namespace FabNet.Catalogue.Federation;

/// <summary>
/// Finds which designs belong to the part, pulls all that is said about each (verdicts, yanks, runs, claims, proposals, forks) from the beginning when it is new, and what came since otherwise. What those
/// statements build on is asked for as it is needed. News of publishers and collections that are here already are taken whatever they are about: a revoked key must be known everywhere.
/// </summary>
internal sealed class ScopeSync(Follow follow, Peer peer, CatalogueStore store, FollowStore follows, StatementInbox inbox) : StatementSync(follow, peer, store, follows, inbox)
{
    private const int MaxAbout = 500;

    /// <summary>The most designs of one part: who wants more follows all.</summary>
    private const int MaxMembers = 100_000;

    /// <summary>The most questions for what one page builds on.</summary>
    private const int MaxQuestions = 1_000;

    private readonly HashSet<Digest> _members = [];

    /// <inheritdoc />
    protected override async Task PullAsync(CancellationToken cancellationToken)
    {
        var progress = Follows.Progress(Follow.Id);
        var (reached, isNew) = await NewsAsync(progress, cancellationToken);
        if (!isNew)
        {
            return;
        }

        _members.Clear();
        _members.UnionWith(Follows.Members(Follow.Id));
        var known = _members.ToList();
        var found = await FindMembersAsync(progress, cancellationToken);
        var added = found.Where(_members.Add).ToList();
        if (_members.Count > MaxMembers)
        {
            throw new PeerException($"The {Follow.Part} has more than {MaxMembers} designs there. Follow all of it instead: fabnet catalogue follow {Follow.Address}");
        }

        foreach (var (batch, after) in added.Chunk(MaxAbout).Select(b => (b, 0L)).Concat(known.Chunk(MaxAbout).Select(b => (b, progress.Cursor))))
        {
            await TakeAllAsync(new ListStatementsRequest { About = { batch.Select(d => d.Value) }, After = after }, null, cancellationToken);
            if (after == 0)
            {
                Follows.AddMembers(Follow.Id, batch);
            }
        }

        Follows.Keep(Follow, TakenPage.Empty, reached, [], false);
        RequireRight();
    }

    // What became of the publishers and collections that are known here; and whether there is anything new at all.
    private async Task<((long Cursor, string Mark) Reached, bool IsNew)> NewsAsync(FollowProgress progress, CancellationToken cancellationToken)
    {
        var request = new ListStatementsRequest { After = progress.Cursor, Mark = progress.Mark, Kinds = { StatementKinds.Publisher, StatementKinds.Collection } };
        if (progress.Cursor == 0)
        {
            // Whatever is needed of what came before is asked for below.
            request.After = (await ListAsync(new ListStatementsRequest(), cancellationToken)).Head;
            request.ClearMark();
        }

        while (true)
        {
            var reply = await ListAsync(request, cancellationToken);
            await TakeAsync(reply.Statements.Select(s => s.Envelope).Where(IsOfSomebodyKnown), null, _ => false, cancellationToken);
            (request.After, request.Mark) = (reply.Cursor, reply.Mark);
            if (reply.End)
            {
                return ((reply.Cursor, reply.Mark), reply.Cursor > progress.Cursor);
            }
        }
    }

    private bool IsOfSomebodyKnown(Envelope envelope)
    {
        try
        {
            return StatementFormat.Read(FabNet.Protocol.StatementMapping.ToModel(envelope)) switch
            {
                PublisherStatement { Publisher: { } publisher } => Store.AskCommons(c => c.Statements.Find(publisher)) is not null,
                CollectionStatement { Collection: { } collection } => Store.AskCommons(c => c.Statements.Find(collection)) is not null,
                _ => false,
            };
        }
        catch (FormatException)
        {
            return true; // Taken, so that it is refused there, with the reason.
        }
    }

    private async Task<IReadOnlyList<Digest>> FindMembersAsync(FollowProgress progress, CancellationToken cancellationToken) => Follow.Scope.PartCase switch
    {
        FollowScope.PartOneofCase.Publisher => await OfPublisherAsync(progress, cancellationToken),
        FollowScope.PartOneofCase.Designs => [.. Follow.Scope.Designs.ManifestDigests.Select(Digest.Parse)],
        FollowScope.PartOneofCase.Collection => await OfCollectionAsync(progress, cancellationToken),
        _ => await FoundAsync(cancellationToken),
    };

    private async Task<IReadOnlyList<Digest>> OfPublisherAsync(FollowProgress progress, CancellationToken cancellationToken)
    {
        if (progress.Identity is not { } identity)
        {
            var publisher = await Peer.FindPublisherAsync(new GetPublisherRequest { Name = Follow.Scope.Publisher }, cancellationToken)
                ?? throw new PeerException($"It knows no publisher '{Follow.Scope.Publisher}' yet.");
            identity = Pin(publisher.Identity);
        }

        var taken = new List<Digest>();
        await TakeAllAsync(new ListStatementsRequest { By = { identity.Value }, After = progress.Cursor }, taken, cancellationToken);
        return taken;
    }

    private async Task<IReadOnlyList<Digest>> OfCollectionAsync(FollowProgress progress, CancellationToken cancellationToken)
    {
        if (progress.Identity is not { } identity)
        {
            var name = Follow.Scope.Collection.Split('/', 2);
            var collection = await Peer.FindCollectionAsync(new GetCollectionRequest { Owner = name[0], Name = name[^1] }, cancellationToken)
                ?? throw new PeerException($"It knows no collection '{Follow.Scope.Collection}' yet.");
            identity = Pin(collection.Identity);
        }

        // The chain is asked for whole: with a new maintainer comes what that one said before.
        await TakeAllAsync(new ListStatementsRequest { About = { identity.Value }, Kinds = { StatementKinds.Collection } }, null, cancellationToken);
        var chain = Store.AskCommons(c => c.Statements.About(StatementKinds.Collection, identity.Value));
        var maintainers = chain.SelectMany(s => ((CollectionStatement)s.Said.Statement).Maintainers.Append(s.Said.Publisher!.Value)).Distinct().ToList();
        var designs = new HashSet<Digest>();
        foreach (var by in maintainers.Chunk(LogSelection.MaxDigests))
        {
            var request = new ListStatementsRequest { Kinds = { StatementKinds.Attestation }, By = { by.Select(m => m.Value) } };
            await foreach (var said in Peer.ListAllAsync(Paged(request), cancellationToken).SelectMany(r => r.Statements))
            {
                if (TryRead(said.Envelope) is AttestationStatement { Manifest: var manifest } attestation && attestation.Collection == identity)
                {
                    designs.Add(manifest);
                }
            }
        }

        return [.. designs];
    }

    private async Task<IReadOnlyList<Digest>> FoundAsync(CancellationToken cancellationToken)
    {
        var found = new List<Digest>();
        var request = new SearchDesignsRequest { Text = Follow.Scope.Query.Text, Filter = Follow.Scope.Query.Filter, PageSize = 200 };
        do
        {
            var page = await Peer.SearchAsync(request, cancellationToken);
            if (page.Designs.Count is 0 or > 200 && page.NextPageToken.Length > 0)
            {
                throw new PeerException($"Its search gives a page of {page.Designs.Count} designs, and more pages after it. Nothing of it is taken.");
            }

            foreach (var design in page.Designs)
            {
                found.Add(Digest.TryParse(design.Ref?.ManifestDigest ?? "", out var manifest) ? manifest : throw new PeerException("Its search finds a design without a manifest. Nothing of it is taken."));
            }

            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0 && found.Count <= MaxMembers);
        return found;
    }

    // Takes a part of the log with what it builds on.
    private async Task TakeAllAsync(ListStatementsRequest request, List<Digest>? designs, CancellationToken cancellationToken)
    {
        await foreach (var reply in Peer.ListAllAsync(Paged(request), cancellationToken))
        {
            Store.Blobs.RequireReserve();
            foreach (var said in await TakeAsync(reply.Statements.Select(s => s.Envelope), null, IsMember, cancellationToken))
            {
                if (said.Statement is DesignStatement)
                {
                    designs?.Add(said.Id);
                }
            }

            await ResolveAsync(designs, cancellationToken);
        }
    }

    // What waits is asked for, and what that waits for in turn; each question once.
    private async Task ResolveAsync(List<Digest>? designs, CancellationToken cancellationToken)
    {
        var asked = new HashSet<Need>();
        while (Follows.WaitingFor(null).FirstOrDefault(w => w.Follow == Follow.Id && !asked.Contains(w.Need)) is { } waiting && asked.Count < MaxQuestions)
        {
            asked.Add(waiting.Need);
            await TakeAsync(await DependencySearch.FindAsync(Peer, waiting.Need, cancellationToken), null, IsMember, cancellationToken);
            if (designs is not null && StatementKinds.Of(waiting.Envelope.PayloadType) == StatementKinds.Design && Store.AskCommons(c => c.Statements.Find(waiting.Envelope.Id)) is not null)
            {
                designs.Add(waiting.Envelope.Id);
            }
        }
    }

    private bool IsMember(Digest manifest) => Follow.HasBlobs && (_members.Contains(manifest) || Follow.Scope.PartCase is FollowScope.PartOneofCase.Publisher);

    private Digest Pin(string identity)
    {
        var pinned = Digest.TryParse(identity, out var digest) ? digest : throw new PeerException("It answers with an identity that is none.");
        Follows.SetIdentity(Follow.Id, pinned);
        return pinned;
    }

    private static ListStatementsRequest Paged(ListStatementsRequest request)
    {
        request.Limit = 1_000;
        return request;
    }

    private static Statement? TryRead(Envelope envelope)
    {
        try
        {
            return StatementFormat.Read(FabNet.Protocol.StatementMapping.ToModel(envelope));
        }
        catch (FormatException)
        {
            return null; // It is asked for again with all that is said about the design, and refused then.
        }
    }
}
