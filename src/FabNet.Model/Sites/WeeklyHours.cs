// Hours that come every week, in one text form everywhere: files, the wire, JSON.

using System.Globalization;
using System.Text.Json.Serialization;

namespace FabNet.Model.Sites;

/// <summary>
/// Hours of some days of the week, local time: when people are at a workshop, or a machine is taken every week. Such as <c>mon-fri 09:00-18:00</c> or <c>sat,sun 20:00-02:00</c>. An end at or before
/// the begin is on the next day: <c>mon-sun 00:00-00:00</c> is always.
/// </summary>
[JsonConverter(typeof(WeeklyHoursText))]
public readonly record struct WeeklyHours
{
    private const string Form = "HH:mm";

    private static readonly string[] Names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

    // Bit 0 is Monday.
    private readonly int _days;

    private WeeklyHours(int days, TimeOnly from, TimeOnly to) => (_days, From, To) = (days, from, to);

    /// <summary>When they begin.</summary>
    public TimeOnly From { get; }

    /// <summary>When they end.</summary>
    public TimeOnly To { get; }

    /// <summary>How long they are.</summary>
    public TimeSpan Length => To > From ? To - From : TimeSpan.FromDays(1) - (From - To);

    /// <summary>True if they begin on such a day.</summary>
    public bool BeginOn(DayOfWeek day) => ((_days >> IndexOf(day)) & 1) != 0;

    /// <summary>Hours of one day of the week.</summary>
    public static WeeklyHours On(DayOfWeek day, TimeOnly from, TimeOnly to) => new(1 << IndexOf(day), from, to);

    /// <summary>Each time of some hours that begins on one of some local days, in the order of the days; they may overlap. What clocks skip when they are put forward is left out.</summary>
    /// <param name="hours">The hours.</param>
    /// <param name="zone">The time zone whose local time they are in.</param>
    /// <param name="first">The first day on which one begins.</param>
    /// <param name="last">The last such day.</param>
    public static IEnumerable<(DateTimeOffset From, DateTimeOffset To)> Between(IReadOnlyCollection<WeeklyHours> hours, TimeZoneInfo zone, DateTime first, DateTime last)
    {
        for (var date = first; date <= last; date = date.AddDays(1))
        {
            foreach (var open in hours.Where(h => h.BeginOn(date.DayOfWeek)))
            {
                var begin = date + open.From.ToTimeSpan();
                var (from, to) = (Moment(begin), Moment(begin + open.Length));
                if (from < to)
                {
                    yield return (from, to);
                }
            }
        }

        DateTimeOffset Moment(DateTime local)
        {
            while (zone.IsInvalidTime(local))
            {
                local = local.AddMinutes(1); // Clocks are put forward over it: it is the moment at which they are.
            }

            return new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUniversalTime();
        }
    }

    /// <summary>Reads hours that a person or a peer wrote.</summary>
    /// <exception cref="FormatException">They are not of the form.</exception>
    public static WeeklyHours Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var days, var hours] && DaysOf(days) is { } bits
            && hours.Split('-') is [var from, var to] && HourOf(from) is { } begin && HourOf(to) is { } end
            ? new WeeklyHours(bits, begin, end)
            : throw new FormatException($"'{text}' are no hours of a week. Write days and hours, such as mon-fri 09:00-18:00 or sat,sun 10:00-14:00.");
    }

    /// <inheritdoc />
    public override string ToString()
    {
        var spans = new List<string>();
        for (var day = 0; day < Names.Length; day++)
        {
            var first = day;
            while (day < Names.Length && ((_days >> day) & 1) != 0)
            {
                day++;
            }

            if (day > first)
            {
                spans.Add(day - first == 1 ? Names[first] : day - first == 2 ? $"{Names[first]},{Names[first + 1]}" : $"{Names[first]}-{Names[day - 1]}");
            }
        }

        return $"{string.Join(',', spans)} {From.ToString(Form, CultureInfo.InvariantCulture)}-{To.ToString(Form, CultureInfo.InvariantCulture)}";
    }

    private static int IndexOf(DayOfWeek day) => ((int)day + 6) % 7;

    private static int? DaysOf(string text)
    {
        var bits = 0;
        foreach (var span in text.Split(','))
        {
            var ends = span.Split('-').Select(static name => Array.FindIndex(Names, n => n.Equals(name, StringComparison.OrdinalIgnoreCase))).ToArray();
            if (ends.Length > 2 || ends.Contains(-1))
            {
                return null;
            }

            // fri-mon goes over the weekend.
            for (var day = ends[0]; ; day = (day + 1) % Names.Length)
            {
                bits |= 1 << day;
                if (day == ends[^1])
                {
                    break;
                }
            }
        }

        return bits;
    }

    private static TimeOnly? HourOf(string text) => TimeOnly.TryParseExact(text, Form, CultureInfo.InvariantCulture, DateTimeStyles.None, out var hour) ? hour : null;
}
