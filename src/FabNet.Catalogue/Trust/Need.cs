// What a statement needs before it can be taken, by the digest that names it.

using FabNet.Model;
using FabNet.Protocol.Statements;

namespace FabNet.Catalogue.Trust;

/// <summary>Kinds of things that a statement may need.</summary>
internal enum NeedKind
{
    /// <summary>The publisher that a key speaks for; the digest is the key's id.</summary>
    Key,

    /// <summary>More of a publisher's chain; the digest is its identity.</summary>
    Publisher,

    /// <summary>A collection, or more of its chain; the digest is its identity.</summary>
    Collection,

    /// <summary>A design, or another publisher's signature on it; the digest is its manifest's.</summary>
    Design,

    /// <summary>A proposal; the digest is its id.</summary>
    Proposal,
}

/// <summary>What a statement waits for.</summary>
internal readonly record struct Need(NeedKind Kind, Digest Id)
{
    /// <summary>The digests of everything that somebody may have waited for, once a statement is here.</summary>
    public static IEnumerable<Digest> MetBy(SignedStatement said)
    {
        yield return said.Id;
        switch (said.Statement)
        {
            case PublisherStatement publisher:
                yield return said.Publisher!.Value;
                foreach (var key in publisher.Keys)
                {
                    yield return key.Id;
                }

                break;
            case CollectionStatement { Collection: { } collection }:
                yield return collection;
                break;
        }
    }
}
