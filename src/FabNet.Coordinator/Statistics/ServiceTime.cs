// How much of a site's opening time a machine was in service.

using FabNet.Model;
using FabNet.Model.Machines;
using FabNet.Model.Sites;

namespace FabNet.Coordinator.Statistics;

/// <summary>A machine's service, from fact to fact. Owned by the coordinator's loop.</summary>
internal sealed class ServiceTime
{
    /// <summary>Beyond this the time between two facts says nothing: a clock jumped.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(3660);

    private DateTimeOffset _since;

    /// <summary>What the machine did last, as far as its service goes; null before it was heard.</summary>
    public MachineState? State { get; private set; }

    /// <summary>True where a machine in a state can work: not while it is away, halted or taken out of service.</summary>
    public static bool IsInService(MachineState state) => state is not (MachineState.Offline or MachineState.Alarm or MachineState.Maintenance);

    /// <summary>The machine came into a state.</summary>
    /// <returns>What the time before amounts to, by UTC day.</returns>
    public IReadOnlyList<(int Day, RunTotals Totals)> Change(MachineState state, DateTimeOffset at, Site site)
    {
        var before = Until(at, site);
        State = state;
        _since = _since > at ? _since : at;
        return before;
    }

    /// <summary>What the time since the last fact amounts to, by UTC day; nothing changes.</summary>
    public IReadOnlyList<(int Day, RunTotals Totals)> Until(DateTimeOffset at, Site site)
    {
        if (State is not { } state || at <= _since || at - _since > Longest)
        {
            return [];
        }

        List<(int Day, RunTotals Totals)> days = [];
        foreach (var (from, to) in Open(site, _since, at))
        {
            for (var begin = from; begin < to;)
            {
                var midnight = new DateTimeOffset(begin.UtcDateTime.Date.AddDays(1), TimeSpan.Zero);
                var end = midnight < to ? midnight : to;
                var seconds = (end - begin).TotalSeconds;
                days.Add((WindowedTotals.DayOf(begin), new RunTotals { OpenSeconds = seconds, InServiceSeconds = IsInService(state) ? seconds : 0 }));
                begin = end;
            }
        }

        return days;
    }

    // The opening hours within a span: apart, in order. A site without hours is always open.
    private static List<(DateTimeOffset From, DateTimeOffset To)> Open(Site site, DateTimeOffset from, DateTimeOffset to)
    {
        if (site.Hours.Count == 0 || !TimeZoneInfo.TryFindSystemTimeZoneById(site.TimeZone, out var zone))
        {
            return [(from, to)];
        }

        return Spans.Joined(WeeklyHours.Between(site.Hours, zone, TimeZoneInfo.ConvertTime(from, zone).Date.AddDays(-1), TimeZoneInfo.ConvertTime(to, zone).Date)
            .Select(s => (From: Max(from, s.From), To: Min(to, s.To))).Where(static s => s.From < s.To));
    }

    private static DateTimeOffset Max(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    private static DateTimeOffset Min(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;
}
