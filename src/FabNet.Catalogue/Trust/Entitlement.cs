// Whether the author of a statement ever might say it, as far as the statements show that are here.

using FabNet.Model;
using FabNet.Protocol.Statements;

namespace FabNet.Catalogue.Trust;

/// <summary>
/// The rules of <see cref="StatementIntake"/> without anything that a later statement can take back: a key that spoke for the author in any branch of its chain, a maintainer of then or of now. More
/// statements only ever entitle to more, so that the set which a node ends up with does not depend on the order in which it came. What counts of it is asked of <see cref="Commons"/>.
/// </summary>
internal sealed class Entitlement(IStatements statements)
{
    /// <summary>What must come before the statement can be taken; null if it can.</summary>
    public Need? FindNeed(SignedStatement said, AuthoredStatement statement) =>
        !statements.By(StatementKinds.Publisher, statement.By.Publisher).Any(s => s.Said.Statement is PublisherStatement p && p.Sequence == statement.By.Sequence && p.Keys.Any(k => said.SignedBy.Contains(k.Id)))
            ? new Need(NeedKind.Publisher, statement.By.Publisher)
            : FindNeed(statement, statement.By.Publisher);

    private Need? FindNeed(AuthoredStatement statement, Digest author) => statement switch
    {
        YankStatement yank => OwnerOf(yank.Manifest, author),
        CollectionStatement { Collection: { } identity } => statements.Find(identity)?.Said.Statement is CollectionStatement ? null : new Need(NeedKind.Collection, identity),
        AttestationStatement attestation => statements.About(StatementKinds.Collection, attestation.Collection.Value)
            .Any(s => s.Said.Publisher == author || ((CollectionStatement)s.Said.Statement).Maintainers.Contains(author)) ? null : new Need(NeedKind.Collection, attestation.Collection),
        ProposalStatement proposal => OwnerOf(proposal.From, author),
        ProposalAnswerStatement answer => statements.Find(answer.Proposal)?.Said.Statement is ProposalStatement offer ? OwnerOf(offer.To, author) : new Need(NeedKind.Proposal, answer.Proposal),
        ClaimStatement { Settles: not null } settled => OwnerOf(settled.Manifest, author),
        _ => null,
    };

    private Need? OwnerOf(Digest manifest, Digest author) =>
        statements.Find(manifest) is { Said: { Statement: DesignStatement } said } && said.SignedBy.Any(k => statements.Owners(k).Contains(author)) ? null : new Need(NeedKind.Design, manifest);
}
