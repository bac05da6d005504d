// When a machine can be set up and can run: people's hours, maintenance and reservations.

using System.Runtime.CompilerServices;

namespace FabNet.Planning.Scheduling;

/// <summary>A machine's calendar, in minutes from the problem's moment.</summary>
/// <param name="open">When people are there: apart, in order; the last one has no end. Where there are several, they are written out for five weeks at least, and what is behind the last two is as in the week before.</param>
/// <param name="blocked">When it must not run: apart, in order.</param>
/// <param name="runsUnattended">False: whole runs lie within <paramref name="open"/>.</param>
internal sealed class WorkingTime((double From, double To)[] open, (double From, double To)[] blocked, bool runsUnattended)
{
    private const double Week = 7 * 1440;

    // From here on, weeks repeat: what an opening a week later needs is still written out.
    private readonly double _repeats = open.Length > 1 ? open[^1].From - (2 * Week) : double.PositiveInfinity;

    // A run that is longer than any opening can only begin with one: somebody stays for it. Those of the weeks that repeat are what there is: one night a year is an hour longer.
    private readonly double _longest = open.Take(open.Length - 1).Where(o => o.From >= open[^1].From - (3 * Week)).Select(static o => o.To - o.From).DefaultIfEmpty(double.PositiveInfinity).Max();

    /// <summary>The earliest begin of a run.</summary>
    /// <param name="earliest">Not before this.</param>
    /// <param name="labour">Set-up by a person, at its begin.</param>
    /// <param name="whole">All of it, with that.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public double Begin(double earliest, double labour, double whole)
    {
        var attended = runsUnattended ? labour : whole;
        var begin = earliest;
        while (true)
        {
            var at = attended > 0 ? Attended(begin, attended) : begin;
            var free = Unblocked(at, whole);
            if (free <= at)
            {
                return at;
            }

            begin = free;
        }
    }

    /// <summary>The first moment from a given one on at which somebody is there and it may run.</summary>
    public double Open(double from) => Begin(from, double.Epsilon, double.Epsilon);

    /// <summary>When somebody could set it up and it may run, apart and in order; the last one has no end.</summary>
    public List<(double From, double To)> Free() => Without(open, blocked);

    /// <summary>Spans without holes in them; both apart and in order.</summary>
    public static List<(double From, double To)> Without(IReadOnlyList<(double From, double To)> spans, IReadOnlyList<(double From, double To)> holes)
    {
        var (left, first) = (new List<(double From, double To)>(spans.Count + holes.Count), 0);
        foreach (var span in spans)
        {
            while (first < holes.Count && holes[first].To <= span.From)
            {
                first++;
            }

            var from = span.From;
            for (var i = first; i < holes.Count && holes[i].From < span.To; i++)
            {
                if (holes[i].From > from)
                {
                    left.Add((from, holes[i].From));
                }

                from = Math.Max(from, holes[i].To);
            }

            if (from < span.To)
            {
                left.Add((from, span.To));
            }
        }

        return left;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private double Attended(double begin, double minutes)
    {
        var weeks = begin > _repeats ? Math.Ceiling((begin - _repeats) / Week) * Week : 0;
        begin -= weeks;
        for (var i = FirstEndingAfter(open, begin); i < open.Length; i++)
        {
            var from = Math.Max(begin, open[i].From);
            if (from + minutes <= open[i].To || (minutes > _longest && begin <= open[i].From))
            {
                return from + weeks;
            }
        }

        return begin + weeks;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private double Unblocked(double begin, double minutes)
    {
        for (var i = FirstEndingAfter(blocked, begin); i < blocked.Length && blocked[i].From < begin + minutes; i++)
        {
            begin = blocked[i].To;
        }

        return begin;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int FirstEndingAfter((double From, double To)[] spans, double moment)
    {
        var (low, high) = (0, spans.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (spans[middle].To > moment)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }
}
