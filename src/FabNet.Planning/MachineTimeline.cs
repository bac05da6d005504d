// One machine's sequence while a plan is made: when it is free next, and what is set up then.

using FabNet.Model.Machines;
using FabNet.Model.Sites;

namespace FabNet.Planning;

/// <summary>A job in a machine's sequence.</summary>
internal sealed class PlacedJob
{
    public required OpenJob Job { get; init; }

    public required RunCost Run { get; init; }

    /// <summary>Minutes from the snapshot's moment until its order is late; infinite if that does not matter.</summary>
    public required double DueMinutes { get; init; }

    /// <summary>What the second-best machine would have cost, for people; null if there was none.</summary>
    public required Alternative? NextBest { get; init; }

    /// <summary>What this machine cost when it was chosen: the other half of the comparison.</summary>
    public required double ChosenTotal { get; init; }

    /// <summary>When it would have ended when it was chosen, in minutes.</summary>
    public required double ChosenEndMinutes { get; init; }
}

/// <summary>A machine that was not chosen.</summary>
internal readonly record struct Alternative(int Machine, double Total, double EndMinutes);

/// <summary>One place in a sequence, computed.</summary>
internal readonly record struct Slot(double StartMinutes, double EndMinutes, SetUpChange Change, CostTerms Cost);

/// <summary>A machine's sequence while a plan is made. Times are minutes from the snapshot's moment.</summary>
internal sealed class MachineTimeline
{
    /// <summary>95 years: what calendars can still add.</summary>
    public const double HorizonMinutes = 5e7;

    public MachineTimeline(PlantMachine machine, Site site, PlantSnapshot snapshot)
    {
        Machine = machine;
        Site = site;
        Rates = new MachineRates(site, machine.Machine.Profile);
        var state = new SetUpState(machine.Machine.Loaded, null);
        var free = 0.0;
        foreach (var committed in machine.Committed)
        {
            var change = SetUp.Between(state, committed.Work, Profile);
            var left = committed.RemainingSeconds is >= 0 and var known && double.IsFinite(known)
                ? known
                : WorkEstimate.Of(committed.Work, Profile, snapshot.History.GetValueOrDefault(KeyOf(committed.Work, Profile))).Seconds;
            free += (committed.HasStarted ? 0 : change.Minutes) + (left / 60);
            state = change.After;
        }

        (CommittedMinutes, CommittedState) = (free, state);
        (FreeMinutes, State) = (free, state);
    }

    public PlantMachine Machine { get; }

    public Site Site { get; }

    public MachineRates Rates { get; }

    public MachineProfile Profile => Machine.Machine.Profile;

    /// <summary>When the committed work ends.</summary>
    public double CommittedMinutes { get; }

    /// <summary>What is set up when the committed work ends.</summary>
    public SetUpState CommittedState { get; }

    /// <summary>When the last placed job ends.</summary>
    public double FreeMinutes { get; private set; }

    /// <summary>What is set up then.</summary>
    public SetUpState State { get; private set; }

    /// <summary>The placed jobs, in sequence.</summary>
    public List<PlacedJob> Placed { get; } = [];

    public static RunKey KeyOf(Work work, MachineProfile profile) => new(work.Design.Manifest, work.Part.Name, profile.Name);

    /// <summary>What a job would be at the end of the sequence.</summary>
    public Slot Next(OpenJob job, in RunCost run, double dueMinutes) => SlotAfter(FreeMinutes, State, job, run, dueMinutes);

    /// <summary>Puts a job at the end of the sequence.</summary>
    public void Add(PlacedJob job, in Slot slot)
    {
        Placed.Add(job);
        (FreeMinutes, State) = (slot.EndMinutes, slot.Change.After);
    }

    /// <summary>The slot of a job after a moment and a set-up.</summary>
    public Slot SlotAfter(double freeMinutes, SetUpState state, OpenJob job, in RunCost run, double dueMinutes)
    {
        var change = SetUp.Between(state, job.Work, Profile);
        var end = freeMinutes + change.Minutes + run.RunMinutes;
        var late = end > dueMinutes ? (end - dueMinutes) / 60 : 0;
        return new(freeMinutes, end, change, CostModel.Of(run, change, Rates, late));
    }
}
