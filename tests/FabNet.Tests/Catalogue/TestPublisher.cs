// A publisher with its keys in memory, for tests of what is said and what holds.

using FabNet.Model;
using FabNet.Model.Licensing;
using FabNet.Protocol.Statements;

namespace FabNet.Tests.Catalogue;

internal sealed class TestPublisher
{
    private readonly Dictionary<Digest, SigningKey> _keys = [];

    public TestPublisher(string name, OrganisationKind organisation = OrganisationKind.Person)
    {
        var key = NewKey();
        Current = new PublisherStatement { Namespace = name, DisplayName = $"The {name}", Organisation = organisation, Keys = [key.Public], Sequence = 1 };
        Chain = [StatementFormat.Sign(Current, key)];
    }

    public PublisherStatement Current { get; private set; }

    public List<Envelope> Chain { get; }

    public Digest Identity => Chain[0].Id;

    public Author Author => new(Identity, Current.Sequence);

    public SigningKey Key => _keys[Current.Keys[0].Id];

    public SigningKey NewKey()
    {
        var key = SigningKey.Create();
        _keys.Add(key.Public.Id, key);
        return key;
    }

    /// <summary>The statement that would come next, changed and signed by the current key; it is not taken into the chain.</summary>
    public Envelope Branch(Func<PublisherStatement, PublisherStatement> change) =>
        Sign(change(Current with { Sequence = Current.Sequence + 1, Previous = Chain[^1].Id, Publisher = Identity }), Current);

    private Envelope Sign(PublisherStatement next, PublisherStatement before) =>
        StatementFormat.Sign(next, [Key, .. next.Keys.Where(k => !before.Keys.Contains(k)).Select(k => _keys[k.Id])]);

    public Envelope Next(Func<PublisherStatement, PublisherStatement> change)
    {
        var envelope = Branch(change);
        Current = (PublisherStatement)StatementFormat.Read(envelope);
        Chain.Add(envelope);
        return envelope;
    }

    public Envelope Rotate()
    {
        var key = NewKey();
        return Next(s => s with { Keys = [key.Public] });
    }

    /// <summary>Revokes the current key, with a new one in its place.</summary>
    public Envelope RevokeKey(int? since = null)
    {
        var (old, key) = (Key.Public.Id, NewKey());
        return Next(s => s with { Keys = [key.Public], Revoked = [.. s.Revoked.Append(new RevokedKey(old, "stolen", since ?? s.Sequence)).OrderBy(r => r.Key.Value, StringComparer.Ordinal)] });
    }

    public Envelope Sign(Statement statement) => StatementFormat.Sign(statement, Key);
}
