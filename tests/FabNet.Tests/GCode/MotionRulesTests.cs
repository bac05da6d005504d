// Envelope, offsets, units, arcs and feeds.

using FabNet.GCode;
using FabNet.Model.Machines;
using Xunit;

namespace FabNet.Tests.GCode;

public class MotionRulesTests
{
    private const string Printer = "M104 S200\nG28\nG1 F1800\n";
    private static readonly MachineProfile WithInches = Programs.Marlin with { ExtraCommands = ["G20"] };

    [Theory]
    [InlineData("G1 X300 Y300 Z300")]
    [InlineData("G91\nG1 X150\nG1 X150")]
    [InlineData("G1 X250\nG92 X0\nG1 X50")]
    [InlineData("G1 X10 Y10\nG2 X10 Y10 I10 J0")]
    [InlineData("G1 X0 Y0\nG3 X10 Y10 R10")]
    [InlineData("G20\nG1 X11.8")]
    public void Motion_within_the_envelope_is_admitted(string program) => Assert.True(Programs.Check(Printer + program, WithInches).IsAdmitted);

    [Theory]
    [InlineData("G1 X300.1")]
    [InlineData("G1 Z-0.5")]
    [InlineData("G0 Y-1")]
    [InlineData("G91\nG1 X150\nG1 X150\nG1 X0.1")]
    [InlineData("G1 X250\nG92 X0\nG1 X51")]
    [InlineData("G92 X-100\nG1 X-101")]
    [InlineData("G20\nG1 X12")]
    [InlineData("G1 X5 Y150\nG2 X5 Y140 I0 J-5 P3\nG2 X5 Y150 I-4 J5")]
    [InlineData("G1 X10 Y1\nG2 X20 Y1 I5 J0\nG3 X10 Y1 I-5 J0\nG2 X8 Y1 I-1 J0\nG3 X20 Y1 I6 J0")]
    public void Motion_outside_it_is_refused(string program) => Assert.Equal(ViolationCode.OutsideEnvelope, Programs.Refusal(Printer + program, WithInches));

    [Fact]
    public void An_arc_is_checked_where_it_bulges_and_not_only_at_its_ends()
    {
        // Both ends at X 295; the arc between them reaches X 305, or X 285 the other way.
        Assert.Equal(ViolationCode.OutsideEnvelope, Programs.Refusal(Printer + "G1 X295 Y110\nG2 X295 Y90 I0 J-10"));
        var inside = Programs.Check(Printer + "G1 X295 Y110\nG3 X295 Y90 I0 J-10");
        Assert.True(inside.IsAdmitted);
        Assert.Equal(285, inside.Summary.MotionBoundsMm!.Value.X.Min, 6);
    }

    [Theory]
    [InlineData("G2 X10 Y10", 0)]
    [InlineData("G2 X10 Y0 I1 J0", 0)]
    [InlineData("G2 X100 Y0 R10", 0)]
    [InlineData("G2 X0 Y0 R10", 0)]
    [InlineData("G2 X10 Y0 I5 J0 R5", 0)]
    [InlineData("G2 X0 Y0 I5 P1.5", 0)]
    public void Arcs_that_cant_be_drawn_are_refused(string arc, double start) =>
        Assert.Equal(ViolationCode.ArcInvalid, Programs.Refusal(Printer + $"G1 X{start} Y0\n" + arc));

    [Fact]
    public void A_helix_is_as_long_as_its_path()
    {
        var result = Programs.Check("G21 G90 G17\nG0 X0 Y0 Z0\nG2 X0 Y0 Z-3 I4 J0 F600", Programs.Grbl);
        Assert.True(result.IsAdmitted);
        Assert.Equal(Math.Sqrt(Math.Pow(8 * Math.PI, 2) + 9), result.Summary.PathMm, 3);
    }

    [Theory]
    [InlineData("G17", "X10 Y0 I5 J0", 'Y', 5)]
    [InlineData("G18", "X10 Z0 I5 K0", 'Z', -5)]
    [InlineData("G19", "Y10 Z0 J5 K0", 'Z', 5)]
    public void Arcs_bulge_in_the_plane_they_are_drawn_in(string plane, string arc, char axis, double reach)
    {
        var bounds = Programs.Check($"{plane}\nG0 X0 Y0 Z0\nG2 {arc} F600", Programs.Grbl).Summary.MotionBoundsMm!.Value;
        var range = axis == 'Y' ? bounds.Y : bounds.Z;
        Assert.Equal(reach, reach > 0 ? range.Max : range.Min, 6);
    }

    [Fact]
    public void Bounds_cover_all_motion_and_cutting_bounds_only_what_extrudes()
    {
        var summary = Programs.Check(Printer + "G1 Z10\nG1 X50 Y60\nG1 Z0.2\nG1 X70 Y80 E1\nG1 X200 Y20 Z40").Summary;
        Assert.Equal(new FabNet.Model.AxisRange(50, 200), summary.MotionBoundsMm!.Value.X);
        Assert.Equal(new FabNet.Model.AxisRange(50, 70), summary.CuttingBoundsMm!.Value.X);
        Assert.Equal(new FabNet.Model.AxisRange(0.2, 0.2), summary.CuttingBoundsMm!.Value.Z);
        Assert.True(summary.BoundsAreMachineCoordinates);
        Assert.Equal(1, summary.LayerCount);
    }

    [Fact]
    public void Without_a_known_work_zero_a_program_must_fit_by_size()
    {
        Assert.False(Programs.Check("G0 X700 Y700", Programs.Grbl).Summary.BoundsAreMachineCoordinates);
        Assert.True(Programs.Check("G0 X-10\nG0 X780", Programs.Grbl).IsAdmitted);
        Assert.Equal(ViolationCode.ProgramTooLarge, Programs.Refusal("G0 X-10\nG0 X791", Programs.Grbl));
        Assert.Equal(ViolationCode.ProgramTooLarge, Programs.Refusal("G91\n" + string.Concat(Enumerable.Repeat("G0 X100\n", 9)), Programs.Grbl));

        // Each offset is its own frame: G55 may lie elsewhere.
        Assert.True(Programs.Check("G54 G0 X0\nG0 X700\nG55 G0 X-700\nG0 X0", Programs.Grbl).IsAdmitted);
    }

    [Fact]
    public void With_a_known_work_zero_machine_coordinates_are_checked()
    {
        var options = new AdmissionOptions { WorkOffsetsMm = new Dictionary<int, Position> { [54] = new(-700, -700, -50) } };
        var result = Programs.Check("G0 Z10\nG0 X0 Y0\nG0 X600", Programs.Grbl, options);
        Assert.True(result.IsAdmitted);
        Assert.True(result.Summary.BoundsAreMachineCoordinates);
        Assert.Equal(-100, result.Summary.MotionBoundsMm!.Value.X.Max, 6);
        Assert.Equal(ViolationCode.OutsideEnvelope, Programs.Refusal("G0 X701", Programs.Grbl, options));
        Assert.Equal(ViolationCode.OutsideEnvelope, Programs.Refusal("G92 X0\nG0 X-500\nG92 X0\nG0 X-500", Programs.Grbl, options));
        Assert.Equal(ViolationCode.OutsideEnvelope, Programs.Refusal("G43.1 Z60\nG0 Z0", Programs.Grbl, options));
    }

    [Fact]
    public void Machine_coordinates_are_checked_whatever_the_work_zero()
    {
        Assert.True(Programs.Check("G53 G0 Z-1", Programs.Grbl).IsAdmitted);
        Assert.Equal(ViolationCode.OutsideEnvelope, Programs.Refusal("G53 G0 Z5", Programs.Grbl));
        Assert.Equal(ViolationCode.ModalConflict, Programs.Refusal("G53 G2 X1 Y1 I1 J0 F100", Programs.Grbl));
    }

    [Fact]
    public void Relative_moves_are_checked_from_a_machine_coordinate_until_an_absolute_move_leads_away()
    {
        Assert.Equal(ViolationCode.OutsideEnvelope, Programs.Refusal("G53 G0 X-1\nG91\nG0 X5", Programs.Grbl));
        Assert.True(Programs.Check("G53 G0 X-1\nG0 X0\nG91\nG0 X5", Programs.Grbl).IsAdmitted);
    }

    [Fact]
    public void A_start_that_the_caller_knows_is_no_assumption()
    {
        var options = new AdmissionOptions { StartPositionMm = new Position(700, 0, 0) };
        Assert.Empty(Programs.Check("G91\nG0 X10", Programs.Grbl, options).Violations);
        Assert.Equal(710, Programs.Check("G91\nG0 X10", Programs.Grbl, options).Summary.MotionBoundsMm!.Value.X.Max, 9);
    }

    [Fact]
    public void A_relative_start_is_admitted_with_a_warning() => Assert.Contains(ViolationCode.AssumedPosition, Programs.Warnings("G91\nG0 X10", Programs.Grbl));

    [Fact]
    public void A_printer_that_moves_before_homing_gets_a_warning() => Assert.Equal([ViolationCode.MotionBeforeHoming], Programs.Warnings("G1 X10 F600\nG1 X20"));

    [Theory]
    [InlineData("G1 X10 F0")]
    [InlineData("G1 X10 F-100")]
    [InlineData("G1 X10 F9000000")]
    public void Absurd_feeds_are_refused(string line) => Assert.Equal(ViolationCode.FeedAbsurd, Programs.Refusal(Printer + line));

    [Fact]
    public void A_feed_above_the_axis_is_a_warning() => Assert.Equal([ViolationCode.FeedAboveLimit], Programs.Warnings("G28\nG1 X10 F20000"));

    [Fact]
    public void Raised_limits_are_warned_of_and_absurd_ones_refused()
    {
        Assert.Equal([ViolationCode.LimitRaised], Programs.Warnings("G28\nM201 X9000"));
        Assert.Empty(Programs.Warnings("G28\nM204 P1000 T1000\nM203 X200\nM205 J0.02"));
        Assert.Equal(ViolationCode.LimitRaised, Programs.Refusal("M204 P1000000"));
        Assert.Equal(ViolationCode.LimitRaised, Programs.Refusal("M201 X0"));
        Assert.Equal(ViolationCode.LimitRaised, Programs.Refusal("M220 S999"));
    }

    [Fact]
    public void Inverse_time_feed_takes_the_stated_time()
    {
        var slow = Programs.Grbl with { X = Programs.Grbl.X with { AccelerationMmPerS2 = 1e6 } };
        Assert.Equal(30, Programs.Check("G0 X0\nG93\nG1 X100 F2", slow).Summary.TimeSeconds, 1);
        Assert.Equal(ViolationCode.FeedMissing, Programs.Refusal("G93\nG1 X10 F1\nX20", slow));
    }
}
