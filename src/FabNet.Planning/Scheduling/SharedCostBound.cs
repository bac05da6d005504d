// What no schedule can cost less than where jobs share set-ups and deliveries: each of them pays for what it opens, and no more than once for all.

namespace FabNet.Planning.Scheduling;

/// <summary>
/// The dual of a relaxed problem: every job goes to one machine at its least cost there, a machine pays one change of set-up for each family it makes and is not loaded with, and a workshop one fixed price for each other
/// workshop it delivers to. Each job offers a price; where that is above its cost at a machine, the rest is a contribution to that machine's set-up or that workshop's delivery, and contributions never exceed what these
/// cost. Whatever prices keep to this, their sum is a lower bound (linear duality; Erlenkotter's ascent, 1978, raises them one by one).
/// </summary>
internal sealed class SharedCostBound
{
    private const int Levels = 12;
    private const int PassesPerLevel = 6;

    // What is left to pay of each family's set-up on each machine, and of the delivery of each workshop to each other.
    private readonly double[,] _setUps;
    private readonly double[,] _deliveries;
    private readonly double[] _forDelivery;

    private SharedCostBound(Plant plant, IReadOnlyCollection<JobFacts> jobs)
    {
        _forDelivery = new double[plant.Sites.Length];
        _setUps = new double[plant.Families, plant.Machines.Length];
        _deliveries = new double[plant.Sites.Length, plant.Sites.Length];
        var families = jobs.DistinctBy(static j => j.Family).ToList();
        foreach (var family in families)
        {
            foreach (var machine in plant.Machines)
            {
                _setUps[family.Family, machine.Index] = Opening(machine, family.Needs, families);
            }
        }

        foreach (var from in plant.Sites)
        {
            foreach (var to in plant.Sites)
            {
                _deliveries[from.Index, to.Index] = from == to ? 0 : from.DeliveryFixed;
            }
        }
    }

    /// <summary>The bound.</summary>
    /// <param name="plant">The plant.</param>
    /// <param name="jobs">The jobs; each has a machine.</param>
    /// <param name="least">The least cost of a job on a machine without what it shares.</param>
    public static double Of(Plant plant, IReadOnlyCollection<JobFacts> jobs, Func<JobFacts, MachineFacts, double> least)
    {
        var bound = new SharedCostBound(plant, jobs);
        var offers = jobs.Select(j => new Offer(plant, j, least)).ToList();
        var step = plant.Sites.Max(static s => s.DeliveryFixed);
        foreach (var opening in bound._setUps)
        {
            step = Math.Max(step, opening);
        }

        for (var level = 0; level < Levels && step > 0; level++, step /= 2)
        {
            var isRaised = true;
            for (var pass = 0; pass < PassesPerLevel && isRaised; pass++)
            {
                isRaised = false;
                foreach (var offer in offers)
                {
                    isRaised |= bound.Raise(offer, step);
                }
            }
        }

        return offers.Sum(static o => o.Price);
    }

    // Every machine that costs less than the new price is paid the difference, its set-up first, or the price stays.
    private bool Raise(Offer offer, double step)
    {
        var (job, price) = (offer.Job, offer.Price + step);
        var forDelivery = _forDelivery.AsSpan();
        forDelivery.Clear();
        for (var i = 0; i < offer.Machines.Length; i++)
        {
            var machine = offer.Machines[i];
            var site = machine.Site.Index;
            var missing = price - offer.Costs[i] - offer.Paid[site] - _setUps[job.Family, machine.Index];
            if (missing > forDelivery[site])
            {
                if (job.Destination < 0 || missing > _deliveries[site, job.Destination])
                {
                    return false;
                }

                forDelivery[site] = missing;
            }
        }

        for (var site = 0; site < forDelivery.Length; site++)
        {
            if (forDelivery[site] > 0)
            {
                _deliveries[site, job.Destination] -= forDelivery[site];
                offer.Paid[site] += forDelivery[site];
            }
        }

        for (var i = 0; i < offer.Machines.Length; i++)
        {
            var machine = offer.Machines[i];
            var missing = price - offer.Costs[i] - offer.Paid[machine.Site.Index];
            if (missing > 0)
            {
                // Contributions to a machine count as its cost from now on.
                _setUps[job.Family, machine.Index] -= missing;
                offer.Costs[i] += missing;
            }
        }

        offer.Price = price;
        return true;
    }

    // The least that a machine pays before the first run of a family: nothing where it is loaded, or another family may leave it so.
    private static double Opening(MachineFacts machine, SetUpIds needs, List<JobFacts> families)
    {
        if (needs.ChangesFrom(machine.Loaded) == SetUpAttributes.None)
        {
            return 0;
        }

        var first = machine.Class.Effort(machine.Loaded, needs);
        var least = Price(machine, first.LabourMinutes - machine.Class.Class.SetUp.ClearMinutes, first.PurgeGrams, needs);
        foreach (var other in families)
        {
            least = other.Needs == needs ? least : Math.Min(least, Change(machine, other.Needs, needs));
        }

        return least;
    }

    // What surely changes from what another family, or nothing, has set up: what that leaves open may be as it is needed.
    private static double Change(MachineFacts machine, SetUpIds before, SetUpIds needs)
    {
        var costs = machine.Class.Class.SetUp;
        var minutes = Differs(before.Material, needs.Material) ? costs.MaterialChangeMinutes
            : !Differs(before.Color, needs.Color) ? 0
            : before.Material == SetUpIds.Any && needs.Material != SetUpIds.Any ? Math.Min(costs.MaterialChangeMinutes, costs.ColorChangeMinutes)
            : costs.ColorChangeMinutes;
        var isPurged = Differs(before.Material, needs.Material) || Differs(before.Color, needs.Color);
        var tools = (Differs(before.Nozzle, needs.Nozzle) ? 1 : 0) + (Differs(before.Tool, needs.Tool) ? 1 : 0) + (Differs(before.Fixture, needs.Fixture) ? 1 : 0);
        return Price(machine, minutes + (tools * costs.ToolChangeMinutes), isPurged && machine.Class.PurgesOnChange ? costs.PurgeGrams : 0, needs);
    }

    private static double Price(MachineFacts machine, double labourMinutes, double purgeGrams, SetUpIds needs) =>
        (labourMinutes * (machine.Site.LabourPerMinute + machine.Site.MachinePerMinute)) + (needs.Material == SetUpIds.Any ? 0 : purgeGrams * machine.Site.PriceOf(needs.Material));

    private static bool Differs(int before, int needed) => needed != SetUpIds.Any && before != SetUpIds.Any && before != needed;

    /// <summary>What a job would pay.</summary>
    private sealed class Offer
    {
        public Offer(Plant plant, JobFacts job, Func<JobFacts, MachineFacts, double> least)
        {
            Job = job;
            Machines = [.. plant.Machines.Where(job.IsAble)];
            Costs = [.. Machines.Select(m => least(job, m))];
            Paid = new double[plant.Sites.Length];
            Price = Costs.Min();
        }

        public JobFacts Job { get; }

        public MachineFacts[] Machines { get; }

        /// <summary>On each of them, with what it has given to its set-up.</summary>
        public double[] Costs { get; }

        /// <summary>What it has given to each workshop's delivery.</summary>
        public double[] Paid { get; }

        public double Price { get; set; }
    }
}
