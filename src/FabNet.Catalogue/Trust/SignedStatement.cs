// A statement with the keys that surely signed it: what every rule of trust is a function of.

using FabNet.Model;
using FabNet.Protocol.Statements;

namespace FabNet.Catalogue.Trust;

/// <summary>A statement, and the keys whose signatures on it were verified. That they are somebody's is not said: a <see cref="PublisherChain"/> says that.</summary>
/// <param name="Id">The payload's digest.</param>
/// <param name="Statement">What is said.</param>
/// <param name="SignedBy">Ids of keys; at least one.</param>
internal sealed record SignedStatement(Digest Id, Statement Statement, IReadOnlySet<Digest> SignedBy)
{
    /// <summary>The publisher whose statement this is; null for a design, which its signatures say, and for an unsigned one.</summary>
    public Digest? Publisher => Statement switch
    {
        PublisherStatement publisher => publisher.Publisher ?? Id,
        AuthoredStatement authored => authored.By.Publisher,
        _ => null,
    };

    /// <summary>What it is looked up by besides: a publisher's first statement by its namespace, a collection's by its identity, a fork by its origin's manifest, all else by what it is about; empty for none.</summary>
    public string Subject => Statement switch
    {
        PublisherStatement publisher => publisher.Sequence == 1 ? publisher.Namespace : "",
        CollectionStatement collection => (collection.Collection ?? Id).Value,
        DesignStatement { Design: var design } => design.ForkOf?.Design.Manifest.Value ?? "",
        _ => Statement.Subject?.Value ?? "",
    };
}
