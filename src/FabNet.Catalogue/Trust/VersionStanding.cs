// How a version of a design stands: who published it, whether they still stand by it, and what maintainers found.

using FabNet.Model;
using FabNet.Protocol.Statements;

namespace FabNet.Catalogue.Trust;

/// <summary>A publisher's word on a version.</summary>
/// <param name="Publisher">Who published it.</param>
/// <param name="RevokedBecause">Why its key was revoked, where no other key of its signed this; null otherwise.</param>
/// <param name="YankedBecause">Why it was yanked; null if it was not.</param>
internal sealed record Publication(PublisherChain Publisher, string? RevokedBecause, string? YankedBecause);

/// <summary>How a version stands.</summary>
/// <param name="Manifest">The version.</param>
/// <param name="Publications">Who published it, by identity; none for one from before designs were signed.</param>
/// <param name="Findings">What was found, by collection.</param>
internal sealed record VersionStanding(Digest Manifest, IReadOnlyList<Publication> Publications, IReadOnlyList<Finding> Findings)
{
    /// <summary>True if every publisher of it took it out of sight.</summary>
    public bool IsYanked => Publications.Count > 0 && Publications.All(p => p.YankedBecause is not null);

    /// <summary>True if all who published it revoked the keys that signed it.</summary>
    public bool IsRevoked => Publications.Count > 0 && Publications.All(p => p.RevokedBecause is not null);

    /// <summary>True if somebody found it good who is not among those that published it, and nothing stops it.</summary>
    public bool IsValidated => FindStop() is null
        && Findings.Any(f => f.Attestation.Verdict is Verdict.Validated && Publications.All(p => p.Publisher.Identity != f.By.Identity));

    /// <summary>Why it must not be made, for people; null if it may. Yanked versions may: who ordered one knows which.</summary>
    public string? FindStop() =>
        Findings.FirstOrDefault(f => f.Attestation.Verdict is Verdict.Unsafe) is { } found
            ? $"{found.Collection.Name} found it unsafe: {found.Attestation.Reason} ({found.By.Name}, attestation {found.Id.Short})"
            : IsRevoked ? $"the key of {Publications[0].Publisher.Name} that signed it was revoked: {Publications[0].RevokedBecause}" : null;

    /// <summary>How a version stands.</summary>
    /// <param name="manifest">The version.</param>
    /// <param name="design">Its statement with all signatures; null for one from before designs were signed.</param>
    /// <param name="signers">Publishers in whose chains a key that signed it stands, in any order.</param>
    /// <param name="yanks">Yanks of it, in any order; others do no harm.</param>
    /// <param name="findings">From <see cref="Trust.Findings.About"/>.</param>
    public static VersionStanding Of(
        Digest manifest, SignedStatement? design, IEnumerable<PublisherChain> signers, IEnumerable<SignedStatement> yanks, IReadOnlyList<Finding> findings)
    {
        var publications = new List<Publication>();
        var said = yanks.Where(y => y.Statement is YankStatement yank && yank.Manifest == manifest).DistinctBy(y => y.Id).OrderBy(y => y.Id.Value, StringComparer.Ordinal).ToList();
        foreach (var publisher in signers.DistinctBy(p => p.Identity).OrderBy(p => p.Identity.Value, StringComparer.Ordinal))
        {
            string? reason = null;
            if (design is null || publisher.Vouches(design, out reason) is Vouching.None)
            {
                continue;
            }

            var yank = said.Find(publisher.Counts);
            publications.Add(new Publication(publisher, reason, (yank?.Statement as YankStatement)?.Reason));
        }

        return new VersionStanding(manifest, publications, findings);
    }
}
