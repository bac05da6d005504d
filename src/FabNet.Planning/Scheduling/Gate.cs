// What lies between two runs of a machine, in few bytes: the search looks at a thousand of these for each that it reckons out.

namespace FabNet.Planning.Scheduling;

/// <summary>The place before a run, or behind the last one.</summary>
internal struct Gate
{
    /// <summary>What is set up here, by its number in the class's <see cref="SetUpMatrix"/>.</summary>
    public int State;

    /// <summary>What the next run needs; -1: there is none.</summary>
    public int Family;

    /// <summary>The first moment from which the machine is free here and somebody is there.</summary>
    public double Open;

    /// <summary>What of the next run's price a run between could save: what its set-up changes cost and what energy costs more than at its cheapest, or all of it where it is made of what is loaded.</summary>
    public double Savable;

    /// <summary>The next run doesn't begin before this.</summary>
    public double Release;

    /// <summary>When the next run's changes are done.</summary>
    public double Changed;

    /// <summary>What a delay of the next run and all behind it costs (<see cref="Run.Slope"/>, <see cref="Run.Slack"/>, <see cref="Run.LaterSlope"/>).</summary>
    public float Slope;
    public float Slack;
    public float LaterSlope;

    /// <summary>By how much risk makes the next run's changes dearer; 0 where all of its price is taken for savable.</summary>
    public float Risk;

    /// <summary>What a gram costs that is purged for the next run.</summary>
    public float PurgePrice;
}
