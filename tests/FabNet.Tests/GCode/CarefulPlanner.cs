// The planner's rules once more, one move at a time and by the book: what the planner of several moves at once is held to.

using FabNet.GCode.Motion;

namespace FabNet.Tests.GCode;

/// <summary>Plans by junction deviation. Every look-ahead is planned anew from end to end, and angles are angles.</summary>
internal sealed class CarefulPlanner(MotionLimits limits)
{
    private const double Slowest = 0.05;
    private readonly List<Block> _ahead = [];
    private readonly List<(int Line, double Seconds)> _final = [];
    private double[]? _direction;
    private double _nominalBefore;
    private Move _rest;

    /// <summary>Plans moves to the standstill at their end.</summary>
    /// <returns>The line and the seconds of each move that is long enough to be planned.</returns>
    public static List<(int Line, double Seconds)> Plan(MotionLimits limits, IEnumerable<Move> moves)
    {
        var planner = new CarefulPlanner(limits);
        foreach (var move in moves)
            planner.Add(move);
        while (planner._ahead.Count > 0)
            planner.Take();
        return planner._final;
    }

    private void Add(Move move)
    {
        move = move with { X = move.X + _rest.X, Y = move.Y + _rest.Y, Z = move.Z + _rest.Z, E = move.E + _rest.E };
        double[] way = [move.X, move.Y, move.Z, move.E];
        var steps = way.Zip(Values(limits.StepsPerMm), (mm, perMm) => Math.Abs(mm) * perMm).Max();
        _rest = steps < limits.MinStepsPerMove ? move : default;
        if (steps < limits.MinStepsPerMove)
            return;

        var isMarlin = limits.Kind == PlannerKind.Marlin;
        var travels = way[..3].Any(mm => mm != 0);
        var length = travels ? Math.Sqrt(way[..3].Sum(mm => mm * mm)) : Math.Abs(move.E);
        var nominal = Math.Max(Slowest, move.FeedMmPerS);
        nominal = Math.Min(nominal, Strictest(Values(limits.MaxFeedMmPerS), way, length));
        var asked = !travels ? limits.RetractAccelerationMmPerS2 : move.E != 0 ? limits.PrintAccelerationMmPerS2 : limits.TravelAccelerationMmPerS2;
        var byAxes = Strictest(Values(limits.MaxAccelerationMmPerS2), way, length);
        var acceleration = asked <= 0 ? byAxes : travels ? Math.Min(asked, byAxes) : asked;
        var slowest = Math.Min(nominal, isMarlin ? 120 * length / steps : Slowest);

        if (!isMarlin)
            way[3] = 0;
        var norm = travels ? Math.Sqrt(way.Sum(mm => mm * mm)) : length;
        var direction = way.Select(mm => mm / norm).ToArray();
        if (_ahead.Count == limits.LookAheadMoves)
            Take();
        var corner = _ahead.Count > 0 ? Corner(_direction!, direction, length, Math.Min(nominal, _nominalBefore), acceleration, isMarlin) : 0;
        (_direction, _nominalBefore) = (direction, nominal);
        _ahead.Add(new Block(move.Line, length, nominal, acceleration, slowest, Math.Max(corner, Slowest * Slowest)) { EntrySquared = Slowest * Slowest });
        Replan();
    }

    private double Corner(double[] before, double[] after, double length, double slower, double acceleration, bool isMarlin)
    {
        var cosine = -before.Zip(after, (a, b) => a * b).Sum();
        if (cosine > 0.999999)
            return 0;
        cosine = Math.Max(cosine, -0.999999);
        var change = after.Zip(before, (a, b) => a - b).ToArray();
        var span = Math.Sqrt(Math.Max(1e-30, change.Sum(part => part * part)));
        var bend = Math.Min(acceleration, Strictest(Values(limits.MaxAccelerationMmPerS2), change, span));
        var sine = Math.Sqrt((1 - cosine) / 2);
        var squared = bend * limits.JunctionDeviationMm * sine / (1 - sine);
        if (isMarlin && length < 1 && cosine < -0.7071067812)
            squared = Math.Min(squared, length * bend / Math.Max(0.033, Math.Acos(-cosine)));
        return Math.Min(squared, slower * slower);
    }

    private void Replan()
    {
        var exit = 0.0;
        for (var i = _ahead.Count - 1; i > 0; i--)
        {
            var block = _ahead[i];
            exit = block.EntrySquared = Math.Max(block.EntrySquared, Math.Min(block.MaxEntrySquared, exit + (2 * block.Acceleration * block.Length)));
        }

        for (var i = 1; i < _ahead.Count; i++)
        {
            var reachable = _ahead[i - 1].EntrySquared + (2 * _ahead[i - 1].Acceleration * _ahead[i - 1].Length);
            if (reachable < _ahead[i].EntrySquared)
                _ahead[i].EntrySquared = _ahead[i].MaxEntrySquared = reachable;
        }
    }

    private void Take()
    {
        var block = _ahead[0];
        _ahead.RemoveAt(0);
        var exit = _ahead.Count > 0 ? Math.Sqrt(_ahead[0].EntrySquared) : 0;
        var (entrySpeed, exitSpeed) = (Math.Min(block.Nominal, Math.Max(block.Slowest, Math.Sqrt(block.EntrySquared))), Math.Min(block.Nominal, Math.Max(block.Slowest, exit)));
        _final.Add((block.Line, new PlannedMove(default, block.Length, entrySpeed, block.Nominal, exitSpeed, block.Acceleration, 0).SecondsByRamps));
    }

    private static double Strictest(double[] limits, double[] way, double length) => limits.Zip(way, (limit, mm) => mm == 0 ? double.PositiveInfinity : limit * length / Math.Abs(mm)).Min();

    private static double[] Values(AxisValues axes) => [axes.X, axes.Y, axes.Z, axes.E];

    private sealed class Block(int line, double length, double nominal, double acceleration, double slowest, double maxEntrySquared)
    {
        public int Line => line;

        public double Length => length;

        public double Nominal => nominal;

        public double Acceleration => acceleration;

        public double Slowest => slowest;

        public double MaxEntrySquared { get; set; } = maxEntrySquared;

        public double EntrySquared { get; set; }
    }
}
