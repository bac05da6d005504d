// Motion times against the textbook: machine time, computed by hand.

using FabNet.FirmwareSimulator;
using FabNet.FirmwareSimulator.Motion;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FabNet.Tests.Simulator;

public sealed class MotionTests
{
    private static MotionLimits Limits(double acceleration = 1000, double jerk = 0, double junctionDeviation = 0)
    {
        var limits = new MotionLimits { JunctionDeviationMm = junctionDeviation };
        for (var axis = 0; axis < Axes.Count; axis++)
        {
            limits.MaxSpeed[axis] = 200;
            limits.MaxAcceleration[axis] = acceleration;
            limits.Jerk[axis] = jerk;
        }

        return limits;
    }

    [Fact]
    public void A_long_move_is_a_trapezoid()
    {
        // 100 mm/s at 1000 mm/s²: 0.1 s and 5 mm for each ramp, 90 mm at full speed.
        Assert.Equal(0.1 + 0.9 + 0.1, Duration(Limits(), (new Axes(100, 0, 0, 0), 100)), 9);
    }

    [Fact]
    public void A_short_move_is_a_triangle()
    {
        // 1 mm: the peak is sqrt(a·d) = 31.6 mm/s.
        Assert.Equal(2 * Math.Sqrt(1 / 1000.0), Duration(Limits(), (new Axes(1, 0, 0, 0), 100)), 9);
    }

    [Fact]
    public void Moves_in_line_run_through_without_slowing_down() =>
        Assert.Equal(
            0.1 + 0.9 + 0.1,
            Duration(Limits(junctionDeviation: 0.01), (new Axes(30, 0, 0, 0), 100), (new Axes(31, 0, 0, 0), 100), (new Axes(100, 0, 0, 0), 100)),
            9);

    [Fact]
    public void A_right_angle_is_taken_at_the_junction_deviation_speed()
    {
        // v² = a·δ·s/(1−s) with s = sin 45°.
        var s = Math.Sqrt(0.5);
        var corner = Math.Sqrt(1000 * 0.01 * s / (1 - s));
        var each = 0.1 + ((100 - corner) / 1000) + ((50 - 5 - (((100 * 100) - (corner * corner)) / 2000)) / 100);
        Assert.Equal(2 * each, Duration(Limits(junctionDeviation: 0.01), (new Axes(50, 0, 0, 0), 100), (new Axes(50, 50, 0, 0), 100)), 9);
    }

    [Fact]
    public void Classic_jerk_starts_and_stops_at_jerk_speed()
    {
        // Ramps from 10 to 100 mm/s: 0.09 s and 4.95 mm each.
        Assert.Equal(0.18 + ((100 - 9.9) / 100), Duration(Limits(jerk: 10), (new Axes(100, 0, 0, 0), 100)), 9);
    }

    [Fact]
    public void An_axis_limit_slows_the_whole_path()
    {
        var limits = Limits();
        limits.MaxSpeed[2] = 10;
        limits.MaxAcceleration[2] = 100;
        Assert.Equal(0.1 + 0.9 + 0.1, Duration(limits, (new Axes(0, 0, 10, 0), 100)), 9);
    }

    [Fact]
    public void A_hold_comes_to_rest_on_the_path_and_goes_on_to_the_same_end()
    {
        var queue = new MotionQueue(Limits(junctionDeviation: 0.01), 15);
        queue.Add(new Axes(3, 0, 0, 0), 100, 0);
        queue.Add(new Axes(100, 0, 0, 0), 100, 0);
        queue.AdvanceTo(0.05);
        var speed = queue.SpeedAt(0.05);
        queue.Hold(0.05);
        var restAt = 0.05 + (speed / 1000);
        queue.AdvanceTo(restAt + 1e-9);
        Assert.True(queue.IsAtRest);
        Assert.Equal(1.25 + (speed * speed / 2000), queue.PositionAt(restAt).X, 6);
        Assert.Equal(double.PositiveInfinity, queue.NextEventAt);
        queue.Release(10);
        queue.AdvanceTo(100);
        Assert.True(queue.IsEmpty);
        Assert.Equal(new Axes(100, 0, 0, 0), queue.PositionAt(100));
    }

    [Fact]
    public void An_override_takes_effect_inside_the_move()
    {
        var queue = new MotionQueue(Limits(), 15);
        queue.Add(new Axes(100, 0, 0, 0), 100, 0);
        queue.AdvanceTo(0.5);
        queue.SetOverrides(0.5, 1, 0.5);
        queue.AdvanceTo(0.6);
        Assert.Equal(50, queue.SpeedAt(0.6), 9);
        queue.AdvanceTo(10);
        Assert.Equal(100, queue.PositionAt(10).X, 9);
    }

    [Fact]
    public void Any_sequence_of_moves_ends_where_it_should_and_is_never_faster_than_its_length_over_the_top_speed()
    {
        var moves = Gen.Choose(-500, 500).Four().ListOf(12).Where(list => list.Count > 0);
        Check.QuickThrowOnFailure(Prop.ForAll(moves.ToArbitrary(), list =>
        {
            var queue = new MotionQueue(Limits(jerk: 5), 15);
            var length = 0.0;
            var last = default(Axes);
            foreach (var (x, y, z, e) in list)
            {
                var target = new Axes(x / 10.0, y / 10.0, z / 10.0, e / 100.0);
                length += (target - last).PathLength;
                last = target;
                queue.Add(target, 80, 0);
            }

            var end = RunDry(queue);
            return queue.PositionAt(end) == last && end >= (length / 80) - 1e-9;
        }));
    }

    [Fact]
    public void Marlin_acknowledges_moves_at_queue_time_and_M400_when_they_are_done()
    {
        var bench = Bench.Marlin();
        var before = bench.Now;
        Assert.Equal("ok\n", bench.Exchange("G1 X100 F6000\n", 0.05));
        bench.Write("M400\n");
        bench.ReadUntil("ok");

        // 0.1 s wait for company, then 1000 mm/s² and jerk 8 mm/s: ramps of 0.092 s over 4.968 mm.
        var move = (2 * 0.092) + ((100 - 9.936) / 100);
        Assert.Equal(0.1 + move, bench.Now - before, 0.01);
    }

    [Fact]
    public void A_full_planner_holds_the_next_move_back()
    {
        var bench = Bench.Marlin();
        var oks = 0;
        for (var i = 1; i <= 17; i++)
        {
            oks += bench.Exchange($"G1 X{i % 2 * 10} F60\n", 0.02).Split("ok\n").Length - 1;
        }

        Assert.Equal(15, oks);
        Assert.Equal("busy", bench.Firmware.StateText);
        Assert.Contains("ok\n", bench.ReadUntil("ok", 20));
    }

    [Fact]
    public void A_full_circle_travels_its_circumference()
    {
        var bench = Bench.Marlin();
        bench.Exchange("G2 I10 F3000\nM400\n", 30);
        Assert.InRange(bench.Firmware.Motion.TravelledMm, 62.7, 62.832);
        Assert.Equal(0, bench.Log.FinalPosition.X, 9);
    }

    private static double Duration(MotionLimits limits, params (Axes Target, double Feed)[] moves)
    {
        var queue = new MotionQueue(limits, 15);
        foreach (var (target, feed) in moves)
        {
            queue.Add(target, feed, 0);
        }

        return RunDry(queue);
    }

    private static double RunDry(MotionQueue queue)
    {
        var now = 0.0;
        while (!double.IsPositiveInfinity(queue.NextEventAt))
        {
            now = Math.Max(now, queue.NextEventAt);
            queue.AdvanceTo(now);
        }

        return now;
    }
}
