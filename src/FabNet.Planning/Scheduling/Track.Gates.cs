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
        var anywhere = Transport(job) + Change(job);
        var best = Place.Nowhere with { Cost = below };
        var glance = new Glimpse(this, job, alone);
        for (var r = 0; r <= _runCount; r++)
        {
            if (glance.Least(_gates[r]) < (best.Cost * (1 + Glance)) - anywhere && (blinks == 0 || random.Below(blinks) != 0))
            {
                var cost = Between(job, alone, r, out var end) + anywhere;
                best = cost < best.Cost ? new Place(cost, r, false, end) : best;
            }

            if (r < _runCount && _runs[r].Family == alone.Family && MayJoin(alone, _runs[r]) && (blinks == 0 || random.Below(blinks) != 0))
            {
                var cost = Joined(job, alone, r, out var end) + anywhere;
                best = cost < best.Cost && Fits(job, _runs[r]) ? new Place(cost, r, true, end) : best;
            }
        }

        return best;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SetGates(int from)
    {
        if (_setUps is null)
        {
            return;
        }

        if (_gates.Length <= _runCount)
        {
            Array.Resize(ref _gates, Math.Max(_runCount + 1, 2 * _gates.Length));
        }

        for (var r = from; r < _runCount; r++)
        {
            ref readonly var run = ref _runs[r];
            var mayShift = run.Needs.Material == SetUpIds.Any || !Machine.Site.Energy.IsFlat;
            var risk = 2 - run.Survival;
            var price = Machine.Site.PriceOf(run.Needs.Material);
            _gates[r] = new Gate
            {
                State = run.BeforeState,
                Family = run.Family,
                Free = run.FreeBefore,
                Savable = mayShift ? run.Price : _setUps.ChangeOf(run.BeforeState, run.Family, Machine.Site, price) * risk,
                Risk = mayShift ? 0 : (float)risk,
                PurgePrice = (float)price,
            };
        }

        _gates[_runCount] = new Gate { State = _runCount == 0 ? _loaded : After(_runs[_runCount - 1]), Family = -1, Free = End };
    }

    /// <summary>What a job costs at least at a gate of a track, but for what goes by distance or by the plan in force.</summary>
    private readonly struct Glimpse
    {
        private readonly SetUpMatrix? _setUps;
        private readonly SiteFacts _site;
        private readonly int _family;
        private readonly double _price;
        private readonly double _risk;
        private readonly double _purgePrice;
        private readonly double _release;
        private readonly double _minutes;
        private readonly double _due;
        private readonly double _latePerMinute;
        private readonly double _waitingPerMinute;

        public Glimpse(Track track, JobFacts job, in Run alone)
        {
            (_setUps, _site, _family) = (track._setUps, track.Machine.Site, alone.Family);
            var costs = track.Machine.Class.Class.SetUp;
            var (clear, warm) = (alone.Beds * costs.ClearMinutes, alone.Beds * costs.WarmUpMinutes);
            _risk = 2 - alone.Survival;
            _price = _risk * (((alone.Minutes + warm + clear) * _site.MachinePerMinute) + (clear * _site.LabourPerMinute)
                + (((warm * track.Machine.WarmUpKw) + (alone.Minutes * track.Machine.RunningKw)) * _site.Energy.Least / 60)
                + (job.Needs.Material == SetUpIds.Any ? 0 : alone.Grams * _site.PriceOf(job.Needs.Material)));
            _purgePrice = job.Needs.Material == SetUpIds.Any ? 0 : _site.PriceOf(job.Needs.Material);
            (_release, _minutes, _due) = (alone.Release, alone.Minutes + clear + warm, job.Due);
            (_latePerMinute, _waitingPerMinute) = (job.Priority * _site.LatePerMinute, track._plant.WaitingPerMinute);
        }

        public double Least(in Gate gate)
        {
            if (_setUps is null)
            {
                return double.NegativeInfinity;
            }

            var end = Math.Max(gate.Free, _release) + _minutes;
            var least = _price + (_setUps.ChangeOf(gate.State, _family, _site, _purgePrice) * _risk) + (end * _waitingPerMinute) + (end > _due ? (end - _due) * _latePerMinute : 0);
            return gate.Family < 0 ? least : least - gate.Savable + (_setUps.ChangeOf(_setUps.After(gate.State, _family), gate.Family, _site, gate.PurgePrice) * gate.Risk);
        }
    }
}
