// The motion planner against what physics and the firmwares' rules give by hand.

using FabNet.GCode.Motion;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FabNet.Tests.GCode;

public class MotionPlannerTests
{
    private static readonly MotionLimits Limits = new()
    {
        Kind = PlannerKind.Marlin,
        MaxFeedMmPerS = new AxisValues(300, 300, 5, 25),
        MaxAccelerationMmPerS2 = new AxisValues(3000, 3000, 100, 10000),
        PrintAccelerationMmPerS2 = 3000,
        TravelAccelerationMmPerS2 = 3000,
        RetractAccelerationMmPerS2 = 3000,
        JunctionDeviationMm = 0.013,
        JerkMmPerS = new AxisValues(10, 10, 0.3, 5),
    };

    // Long and short ones, lifts, retractions, straight runs and turns; each with its index as its line.
    private static Gen<Move[]> Moves =>
        from moves in (from way in Gen.Choose(-2000, 2000).Two()
                       from scale in Gen.Elements(0.00002, 0.0005, 0.01, 0.02)
                       from flat in Gen.Frequency((6, Gen.Constant(0.0)), (1, Gen.Elements(0.2, -1)))
                       from e in Gen.Frequency((2, Gen.Constant(0.0)), (6, Gen.Choose(0, 100).Select(n => n / 500.0)), (1, Gen.Constant(-2.0)))
                       from still in Gen.Frequency((9, Gen.Constant(1)), (1, Gen.Constant(0)))
                       from feed in Gen.Elements(0.001, 20, 60, 130)
                       from times in Gen.Frequency((4, Gen.Constant(1)), (1, Gen.Choose(2, 20)))
                       select Enumerable.Repeat(new Move(still * scale * way.Item1, still * scale * way.Item2, still * flat, e, feed, 0), times)).ListOf()
        select moves.SelectMany(run => run).Select((move, i) => move with { Line = i }).ToArray();

    [Fact]
    public void A_lone_move_is_a_trapezoid()
    {
        // 100 mm at 100 mm/s and 3000 mm/s²: length over speed, and one ramp's time more (the motors' slowest speed, 1.5 mm/s, takes little off).
        var move = Assert.Single(Plan(Limits, new Move(100, 0, 0, 0, 100, 0)));
        Assert.Equal(1 + (100.0 / 3000), move.Seconds, 2e-3);
        Assert.Equal(100, move.CruiseMmPerS, 9);
    }

    [Fact]
    public void A_move_too_short_for_its_speed_is_a_triangle()
    {
        var move = Assert.Single(Plan(Limits, new Move(1, 0, 0, 0, 200, 0)));
        Assert.Equal(2 * Math.Sqrt(1 / 3000.0), move.Seconds, 2e-3);
        Assert.Equal(Math.Sqrt(3000), move.CruiseMmPerS, 0.1);
    }

    [Fact]
    public void Axis_limits_hold_a_move_back()
    {
        var lift = Assert.Single(Plan(Limits, new Move(0, 0, 10, 0, 130, 0)));
        Assert.Equal(5, lift.CruiseMmPerS, 9);
        Assert.Equal(100, lift.AccelerationMmPerS2, 9);
        var diagonal = Assert.Single(Plan(Limits, new Move(300, 300, 0, 0, 1000, 0)));
        Assert.Equal(300 * Math.Sqrt(2), diagonal.CruiseMmPerS, 6);
        Assert.Equal(3000, diagonal.AccelerationMmPerS2, 6);
    }

    [Fact]
    public void A_straight_line_in_pieces_takes_as_long_as_in_one()
    {
        var whole = Plan(Limits, new Move(100, 0, 0, 0, 100, 0)).Sum(move => move.Seconds);
        var pieces = Plan(Limits, [.. Enumerable.Repeat(new Move(5, 0, 0, 0, 100, 0), 20)]).Sum(move => move.Seconds);
        Assert.Equal(whole, pieces, 1e-6);
    }

    [Fact]
    public void A_right_angle_is_taken_at_the_speed_of_the_junction_deviation()
    {
        // v² = a × d × s / (1 − s), s = sin 45°; a grows by √2, because the axes share the turn.
        var moves = Plan(Limits, new Move(50, 0, 0, 0, 100, 0), new Move(0, 50, 0, 0, 100, 1));
        var s = Math.Sqrt(0.5);
        Assert.Equal(Math.Sqrt(3000 * 0.013 * s / (1 - s)), moves[0].ExitMmPerS, 6);
        Assert.Equal(moves[0].ExitMmPerS, moves[1].EntryMmPerS, 9);
    }

    [Fact]
    public void A_right_angle_is_taken_at_the_jerk_where_that_rules()
    {
        var moves = Plan(Limits with { JunctionDeviationMm = 0 }, new Move(50, 0, 0, 0, 100, 0), new Move(0, 50, 0, 0, 100, 1));
        Assert.Equal(10, moves[0].ExitMmPerS, 6);
    }

    [Fact]
    public void Turning_back_stops()
    {
        var moves = Plan(Limits, new Move(50, 0, 0, 0, 100, 0), new Move(-50, 0, 0, 0, 100, 1));
        Assert.True(moves[0].ExitMmPerS < 2);
    }

    [Fact]
    public void A_fine_arc_is_held_to_its_centripetal_acceleration()
    {
        // A circle of 5 mm in 0.25 mm pieces at 3000 mm/s²: √(a × r) = 122 mm/s at most, however fast it is asked for.
        const int count = 126;
        var moves = Enumerable.Range(0, count).Select(i => new Move(
            5 * (Math.Cos(2 * Math.PI * (i + 1) / count) - Math.Cos(2 * Math.PI * i / count)),
            5 * (Math.Sin(2 * Math.PI * (i + 1) / count) - Math.Sin(2 * Math.PI * i / count)), 0, 0, 250, i)).ToArray();
        Assert.True(Plan(Limits, moves).Max(move => move.EntryMmPerS) <= Math.Sqrt(3000 * 5) * 1.02);
    }

    [Fact]
    public void Moves_too_short_to_step_are_joined_to_the_next()
    {
        var moves = Plan(Limits, new Move(0.05, 0, 0, 0, 100, 0), new Move(0.05, 0, 0, 0, 100, 1), new Move(1, 0, 0, 0, 100, 2));
        Assert.Equal(1.1, moves.Sum(move => move.LengthMm), 9);
        Assert.Equal(2, moves.Count);
    }

    [Fact]
    public void Moves_come_out_in_order_and_after_the_look_ahead()
    {
        var planner = new MotionPlanner(Limits);
        var line = 0;
        for (var i = 0; i < 100; i++)
        {
            planner.Add(new Move(1, 0, 0, 0, 50, i));
            planner.Settle();
            Assert.Equal(i >= Limits.LookAheadMoves ? 1 : 0, planner.FinalCount);
            if (planner.FinalCount > 0)
                Assert.Equal(line++, planner.Moves.Line[1]);
            planner.TakeFinal();
        }

        planner.Finish();
        Assert.Equal(Limits.LookAheadMoves, planner.FinalCount);
    }

    [Fact]
    public void Limits_change_between_moves_and_the_look_ahead_only_at_rest()
    {
        var planner = new MotionPlanner(Limits);
        planner.Add(new Move(1, 0, 0, 0, 50, 1));
        Assert.Throws<InvalidOperationException>(() => planner.Limits = Limits with { PrintAccelerationMmPerS2 = 1 });
        planner.Settle();
        planner.Limits = Limits with { TravelAccelerationMmPerS2 = 1 };
        Assert.Throws<InvalidOperationException>(() => planner.Limits = Limits with { LookAheadMoves = 3 });
        planner.Finish();
        planner.TakeFinal();
        planner.Limits = Limits with { LookAheadMoves = 3 };
    }

    [Fact]
    public void However_many_moves_are_settled_at_once_they_take_as_long_as_one_by_one_by_the_book() =>
        Prop.ForAll(
            Moves.ToArbitrary(),
            Gen.Elements(0.013, 0.1, 0).SelectMany(deviation => Gen.Elements(PlannerKind.Marlin, PlannerKind.Grbl).SelectMany(kind => Gen.Elements(2, 14, 100).Select(ahead => (deviation, kind, ahead)))).ToArbitrary(),
            Gen.Choose(1, 200).ToArbitrary(),
            (moves, rules, atOnce) =>
            {
                var asked = rules.kind == PlannerKind.Marlin ? 1000 : 0;
                var limits = Limits with
                {
                    Kind = rules.kind,
                    JunctionDeviationMm = rules.deviation,
                    LookAheadMoves = rules.ahead,
                    MinStepsPerMove = rules.kind == PlannerKind.Grbl ? 1 : 6,
                    PrintAccelerationMmPerS2 = asked,
                    TravelAccelerationMmPerS2 = 2 * asked,
                    RetractAccelerationMmPerS2 = asked,
                };
                var plan = PlannedMove.Plan(limits, atOnce, moves);
                Assert.Equal(PlannedMove.Plan(limits, 1, moves), plan);

                // The book has junction deviation only.
                if (rules.deviation == 0)
                    return;
                var careful = CarefulPlanner.Plan(limits, moves);
                Assert.Equal(careful.Select(move => move.Line), plan.Select(move => move.Move.Line));
                for (var i = 0; i < plan.Count; i++)
                    Assert.Equal(careful[i].Seconds, plan[i].Seconds, careful[i].Seconds * 1e-6);
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(200));

    [Fact]
    public void No_plan_breaks_a_limit_and_every_junction_has_one_speed() =>
        Prop.ForAll(
            Gen.Choose(-2000, 2000).Four().Select(four => (four.Item1, four.Item2, four.Item3, four.Item4)).ListOf().ToArbitrary(),
            Gen.Elements(0, 0.013, 0.1).ToArbitrary(),
            Gen.Elements(PlannerKind.Marlin, PlannerKind.Grbl).ToArbitrary(),
            (steps, deviation, kind) =>
            {
                var limits = Limits with { JunctionDeviationMm = deviation, Kind = kind, MinStepsPerMove = kind == PlannerKind.Grbl ? 1 : 6 };
                var moves = steps.Select((step, i) => new Move(step.Item1 / 100.0, step.Item2 / 100.0, step.Item3 / 1000.0, step.Item4 / 1000.0, 150, i)).ToArray();
                var plan = Plan(limits, moves);
                for (var i = 0; i < plan.Count; i++)
                {
                    var move = plan[i];
                    Assert.True(move.Seconds > 0 && double.IsFinite(move.Seconds));
                    Assert.True(move.CruiseMmPerS <= 150.0001);
                    Assert.True(Math.Abs(move.Move.Z) / move.LengthMm * move.CruiseMmPerS <= 5.0001);
                    Assert.Equal(move.SecondsByRamps, move.Seconds, move.Seconds * 1e-6);
                    // Classic jerk may step to a speed from which the machine could stop; otherwise both moves agree but for the motors' slowest speed.
                    if (i > 0 && deviation > 0)
                        Assert.True(Math.Abs(plan[i - 1].ExitMmPerS - move.EntryMmPerS) <= 1.6 + (0.3 * 120 / 80), $"{plan[i - 1].ExitMmPerS} then {move.EntryMmPerS}");
                }
            }).QuickCheckThrowOnFailure();

    private static List<PlannedMove> Plan(MotionLimits limits, params IReadOnlyList<Move> moves) => PlannedMove.Plan(limits, 64, moves);
}
