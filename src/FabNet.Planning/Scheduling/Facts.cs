// A problem as numbers for the search's inner loop.

using System.Runtime.CompilerServices;

namespace FabNet.Planning.Scheduling;

/// <summary>A workshop.</summary>
internal sealed class SiteFacts
{
    public required int Index { get; init; }

    public required Workshop Workshop { get; init; }

    public required int Currency { get; init; }

    public required double MachinePerMinute { get; init; }

    public required double LabourPerMinute { get; init; }

    public required double LatePerMinute { get; init; }

    public required double DeliveryFixed { get; init; }

    public required double DeliveryPerKmGram { get; init; }

    public required double Co2PerKwh { get; init; }

    /// <summary>Of each material by its number; the last is the price of those without one.</summary>
    public required double[] MaterialPerGram { get; init; }

    public required EnergyTariff Energy { get; init; }

    /// <summary>Distance to each workshop.</summary>
    public required double[] Kilometres { get; init; }

    /// <summary>The minute of the local day at the problem's moment: deliveries leave once a day.</summary>
    public required double MinuteOfDay { get; init; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double PriceOf(int material) => MaterialPerGram[material == SetUpIds.Any ? ^1 : material];
}

/// <summary>A class of machines.</summary>
internal sealed class ClassFacts
{
    public required int Index { get; init; }

    public required MachineClass Class { get; init; }

    public required bool PurgesOnChange { get; init; }

    public required bool[] IsDark { get; init; }

    public required bool[] IsLight { get; init; }

    /// <summary>Its set-ups by number, made once machines and jobs are known; null where there are too many.</summary>
    public SetUpMatrix? SetUps { get; set; }

    /// <summary>What it takes to get from a set-up to what a job needs.</summary>
    public SetUpEffort Effort(SetUpIds before, SetUpIds needs)
    {
        var changes = needs.ChangesFrom(before);
        var costs = Class.SetUp;
        if (changes == SetUpAttributes.None)
        {
            return new(costs.ClearMinutes, costs.WarmUpMinutes, 0);
        }

        var labour = costs.ClearMinutes;
        var purge = 0.0;
        if ((changes & (SetUpAttributes.Material | SetUpAttributes.Color)) != SetUpAttributes.None)
        {
            labour += changes.HasFlag(SetUpAttributes.Material) ? costs.MaterialChangeMinutes : costs.ColorChangeMinutes;
            if (PurgesOnChange)
            {
                purge = costs.PurgeGrams + (before.Color != SetUpIds.Any && IsDark[before.Color] && needs.Color != SetUpIds.Any && IsLight[needs.Color] ? costs.DarkToLightPurgeGrams : 0);
            }
        }

        const SetUpAttributes Tools = SetUpAttributes.Nozzle | SetUpAttributes.Tool | SetUpAttributes.Fixture;
        labour += System.Numerics.BitOperations.PopCount((uint)(changes & Tools)) * costs.ToolChangeMinutes;
        return new(labour, costs.WarmUpMinutes, purge);
    }
}

/// <summary>A machine.</summary>
internal sealed class MachineFacts
{
    public required int Index { get; init; }

    public required WorkshopMachine Machine { get; init; }

    public required SiteFacts Site { get; init; }

    public required ClassFacts Class { get; init; }

    /// <summary>Null: it is always open and never blocked.</summary>
    public required WorkingTime? Calendar { get; init; }

    public required double FreeAt { get; init; }

    public required SetUpIds Loaded { get; init; }

    public required double RunningKw { get; init; }

    public required double WarmUpKw { get; init; }

    /// <summary>The probability that a run fails, where its job does not know better.</summary>
    public double Failure => Machine.FailureProbability ?? Class.Class.FailureProbability;

    /// <summary>1 / its speed.</summary>
    public required double Slowness { get; init; }

    /// <summary>Usable bed, in mm.</summary>
    public required double BedWidth { get; init; }

    public required double BedDepth { get; init; }
}

/// <summary>A job.</summary>
internal sealed class JobFacts
{
    public required int Index { get; init; }

    public required ScheduleJob Job { get; init; }

    public required SetUpIds Needs { get; init; }

    /// <summary>Jobs with equal needs have the same number.</summary>
    public required int Family { get; init; }

    /// <summary>Running time by class, of all copies; NaN where the class can't.</summary>
    public required double[] Minutes { get; init; }

    /// <summary>Of that, what parts on one bed share, by class.</summary>
    public required double[] Shared { get; init; }

    /// <summary>How many beds all copies take, by class.</summary>
    public required int[] Beds { get; init; }

    /// <summary>Of a bed, with clearance, for all copies, in mm², by class; infinite where it shares none.</summary>
    public required double[] Area { get; init; }

    /// <summary>Material in all copies, by class.</summary>
    public required double[] Grams { get; init; }

    /// <summary>The probability that a run fails, by class; NaN where its machine's or class's holds.</summary>
    public required double[] Failure { get; init; }

    /// <summary>Of one copy; 0 where it is not known, and no bed is shared.</summary>
    public required double Width { get; init; }

    public required double Depth { get; init; }

    public required double Release { get; init; }

    public required double Due { get; init; }

    public required double Priority { get; init; }

    /// <summary>A workshop, or -1.</summary>
    public required int Destination { get; init; }

    /// <summary>A machine, or -1.</summary>
    public required int PlannedOn { get; init; }

    public int PlannedSequence => Job.Planned?.Sequence ?? 0;

    /// <summary>Its running time on the slowest class that can make it.</summary>
    public required double Longest { get; init; }

    /// <summary>Machines that it must not go to.</summary>
    public required HashSet<int>? NotOn { get; init; }

    public int Quantity => Job.Quantity;

    /// <summary>The probability that its run fails on a machine.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double FailureOn(MachineFacts machine) => Failure[machine.Class.Index] is var known && double.IsNaN(known) ? machine.Failure : known;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double GramsOn(MachineFacts machine) => Grams[machine.Class.Index];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double MinutesOn(MachineFacts machine) => Minutes[machine.Class.Index] * machine.Slowness;

    public bool IsAble(MachineFacts machine) => !double.IsNaN(Minutes[machine.Class.Index]) && NotOn?.Contains(machine.Index) != true;
}
