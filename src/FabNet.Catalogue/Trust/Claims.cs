// CopyFair: what for-profit organisations owe for a design under a reciprocal licence, and what of it is settled.

using FabNet.Model;
using FabNet.Protocol.Statements;

namespace FabNet.Catalogue.Trust;

/// <summary>What somebody owes, by its own word.</summary>
/// <param name="Id">The claim's id.</param>
/// <param name="By">Who owes.</param>
/// <param name="Claim">How much.</param>
/// <param name="IsSettled">True if a publisher of the design says that it is settled.</param>
internal sealed record OwedClaim(Digest Id, PublisherChain By, ClaimStatement Claim, bool IsSettled);

/// <summary>Finds the claims that hold.</summary>
internal static class Claims
{
    /// <summary>The claims on a version, by id, settled ones among them: a claim stays visible.</summary>
    /// <param name="manifest">The version.</param>
    /// <param name="statements">Claims on it in any order; others do no harm.</param>
    /// <param name="creditors">The publishers of the version.</param>
    /// <param name="publishers">Finds a publisher.</param>
    public static IReadOnlyList<OwedClaim> On(
        Digest manifest, IEnumerable<SignedStatement> statements, IReadOnlyList<PublisherChain> creditors, Func<Digest, PublisherChain?> publishers)
    {
        var all = statements.DistinctBy(s => s.Id).Where(s => s.Statement is ClaimStatement claim && claim.Manifest == manifest).ToList();
        var settled = all.Where(s => creditors.Any(c => c.Counts(s))).Select(s => ((ClaimStatement)s.Statement).Settles).OfType<Digest>().ToHashSet();
        return
        [
            .. all.Where(s => s.Statement is ClaimStatement { Settles: null })
                .Select(s => (Said: s, Claim: (ClaimStatement)s.Statement, By: publishers(((ClaimStatement)s.Statement).By.Publisher)))
                .Where(c => c.By?.Counts(c.Said) == true)
                .OrderBy(c => c.Said.Id.Value, StringComparer.Ordinal)
                .Select(c => new OwedClaim(c.Said.Id, c.By!, c.Claim, settled.Contains(c.Said.Id))),
        ];
    }
}
