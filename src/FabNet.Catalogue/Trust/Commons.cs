// What the commons says about a design, a publisher, a collection: the rules of trust, asked of this node's statements.

using FabNet.Model;
using FabNet.Protocol.Statements;

namespace FabNet.Catalogue.Trust;

/// <summary>Everything that production and people said about a version.</summary>
internal sealed record DesignReport(
    DesignStanding Standing,
    IReadOnlyList<RunSummary> Runs,
    IReadOnlyList<OwedClaim> Claims,
    IReadOnlyList<OfferedChange> Proposals,
    IReadOnlyList<ForkStep> Origins,
    IReadOnlyList<ForkStep> Forks);

/// <summary>Answers from a <see cref="StatementTable"/>. Each answer is a function of the set of statements. Thread safe.</summary>
/// <param name="table">The statements.</param>
/// <param name="heeded">The collections whose verdicts count here, as <c>alice~1a2b3c4d/safe-tools</c>; null for every collection.</param>
internal sealed class Commons(StatementTable table, IReadOnlyCollection<string>? heeded = null)
{
    public StatementTable Table => table;

    /// <summary>Those who published a version, by identity, those among them who revoked its keys since.</summary>
    public IReadOnlyList<PublisherChain> PublishersOf(Digest manifest)
    {
        if (table.Find(manifest)?.Said is not { Statement: DesignStatement { Design: var design } } said)
        {
            return [];
        }

        return
        [
            .. table.Owners(said.SignedBy)
                .Where(p => (design.Publisher is null || design.Publisher == p.Current.Namespace) && p.Vouches(said, out _) is not Vouching.None)
                .OrderBy(p => p.Identity.Value, StringComparer.Ordinal),
        ];
    }

    /// <summary>How a version stands.</summary>
    public DesignStanding Standing(Digest manifest) => DesignStanding.Of(
        manifest, table.Find(manifest)?.Said, PublishersOf(manifest), table.About(StatementKinds.Yank, manifest), FindingsAbout(manifest));

    /// <summary>The sequence for the next verdict of a collection on a version.</summary>
    public int NextAttestation(Digest collection, Digest manifest) =>
        1 + (FindingsAbout(manifest, isEvery: true).FirstOrDefault(f => f.Collection.Identity == collection)?.Attestation.Sequence ?? 0);

    /// <summary>All about a version.</summary>
    public DesignReport Report(Digest manifest)
    {
        var publishers = PublishersOf(manifest);
        return new DesignReport(
            Standing(manifest),
            RunSummaries.Of(manifest, table.About(StatementKinds.Run, manifest), table.Publisher),
            Claims.On(manifest, table.About(StatementKinds.Claim, manifest), publishers, table.Publisher),
            Proposals.To(manifest, table.About(StatementKinds.Proposal, manifest), id => table.About(StatementKinds.ProposalAnswer, id), PublishersOf, table.Publisher),
            ForkGraph.Origins(manifest, OriginOf),
            ForkGraph.Forks(manifest, table.ForksOf));
    }

    /// <summary>True if a publisher gave something to the commons that stands: a design that it did not take back, or an attested run.</summary>
    public bool IsContributor(Digest identity) => table.Publisher(identity) is { } publisher
        && (table.By(StatementKinds.Run, identity).Any(publisher.Counts)
            || publisher.EveryKey.SelectMany(table.SignedWith).Any(d => IsOffered((DesignStatement)d.Statement, identity)));

    /// <summary>The publishers that a name may mean: the one that this node pinned for a namespace without digits; that one and no other.</summary>
    /// <exception cref="CatalogueException">There is none.</exception>
    public PublisherChain FindPublisher(PublisherName name)
    {
        var known = table.NamedPublishers(name.Namespace).Select(table.Publisher).OfType<PublisherChain>().ToList();
        return known.Find(p => name.Fits(p.Current.Namespace, p.Identity)) ?? throw new CatalogueException(CatalogueFault.NotFound, known.Count == 0
            ? $"This catalogue knows no publisher '{name.Namespace}'."
            : $"This catalogue knows no publisher {name}. Those who call themselves '{name.Namespace}': {string.Join(", ", known.Select(p => p.Name))}.");
    }

    /// <summary>The collection of a written name, such as <c>alice/safe-tools</c>.</summary>
    /// <exception cref="CatalogueException">There is none.</exception>
    public CollectionChain FindCollection(PublisherName owner, string name)
    {
        var publisher = FindPublisher(owner);
        var collections = table.CollectionsOf(publisher.Identity).Select(table.Collection).OfType<CollectionChain>().ToList();
        return collections.Find(c => c.Current.Name == name) ?? throw new CatalogueException(CatalogueFault.NotFound,
            $"{publisher.Name} keeps no collection '{name}'. It keeps {(collections.Count == 0 ? "none" : string.Join(", ", collections.Select(c => c.Current.Name)))}.");
    }

    /// <summary>The signed version that a name means; null if no publisher known here has such a name. Yanked and revoked versions are found only where the version is named.</summary>
    /// <exception cref="CatalogueException">It may mean several: the message lists them; or there is no such version.</exception>
    public DesignStatement? Resolve(DesignName name)
    {
        var publisher = name.Publisher is { } wanted ? FindPublisher(wanted) : null;
        var lines = table.Designs(name.Name)
            .SelectMany(d => PublishersOf(d.Id).Where(p => publisher is null || p.Identity == publisher.Identity).Select(p => (Publisher: p, Design: (DesignStatement)d.Statement)))
            .GroupBy(d => d.Publisher.Identity).OrderBy(g => g.Key.Value, StringComparer.Ordinal).ToList();
        if (lines.Count == 0)
        {
            return publisher is null ? null : throw new CatalogueException(CatalogueFault.NotFound, $"{publisher.Name} has no design '{name.Name}' here. Look for it with: fabnet catalogue search WORDS");
        }

        // Publishers whose every word on the name is the same manifest mean the same.
        var versions = lines.Select(g => g.Select(d => d.Design).Where(d => name.Version is null ? IsOffered(d, g.Key) : d.Design.Ref.Version == name.Version).ToList()).ToList();
        var newest = versions.Select(v => v.Order(NewestFirst).FirstOrDefault()).ToList();
        return newest.OfType<DesignStatement>().DistinctBy(d => d.Design.Ref.Manifest).ToList() switch
        {
            [var only] => only,
            [] => throw new CatalogueException(CatalogueFault.NotFound, name.Version is null
                ? $"Every version of '{name.Name}' was yanked, or its publisher's key was revoked. Name a version to see it: fabnet catalogue versions {name.Name}"
                : $"The design '{name.Name}' has no version '{name.Version}'. It has {string.Join(", ", lines.SelectMany(g => g).Select(d => d.Design.Design.Ref.Version).Distinct().Take(10))}."),
            _ => throw new CatalogueException(CatalogueFault.Invalid,
                $"'{name}' may mean {string.Join(" or ", lines.Take(10).Select(g => $"{g.First().Publisher.Name}/{name.Name}"))}. Say which."),
        };
    }

    private Digest? OriginOf(Digest manifest) => (table.Find(manifest)?.Said.Statement as DesignStatement)?.Design.ForkOf?.Design.Manifest;

    private IReadOnlyList<Finding> FindingsAbout(Digest manifest, bool isEvery = false)
    {
        var findings = Findings.About(manifest, table.About(StatementKinds.Attestation, manifest), table.Collection, table.Publisher);
        return isEvery || heeded is null ? findings : [.. findings.Where(f => heeded.Contains(f.Collection.Name))];
    }

    private bool IsOffered(DesignStatement design, Digest publisher) =>
        Standing(design.Design.Ref.Manifest).Publications.Any(p => p.Publisher.Identity == publisher && p is { RevokedBecause: null, YankedBecause: null });

    // Of equal versions the lower digest, everywhere.
    private static readonly Comparer<DesignStatement> NewestFirst = Comparer<DesignStatement>.Create((left, right) =>
    {
        var (a, b) = (left.Design.Ref, right.Design.Ref);
        var order = Search.DesignVersions.Compare(b.Version, a.Version);
        return order != 0 ? order : string.CompareOrdinal(a.Manifest.Value, b.Manifest.Value);
    });
}
