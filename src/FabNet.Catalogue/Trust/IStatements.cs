// Which statements there are, to look up: what the rules of trust are asked over.

using FabNet.Model;
using FabNet.Protocol.Statements;

namespace FabNet.Catalogue.Trust;

/// <summary>A statement as it is kept.</summary>
/// <param name="Said">What is said, and by which keys.</param>
/// <param name="Envelope">Its bytes, with every signature that is known.</param>
/// <param name="Cursor">Its place in this node's journal: the first one, where it came again with another signature.</param>
internal sealed record StoredStatement(SignedStatement Said, Envelope Envelope, long Cursor);

/// <summary>
/// A set of statements: <see cref="StatementTable"/> holds a few in memory, <see cref="JournaledStatements"/> finds those of a node's journal on the disk. Lists are in the order in which a node took
/// the statements; no rule may depend on it.
/// </summary>
internal interface IStatements
{
    /// <summary>A statement by its id; null if it is not here.</summary>
    StoredStatement? Find(Digest id);

    /// <summary>Statements of a kind about a subject (<see cref="SignedStatement.Subject"/>).</summary>
    IReadOnlyList<StoredStatement> About(string kind, string subject);

    /// <summary>Statements of a kind, other than designs, by a publisher (<see cref="SignedStatement.Publisher"/>).</summary>
    IReadOnlyList<StoredStatement> By(string kind, Digest publisher);

    /// <summary>The keys with these ids that some publisher named.</summary>
    IReadOnlyList<VerifyingKey> Keys(IEnumerable<Digest> ids);

    /// <summary>Identities of the publishers that named a key as theirs.</summary>
    IReadOnlyList<Digest> Owners(Digest key);

    /// <summary>Identities of the publishers with whose keys designs of a name were signed.</summary>
    IReadOnlyList<Digest> PublishersOf(string name);

    /// <summary>The versions of a name that a publisher's keys signed: newest first, equally new ones by digest. With a version only those that are as new as it.</summary>
    IEnumerable<Digest> Versions(string name, Digest publisher, string? version);

    /// <summary>The designs that a publisher's keys signed.</summary>
    IEnumerable<Digest> DesignsOf(Digest publisher);
}
