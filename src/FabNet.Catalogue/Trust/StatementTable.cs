// Which statements there are, to look up: what trust asks of the store.

using FabNet.Model;
using FabNet.Protocol.Statements;

namespace FabNet.Catalogue.Trust;

/// <summary>
/// The statements of the journal by id, author, subject, key and name. It is a set: the order in which statements were added, and how often, shows in nothing but
/// <see cref="NamedPublishers"/> and <see cref="After"/>, which are this node's own.
/// </summary>
/// <remarks>Thread safe. Held in memory, and the one class to change when statements are looked up on disk.</remarks>
internal sealed class StatementTable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Digest, StoredStatement> _byId = [];
    private readonly Dictionary<(string Kind, Digest Root), HashSet<Digest>> _chains = [];
    private readonly Dictionary<(string Kind, Digest Subject), HashSet<Digest>> _about = [];
    private readonly Dictionary<(string Kind, Digest Publisher), HashSet<Digest>> _by = [];
    private readonly Dictionary<Digest, HashSet<Digest>> _designsByKey = [];
    private readonly Dictionary<Digest, VerifyingKey> _keys = [];
    private readonly Dictionary<Digest, HashSet<Digest>> _publishersByKey = [];
    private readonly Dictionary<string, List<Digest>> _publishersByName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<Digest>> _designsByName = new(StringComparer.Ordinal);
    private readonly Dictionary<Digest, HashSet<Digest>> _forks = [];
    private readonly Dictionary<Digest, PublisherChain?> _resolved = [];
    private readonly List<StoredStatement> _log = [];

    /// <summary>Adds a statement; of one that is there already, the keys that signed it are added.</summary>
    public void Add(SignedStatement said, Envelope envelope, long cursor)
    {
        lock (_gate)
        {
            if (_byId.TryGetValue(said.Id, out var known))
            {
                said = said with { SignedBy = known.Said.SignedBy.Union(said.SignedBy).ToHashSet() };
                envelope = known.Envelope.With(envelope);
            }

            var stored = new StoredStatement(said, envelope, cursor);
            _byId[said.Id] = stored;
            _log.Add(stored);
            Index(said);
        }
    }

    public StoredStatement? Find(Digest id)
    {
        lock (_gate)
        {
            return _byId.GetValueOrDefault(id);
        }
    }

    /// <summary>Statements of a kind about a subject.</summary>
    public IReadOnlyList<SignedStatement> About(string kind, Digest subject) => Lookup(_about, (kind, subject));

    /// <summary>Statements of a kind that name a publisher as their author.</summary>
    public IReadOnlyList<SignedStatement> By(string kind, Digest publisher) => Lookup(_by, (kind, publisher));

    /// <summary>Designs that a key signed.</summary>
    public IReadOnlyList<SignedStatement> SignedWith(Digest key) => Lookup(_designsByKey, key);

    /// <summary>A publisher; null if its first statement is not here, or is none that can begin a chain.</summary>
    public PublisherChain? Publisher(Digest identity)
    {
        lock (_gate)
        {
            if (!_resolved.TryGetValue(identity, out var chain))
            {
                chain = PublisherChain.Resolve(identity, LookupLocked(_chains, (StatementKinds.Publisher, identity)));
                _resolved.Add(identity, chain);
            }

            return chain;
        }
    }

    /// <summary>The envelopes of a publisher's chain, branches too, each after the one that it follows.</summary>
    public IReadOnlyList<Envelope> ChainOf(Digest identity)
    {
        lock (_gate)
        {
            return [.. LookupLocked(_chains, (StatementKinds.Publisher, identity)).OrderBy(s => ((PublisherStatement)s.Statement).Sequence).ThenBy(s => s.Id.Value, StringComparer.Ordinal).Select(s => _byId[s.Id].Envelope)];
        }
    }

    /// <summary>A collection; null if it is not here, or its owner is not.</summary>
    public CollectionChain? Collection(Digest identity) => CollectionChain.Resolve(identity, Lookup(_chains, (StatementKinds.Collection, identity)), Publisher);

    /// <summary>Identities of the collections of a publisher, by digest.</summary>
    public IReadOnlyList<Digest> CollectionsOf(Digest publisher)
    {
        lock (_gate)
        {
            return [.. _chains.Keys.Where(k => k.Kind == StatementKinds.Collection && _byId.TryGetValue(k.Root, out var first) && first.Said.Publisher == publisher)
                .Select(k => k.Root).OrderBy(d => d.Value, StringComparer.Ordinal)];
        }
    }

    /// <summary>Identities of the publishers of a namespace, in the order in which this node saw them first: the first is the one that it pinned.</summary>
    public IReadOnlyList<Digest> NamedPublishers(string name)
    {
        lock (_gate)
        {
            return _publishersByName.TryGetValue(name, out var identities) ? [.. identities] : [];
        }
    }

    /// <summary>The keys with these ids that are known here.</summary>
    public IReadOnlyList<VerifyingKey> Keys(IEnumerable<Digest> ids)
    {
        lock (_gate)
        {
            return [.. ids.Select(id => _keys.GetValueOrDefault(id)).OfType<VerifyingKey>()];
        }
    }

    /// <summary>Publishers in whose chains one of these keys stands.</summary>
    public IReadOnlyList<PublisherChain> Owners(IEnumerable<Digest> keys)
    {
        List<Digest> identities;
        lock (_gate)
        {
            identities = [.. keys.SelectMany(k => _publishersByKey.TryGetValue(k, out var owners) ? owners : []).Distinct()];
        }

        return [.. identities.Select(Publisher).OfType<PublisherChain>()];
    }

    /// <summary>Statements of the designs of a name.</summary>
    public IReadOnlyList<SignedStatement> Designs(string name) => Lookup(_designsByName, name);

    /// <summary>The manifests that say they were forked from one.</summary>
    public IReadOnlyList<Digest> ForksOf(Digest manifest)
    {
        lock (_gate)
        {
            return _forks.TryGetValue(manifest, out var forks) ? [.. forks] : [];
        }
    }

    /// <summary>Statements in the order in which they were accepted here; one again that got another signature.</summary>
    /// <param name="cursor">The cursor after which to begin; 0 for the beginning.</param>
    /// <param name="limit">How many at most.</param>
    public IReadOnlyList<StoredStatement> After(long cursor, int limit)
    {
        lock (_gate)
        {
            var (low, high) = (0, _log.Count);
            while (low < high)
            {
                var middle = (low + high) / 2;
                (low, high) = _log[middle].Cursor <= cursor ? (middle + 1, high) : (low, middle);
            }

            return _log.GetRange(low, Math.Min(limit, _log.Count - low));
        }
    }

    private void Index(SignedStatement said)
    {
        if (said.Statement.Subject is { } subject)
        {
            Into(_about, (said.Statement.Kind, subject), said.Id);
        }

        if (said.Statement is AuthoredStatement authored)
        {
            Into(_by, (authored.Kind, authored.By.Publisher), said.Id);
        }

        switch (said.Statement)
        {
            case PublisherStatement publisher:
                var identity = publisher.Publisher ?? said.Id;
                Into(_chains, (StatementKinds.Publisher, identity), said.Id);
                _resolved.Remove(identity);
                foreach (var key in publisher.Keys)
                {
                    _keys.TryAdd(key.Id, key);
                    Into(_publishersByKey, key.Id, identity);
                }

                if (publisher.Sequence == 1 && !NamedLocked(publisher.Namespace).Contains(identity))
                {
                    NamedLocked(publisher.Namespace).Add(identity);
                }

                break;
            case CollectionStatement collection:
                Into(_chains, (StatementKinds.Collection, collection.Collection ?? said.Id), said.Id);
                break;
            case DesignStatement { Design: var design }:
                Into(_designsByName, design.Ref.Name, said.Id);
                foreach (var key in said.SignedBy)
                {
                    Into(_designsByKey, key, said.Id);
                }

                if (design.ForkOf is { } origin)
                {
                    Into(_forks, origin.Design.Manifest, said.Id);
                }

                break;
        }
    }

    private List<Digest> NamedLocked(string name) => _publishersByName.TryGetValue(name, out var identities) ? identities : _publishersByName[name] = [];

    private static void Into<TKey>(Dictionary<TKey, HashSet<Digest>> index, TKey key, Digest id)
        where TKey : notnull
    {
        if (!index.TryGetValue(key, out var ids))
        {
            index.Add(key, ids = []);
        }

        ids.Add(id);
    }

    private List<SignedStatement> Lookup<TKey>(Dictionary<TKey, HashSet<Digest>> index, TKey key)
        where TKey : notnull
    {
        lock (_gate)
        {
            return LookupLocked(index, key);
        }
    }

    private List<SignedStatement> LookupLocked<TKey>(Dictionary<TKey, HashSet<Digest>> index, TKey key)
        where TKey : notnull => index.TryGetValue(key, out var ids) ? [.. ids.Select(id => _byId[id].Said)] : [];
}

/// <summary>A statement as this node keeps it.</summary>
/// <param name="Said">What is said, and by which keys.</param>
/// <param name="Envelope">Its bytes.</param>
/// <param name="Cursor">Its place in this node's journal.</param>
internal sealed record StoredStatement(SignedStatement Said, Envelope Envelope, long Cursor);
