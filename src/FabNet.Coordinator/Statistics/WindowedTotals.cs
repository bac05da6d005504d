// Totals of all time and of the last days.

namespace FabNet.Coordinator.Statistics;

/// <summary>Totals by UTC day, of which the newest <see cref="Days"/> are kept apart; what is older is in the sum of all time only. Owned by the coordinator's loop.</summary>
internal sealed class WindowedTotals
{
    /// <summary>How many days the window has.</summary>
    public const int Days = 30;

    // In order; only days on which something happened.
    private readonly List<(int Day, RunTotals Totals)> _days = [];

    /// <summary>Of all time.</summary>
    public RunTotals All { get; private set; }

    /// <summary>The number of a moment's UTC day.</summary>
    public static int DayOf(DateTimeOffset moment) => (int)(moment.UtcTicks / TimeSpan.TicksPerDay);

    /// <summary>Adds what happened on a day. A day before the window counts in the sum of all time.</summary>
    public void Add(int day, RunTotals happened)
    {
        All += happened;
        var place = _days.FindLastIndex(d => d.Day <= day);
        if (place >= 0 && _days[place].Day == day)
        {
            _days[place] = (day, _days[place].Totals + happened);
        }
        else
        {
            _days.Insert(place + 1, (day, happened));
            if (_days.Count > Days)
            {
                _days.RemoveAt(0);
            }
        }
    }

    /// <summary>Of the 30 days that end with a moment's.</summary>
    public RunTotals Recent(DateTimeOffset now)
    {
        var (sum, last) = (default(RunTotals), DayOf(now));
        foreach (var (day, totals) in _days)
        {
            if (day > last - Days && day <= last)
            {
                sum += totals;
            }
        }

        return sum;
    }
}
