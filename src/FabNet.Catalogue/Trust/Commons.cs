// What the commons says about a design, a publisher, a collection: the rules of trust, asked of this node's statements.

using FabNet.Model;
using FabNet.Protocol.Statements;

namespace FabNet.Catalogue.Trust;

/// <summary>Everything that production and people said about a version.</summary>
internal sealed record DesignReport(
    VersionStanding Standing,
    IReadOnlyList<RunSummary> Runs,
    IReadOnlyList<ToolpathProof> Toolpaths,
    IReadOnlyList<OwedClaim> Claims,
    IReadOnlyList<OfferedChange> Proposals,
    IReadOnlyList<ForkStep> Origins,
    IReadOnlyList<ForkStep> Forks);

/// <summary>Answers from statements. Each answer is a function of their set, but for <see cref="FindPublisher"/>: which publisher of a name was seen first is this node's own.</summary>
/// <param name="statements">The statements.</param>
/// <param name="heeded">The collections whose verdicts count here, as <c>alice~1a2b3c4d/safe-tools</c>; null for every collection.</param>
/// <param name="found">Publishers that were found before, and where to keep those that are found now; null to find each anew.</param>
internal sealed class Commons(IStatements statements, IReadOnlyCollection<string>? heeded = null, Dictionary<Digest, PublisherChain?>? found = null)
{
    public IStatements Statements => statements;

    /// <summary>A publisher; null if its first statement is not here, or is none that can begin a chain.</summary>
    public PublisherChain? Publisher(Digest identity)
    {
        if (found?.TryGetValue(identity, out var known) == true)
        {
            return known;
        }

        var chain = PublisherChain.Resolve(identity, statements.By(StatementKinds.Publisher, identity).Select(s => s.Said));
        found?.Add(identity, chain);
        return chain;
    }

    /// <summary>A collection; null if it is not here, or its owner is not.</summary>
    public CollectionChain? Collection(Digest identity) => CollectionChain.Resolve(identity, statements.About(StatementKinds.Collection, identity.Value).Select(s => s.Said), Publisher);

    /// <summary>Publishers in whose chains one of these keys stands.</summary>
    public IReadOnlyList<PublisherChain> Owners(IEnumerable<Digest> keys) => [.. keys.SelectMany(statements.Owners).Distinct().Select(Publisher).OfType<PublisherChain>()];

    /// <summary>Identities of the publishers of a namespace, in the order in which this node saw them first: the first is the one that it pinned.</summary>
    public IReadOnlyList<Digest> NamedPublishers(string name) => [.. statements.About(StatementKinds.Publisher, name).Select(s => s.Said.Id)];

    /// <summary>The envelopes of a publisher's chain, branches too, each after the one that it follows.</summary>
    public IReadOnlyList<Envelope> ChainOf(Digest identity) =>
    [
        .. statements.By(StatementKinds.Publisher, identity).OrderBy(s => ((PublisherStatement)s.Said.Statement).Sequence).ThenBy(s => s.Said.Id.Value, StringComparer.Ordinal).Select(s => s.Envelope),
    ];

    /// <summary>Those who published a version, by identity, those among them who revoked its keys since.</summary>
    public IReadOnlyList<PublisherChain> PublishersOf(Digest manifest)
    {
        if (statements.Find(manifest)?.Said is not { Statement: DesignStatement { Design: var design } } said)
        {
            return [];
        }

        return
        [
            .. Owners(said.SignedBy)
                .Where(p => (design.Publisher is null || design.Publisher == p.Current.Namespace) && p.Vouches(said, out _) is not Vouching.None)
                .OrderBy(p => p.Identity.Value, StringComparer.Ordinal),
        ];
    }

    /// <summary>How a version stands.</summary>
    public VersionStanding Standing(Digest manifest) => VersionStanding.Of(
        manifest, statements.Find(manifest)?.Said, PublishersOf(manifest), About(StatementKinds.Yank, manifest), FindingsAbout(manifest));

    /// <summary>Why searches leave a version out: it must not be made, or everybody who published it yanked it, or it sheds its origin's licence; null if they find it.</summary>
    public string? FindHidden(VersionStanding standing) => standing.FindStop()
        ?? (standing.IsYanked ? $"yanked by {standing.Publications[0].Publisher.Name}: {standing.Publications[0].YankedBecause}" : FindForkObstacle(standing.Manifest));

    /// <summary>Why a version can't be a fork under the licence that it claims, where the version that it was forked from is here too; null if it can. Such a one is not put, but may come from a node that did not have its origin.</summary>
    public string? FindForkObstacle(Digest manifest) =>
        statements.Find(manifest)?.Said.Statement is DesignStatement { Design: { ForkOf.Design.Manifest: var origin } design } && statements.Find(origin)?.Said.Statement is DesignStatement { Design: var from }
            ? ForkLicence.FindObstacle(from.License, design.License) : null;

    /// <summary>The sequence for the next verdict of a collection on a version.</summary>
    public int NextAttestation(Digest collection, Digest manifest) =>
        1 + (FindingsAbout(manifest, isEvery: true).FirstOrDefault(f => f.Collection.Identity == collection)?.Attestation.Sequence ?? 0);

    /// <summary>All about a version.</summary>
    public DesignReport Report(Digest manifest)
    {
        var publishers = PublishersOf(manifest);
        var runs = About(StatementKinds.Run, manifest).ToList();
        return new DesignReport(
            Standing(manifest),
            RunSummaries.Of(manifest, runs, Publisher),
            RunSummaries.Toolpaths(manifest, runs, Publisher),
            Claims.On(manifest, About(StatementKinds.Claim, manifest), publishers, Publisher),
            Proposals.To(manifest, About(StatementKinds.Proposal, manifest), id => About(StatementKinds.ProposalAnswer, id), PublishersOf, Publisher),
            ForkGraph.Origins(manifest, OriginOf),
            ForkGraph.Forks(manifest, m => statements.About(StatementKinds.Design, m.Value).Select(s => s.Said.Id)));
    }

    /// <summary>True if a publisher gave something to the commons that stands: a design that it did not take back, or an attested run.</summary>
    public bool IsContributor(Digest identity) => Publisher(identity) is { } publisher
        && (statements.By(StatementKinds.Run, identity).Any(s => publisher.Counts(s.Said)) || statements.DesignsOf(identity).Any(d => IsOffered(d, identity)));

    /// <summary>The publishers that a name may mean: the one that this node pinned for a namespace without digits; that one and no other.</summary>
    /// <exception cref="CatalogueException">There is none.</exception>
    public PublisherChain FindPublisher(PublisherName name)
    {
        var known = NamedPublishers(name.Namespace).Select(Publisher).OfType<PublisherChain>().ToList();
        return known.Find(p => name.Fits(p.Current.Namespace, p.Identity)) ?? throw new CatalogueException(CatalogueFault.NotFound, known.Count == 0
            ? $"This catalogue knows no publisher '{name.Namespace}'."
            : $"This catalogue knows no publisher {name}. Those who call themselves '{name.Namespace}': {string.Join(", ", known.Select(p => p.Name))}.");
    }

    /// <summary>The collection of a written name, such as <c>alice/safe-tools</c>.</summary>
    /// <exception cref="CatalogueException">There is none.</exception>
    public CollectionChain FindCollection(PublisherName owner, string name)
    {
        var publisher = FindPublisher(owner);
        var collections = statements.By(StatementKinds.Collection, publisher.Identity).Where(s => s.Said.Statement is CollectionStatement { Sequence: 1 })
            .OrderBy(s => s.Said.Id.Value, StringComparer.Ordinal).Select(s => Collection(s.Said.Id)).OfType<CollectionChain>().ToList();
        return collections.Find(c => c.Current.Name == name) ?? throw new CatalogueException(CatalogueFault.NotFound,
            $"{publisher.Name} keeps no collection '{name}'. It keeps {(collections.Count == 0 ? "none" : string.Join(", ", collections.Select(c => c.Current.Name)))}.");
    }

    /// <summary>The signed version that a name means; null if no publisher known here has such a name. Yanked and revoked versions are found only where the version is named.</summary>
    /// <exception cref="CatalogueException">It may mean several: the message lists them; or there is no such version.</exception>
    public DesignStatement? Resolve(DesignName name)
    {
        var publisher = name.Publisher is { } wanted ? FindPublisher(wanted) : null;
        var lines = new List<(PublisherChain Publisher, DesignStatement? Design)>();
        foreach (var line in statements.PublishersOf(name.Name).Where(i => publisher is null || i == publisher.Identity).OrderBy(i => i.Value, StringComparer.Ordinal))
        {
            DesignStatement? newest = null;
            var isLine = false;
            foreach (var manifest in statements.Versions(name.Name, line, name.Version))
            {
                if (PublishersOf(manifest).Any(p => p.Identity == line) && statements.Find(manifest)?.Said.Statement is DesignStatement design
                    && (name.Version is null || design.Design.Ref.Version == name.Version))
                {
                    isLine = true;
                    if (name.Version is not null || IsOffered(manifest, line))
                    {
                        newest = design;
                        break;
                    }
                }
            }

            if (isLine)
            {
                lines.Add((Publisher(line)!, newest));
            }
        }

        if (lines.Count == 0)
        {
            return publisher is null ? null : throw new CatalogueException(CatalogueFault.NotFound, $"{publisher.Name} has no design '{name with { Publisher = null }}' here. Look for it with: fabnet catalogue search WORDS");
        }

        // Publishers whose newest word on the name is the same manifest mean the same.
        return lines.Select(f => f.Design).OfType<DesignStatement>().DistinctBy(d => d.Design.Ref.Manifest).ToList() switch
        {
            [var only] => only,
            [] => throw new CatalogueException(CatalogueFault.NotFound,
                $"Every version of '{name.Name}' was yanked, or its publisher's key was revoked. Name a version to see it: fabnet catalogue versions {name.Name}"),
            _ => throw new CatalogueException(CatalogueFault.Invalid, $"'{name}' may mean {string.Join(" or ", lines.Take(10).Select(f => $"{f.Publisher.Name}/{name.Name}"))}. Say which."),
        };
    }

    private IEnumerable<SignedStatement> About(string kind, Digest subject) => statements.About(kind, subject.Value).Select(s => s.Said);

    private Digest? OriginOf(Digest manifest) => (statements.Find(manifest)?.Said.Statement as DesignStatement)?.Design.ForkOf?.Design.Manifest;

    private IReadOnlyList<Finding> FindingsAbout(Digest manifest, bool isEvery = false)
    {
        var findings = Findings.About(manifest, About(StatementKinds.Attestation, manifest), Collection, Publisher);
        return isEvery || heeded is null ? findings : [.. findings.Where(f => heeded.Contains(f.Collection.Name))];
    }

    private bool IsOffered(Digest manifest, Digest publisher) =>
        Standing(manifest).Publications.Any(p => p.Publisher.Identity == publisher && p is { RevokedBecause: null, YankedBecause: null });
}
