// Whether a node takes a statement: its signatures are right, and its author may say it.

using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Licensing;
using FabNet.Protocol;
using FabNet.Protocol.Statements;

namespace FabNet.Catalogue.Trust;

/// <summary>A statement that another node took and that this one takes too.</summary>
/// <param name="Said">The statement.</param>
/// <param name="Envelope">Its envelope with only those signatures that were verified.</param>
/// <param name="Awaited">What its other signatures wait for; null if there are none.</param>
internal sealed record Admitted(SignedStatement Said, Envelope Envelope, Need? Awaited);

/// <summary>
/// Judges what is put. What does not count anyway (<see cref="Commons"/> sees to that) is refused here so that its author learns why, and so that the journal holds nothing that nobody vouches for.
/// </summary>
internal sealed class StatementIntake(Commons commons)
{
    /// <summary>Reads a statement and verifies its signatures with the keys that are known here.</summary>
    /// <param name="envelope">The envelope.</param>
    /// <param name="acceptedAt">When it was accepted; only a design shows that.</param>
    /// <exception cref="FormatException">It is not of the form, or a signature is wrong.</exception>
    public SignedStatement Verify(Envelope envelope, DateTimeOffset acceptedAt = default)
    {
        var statement = StatementFormat.Read(envelope, acceptedAt);
        var keys = commons.Statements.Keys(envelope.Signatures.Select(s => s.Key)).Concat(statement is PublisherStatement publisher ? publisher.Keys : []).Distinct();
        return new SignedStatement(envelope.Id, statement, envelope.Verify(keys));
    }

    /// <summary>Judges a statement.</summary>
    /// <returns>The statement, and its envelope with only those signatures that were verified.</returns>
    /// <exception cref="CatalogueException">It is refused; the message says why and what to do.</exception>
    public (SignedStatement Said, Envelope Envelope) Accept(Envelope envelope)
    {
        var said = Read(envelope);
        switch (said.Statement)
        {
            case PublisherStatement publisher: Check(said, publisher); break;
            case DesignStatement { Design: var design }: Check(said, design); break;
            case AuthoredStatement authored: Check(said, authored); break;
        }

        return (said, Only(said, envelope));
    }

    /// <summary>
    /// Judges a statement that another node took, or that comes from a bundle. What its author may say now is not asked, for another node may have taken it before that changed: only whether its author
    /// ever might. So it depends on nothing but the set of statements that are here, grows with it, and nodes that hear the same come to the same, in whichever order.
    /// </summary>
    /// <exception cref="CatalogueException">It is refused, or (<see cref="CatalogueException.Need"/>) what it builds on is not here yet.</exception>
    public Admitted Admit(Envelope envelope)
    {
        var said = Read(envelope);
        Need? rest = envelope.Signatures.FirstOrDefault(s => !said.SignedBy.Contains(s.Key)) is { Key: var key } ? new Need(NeedKind.Key, key) : null;
        switch (said.Statement)
        {
            case PublisherStatement publisher: Check(said, publisher); break;
            case DesignStatement { Design: { Publisher: { } name } design } when !commons.Owners(said.SignedBy).Any(o => o.Current.Namespace == name):
                throw rest is { } unknown ? Missing(said, unknown)
                    : new CatalogueException(CatalogueFault.NotAllowed, $"{design.Ref} is refused: its manifest says that {name} publishes it, and no key of a publisher of that name signed it.");
            case AuthoredStatement authored when new Entitlement(commons.Statements).FindNeed(said, authored) is { } need: throw Missing(said, need);
            case CollectionStatement { Collection: { } identity } next when commons.Statements.Find(identity)?.Said.Publisher != next.By.Publisher:
                throw new CatalogueException(CatalogueFault.NotAllowed, $"The collection {identity.Short} is refused: only its owner changes a collection.");
        }

        return new Admitted(said, Only(said, envelope), rest);
    }

    private static CatalogueException Missing(SignedStatement said, Need need) =>
        new(CatalogueFault.StatementMissing, $"The {said.Statement.Kind} {said.Id.Short} builds on the {need.Kind.ToString().ToLowerInvariant()} {need.Id.Short}, which is not here, or not all of it.") { Need = need };

    private static Envelope Only(SignedStatement said, Envelope envelope) => Envelope.Of(envelope.PayloadType, envelope.Payload, [.. envelope.Signatures.Where(s => said.SignedBy.Contains(s.Key))]);

    private SignedStatement Read(Envelope envelope)
    {
        SignedStatement said;
        try
        {
            said = Verify(envelope);
        }
        catch (FormatException e)
        {
            throw new CatalogueException(CatalogueFault.Invalid, e.Message, e);
        }

        var key = envelope.Signatures[0].Key;
        return said.SignedBy.Count > 0 ? said : throw new CatalogueException(CatalogueFault.StatementMissing,
            $"The {said.Statement.Kind} {said.Id.Short} is signed by {key.Short}, a key of no publisher that is known here. Put its publisher's statements first.") { Need = new Need(NeedKind.Key, key) };
    }

    private void Check(SignedStatement said, PublisherStatement publisher)
    {
        string? fault;
        if (publisher.Previous is not { } previousId)
        {
            fault = publisher.Keys.All(k => said.SignedBy.Contains(k.Id)) ? null : "a key in it did not sign it";
        }
        else if (commons.Statements.Find(previousId)?.Said is { Statement: PublisherStatement previous } before)
        {
            // Nobody hangs statements of their own onto a stranger's chain: they would count for nothing, and be listed with it.
            fault = before.Publisher != publisher.Publisher ? "the statement that it follows is of another publisher" : PublisherChain.FindFault(said, previousId, previous, publisher.Publisher!.Value);
        }
        else
        {
            throw new CatalogueException(CatalogueFault.StatementMissing, $"The statement {previousId.Short}, which the publisher's {said.Id.Short} follows, is not here. Put it first.")
            {
                Need = new Need(NeedKind.Publisher, publisher.Publisher!.Value),
            };
        }

        if (fault is not null)
        {
            throw new CatalogueException(CatalogueFault.NotAllowed, $"The publisher's statement {said.Id.Short} is refused: {fault}.");
        }
    }

    private void Check(SignedStatement said, Design design)
    {
        var (publishers, why) = (new List<PublisherChain>(), "");
        foreach (var owner in commons.Owners(said.SignedBy))
        {
            if (owner.Vouches(said, out var reason) is Vouching.Signed && (design.Publisher is null || design.Publisher == owner.Current.Namespace))
            {
                publishers.Add(owner);
            }
            else
            {
                why = reason is null ? $"its manifest says that {design.Publisher} publishes it, and {owner.Name} signed it" : $"the key of {owner.Name} that signed it was revoked: {reason}";
            }
        }

        if (publishers.Count == 0)
        {
            throw new CatalogueException(CatalogueFault.NotAllowed, $"{design.Ref} is refused: {why}. Sign it with a current key of its publisher.");
        }

        RequireFreeVersion(said);
        RequireFreeFork(design);
    }

    /// <summary>Refuses a design whose publisher has its name and version with another manifest.</summary>
    /// <exception cref="CatalogueException">It is taken.</exception>
    public void RequireFreeVersion(SignedStatement said)
    {
        var design = ((DesignStatement)said.Statement).Design;
        foreach (var publisher in commons.Owners(said.SignedBy))
        {
            foreach (var other in commons.Statements.Versions(design.Ref.Name, publisher.Identity, design.Ref.Version).Where(v => v != said.Id))
            {
                if (commons.Statements.Find(other)?.Said is { Statement: DesignStatement { Design.Ref.Version: var version } } taken && version == design.Ref.Version && publisher.Vouches(taken, out _) is not Vouching.None)
                {
                    throw new CatalogueException(CatalogueFault.AlreadyExists,
                        $"{publisher.Name}/{design.Ref} is published already with other contents ({taken.Id.Short}). Published versions never change: give yours a new version.");
                }
            }
        }
    }

    // Only where the origin is here: one that is not can't be judged, and is judged wherever both are.
    private void RequireFreeFork(Design design)
    {
        if (design.ForkOf is { Design.Manifest: var manifest } && commons.Statements.Find(manifest)?.Said.Statement is DesignStatement { Design: var origin }
            && ForkLicence.FindObstacle(origin.License, design.License) is { } obstacle)
        {
            throw new CatalogueException(CatalogueFault.NotAllowed, $"{design.Ref} can't be a fork of {origin.Ref} under {design.License}: {obstacle}");
        }
    }

    private void Check(SignedStatement said, AuthoredStatement statement)
    {
        if (commons.Publisher(statement.By.Publisher) is not { } author)
        {
            throw new CatalogueException(CatalogueFault.StatementMissing, $"The publisher {statement.By.Publisher.Short}, who says the {statement.Kind} {said.Id.Short}, is not known here. Put its statements first.");
        }

        if (author.FindFault(said) is { } fault)
        {
            throw new CatalogueException(CatalogueFault.NotAllowed, $"The {statement.Kind} {said.Id.Short} is refused: {fault}.");
        }

        if (FindFault(author, statement) is { } why)
        {
            throw new CatalogueException(CatalogueFault.NotAllowed, $"The {statement.Kind} by {author.Name} is refused: {why}");
        }
    }

    private string? FindFault(PublisherChain author, AuthoredStatement statement) => statement switch
    {
        YankStatement yank => IsPublisherOf(author, yank.Manifest) ? null : $"only who published {Name(yank.Manifest)} may yank it. Fork it, or ask a collection's maintainers for a verdict.",
        CollectionStatement { Sequence: > 1 } next => Collection(next.Collection!.Value).Owner.Identity == author.Identity ? null : "only its owner changes a collection.",
        AttestationStatement attestation => Collection(attestation.Collection) is var collection && collection.MayAttest(author.Identity) ? null
            : $"{author.Name} is no maintainer of {collection.Name}. Ask its owner, or keep a collection of your own: fabnet catalogue collection NAME",
        ProposalStatement proposal => IsPublisherOf(author, proposal.From) ? null : $"only who published {Name(proposal.From)} may offer it.",
        ProposalAnswerStatement answer => commons.Statements.Find(answer.Proposal)?.Said.Statement is not ProposalStatement offer ? $"the proposal {answer.Proposal.Short} is not here. Put it first."
            : IsPublisherOf(author, offer.To) ? null : $"only who published {Name(offer.To)} may answer what was offered to it.",
        ClaimStatement { Settles: not null } settled => IsPublisherOf(author, settled.Manifest) ? null : $"only who published {Name(settled.Manifest)} may say that a claim on it is settled.",
        _ => null,
    };

    private CollectionChain Collection(Digest identity) =>
        commons.Collection(identity) ?? throw new CatalogueException(CatalogueFault.StatementMissing, $"The collection {identity.Short} is not here. Put its statements first.");

    private bool IsPublisherOf(PublisherChain author, Digest manifest) => commons.PublishersOf(manifest).Any(p => p.Identity == author.Identity);

    private string Name(Digest manifest) => commons.Statements.Find(manifest)?.Said.Statement is DesignStatement { Design: var design } ? design.Ref.ToString() : $"the design {manifest.Short}";
}
