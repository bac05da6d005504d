// Writes out opening hours and blocked times of a machine from a moment on.

namespace FabNet.Planning.Scheduling;

internal static class Calendars
{
    /// <summary>A machine's calendar; null if it is always open and never blocked.</summary>
    public static WorkingTime? Of(WorkshopMachine machine, Workshop workshop, bool runsUnattended, DateTimeOffset now, double horizon)
    {
        if (workshop.Hours.Count == 0 && machine.Blocked.Count == 0)
        {
            return null;
        }

        var open = workshop.Hours.Count == 0 ? [(double.NegativeInfinity, double.PositiveInfinity)] : Open(workshop, now, horizon);
        var blocked = Joined(machine.Blocked.Select(b => ((b.From - now).TotalMinutes, (b.To - now).TotalMinutes)).Where(static b => b.Item2 > 0));
        return new WorkingTime(open, blocked, runsUnattended);
    }

    private static (double From, double To)[] Open(Workshop workshop, DateTimeOffset now, double horizon)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(workshop.TimeZone);
        var today = TimeZoneInfo.ConvertTime(now, zone).Date;
        var spans = new List<(double, double)>();
        for (var day = -1; day * 1440.0 < horizon; day++)
        {
            var date = today.AddDays(day);
            foreach (var hours in workshop.Hours)
            {
                if (hours.BeginOn(date.DayOfWeek))
                {
                    var begin = date + hours.From.ToTimeSpan();
                    spans.Add((Minutes(begin), Minutes(begin + hours.Length)));
                }
            }
        }

        spans.Add((Math.Max(horizon, spans.Count > 0 ? spans[^1].Item2 : 0), double.PositiveInfinity));
        return Joined(spans.Where(static s => s.Item2 > 0));

        double Minutes(DateTime local) => (new DateTimeOffset(local, zone.GetUtcOffset(local)) - now).TotalMinutes;
    }

    private static (double From, double To)[] Joined(IEnumerable<(double From, double To)> spans)
    {
        var joined = new List<(double From, double To)>();
        foreach (var span in spans.Order())
        {
            if (joined.Count > 0 && span.From <= joined[^1].To)
            {
                joined[^1] = (joined[^1].From, Math.Max(joined[^1].To, span.To));
            }
            else
            {
                joined.Add(span);
            }
        }

        return [.. joined];
    }
}
