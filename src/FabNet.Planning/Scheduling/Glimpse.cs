// What a job costs at least where it may stand, at a glance.

using System.Runtime.CompilerServices;

namespace FabNet.Planning.Scheduling;

/// <summary>A job on a machine, as far as it is the same wherever it stands there.</summary>
internal readonly struct Glimpse
{
    private readonly int _family;
    private readonly double _price;
    private readonly double _risk;
    private readonly double _purgePrice;
    private readonly double _release;
    private readonly double _minutes;
    private readonly double _due;
    private readonly double _latePerMinute;
    private readonly double _waitingPerMinute;
    private readonly double _changePerMinute;

    /// <param name="track">The machine's.</param>
    /// <param name="job">The job.</param>
    /// <param name="alone">Its run there, with nothing else in it.</param>
    public Glimpse(Track track, JobFacts job, in Run alone)
    {
        var machine = track.Machine;
        var (site, costs, isOfLoaded) = (machine.Site, machine.Class.Class.SetUp, job.Needs.Material == SetUpIds.Any);
        var (clear, warm) = (alone.Beds * costs.ClearMinutes, alone.Beds * costs.WarmUpMinutes);
        Anywhere = track.Anywhere(job);
        _family = alone.Family;
        _risk = 2 - alone.Survival;
        _price = Anywhere + (_risk * (((alone.Minutes + warm + clear) * site.MachinePerMinute) + (clear * site.LabourPerMinute)
            + (((warm * machine.WarmUpKw) + (alone.Minutes * machine.RunningKw)) * site.Energy.Least / 60)
            + (isOfLoaded ? 0 : alone.Grams * site.PriceOf(job.Needs.Material))));
        _purgePrice = isOfLoaded ? 0 : site.PriceOf(job.Needs.Material);
        (_release, _minutes, _due) = (alone.Release, alone.Minutes + clear + warm, job.Due);
        (_latePerMinute, _waitingPerMinute, _changePerMinute) = (job.Priority * site.LatePerMinute, track.WaitingPerMinute, site.LabourPerMinute + site.MachinePerMinute);
    }

    /// <summary>What goes by distance and by the plan in force.</summary>
    public double Anywhere { get; }

    /// <summary>No more than it costs at a gate.</summary>
    /// <param name="setUps">Those of its machine's class; null where there are too many to know.</param>
    /// <param name="gate">The gate.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double Least(SetUpMatrix? setUps, in Gate gate)
    {
        if (setUps is null)
        {
            return double.NegativeInfinity;
        }

        var (minutes, purge) = setUps.Change(gate.State, _family);
        var end = Math.Max(gate.Open, _release) + _minutes + minutes;
        var least = _price + (((minutes * _changePerMinute) + (purge * _purgePrice)) * _risk) + (end * _waitingPerMinute) + (end > _due ? (end - _due) * _latePerMinute : 0);
        if (gate.Family < 0)
        {
            return least;
        }

        (minutes, purge) = setUps.Change(setUps.After(gate.State, _family), gate.Family);
        var delay = Math.Max(end, gate.Release) + minutes - gate.Changed;
        return least - gate.Savable + (((minutes * _changePerMinute) + (purge * gate.PurgePrice)) * gate.Risk)
            + (delay * gate.Slope) + (delay > gate.Slack ? (delay - gate.Slack) * gate.LaterSlope : 0);
    }
}
