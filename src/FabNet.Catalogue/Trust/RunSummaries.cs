// What production taught: reliability and real times of a design's parts on each class of machine.

using FabNet.Model;
using FabNet.Protocol.Statements;

namespace FabNet.Catalogue.Trust;

/// <summary>All attested runs of a part on a class of machine.</summary>
/// <param name="Part">The part.</param>
/// <param name="MachineClass">The machine profile.</param>
/// <param name="Runs">How many runs.</param>
/// <param name="Publishers">By how many publishers.</param>
/// <param name="Made">How many pieces.</param>
/// <param name="Good">How many of them were good.</param>
/// <param name="Seconds">Machine time of them all, in seconds.</param>
internal sealed record RunSummary(string Part, string MachineClass, int Runs, int Publishers, long Made, long Good, long Seconds)
{
    /// <summary>The share of good pieces, 0 to 1.</summary>
    public double Reliability => (double)Good / Made;

    /// <summary>Machine time of a good piece, in seconds: bad ones cost time too. Null if none was good.</summary>
    public double? SecondsEach => Good == 0 ? null : (double)Seconds / Good;
}

/// <summary>All attested runs of one toolpath.</summary>
/// <param name="Toolpath">The digest of its bytes.</param>
/// <param name="Runs">Ids of the runs, sorted.</param>
/// <param name="Made">How many pieces.</param>
/// <param name="Good">How many of them were good.</param>
/// <param name="Seconds">Machine time of them all, in seconds.</param>
internal sealed record ToolpathProof(Digest Toolpath, IReadOnlyList<Digest> Runs, long Made, long Good, long Seconds);

/// <summary>Sums up runs.</summary>
internal static class RunSummaries
{
    /// <summary>The runs of a version, summed up by part and class of machine. Whole numbers are summed, so the order does not matter.</summary>
    /// <param name="manifest">The version.</param>
    /// <param name="statements">Runs of it in any order; others do no harm.</param>
    /// <param name="publishers">Finds a publisher.</param>
    public static IReadOnlyList<RunSummary> Of(Digest manifest, IEnumerable<SignedStatement> statements, Func<Digest, PublisherChain?> publishers) =>
    [
        .. Counting(manifest, statements, publishers)
            .Select(r => r.Run)
            .GroupBy(r => (r.Part, r.MachineClass))
            .OrderBy(g => g.Key.Part, StringComparer.Ordinal).ThenBy(g => g.Key.MachineClass, StringComparer.Ordinal)
            .Select(g => new RunSummary(
                g.Key.Part, g.Key.MachineClass, g.Count(), g.Select(r => r.By.Publisher).Distinct().Count(), g.Sum(r => (long)r.Made), g.Sum(r => (long)r.Good), g.Sum(r => r.Seconds))),
    ];

    /// <summary>The runs of a version's own toolpaths, by the digest of the toolpath. Parameters as of <see cref="Of"/>.</summary>
    public static IReadOnlyList<ToolpathProof> Toolpaths(Digest manifest, IEnumerable<SignedStatement> statements, Func<Digest, PublisherChain?> publishers) =>
    [
        .. Counting(manifest, statements, publishers)
            .Where(r => r.Run.Toolpath is not null)
            .GroupBy(r => r.Run.Toolpath!.Value)
            .OrderBy(g => g.Key.Value, StringComparer.Ordinal)
            .Select(g => new ToolpathProof(
                g.Key, [.. g.Select(r => r.Id).OrderBy(i => i.Value, StringComparer.Ordinal)], g.Sum(r => (long)r.Run.Made), g.Sum(r => (long)r.Run.Good), g.Sum(r => r.Run.Seconds))),
    ];

    private static IEnumerable<(Digest Id, RunStatement Run)> Counting(Digest manifest, IEnumerable<SignedStatement> statements, Func<Digest, PublisherChain?> publishers) =>
        statements.DistinctBy(s => s.Id)
            .Where(s => s.Statement is RunStatement run && run.Manifest == manifest && publishers(run.By.Publisher)?.Counts(s) == true)
            .Select(s => (s.Id, (RunStatement)s.Statement));
}
