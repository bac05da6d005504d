// Who forked what: the graph of designs, walked both ways.

using FabNet.Model;

namespace FabNet.Catalogue.Trust;

/// <summary>A version in the graph of forks.</summary>
/// <param name="Manifest">The version.</param>
/// <param name="Distance">How many forks lie between it and where the walk began, from 1.</param>
/// <param name="From">The version next to it on the way back.</param>
internal readonly record struct ForkStep(Digest Manifest, int Distance, Digest From);

/// <summary>
/// Walks forks. A manifest names its origin by digest, so honest ones can't form a circle; whatever a stranger claims, each version is visited once and a walk ends.
/// </summary>
internal static class ForkGraph
{
    /// <summary>The most versions that a walk gives.</summary>
    public const int MaxSteps = 1_000;

    /// <summary>What a version was forked from, and that in turn: nearest first. The last may be one that this node does not have.</summary>
    /// <param name="manifest">Where to begin.</param>
    /// <param name="originOf">The manifest that one says it was forked from; null for none, or for one that is not here.</param>
    public static IReadOnlyList<ForkStep> Origins(Digest manifest, Func<Digest, Digest?> originOf) =>
        Walk(manifest, m => originOf(m) is { } origin ? [origin] : []);

    /// <summary>What was forked from a version, and from those in turn: nearest first, equally near ones by digest.</summary>
    /// <param name="manifest">Where to begin.</param>
    /// <param name="forksOf">The manifests that say they were forked from one, in any order.</param>
    public static IReadOnlyList<ForkStep> Forks(Digest manifest, Func<Digest, IEnumerable<Digest>> forksOf) => Walk(manifest, forksOf);

    private static List<ForkStep> Walk(Digest start, Func<Digest, IEnumerable<Digest>> next)
    {
        var (seen, steps) = (new HashSet<Digest> { start }, new List<ForkStep>());
        for (List<ForkStep> ring = [new(start, 0, start)]; ring.Count > 0 && steps.Count < MaxSteps;)
        {
            ring =
            [
                .. ring.SelectMany(step => next(step.Manifest).Select(m => new ForkStep(m, step.Distance + 1, step.Manifest)))
                    .OrderBy(s => s.Manifest.Value, StringComparer.Ordinal).ThenBy(s => s.From.Value, StringComparer.Ordinal)
                    .Where(s => seen.Add(s.Manifest))
                    .Take(MaxSteps - steps.Count),
            ];
            steps.AddRange(ring);
        }

        return steps;
    }
}
