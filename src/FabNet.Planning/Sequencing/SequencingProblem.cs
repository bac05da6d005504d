// Jobs to be put on machines and into an order there, so that the last machine is done soon and few hours go into set-ups.

namespace FabNet.Planning.Sequencing;

/// <summary>A machine that is able to make a job.</summary>
/// <param name="Machine">Its index.</param>
/// <param name="Duration">How long the job takes there, without set-up, in units of the problem's time.</param>
public readonly record struct Candidate(int Machine, int Duration);

/// <summary>
/// Unrelated machines with sequence-dependent set-ups: the core of planning, free of money and calendars. Times are whole numbers of one unit that the caller
/// chooses (seconds, thousandths of an hour), so that a million small changes add up exactly. Immutable; safe to search from several threads.
/// </summary>
public sealed class SequencingProblem
{
    private readonly int[] _families;
    private readonly Candidate[][] _candidates;
    private readonly SetUpTable[] _setUps;
    private readonly int[] _ready;

    /// <summary>Takes the problem.</summary>
    /// <param name="families">The set-up family of each job.</param>
    /// <param name="candidates">The machines that are able to make each job, in any order; at least one.</param>
    /// <param name="setUps">The set-up times of each machine; machines of one class share a table.</param>
    /// <param name="ready">When each machine is free, with what it must do besides (maintenance) added.</param>
    /// <exception cref="ArgumentException">A job has no machine, or an index or a time is out of range.</exception>
    public SequencingProblem(IReadOnlyList<int> families, IReadOnlyList<IReadOnlyList<Candidate>> candidates, IReadOnlyList<SetUpTable> setUps, IReadOnlyList<int> ready)
    {
        ArgumentNullException.ThrowIfNull(families);
        ArgumentNullException.ThrowIfNull(candidates);
        ArgumentNullException.ThrowIfNull(setUps);
        ArgumentNullException.ThrowIfNull(ready);
        if (families.Count != candidates.Count || setUps.Count != ready.Count)
        {
            throw new ArgumentException($"{families.Count} families for {candidates.Count} jobs, or {setUps.Count} set-up tables for {ready.Count} machines: one for each is needed.");
        }

        _families = [.. families];
        _setUps = [.. setUps];
        _ready = [.. ready];
        _candidates = [.. candidates.Select((able, job) => Checked(able, job))];
        var longest = _ready.DefaultIfEmpty(0).Max() + _candidates.Sum(static able => (long)able.Max(static c => c.Duration)) + ((long)Jobs * _setUps.Select(static s => s.Greatest).DefaultIfEmpty(0).Max());
        if (longest > int.MaxValue)
        {
            throw new ArgumentException($"All jobs one after another may take {longest}, and times are reckoned up to {int.MaxValue}. Choose a longer unit of time.");
        }
    }

    /// <summary>How many jobs there are.</summary>
    public int Jobs => _families.Length;

    /// <summary>How many machines there are.</summary>
    public int Machines => _setUps.Length;

    /// <summary>When a machine is free.</summary>
    public int Ready(int machine) => _ready[machine];

    /// <summary>A job's set-up family.</summary>
    public int FamilyOf(int job) => _families[job];

    /// <summary>A machine's set-up times.</summary>
    public SetUpTable SetUpsOf(int machine) => _setUps[machine];

    /// <summary>The machines that are able to make a job, the quickest first.</summary>
    public ReadOnlySpan<Candidate> CandidatesOf(int job) => _candidates[job];

    /// <summary>How long a job takes on a machine, or null if that machine can't make it.</summary>
    public int? DurationOf(int job, int machine)
    {
        foreach (var candidate in _candidates[job])
        {
            if (candidate.Machine == machine)
            {
                return candidate.Duration;
            }
        }

        return null;
    }

    /// <summary>
    /// No order is done sooner than this: neither the job whose quickest machine is slowest, nor all jobs with the least set-up that each needs, spread evenly over machines from when each is free.
    /// At most one job of each machine is its first and needs no set-up after another.
    /// </summary>
    public int LowerBound()
    {
        var total = 0.0;
        var longest = 0;
        var savings = new List<int>(Jobs);
        var population = _families.CountBy(static family => family).ToDictionary();
        for (var job = 0; job < Jobs; job++)
        {
            var family = _families[job];
            var (asFirst, behind, quickest) = (int.MaxValue, int.MaxValue, int.MaxValue);
            foreach (var (machine, duration) in _candidates[job])
            {
                var first = duration + _setUps[machine].First(family);
                var least = int.MaxValue;
                foreach (var (before, count) in population)
                {
                    if (before != family || count > 1)
                    {
                        least = Math.Min(least, _setUps[machine].Between(before, family));
                    }
                }

                asFirst = Math.Min(asFirst, first);
                if (least < int.MaxValue)
                {
                    behind = Math.Min(behind, duration + least);
                }

                quickest = Math.Min(quickest, _ready[machine] + Math.Min(first, least == int.MaxValue ? first : duration + least));
            }

            behind = behind == int.MaxValue ? asFirst : behind;
            longest = Math.Max(longest, quickest);
            total += behind;
            savings.Add(Math.Max(0, behind - asFirst));
        }

        total -= savings.OrderDescending().Take(Machines).Sum(static saving => (double)saving);
        return Math.Max(longest, Level(total));
    }

    // When machines that are free at their times have done so much work together, at the soonest.
    private int Level(double work)
    {
        var (sum, count) = (0.0, 0);
        var level = double.PositiveInfinity;
        foreach (var ready in _ready.Order())
        {
            if (ready >= level)
            {
                break;
            }

            sum += ready;
            count++;
            level = (work + sum) / count;
        }

        return checked((int)Math.Ceiling(level - 1e-9));
    }

    private Candidate[] Checked(IReadOnlyList<Candidate> able, int job)
    {
        if (able.Count == 0)
        {
            throw new ArgumentException($"No machine is able to make job {job}.");
        }

        foreach (var (machine, duration) in able)
        {
            if ((uint)machine >= (uint)Machines || duration < 0 || (uint)_families[job] >= (uint)_setUps[machine].Families)
            {
                throw new ArgumentException($"Job {job}: machine {machine}, duration {duration} or family {_families[job]} is out of range.");
            }
        }

        return [.. able.OrderBy(static c => c.Duration).ThenBy(static c => c.Machine)];
    }
}
