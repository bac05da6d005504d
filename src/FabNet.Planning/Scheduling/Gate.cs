// What lies between two runs of a machine, in few bytes: the search looks at a thousand of these for each that it reckons out.

namespace FabNet.Planning.Scheduling;

/// <summary>The place before a run, or behind the last one.</summary>
internal struct Gate
{
    /// <summary>What is set up here, by its number in the class's <see cref="SetUpMatrix"/>.</summary>
    public int State;

    /// <summary>What the next run needs; -1: there is none.</summary>
    public int Family;

    /// <summary>When the machine is free here.</summary>
    public double Free;

    /// <summary>What of the next run's price a run between could save: what its set-up changes cost, or all of it where it also depends on when it runs.</summary>
    public double Savable;

    /// <summary>By how much risk makes the next run's changes dearer; 0 where all of its price is taken for savable.</summary>
    public float Risk;

    /// <summary>What a gram costs that is purged for the next run.</summary>
    public float PurgePrice;
}
