// What an entry with a statement means to the index: what is looked up, and which designs stand otherwise after it.

using FabNet.Catalogue.Search;
using FabNet.Journal;
using FabNet.Model;
using FabNet.Protocol.Statements;

namespace FabNet.Catalogue.Trust;

/// <summary>Reads the journal's entries for the index. Standings are a function of the set of statements: each that may have changed with an entry is found anew.</summary>
/// <remarks>Used by the one loop that writes the index.</remarks>
/// <param name="journal">The journal.</param>
/// <param name="heeded">The collections whose verdicts count here; null for every collection.</param>
internal sealed class CommonsRules(IJournal journal, IReadOnlyCollection<string>? heeded)
{
    private const int MaxPublishers = 10_000;

    // Most entries are designs, and most designs are of publishers that have others: each chain is found once until it grows.
    private readonly Dictionary<Digest, PublisherChain?> _publishers = [];

    /// <summary>What standings depend on besides the journal.</summary>
    public string Basis => heeded is null ? "" : string.Join('\n', heeded.Order(StringComparer.Ordinal));

    /// <inheritdoc cref="ReadStatement" />
    public StatementEffect? Read(JournalEntry entry, StatementIndex statements)
    {
        if (entry.Kind != JournaledStatements.Kind)
        {
            return JournalRules.Read(entry, statements);
        }

        var said = JournaledStatements.Read(entry).Said;
        if (said.Statement is PublisherStatement || _publishers.Count > MaxPublishers)
        {
            _publishers.Clear();
        }

        return new StatementEffect
        {
            Statement = new StatementEntry(said.Id, said.Statement.Kind, NameOf(said, statements), said.Subject, entry.Cursor),
            Design = (said.Statement as DesignStatement)?.Design,
            SignedBy = said.SignedBy,
            Keys = said.Statement is PublisherStatement publisher ? [.. publisher.Keys.Select(k => (k.Id, said.Publisher!.Value, k.Info.ToArray()))] : [],
            Judge = index => IsPlain(said, index) ? [] : [.. Touched(said, index).Distinct().Select(m => (m, Standing(m, index)))],
        };
    }

    // A design is listed under the short name of a publisher that signed it; everything else under its publisher's identity.
    private string NameOf(SignedStatement said, StatementIndex statements)
    {
        if (said.Statement is not DesignStatement)
        {
            return said.Publisher?.Value ?? "";
        }

        return CommonsOf(statements).Owners(said.SignedBy).Select(p => p.Name.ToString()).Order(StringComparer.Ordinal).FirstOrDefault() ?? "";
    }

    // A design that somebody stands by, that is new, and about which nobody said anything: nothing is to be found out.
    private bool IsPlain(SignedStatement said, StatementIndex index) => said.Statement is DesignStatement && index.Again(said.Id).Count == 0
        && ((DesignStatement)said.Statement).Design.ForkOf is null && index.BySubject(StatementKinds.Design, said.Id.Value, limit: 1).Count == 0
        && CommonsOf(index).Owners(said.SignedBy).Any(p => p.Vouches(said, out _) is Vouching.Signed)
        && index.BySubject(StatementKinds.Attestation, said.Id.Value, limit: 1).Count == 0 && index.BySubject(StatementKinds.Yank, said.Id.Value, limit: 1).Count == 0;

    private Commons CommonsOf(StatementIndex index) => new(new JournaledStatements(index, journal), heeded, _publishers);

    private DesignStanding Standing(Digest manifest, StatementIndex index)
    {
        var commons = CommonsOf(index);
        var standing = commons.Standing(manifest);
        return new DesignStanding(standing.IsValidated, commons.FindHidden(standing) is not null);
    }

    private List<Digest> Touched(SignedStatement said, StatementIndex index)
    {
        var statements = new JournaledStatements(index, journal);
        return said.Statement switch
        {
            DesignStatement => [said.Id, .. statements.About(StatementKinds.Design, said.Id.Value).Select(s => s.Said.Id)],
            AttestationStatement { Manifest: var manifest } => [manifest],
            YankStatement { Manifest: var manifest } => [manifest],
            CollectionStatement => [.. Attested(said, statements)],
            PublisherStatement { Sequence: > 1 } publisher =>
            [
                .. ChangedKeys(said.Publisher!.Value, publisher, index, statements).SelectMany(index.SignedWith),
                .. SubjectsOf(StatementKinds.Attestation, said, statements),
                .. SubjectsOf(StatementKinds.Yank, said, statements),
                .. statements.By(StatementKinds.Collection, said.Publisher.Value).SelectMany(c => Attested(c.Said, statements)),
            ],
            _ => [],
        };
    }

    // Keys that spoke differently before: those that are new, those that are revoked. In a chain with branches it may be any.
    private IEnumerable<Digest> ChangedKeys(Digest identity, PublisherStatement publisher, StatementIndex index, JournaledStatements statements)
    {
        if (CommonsOf(index).Publisher(identity) is { IsDisputed: true } || statements.Find(publisher.Previous!.Value)?.Said.Statement is not PublisherStatement before)
        {
            return statements.By(StatementKinds.Publisher, identity).SelectMany(s => ((PublisherStatement)s.Said.Statement).Keys).Select(k => k.Id).Distinct();
        }

        return publisher.Keys.Except(before.Keys).Select(k => k.Id).Concat(publisher.Revoked.Except(before.Revoked).Select(r => r.Key)).Distinct();
    }

    private static IEnumerable<Digest> SubjectsOf(string kind, SignedStatement said, JournaledStatements statements) =>
        statements.By(kind, said.Publisher!.Value).Select(s => s.Said.Statement.Subject).OfType<Digest>();

    // What was said for a collection, by whoever maintains it, or did.
    private static IEnumerable<Digest> Attested(SignedStatement said, JournaledStatements statements) => Attesters(said, statements).Append(said.Publisher!.Value).Distinct()
        .SelectMany(p => statements.By(StatementKinds.Attestation, p)).Select(s => ((AttestationStatement)s.Said.Statement).Manifest);

    private static IEnumerable<Digest> Attesters(SignedStatement said, JournaledStatements statements) =>
        statements.About(StatementKinds.Collection, said.Subject).SelectMany(s => ((CollectionStatement)s.Said.Statement).Maintainers);
}
