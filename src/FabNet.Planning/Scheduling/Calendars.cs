// Writes out opening hours and blocked times of a machine from a moment on.

using FabNet.Model;
using FabNet.Model.Sites;

namespace FabNet.Planning.Scheduling;

internal static class Calendars
{
    // Behind the horizon so much more is written out, so that weeks can repeat from there on: openings that join to nearly a week, twice.
    private const int DaysToRepeat = 22;

    /// <summary>A machine's calendar; null if it is always open and never blocked.</summary>
    public static WorkingTime? Of(WorkshopMachine machine, Workshop workshop, bool runsUnattended, DateTimeOffset now, double horizon)
    {
        if (workshop.Hours.Count == 0 && machine.Blocked.Count == 0)
        {
            return null;
        }

        var open = workshop.Hours.Count == 0 ? [(double.NegativeInfinity, double.PositiveInfinity)] : Open(workshop, now, horizon);
        var blocked = Spans.Joined(machine.Blocked.Select(b => (From: (b.From - now).TotalMinutes, To: (b.To - now).TotalMinutes)).Where(static b => b.To > 0));
        return new WorkingTime(open, [.. blocked], runsUnattended);
    }

    private static (double From, double To)[] Open(Workshop workshop, DateTimeOffset now, double horizon)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(workshop.TimeZone);
        var today = TimeZoneInfo.ConvertTime(now, zone).Date;
        var spans = WeeklyHours.Between(workshop.Hours, zone, today.AddDays(-1), today.AddDays(Math.Ceiling(horizon / 1440) + DaysToRepeat))
            .Select(s => (From: (s.From - now).TotalMinutes, To: (s.To - now).TotalMinutes)).ToList();
        spans.Add((Math.Max(horizon, spans.Count > 0 ? spans[^1].To : 0), double.PositiveInfinity));
        return [.. Spans.Joined(spans.Where(static s => s.To > 0))];
    }
}
