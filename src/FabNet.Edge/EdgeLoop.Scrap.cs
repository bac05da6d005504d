// What a person found when taking off what was made: good pieces, and scrap, whose jobs are planned again.

using FabNet.Edge.Leasing;
using FabNet.Model;
using FabNet.Model.Jobs;

namespace FabNet.Edge;

internal sealed partial class EdgeLoop
{
    private const int LongestScrapReason = 400;

    /// <summary>A person took off what was made, and says how many pieces are no good. The coordinator is told, and what waits to be said in the commons can be said: one append for both.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="scrapped">How many, 0 or more.</param>
    /// <param name="of">Of which job; null where it does not matter.</param>
    /// <param name="reason">What is wrong with them; may be empty.</param>
    /// <returns>What was noted, as a sentence; empty where nothing was to be.</returns>
    /// <exception cref="OperatorException">There are not so many pieces, or nobody said of which job they are.</exception>
    private string Judge(MachineId machine, int scrapped, JobId? of, string reason)
    {
        var lying = _book.Leases.LyingOn(machine);
        var scrap = ScrapOf(lying, machine, scrapped, of);
        List<ProductionRecord> judged = [.. _book.Productions.OnMachine(machine).Select(made => made with { Good = made.Made - scrap.GetValueOrDefault(made.Job) })];
        var what = reason.Length == 0 ? "It is scrap, as its site found when it was taken off." : reason[..Math.Min(reason.Length, LongestScrapReason)];
        List<JobEvent> bad = [.. lying.Where(j => scrap.GetValueOrDefault(j.Id) == j.Copies).Select(j => new JobScrapped { Job = j.Id, Epoch = j.Epoch, At = _time.GetUtcNow(), Reason = what })];
        if (bad.Count > 0)
        {
            Append(judged, bad);
        }
        else if (judged.Count > 0)
        {
            _book.Judge(judged);
        }

        return scrapped == 0 ? "" : bad.Count == 0 ? $" {scrapped} pieces are noted as scrap." : $" Scrap: {string.Join(", ", bad.Select(static e => e.Job))}, to be planned again.";
    }

    /// <summary>How many pieces of each job are scrap; jobs without any are left out.</summary>
    private static Dictionary<JobId, int> ScrapOf(IReadOnlyList<Job> lying, MachineId machine, int scrapped, JobId? of)
    {
        if (scrapped == 0)
        {
            return [];
        }

        var named = lying.Where(j => of is null || j.Id == of).ToList();
        var (all, jobs) = (named.Sum(static j => j.Copies), string.Join(", ", named.Select(static j => j.Id)));
        if (named.Count == 0)
        {
            throw new OperatorException(lying.Count == 0 ? $"No finished job's parts are on {machine}, so nothing on it can be scrap." : $"{of} was not made on {machine}; on it lies what was made for {string.Join(", ", lying.Select(static j => j.Id))}.");
        }

        if (scrapped > all)
        {
            throw new OperatorException($"{jobs} made {all} on {machine}, so at most {all} can be scrap.");
        }

        if (scrapped < all && named.DistinctBy(static j => (j.Design.Manifest, j.Part)).Count() > 1)
        {
            throw new OperatorException($"Different parts lay on {machine}. Say of which job the scrap is, one of {jobs}: fabnet site clear {machine} --scrap {scrapped} --job {named[0].Id}");
        }

        // Equal pieces are equal: those that were asked for last are made again.
        var scrap = new Dictionary<JobId, int>();
        foreach (var job in Enumerable.Reverse(named).TakeWhile(_ => scrapped > 0))
        {
            scrap[job.Id] = Math.Min(scrapped, job.Copies);
            scrapped -= scrap[job.Id];
        }

        return scrap;
    }
}
