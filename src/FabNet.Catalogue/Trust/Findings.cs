// What collections found about a version of a design: of each the newest verdict.

using FabNet.Model;
using FabNet.Protocol.Statements;

namespace FabNet.Catalogue.Trust;

/// <summary>A collection's verdict on a manifest.</summary>
/// <param name="Id">The id of the attestation.</param>
/// <param name="Collection">The collection.</param>
/// <param name="By">The maintainer.</param>
/// <param name="Attestation">What was said.</param>
internal sealed record Finding(Digest Id, CollectionChain Collection, PublisherChain By, AttestationStatement Attestation);

/// <summary>Finds the verdicts that hold.</summary>
internal static class Findings
{
    /// <summary>
    /// The newest verdict of each collection: the highest sequence; of equal ones the most careful, then the lowest id. Only maintainers of now count.
    /// </summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="statements">Attestations about it in any order; others do no harm.</param>
    /// <param name="collections">Finds a collection.</param>
    /// <param name="publishers">Finds a publisher.</param>
    public static IReadOnlyList<Finding> About(
        Digest manifest, IEnumerable<SignedStatement> statements, Func<Digest, CollectionChain?> collections, Func<Digest, PublisherChain?> publishers)
    {
        var counting = new List<Finding>();
        foreach (var said in statements.DistinctBy(s => s.Id))
        {
            if (said.Statement is AttestationStatement attestation && attestation.Manifest == manifest
                && collections(attestation.Collection) is { } collection && collection.MayAttest(attestation.By.Publisher)
                && publishers(attestation.By.Publisher) is { } by && by.Counts(said))
            {
                counting.Add(new Finding(said.Id, collection, by, attestation));
            }
        }

        return
        [
            .. counting.GroupBy(f => f.Collection.Identity)
                .Select(g => g.OrderByDescending(f => f.Attestation.Sequence).ThenByDescending(f => f.Attestation.Verdict).ThenBy(f => f.Id.Value, StringComparer.Ordinal).First())
                .OrderBy(f => f.Collection.Identity.Value, StringComparer.Ordinal),
        ];
    }
}
