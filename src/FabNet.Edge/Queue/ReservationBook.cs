// Times in which machines take no jobs: what is reserved, and the rules that a reservation must keep.

using System.Globalization;
using FabNet.Edge.Leasing;
using FabNet.Model;
using FabNet.Model.Sites;

namespace FabNet.Edge.Queue;

/// <summary>The reservations of a site, as its journal says. Times are compared in UTC, by the site's own clock. Owned by the edge's loop.</summary>
internal sealed class ReservationBook
{
    /// <summary>The longest reservation.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(31);

    /// <summary>The shortest reservation.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromMinutes(1);

    /// <summary>How far ahead one may begin.</summary>
    public static readonly TimeSpan Furthest = TimeSpan.FromDays(366);

    /// <summary>How many times a machine has ahead at most.</summary>
    public const int MostAhead = 200;

    /// <summary>How many times one may come that says so: ten years.</summary>
    private const int MostTimes = 520;

    /// <summary>How far ahead the times of a weekly one are reckoned: whatever begins within a year overlaps none of them, to its end.</summary>
    private static readonly TimeSpan Horizon = Furthest + Longest;

    private const int LongestName = 100;
    private const int LongestReason = 200;

    // A person who says "now" and the clock do not agree to the second.
    private static readonly TimeSpan Lateness = TimeSpan.FromMinutes(1);

    // Those for once. Of one machine they never overlap: in the order of their begins they are in the order of their ends.
    private readonly Dictionary<string, List<ReservationRecord>> _byMachine = new(StringComparer.Ordinal);
    private readonly List<ReservationRecord> _weekly = [];
    private readonly HashSet<(string Id, DateOnly On)> _skipped = [];
    private int _count;

    /// <summary>The id of the next one.</summary>
    public string NextId => string.Create(CultureInfo.InvariantCulture, $"r-{_count + 1}");

    /// <summary>True if one comes every week: more of its times come near as time passes.</summary>
    public bool HasWeekly => _weekly.Count > 0;

    /// <summary>Applies a journaled fact.</summary>
    public void Apply(ReservationRecord reservation)
    {
        _count++;
        if (reservation.Weekly is not null)
        {
            _weekly.Add(reservation);
            return;
        }

        if (!_byMachine.TryGetValue(reservation.Machine, out var all))
        {
            _byMachine.Add(reservation.Machine, all = []);
        }

        var at = all.FindLastIndex(r => r.From <= reservation.From);
        all.Insert(at + 1, reservation);
    }

    /// <summary>Applies a journaled fact.</summary>
    public void Apply(ReservationCancelledRecord cancelled)
    {
        _weekly.RemoveAll(r => r.Id == cancelled.Id);
        foreach (var all in _byMachine.Values)
        {
            all.RemoveAll(r => r.Id == cancelled.Id);
        }
    }

    /// <summary>Applies a journaled fact.</summary>
    public void Apply(ReservationSkippedRecord skipped) => _skipped.Add((skipped.Id, skipped.On));

    /// <summary>When a machine takes no jobs, from now on, in the order of time: each time of a weekly reservation within a year and a month is one, with its own begin and end.</summary>
    public IReadOnlyList<ReservationRecord> Ahead(string machine, DateTimeOffset now) => [.. OnceAhead(machine, now).Concat(WeeklyOf(machine).SelectMany(r => TimesOf(r, now))).OrderBy(static r => r.From)];

    /// <summary>What of that is under way, or comes next; null if nothing does.</summary>
    public ReservationRecord? Next(string machine, DateTimeOffset now) => WeeklyOf(machine).Select(r => TimesOf(r, now).FirstOrDefault()).Append(OnceAhead(machine, now).FirstOrDefault()).OfType<ReservationRecord>().MinBy(static r => r.From);

    /// <summary>The times of a reservation that are not over, in their order; of a weekly one those within a year and a month.</summary>
    public IEnumerable<ReservationRecord> TimesOf(ReservationRecord reservation, DateTimeOffset now)
    {
        if (reservation.Weekly is not { } hours)
        {
            return reservation.To > now ? [reservation] : [];
        }

        // What began yesterday may last past midnight.
        var zone = TimeZoneInfo.FindSystemTimeZoneById(reservation.TimeZone!);
        var (begins, yesterday, last) = (DayIn(zone, reservation.From), DayIn(zone, now).AddDays(-1), DayIn(zone, now + Horizon));
        last = last < begins ? begins : last;
        return WeeklyHours.Between([hours], zone, At(yesterday < begins ? begins : yesterday), At(reservation.Until is { } until && until < last ? until : last))
            .Where(t => t.To > now && !_skipped.Contains((reservation.Id, DayIn(zone, t.From))))
            .Select(t => reservation with { From = t.From, To = t.To });

        static DateTime At(DateOnly day) => day.ToDateTime(TimeOnly.MinValue);
    }

    /// <summary>A reservation by its id; null if there is none, or it was cancelled.</summary>
    public ReservationRecord? Find(string id) => _byMachine.Values.SelectMany(static all => all).Concat(_weekly).FirstOrDefault(r => r.Id == id);

    /// <summary>The local day on which a time of a weekly reservation begins.</summary>
    public static DateOnly DayOf(ReservationRecord time) => DayIn(TimeZoneInfo.FindSystemTimeZoneById(time.TimeZone!), time.From);

    /// <summary>The same every week, at the local time of a site.</summary>
    /// <param name="first">Its first time.</param>
    /// <param name="timeZone">The site's.</param>
    /// <param name="until">The last local day on which it may begin; null for none.</param>
    /// <param name="times">How many times it comes; null for no such end.</param>
    /// <exception cref="OperatorException">It can't be; the message says why.</exception>
    public static ReservationRecord EveryWeek(ReservationRecord first, string timeZone, DateOnly? until, int? times)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(timeZone);
        var (from, to, day) = (TimeZoneInfo.ConvertTime(first.From, zone), TimeZoneInfo.ConvertTime(first.To, zone), DayIn(zone, first.From));
        return first.From.Ticks % TimeSpan.TicksPerMinute != 0 || first.To.Ticks % TimeSpan.TicksPerMinute != 0 ? throw new OperatorException("What comes every week begins and ends on a minute: say --from and --to without seconds.")
            : to.DateTime - from.DateTime > TimeSpan.FromDays(1) ? throw new OperatorException($"Each time would last {(to.DateTime - from.DateTime).TotalHours:0.#} h; what comes every week lasts at most a day.")
            : until is not null && times is not null ? throw new OperatorException("Say --until or --times, not both.")
            : times is < 1 or > MostTimes ? throw new OperatorException($"--times is a number from 1 to {MostTimes}.")
            : until < day ? throw new OperatorException($"It would come until {Text(until.Value)}, and first on {Text(day)}. Say a later --until.")
            : first with { Weekly = WeeklyHours.On(day.DayOfWeek, TimeOnly.FromDateTime(from.DateTime), TimeOnly.FromDateTime(to.DateTime)), TimeZone = timeZone, Until = times is { } count ? day.AddDays(7 * (count - 1)) : until };
    }

    /// <summary>Why a reservation can't be made; null if it can.</summary>
    /// <param name="asked">As it would be written down.</param>
    /// <param name="machine">Its machine, for the words.</param>
    /// <param name="now">The site's clock.</param>
    public string? Refusal(ReservationRecord asked, MachineId machine, DateTimeOffset now)
    {
        var (ahead, times) = (Ahead(asked.Machine, now), TimesOf(asked, now).ToList());
        return asked.For.Length is 0 or > LongestName || asked.For.Any(char.IsControl) ? $"A reservation is for somebody: 1 to {LongestName} characters. Say --for \"name\"."
            : asked.Reason is { } reason && (reason.Length > LongestReason || reason.Any(char.IsControl)) ? $"The reason has {reason.Length} characters; write one line of at most {LongestReason}."
            : asked.To <= asked.From ? $"It would end at {Text(asked.To)}, and begin at {Text(asked.From)}. Swap them."
            : asked.To <= now || asked.From < now - Lateness ? $"{Text(asked.To <= now ? asked.To : asked.From)} has passed: it is {Text(now)} at {machine.Site}."
            : asked.To - asked.From < Shortest ? $"It would last {(asked.To - asked.From).TotalSeconds:0} s; the shortest reservation is {Shortest.TotalMinutes:0} min."
            : asked.To - asked.From > Longest ? $"It would last {(asked.To - asked.From).TotalDays:0.#} days; the longest reservation is {Longest.TotalDays:0} days. Take the machine out of service instead: fabnet site maintenance {machine}"
            : asked.From - now > Furthest ? $"{Text(asked.From)} is more than {Furthest.TotalDays:0} days ahead."
            : ahead.FirstOrDefault(r => times.Exists(t => r.From < t.To && t.From < r.To)) is { } other ? $"{machine} is reserved from {Text(other.From)} to {Text(other.To)} already ({other.Id}, for {other.For}). Take another time, or cancel that one: fabnet site unreserve {other.Id}{(other.Weekly is null ? "" : $" --on {Text(DayOf(other))}")}"
            : ahead.Count + times.Count > MostAhead ? $"{machine} has {ahead.Count} reservations ahead{(asked.Weekly is null ? "" : $", and this would be {times.Count} more within a year")}; at most {MostAhead} may be. Cancel some (fabnet site reservations){(asked.Weekly is null ? "" : ", or say --until")}."
            : null;
    }

    /// <summary>As the network is told: without the person.</summary>
    public static Reservation Public(ReservationRecord reservation) => new(reservation.From, reservation.To, WhyOf(reservation));

    /// <summary>Why a machine is reserved, for everybody.</summary>
    public static string WhyOf(ReservationRecord reservation) => reservation.Reason ?? (reservation.IsMaintenance ? "maintenance" : "reserved");

    /// <summary>A moment for people.</summary>
    public static string Text(DateTimeOffset moment) => moment.UtcDateTime.ToString("yyyy-MM-dd HH:mm' UTC'", CultureInfo.InvariantCulture);

    /// <summary>A local day for people.</summary>
    public static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>When a reservation is, for people.</summary>
    public static string WhenOf(ReservationRecord reservation) => reservation.Weekly is { } hours
        ? $"every {hours} ({reservation.TimeZone}) from {Text(DayOf(reservation))}{(reservation.Until is { } until ? $" to {Text(until)}" : "")}"
        : $"from {Text(reservation.From)} to {Text(reservation.To)}";

    private static DateOnly DayIn(TimeZoneInfo zone, DateTimeOffset moment) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(moment, zone).DateTime);

    private IEnumerable<ReservationRecord> WeeklyOf(string machine) => _weekly.Where(r => r.Machine == machine);

    private List<ReservationRecord> OnceAhead(string machine, DateTimeOffset now)
    {
        if (!_byMachine.TryGetValue(machine, out var all))
        {
            return [];
        }

        var first = all.Count;
        while (first > 0 && all[first - 1].To > now)
        {
            first--;
        }

        return all.GetRange(first, all.Count - first);
    }
}
