// A publisher, as its chain of statements says: which keys spoke for it when, and which are not believed any more.

using FabNet.Model;
using FabNet.Protocol.Statements;

namespace FabNet.Catalogue.Trust;

/// <summary>What became of a signature on a design.</summary>
internal enum Vouching
{
    /// <summary>The publisher did not sign it.</summary>
    None,

    /// <summary>The publisher stands by it.</summary>
    Signed,

    /// <summary>The publisher signed it with keys that it revoked since, and with no other.</summary>
    Revoked,
}

/// <summary>
/// The deciding branch of a publisher's chain. Where two statements follow the same one, both are valid and neither is younger: the publisher is disputed, and the lower id decides, everywhere
/// and in whichever order they came. Immutable.
/// </summary>
internal sealed class PublisherChain
{
    private readonly List<PublisherStatement> _statements;

    private PublisherChain(Digest identity, List<PublisherStatement> statements, Digest head, bool isDisputed) =>
        (Identity, _statements, Head, IsDisputed) = (identity, statements, head, isDisputed);

    /// <summary>The id of its first statement.</summary>
    public Digest Identity { get; }

    /// <summary>The id of the newest statement of the deciding branch.</summary>
    public Digest Head { get; }

    /// <summary>True if its chain has branches: somebody signs with its keys who should not, or its owner signed at two places at once.</summary>
    public bool IsDisputed { get; }

    /// <summary>The newest statement of the deciding branch.</summary>
    public PublisherStatement Current => _statements[^1];

    /// <summary>The short form, such as <c>alice~1a2b3c4d</c>.</summary>
    public PublisherName Name => PublisherName.Of(Current.Namespace, Identity);

    /// <summary>Every key that ever spoke for it, revoked ones among them.</summary>
    public IEnumerable<Digest> EveryKey => _statements.SelectMany(s => s.Keys).Select(k => k.Id).Distinct();

    /// <summary>Follows the chain from its first statement as far as it goes.</summary>
    /// <param name="identity">The id of the first statement.</param>
    /// <param name="statements">Statements of this publisher in any order; others do no harm.</param>
    /// <returns>Null if the first statement is not among them, or is none that can begin a chain.</returns>
    public static PublisherChain? Resolve(Digest identity, IEnumerable<SignedStatement> statements)
    {
        var all = statements.Where(s => s.Statement is PublisherStatement).DistinctBy(s => s.Id).ToList();
        if (all.Find(s => s.Id == identity) is not { Statement: PublisherStatement { Sequence: 1 } begin } first || !begin.Keys.All(k => first.SignedBy.Contains(k.Id)))
        {
            return null;
        }

        var (branch, head, isDisputed) = (new List<PublisherStatement> { begin }, identity, false);
        while (true)
        {
            var next = all.Where(s => Follows(s, head, branch[^1], identity)).OrderBy(s => s.Id.Value, StringComparer.Ordinal).ToList();
            if (next.Count == 0)
            {
                return new PublisherChain(identity, branch, head, isDisputed);
            }

            isDisputed |= next.Count > 1;
            branch.Add((PublisherStatement)next[0].Statement);
            head = next[0].Id;
        }
    }

    /// <summary>Why a statement can't follow its predecessor; null if it can.</summary>
    public static string? FindFault(SignedStatement candidate, Digest previousId, PublisherStatement previous, Digest identity)
    {
        var next = (PublisherStatement)candidate.Statement;
        return next.Publisher != identity || next.Previous != previousId || next.Sequence != previous.Sequence + 1 ? "it does not follow the statement that it names as the one before"
            : next.Namespace != previous.Namespace ? $"it changes the namespace from {previous.Namespace} to {next.Namespace}"
            : !previous.Keys.Any(k => candidate.SignedBy.Contains(k.Id)) ? "no key that is current in the one before signed it"
            : !next.Keys.All(k => candidate.SignedBy.Contains(k.Id) || previous.Keys.Contains(k)) ? "a key that is new in it did not sign it"
            : !previous.Revoked.All(r => next.Revoked.Any(n => n.Key == r.Key && n.Since <= r.Since)) ? "it takes a revocation back"
            : null;
    }

    /// <summary>True if a statement counts as this publisher's: it was signed under a place of its chain by a key that spoke for it there, and that is not revoked for that place.</summary>
    public bool Counts(SignedStatement statement) => FindFault(statement) is null;

    /// <summary>Why a statement does not count as this publisher's; null if it does.</summary>
    public string? FindFault(SignedStatement statement)
    {
        if (statement.Statement is not AuthoredStatement { By: var by } || by.Publisher != Identity)
        {
            return $"it is not by {Name}";
        }

        if (by.Sequence > _statements.Count)
        {
            return $"it was signed under statement {by.Sequence} of {Name}, which is not known here; {_statements.Count} is the newest. Put that statement first";
        }

        var keys = _statements[by.Sequence - 1].Keys.Where(k => statement.SignedBy.Contains(k.Id)).ToList();
        return keys.Count == 0 ? $"no key that spoke for {Name} then signed it"
            : keys.TrueForAll(k => RevocationOf(k.Id) is { } revoked && by.Sequence >= revoked.Since) ? $"its key was revoked by {Name}: {RevocationOf(keys[0].Id)!.Reason}"
            : null;
    }

    /// <summary>
    /// Whether the publisher stands by a design. A manifest names no place in a chain, so a revoked key says nothing any more about any design: sign again, with a current one, what is still stood by.
    /// </summary>
    /// <param name="design">The design's statement.</param>
    /// <param name="reason">Why its key was revoked, where it was.</param>
    public Vouching Vouches(SignedStatement design, out string? reason)
    {
        reason = null;
        var signers = EveryKey.Where(design.SignedBy.Contains).ToList();
        if (signers.Exists(k => RevocationOf(k) is null))
        {
            return Vouching.Signed;
        }

        reason = signers.Count == 0 ? null : RevocationOf(signers.MinBy(k => k.Value, StringComparer.Ordinal))!.Reason;
        return signers.Count == 0 ? Vouching.None : Vouching.Revoked;
    }

    private static bool Follows(SignedStatement candidate, Digest previousId, PublisherStatement previous, Digest identity) =>
        candidate.Id != identity && FindFault(candidate, previousId, previous, identity) is null;

    private RevokedKey? RevocationOf(Digest key) => Current.Revoked.FirstOrDefault(r => r.Key == key);
}
