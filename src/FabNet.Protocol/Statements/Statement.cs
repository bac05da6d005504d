// What can be said in the commons: one record for each kind of statement.

using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Licensing;

namespace FabNet.Protocol.Statements;

/// <summary>Something that somebody says and signs. <see cref="StatementFormat"/> writes and reads them.</summary>
public abstract record Statement
{
    private protected Statement()
    {
    }

    /// <summary>Its kind, as in its media type <c>application/vnd.fabnet.&lt;kind&gt;.v1+json</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>What it is about: a manifest's digest; null where it is about its author only.</summary>
    public virtual Digest? Subject => null;
}

/// <summary>A version of a design. Its payload is the manifest, which names no key and no person.</summary>
/// <param name="Design">What the manifest says.</param>
public sealed record DesignStatement(Design Design) : Statement
{
    /// <inheritdoc />
    public override string Kind => StatementKinds.Design;

    /// <inheritdoc />
    public override Digest? Subject => Design.Ref.Manifest;
}

/// <summary>A key that is not to be believed any more.</summary>
/// <param name="Key">The key's id.</param>
/// <param name="Reason">Why, for people.</param>
/// <param name="Since">
/// The first sequence of the publisher's chain under which its signatures do not count; at most the sequence of the statement that revokes it. 1 withdraws all that it signed.
/// </param>
public sealed record RevokedKey(Digest Key, string Reason, int Since);

/// <summary>What a for-profit organisation owes for each product under a reciprocal licence.</summary>
/// <param name="Amount">In <paramref name="Currency"/>; at least 0, to a thousandth.</param>
/// <param name="Currency">Three capital letters, ISO 4217.</param>
public sealed record ReciprocityRate(double Amount, string Currency);

/// <summary>
/// A publisher: who it is, and which keys speak for it. Statements of one publisher form a chain; the id of the first is the publisher's identity. The first is signed by all of its
/// keys, each later one by a key that is current in the one before and by each key that is new in it: nobody names a key that is not theirs.
/// </summary>
public sealed record PublisherStatement : Statement
{
    /// <summary>The namespace, 1 to 63 lower-case letters, digits and dashes; never changes.</summary>
    public required string Namespace { get; init; }

    /// <summary>The name that people read.</summary>
    public required string DisplayName { get; init; }

    /// <summary>What it is.</summary>
    public required OrganisationKind Organisation { get; init; }

    /// <summary>The keys that speak for it, 1 to 8, none of them revoked; sorted by id.</summary>
    public required IReadOnlyList<VerifyingKey> Keys { get; init; }

    /// <summary>Keys that are not believed any more, at most 64; sorted by id. One that is revoked stays so.</summary>
    public IReadOnlyList<RevokedKey> Revoked { get; init; } = [];

    /// <summary>Its place in the chain, from 1.</summary>
    public required int Sequence { get; init; }

    /// <summary>The id of the one before; null for the first.</summary>
    public Digest? Previous { get; init; }

    /// <summary>The id of the first; null for the first itself.</summary>
    public Digest? Publisher { get; init; }

    /// <summary>What a for-profit organisation owes it under a reciprocal licence; null where that is to be agreed on.</summary>
    public ReciprocityRate? Rate { get; init; }

    /// <inheritdoc />
    public override string Kind => StatementKinds.Publisher;
}

/// <summary>Who says a statement: bound to the keys that spoke for the publisher at that place of its chain.</summary>
/// <param name="Publisher">The publisher's identity.</param>
/// <param name="Sequence">The place in its chain under which this was signed.</param>
public readonly record struct Author(Digest Publisher, int Sequence);

/// <summary>A statement that names its author.</summary>
public abstract record AuthoredStatement : Statement
{
    private protected AuthoredStatement()
    {
    }

    /// <summary>Who says it.</summary>
    public required Author By { get; init; }
}

/// <summary>A collection: somebody who keeps it, and maintainers whose verdicts it stands for. A chain like a publisher's; the id of the first is its identity.</summary>
public sealed record CollectionStatement : AuthoredStatement
{
    /// <summary>Its name, 1 to 63 lower-case letters, digits and dashes.</summary>
    public required string Name { get; init; }

    /// <summary>What it is about, for people.</summary>
    public required string Title { get; init; }

    /// <summary>Identities of the publishers that may attest for it besides its owner, at most 256; sorted.</summary>
    public required IReadOnlyList<Digest> Maintainers { get; init; }

    /// <summary>Its place in the chain, from 1.</summary>
    public required int Sequence { get; init; }

    /// <summary>The id of the one before; null for the first.</summary>
    public Digest? Previous { get; init; }

    /// <summary>The id of the first; null for the first itself.</summary>
    public Digest? Collection { get; init; }

    /// <inheritdoc />
    public override string Kind => StatementKinds.Collection;
}

/// <summary>What a maintainer found.</summary>
public enum Verdict
{
    /// <summary>It was made and is what it says.</summary>
    Validated,

    /// <summary>It can be made better before it is made.</summary>
    NeedsWork,

    /// <summary>It must not be made: somebody could be hurt, or a machine damaged.</summary>
    Unsafe,
}

/// <summary>A maintainer's verdict on a version of a design.</summary>
public sealed record AttestationStatement : AuthoredStatement
{
    /// <summary>The collection for which it speaks.</summary>
    public required Digest Collection { get; init; }

    /// <summary>The manifest.</summary>
    public required Digest Manifest { get; init; }

    /// <summary>What was found.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>Why, for people; may be empty for <see cref="Verdict.Validated"/> with evidence.</summary>
    public required string Reason { get; init; }

    /// <summary>Ids of runs or digests of blobs (a measurement, a picture) that prove it, at most 64; sorted.</summary>
    public IReadOnlyList<Digest> Evidence { get; init; } = [];

    /// <summary>Counts this collection's verdicts on this manifest, from 1: the highest is the newest, without clocks.</summary>
    public required int Sequence { get; init; }

    /// <inheritdoc />
    public override string Kind => StatementKinds.Attestation;

    /// <inheritdoc />
    public override Digest? Subject => Manifest;
}

/// <summary>A publisher takes a version of its own out of sight. Nothing is deleted: who names it by digest still gets it.</summary>
public sealed record YankStatement : AuthoredStatement
{
    /// <summary>The manifest.</summary>
    public required Digest Manifest { get; init; }

    /// <summary>Why, for people.</summary>
    public required string Reason { get; init; }

    /// <inheritdoc />
    public override string Kind => StatementKinds.Yank;

    /// <inheritdoc />
    public override Digest? Subject => Manifest;
}

/// <summary>A version of a fork, offered to the publisher of what it was forked from.</summary>
public sealed record ProposalStatement : AuthoredStatement
{
    /// <summary>The manifest that is offered.</summary>
    public required Digest From { get; init; }

    /// <summary>The manifest that it is offered to.</summary>
    public required Digest To { get; init; }

    /// <summary>What it changes and why, for people.</summary>
    public required string Text { get; init; }

    /// <inheritdoc />
    public override string Kind => StatementKinds.Proposal;

    /// <inheritdoc />
    public override Digest? Subject => To;
}

/// <summary>The answer of the publisher to whom something was offered.</summary>
public sealed record ProposalAnswerStatement : AuthoredStatement
{
    /// <summary>The id of the proposal.</summary>
    public required Digest Proposal { get; init; }

    /// <summary>True if it was taken into a version of the upstream; false if it was left.</summary>
    public required bool IsTaken { get; init; }

    /// <summary>Why, for people.</summary>
    public required string Reason { get; init; }

    /// <inheritdoc />
    public override string Kind => StatementKinds.ProposalAnswer;

    /// <inheritdoc />
    public override Digest? Subject => Proposal;
}

/// <summary>What a production taught, published with the consent of who made it. It names no person, no order and no precise time.</summary>
public sealed record RunStatement : AuthoredStatement
{
    /// <summary>The manifest.</summary>
    public required Digest Manifest { get; init; }

    /// <summary>The part that was made.</summary>
    public required string Part { get; init; }

    /// <summary>The machine profile, such as <c>prusa-mk3s</c>.</summary>
    public required string MachineClass { get; init; }

    /// <summary>The material, upper case; null where that has no meaning.</summary>
    public string? Material { get; init; }

    /// <summary>The settings that matter, such as <c>layer-height</c> = <c>0.2</c>; at most 64.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The digest of the design's toolpath that ran: this run proves it. Null where the program was sliced at the site.</summary>
    public Digest? Toolpath { get; init; }

    /// <summary>Machine time for all of them, in whole seconds.</summary>
    public required long Seconds { get; init; }

    /// <summary>How many were made, 1 to 100,000.</summary>
    public required int Made { get; init; }

    /// <summary>How many of those were good.</summary>
    public required int Good { get; init; }

    /// <summary>When: a year and a month, such as <c>2026-03</c>, and nothing finer.</summary>
    public required string Month { get; init; }

    /// <summary>32 hexadecimal digits of chance: two equal runs are two.</summary>
    public required string Nonce { get; init; }

    /// <inheritdoc />
    public override string Kind => StatementKinds.Run;

    /// <inheritdoc />
    public override Digest? Subject => Manifest;

    /// <summary>Settings in the form that a run has them: names in lower case with dashes. What can't be said in a run (too long, too many, no name) is left out.</summary>
    public static IReadOnlyDictionary<string, string> SettingsOf(IEnumerable<KeyValuePair<string, string>> settings) => settings
        .Select(s => (Name: s.Key.ToLowerInvariant().Replace('_', '-'), Value: s.Value.Trim()))
        .Where(s => StatementText.Word().IsMatch(s.Name) && s.Value.Length is > 0 and <= StatementText.MaxName && !StatementText.HasInvisible(s.Value) && s.Value.AsSpan().IndexOfAny('\n', '\t') < 0)
        .DistinctBy(s => s.Name).OrderBy(s => s.Name, StringComparer.Ordinal).Take(StatementRules.MaxSettings)
        .ToDictionary(s => s.Name, s => s.Value, StringComparer.Ordinal);
}

/// <summary>
/// CopyFair: a for-profit organisation makes a design under a reciprocal licence and owes its publisher the published rate. Open until the publisher of the design says that it is settled.
/// </summary>
public sealed record ClaimStatement : AuthoredStatement
{
    /// <summary>The manifest.</summary>
    public required Digest Manifest { get; init; }

    /// <summary>How many products, 1 to 1,000,000.</summary>
    public required int Quantity { get; init; }

    /// <summary>The rate for each, as it was published then; null where that is to be agreed on.</summary>
    public ReciprocityRate? Rate { get; init; }

    /// <summary>The claim that this one settles; null for an open claim.</summary>
    public Digest? Settles { get; init; }

    /// <summary>32 hexadecimal digits of chance: two equal claims are two.</summary>
    public required string Nonce { get; init; }

    /// <inheritdoc />
    public override string Kind => StatementKinds.Claim;

    /// <inheritdoc />
    public override Digest? Subject => Manifest;
}
