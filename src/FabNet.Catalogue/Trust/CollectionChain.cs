// A collection, as its chain says: who keeps it, and whose verdicts it stands for.

using FabNet.Model;
using FabNet.Protocol.Statements;

namespace FabNet.Catalogue.Trust;

/// <summary>The deciding branch of a collection's chain, by the same rule as a publisher's: the lower id decides where two follow the same one.</summary>
/// <param name="Identity">The id of its first statement.</param>
/// <param name="Head">The id of its newest.</param>
/// <param name="Current">Its newest statement.</param>
/// <param name="Owner">Who keeps it.</param>
internal sealed record CollectionChain(Digest Identity, Digest Head, CollectionStatement Current, PublisherChain Owner)
{
    /// <summary>How people write it, such as <c>alice~1a2b3c4d/safe-tools</c>.</summary>
    public string Name => $"{Owner.Name}/{Current.Name}";

    /// <summary>Follows the chain from its first statement as far as it goes.</summary>
    /// <param name="identity">The id of the first statement.</param>
    /// <param name="statements">Statements of this collection in any order; others do no harm.</param>
    /// <param name="publishers">Finds a publisher.</param>
    /// <returns>Null if the first statement is not among them, or its owner is not known.</returns>
    public static CollectionChain? Resolve(Digest identity, IEnumerable<SignedStatement> statements, Func<Digest, PublisherChain?> publishers)
    {
        var all = statements.Where(s => s.Statement is CollectionStatement).DistinctBy(s => s.Id).ToList();
        if (all.Find(s => s.Id == identity) is not { Statement: CollectionStatement { Sequence: 1 } current } first || publishers(current.By.Publisher) is not { } owner || !owner.Counts(first))
        {
            return null;
        }

        for (var head = identity; ;)
        {
            var next = all.Where(s => s.Statement is CollectionStatement c && c.Collection == identity && c.Previous == head && c.Sequence == current.Sequence + 1 && c.Name == current.Name && owner.Counts(s))
                .MinBy(s => s.Id.Value, StringComparer.Ordinal);
            if (next is null)
            {
                return new CollectionChain(identity, head, current, owner);
            }

            (head, current) = (next.Id, (CollectionStatement)next.Statement);
        }
    }

    /// <summary>True if a publisher may attest for it now. What somebody said who may not any more does not count any more.</summary>
    public bool MayAttest(Digest publisher) => publisher == Owner.Identity || Current.Maintainers.Contains(publisher);
}
