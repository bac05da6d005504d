// Machine time along the program: motion through the planner, waits, and heat-up kept apart.

using FabNet.GCode.Motion;
using FabNet.GCode.Program;

namespace FabNet.GCode.Checking;

/// <summary>Adds up time and notes it for each program line.</summary>
internal sealed class Timeline
{
    private const int MaxMarks = 4096;

    private readonly MotionPlanner _planner;

    // Lines at which something begins that is timed by itself, not reached yet: planned moves become final a few lines later.
    private readonly Queue<(int Line, Action<double> Begin)> _marks = new();
    private int _nextMark = int.MaxValue;
    private double _elapsed;

    public Timeline(MotionLimits limits) => _planner = new MotionPlanner(limits);

    /// <summary>Seconds until each program line's end, without heat-up.</summary>
    public SampledTable Seconds { get; } = new();

    /// <summary>Seconds of all that is final so far, without heat-up.</summary>
    public double Elapsed
    {
        get
        {
            Settle();
            return _elapsed;
        }
    }

    /// <summary>Seconds spent waiting for temperatures.</summary>
    public double HeatUpSeconds { get; private set; }

    /// <summary>The limits for moves to come.</summary>
    public MotionLimits Limits
    {
        get => _planner.Limits;
        set
        {
            Settle();
            _planner.Limits = value;
        }
    }

    /// <summary>Calls back with the seconds elapsed when the first motion or wait of a line, or of one after it, begins. Lines come in order.</summary>
    public void Mark(int line, Action<double> begin)
    {
        // Moves of lines before it are not to reach it.
        Settle();

        // A hostile program can set marks for ever without a motion: then they are taken for reached.
        if (_marks.Count == MaxMarks)
            Pass(int.MaxValue, _elapsed);
        _marks.Enqueue((line, begin));
        if (_marks.Count == 1)
            _nextMark = line;
    }

    /// <summary>Ends all motion and calls back for all marks.</summary>
    public void End()
    {
        Finish();
        Pass(int.MaxValue, _elapsed);
    }

    /// <summary>Adds a straight move.</summary>
    public void Add(in Move move)
    {
        if (_planner.IsFull)
            Settle();
        _planner.Add(move);
    }

    /// <summary>Waits until all motion has ended.</summary>
    public void Finish()
    {
        _planner.Finish();
        NoteFinal();
    }

    /// <summary>Ends all motion, then waits.</summary>
    public void Wait(double seconds, int line)
    {
        Finish();
        if (line >= _nextMark)
            Pass(line, _elapsed);
        _elapsed += seconds;
        Seconds.Set(line, _elapsed);
    }

    /// <summary>Ends all motion, then waits for a temperature.</summary>
    public void WaitForHeat(double seconds)
    {
        Finish();
        HeatUpSeconds += seconds;
    }

    private void Settle()
    {
        _planner.Settle();
        NoteFinal();
    }

    private void NoteFinal()
    {
        // In a local: a field would be stored and loaded again for each move, and each addition would wait for that.
        var elapsed = _elapsed;
        var (lines, seconds) = (_planner.Moves.Line, _planner.Moves.Seconds);
        for (var row = 1; row <= _planner.FinalCount; row++)
        {
            var line = lines[row];
            if (line >= _nextMark)
                Pass(line, elapsed);
            elapsed += seconds[row];
            Seconds.Set(line, elapsed);
        }

        _elapsed = elapsed;
        _planner.TakeFinal();
    }

    private void Pass(int line, double elapsed)
    {
        while (_marks.TryPeek(out var mark) && mark.Line <= line)
        {
            _marks.Dequeue();
            mark.Begin(elapsed);
        }

        _nextMark = _marks.TryPeek(out var next) ? next.Line : int.MaxValue;
    }
}
