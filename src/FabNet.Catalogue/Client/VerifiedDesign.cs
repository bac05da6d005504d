// A design with those who surely published it.

using FabNet.Catalogue.Trust;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Licensing;
using FabNet.Protocol.Catalogue;
using FabNet.Protocol.Statements;
using FabNet.Protocol.V1;
using Design = FabNet.Model.Designs.Design;
using Envelope = FabNet.Protocol.Statements.Envelope;

namespace FabNet.Catalogue.Client;

/// <summary>Somebody who published a design, found so from their own signed statements and from nothing that a server says.</summary>
/// <param name="Identity">The publisher's identity.</param>
/// <param name="Name">The short form.</param>
/// <param name="DisplayName">The name that people read.</param>
/// <param name="Organisation">What it says that it is.</param>
/// <param name="Rate">What a for-profit organisation owes it under a reciprocal licence; null where that is to be agreed on.</param>
/// <param name="Sequence">How far its chain goes.</param>
/// <param name="IsDisputed">Its chain has branches: somebody else may have its keys.</param>
/// <param name="RevokedBecause">Why the keys that signed this were revoked; null if one of them was not.</param>
public sealed record VerifiedPublisher(
    Digest Identity, PublisherName Name, string DisplayName, OrganisationKind Organisation, ReciprocityRate? Rate, int Sequence, bool IsDisputed, string? RevokedBecause);

/// <summary>A design whose digests and signatures were checked here.</summary>
/// <param name="Design">What the manifest says.</param>
/// <param name="Publishers">Who published it, by identity; nobody for a design from before designs were signed.</param>
public sealed record VerifiedDesign(Design Design, IReadOnlyList<VerifiedPublisher> Publishers)
{
    /// <summary>Checks the signatures on a design against the chains of those whose keys they name.</summary>
    /// <param name="design">The design, its digest checked.</param>
    /// <param name="envelope">Its envelope; null for one that nobody signed.</param>
    /// <param name="chains">Statements of publishers, each chain from its beginning.</param>
    /// <exception cref="TamperedException">A signature is wrong, or something is no statement.</exception>
    internal static VerifiedDesign Of(Design design, Envelope? envelope, IEnumerable<Envelope> chains)
    {
        if (envelope is null)
        {
            return new VerifiedDesign(design, []);
        }

        var table = new StatementTable();
        var commons = new Commons(table);
        var intake = new StatementIntake(commons);
        try
        {
            foreach (var said in chains.Append(envelope))
            {
                table.Add(intake.Verify(said), said, 1);
            }
        }
        catch (FormatException e)
        {
            throw new TamperedException($"{design.Ref}: {e.Message}", e);
        }

        return new VerifiedDesign(design, [.. commons.Standing(design.Ref.Manifest).Publications.Select(p => new VerifiedPublisher(
            p.Publisher.Identity, p.Publisher.Name, p.Publisher.Current.DisplayName, p.Publisher.Current.Organisation, p.Publisher.Current.Rate,
            p.Publisher.Current.Sequence, p.Publisher.IsDisputed, p.RevokedBecause))]);
    }
}
