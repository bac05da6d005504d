// Statements in memory: what a client verifies a design with.

using FabNet.Catalogue.Search;
using FabNet.Model;
using FabNet.Protocol.Statements;

namespace FabNet.Catalogue.Trust;

/// <summary>A few statements. It is a set: the order in which they were added, and how often, shows in nothing but the order of lists.</summary>
/// <remarks>Owned by who fills it.</remarks>
internal sealed class StatementTable : IStatements
{
    private readonly Dictionary<Digest, StoredStatement> _byId = [];

    /// <summary>Adds a statement; of one that is there already, the keys that signed it are added.</summary>
    public void Add(SignedStatement said, Envelope envelope, long cursor)
    {
        if (_byId.TryGetValue(said.Id, out var known))
        {
            (said, envelope, cursor) = (said with { SignedBy = known.Said.SignedBy.Union(said.SignedBy).ToHashSet() }, known.Envelope.With(envelope), known.Cursor);
        }

        _byId[said.Id] = new StoredStatement(said, envelope, cursor);
    }

    public StoredStatement? Find(Digest id) => _byId.GetValueOrDefault(id);

    public IReadOnlyList<StoredStatement> About(string kind, string subject) => Where(s => s.Said.Statement.Kind == kind && subject.Length > 0 && s.Said.Subject == subject);

    public IReadOnlyList<StoredStatement> By(string kind, Digest publisher) => Where(s => s.Said.Statement.Kind == kind && s.Said.Publisher == publisher);

    public IReadOnlyList<VerifyingKey> Keys(IEnumerable<Digest> ids) => [.. Publishers().SelectMany(p => p.Publisher.Keys).Where(k => ids.Contains(k.Id)).Distinct()];

    public IReadOnlyList<Digest> Owners(Digest key) => [.. Publishers().Where(p => p.Publisher.Keys.Any(k => k.Id == key)).Select(p => p.Identity).Distinct()];

    public IReadOnlyList<Digest> PublishersOf(string name) => [.. Designs().Where(d => d.Design.Ref.Name == name).SelectMany(d => d.Said.SignedBy).SelectMany(Owners).Distinct()];

    public IEnumerable<Digest> Versions(string name, Digest publisher, string? version) => Designs()
        .Where(d => d.Design.Ref.Name == name && (version is null || DesignVersions.Compare(d.Design.Ref.Version, version) == 0) && d.Said.SignedBy.Any(k => Owners(k).Contains(publisher)))
        .OrderByDescending(d => d.Design.Ref.Version, Comparer<string>.Create(DesignVersions.Compare)).ThenBy(d => d.Said.Id.Value, StringComparer.Ordinal)
        .Select(d => d.Said.Id);

    public IEnumerable<Digest> DesignsOf(Digest publisher) => Designs().Where(d => d.Said.SignedBy.Any(k => Owners(k).Contains(publisher))).Select(d => d.Said.Id);

    private List<StoredStatement> Where(Func<StoredStatement, bool> isWanted) => [.. _byId.Values.Where(isWanted).OrderBy(s => s.Cursor)];

    private IEnumerable<(PublisherStatement Publisher, Digest Identity)> Publishers() =>
        _byId.Values.Where(s => s.Said.Statement is PublisherStatement).Select(s => ((PublisherStatement)s.Said.Statement, s.Said.Publisher!.Value));

    private IEnumerable<(SignedStatement Said, Model.Designs.Design Design)> Designs() =>
        _byId.Values.Where(s => s.Said.Statement is DesignStatement).Select(s => (s.Said, ((DesignStatement)s.Said.Statement).Design));
}
