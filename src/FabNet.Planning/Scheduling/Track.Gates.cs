// Where another job would cost least on a track: most places are passed over at a glance.

using System.Runtime.CompilerServices;
using FabNet.Planning.Search;

namespace FabNet.Planning.Scheduling;

internal sealed partial class Track
{
    // A glance reckons in single precision: so much, of what a place may cost at most, does not decide.
    private const double Glance = 1e-5;

    private Gate[] _gates = new Gate[5];

    /// <summary>The best place for a job.</summary>
    /// <param name="job">The job.</param>
    /// <param name="below">Only places that cost less are looked for.</param>
    /// <param name="random">The chain's random numbers.</param>
    /// <param name="blinks">One in so many places is not seen; 0: all are.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public Place Best(JobFacts job, double below, ref SearchRandom random, int blinks)
    {
        var alone = Run.Of(job, Machine);
        var glimpse = new Glimpse(this, job, alone);
        var best = Place.Nowhere with { Cost = below };
        for (var r = 0; r <= _runCount; r++)
        {
            if (glimpse.Least(_setUps, _gates[r]) < best.Cost * (1 + Glance) && (blinks == 0 || random.Below(blinks) != 0))
            {
                var cost = Between(job, alone, r, best.Cost - glimpse.Anywhere, out var end) + glimpse.Anywhere;
                best = cost < best.Cost ? new Place(cost, r, false, end) : best;
            }

            if (r < _runCount && _runs[r].Family == alone.Family && MayJoin(alone, _runs[r]) && (blinks == 0 || random.Below(blinks) != 0))
            {
                var cost = Joined(job, alone, r, out var end) + glimpse.Anywhere;
                best = cost < best.Cost && Fits(job, _runs[r]) ? new Place(cost, r, true, end) : best;
            }
        }

        return best;
    }

    // From a run on; what a delay costs changed at all.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SetGates(int from)
    {
        if (_setUps is null)
        {
            return;
        }

        var site = Machine.Site;
        for (var r = from; r < _runCount; r++)
        {
            ref readonly var run = ref _runs[r];
            var isOfLoaded = run.Needs.Material == SetUpIds.Any;
            var risk = 2 - run.Survival;
            var price = site.PriceOf(run.Needs.Material);
            var (minutes, purge) = _setUps.Change(run.BeforeState, run.Family);
            _gates[r] = new Gate
            {
                State = run.BeforeState,
                Family = run.Family,
                Open = OpenFrom(run.FreeBefore),
                Savable = isOfLoaded ? run.Price : risk * ((minutes * (site.LabourPerMinute + site.MachinePerMinute)) + (purge * price) + EnergyAboveLeast(run)),
                Release = run.Release,
                Changed = run.Begin + minutes,
                Risk = isOfLoaded ? 0 : (float)risk,
                PurgePrice = (float)price,
            };
        }

        for (var r = 0; r < _runCount; r++)
        {
            ref readonly var run = ref _runs[r];
            (_gates[r].Slope, _gates[r].Slack, _gates[r].LaterSlope) = ((float)run.Slope, (float)run.Slack, (float)run.LaterSlope);
        }

        _gates[_runCount] = new Gate { State = _runCount == 0 ? _loaded : After(_runs[_runCount - 1]), Family = -1, Open = OpenFrom(End) };
    }

    // Where clearing takes no time a run may begin by itself.
    private double OpenFrom(double free) => Machine.Calendar is { } calendar && Machine.Class.Class.SetUp.ClearMinutes > 0 ? calendar.Open(free) : free;

    private double EnergyAboveLeast(in Run run)
    {
        var energy = Machine.Site.Energy;
        if (energy.IsFlat)
        {
            return 0;
        }

        var warmUp = run.Beds * Machine.Class.Class.SetUp.WarmUpMinutes;
        var (warm, ready) = (run.End - run.Minutes - warmUp, run.End - run.Minutes);
        return (energy.PerKw(warm, ready) * Machine.WarmUpKw) + (energy.PerKw(ready, run.End) * Machine.RunningKw)
            - (((warmUp * Machine.WarmUpKw) + (run.Minutes * Machine.RunningKw)) * energy.Least / 60);
    }
}
