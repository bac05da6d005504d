// Machine time along the program: motion through the planner, waits, and heat-up kept apart.

using FabNet.GCode.Motion;
using FabNet.GCode.Program;

namespace FabNet.GCode.Checking;

/// <summary>Adds up time and notes it for each program line.</summary>
internal sealed class Timeline
{
    private readonly MotionPlanner _planner;

    public Timeline(MotionLimits limits) => _planner = new MotionPlanner(limits);

    /// <summary>Seconds until each program line's end, without heat-up.</summary>
    public SampledTable Seconds { get; } = new();

    /// <summary>Seconds of all that is final so far, without heat-up.</summary>
    public double Elapsed { get; private set; }

    /// <summary>Seconds spent waiting for temperatures.</summary>
    public double HeatUpSeconds { get; private set; }

    /// <summary>The limits for moves to come.</summary>
    public MotionLimits Limits
    {
        get => _planner.Limits;
        set => _planner.Limits = value;
    }

    /// <summary>Adds a straight move.</summary>
    public void Add(in Move move)
    {
        if (_planner.Add(move, out var seconds, out var line))
            Note(seconds, line);
    }

    /// <summary>Waits until all motion has ended.</summary>
    public void Finish()
    {
        while (_planner.TryTake(out var seconds, out var line))
            Note(seconds, line);
    }

    /// <summary>Ends all motion, then waits.</summary>
    public void Wait(double seconds, int line)
    {
        Finish();
        Elapsed += seconds;
        Seconds.Set(line, Elapsed);
    }

    /// <summary>Ends all motion, then waits for a temperature.</summary>
    public void WaitForHeat(double seconds)
    {
        Finish();
        HeatUpSeconds += seconds;
    }

    private void Note(double seconds, int line)
    {
        Elapsed += seconds;
        Seconds.Set(line, Elapsed);
    }
}
