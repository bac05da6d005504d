// Temperatures, extrusion, tools, spindle and laser.

using FabNet.GCode;
using FabNet.Model.Machines;
using Xunit;

namespace FabNet.Tests.GCode;

public class HeatAndSpindleRulesTests
{
    [Theory]
    [InlineData("M104 S400", ViolationCode.HotEndTooHot)]
    [InlineData("M109 R400", ViolationCode.HotEndTooHot)]
    [InlineData("M109 S200 B400 F1", ViolationCode.HotEndTooHot)]
    [InlineData("M104 T1 S200", ViolationCode.NoSuchTool)]
    [InlineData("M104 I1", ViolationCode.MissingValue)]
    [InlineData("M104 S-1", ViolationCode.NumberOutOfRange)]
    [InlineData("M140 S150", ViolationCode.BedTooHot)]
    [InlineData("M190 R150", ViolationCode.BedTooHot)]
    [InlineData("M141 S40", ViolationCode.ChamberTooHot)]
    [InlineData("G10 P0 S300", ViolationCode.SettingsCommand)]
    [InlineData("M303 E0 S300", ViolationCode.SettingsCommand)]
    [InlineData("T1", ViolationCode.NoSuchTool)]
    [InlineData("G1 E1", ViolationCode.ColdExtrusion)]
    [InlineData("M104 S150\nG1 E1", ViolationCode.ColdExtrusion)]
    [InlineData("M104 S200\nM104 S0\nG1 E1", ViolationCode.ColdExtrusion)]
    [InlineData("M104 S200\nG1 E250", ViolationCode.ExcessiveExtrusion)]
    [InlineData("M104 S200\nG1 E100\nM83\nG1 E-201", ViolationCode.ExcessiveExtrusion)]
    public void Heat_and_filament_beyond_the_machine_are_refused(string program, ViolationCode code) => Assert.Equal(code, Programs.Refusal(program));

    [Fact]
    public void A_program_that_leaves_heaters_on_gets_a_warning_and_one_that_does_not_gets_none()
    {
        Assert.Equal([ViolationCode.HeaterLeftOn, ViolationCode.HeaterLeftOn], Programs.Warnings("M104 S200\nM140 S60"));
        Assert.Empty(Programs.Warnings("M104 S200\nM140 S60\nM104 S0\nM140 S0"));
    }

    [Fact]
    public void Relative_and_absolute_extrusion_add_up_alike()
    {
        var absolute = Programs.Check("M104 S200\nG28\nG1 X10 E5\nG1 X20 E8\nG92 E0\nG1 X30 E2\nG1 E0").Summary;
        var relative = Programs.Check("M104 S200\nG28\nM83\nG1 X10 E5\nG1 X20 E3\nG1 X30 E2\nG1 E-2").Summary;
        Assert.Equal(8, absolute.FilamentMm, 9);
        Assert.Equal(absolute.FilamentMm, relative.FilamentMm, 9);
        Assert.Equal(8 * Math.PI * 0.875 * 0.875 * 1.24 / 1000, relative.FilamentGrams, 9);
    }

    [Fact]
    public void Marlin_takes_g90_for_the_filament_too_and_klipper_does_not()
    {
        const string program = "M104 S200\nM83\nG90\nG1 E5\nG1 E5";
        Assert.Equal(5, Programs.Check(program).Summary.FilamentMm, 9);
        Assert.Equal(10, Programs.Check(program, Programs.Klipper).Summary.FilamentMm, 9);
    }

    [Fact]
    public void Two_hot_ends_are_two_tools()
    {
        var two = Programs.Marlin with { HotEnds = [Programs.Marlin.HotEnds[0], Programs.Marlin.HotEnds[0] with { MaxTemperatureC = 300 }] };
        var result = Programs.Check("M104 T1 S290\nT1\nG1 E1\nM104 S0", two);
        Assert.True(result.IsAdmitted);
        Assert.Equal(290, result.Summary.MaxHotEndC);
        Assert.Equal(1, result.Summary.ToolChangeCount);
        Assert.Equal(ViolationCode.ColdExtrusion, Programs.Refusal("M104 T1 S290\nT0\nG1 E1", two));
    }

    [Fact]
    public void Heat_up_is_told_apart_from_the_time_of_work()
    {
        var summary = Programs.Check("M109 S200\nM190 S60\nG4 S7\nM104 S0\nM140 S0").Summary;
        Assert.Equal(7, summary.TimeSeconds, 9);
        Assert.InRange(summary.HeatUpSeconds, 30, 600);
        Assert.Equal((200.0, 60.0), (summary.MaxHotEndC, summary.MaxBedC));
    }

    [Theory]
    [InlineData("M3 S31000", ViolationCode.SpindleOutOfRange)]
    [InlineData("S-5", ViolationCode.SpindleOutOfRange)]
    [InlineData("T999", ViolationCode.NoSuchTool)]
    public void Spindle_speeds_outside_the_range_are_refused(string program, ViolationCode code) => Assert.Equal(code, Programs.Refusal(program, Programs.Grbl));

    [Fact]
    public void A_machine_without_a_spindle_gets_no_spindle_commands()
    {
        Assert.Equal(ViolationCode.NoSpindle, Programs.Refusal("M3 S1000"));
        Assert.True(Programs.Check("G28\nM5").IsAdmitted);
    }

    [Fact]
    public void A_lit_laser_on_the_way_is_warned_of_and_at_the_end_refused()
    {
        Assert.Contains(ViolationCode.LaserOnDuringTravel, Programs.Warnings("M3 S500\nG1 X10 F100\nG0 X20\nM5", Programs.Laser));
        Assert.Empty(Programs.Warnings("M4 S500\nG1 X10 F100\nG0 X20\nM5", Programs.Laser));
        Assert.Equal(ViolationCode.SpindleLeftOn, Programs.Refusal("M3 S500\nG1 X10 F100", Programs.Laser));
        Assert.Equal([ViolationCode.SpindleLeftOn], Programs.Warnings("M3 S5000\nG1 X10 F100", Programs.Grbl));
        Assert.Empty(Programs.Warnings("M3 S5000\nG1 X10 F100\nM30", Programs.Grbl));
    }
}
