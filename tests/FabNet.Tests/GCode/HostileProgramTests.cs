// Ways to harm a machine or a host with a program that looks harmless; each was let through once, or is known from the field.

using FabNet.GCode;
using FabNet.Model;
using FabNet.Model.Machines;
using Xunit;

namespace FabNet.Tests.GCode;

public class HostileProgramTests
{
    private static readonly MachineProfile LaserPrinter = Programs.Marlin with { Name = "laser on Marlin", Spindle = new Spindle { MaxRpm = 255, IsLaser = true } };

    [Theory]
    // Temperatures in words that some firmware reads and admission did not.
    [InlineData("M104 R400", ViolationCode.HotEndTooHot)]
    [InlineData("M104 S200 R400", ViolationCode.HotEndTooHot)]
    [InlineData("M140 R150", ViolationCode.BedTooHot)]
    [InlineData("M140 I1", ViolationCode.MissingValue)]
    [InlineData("M190 I0", ViolationCode.MissingValue)]
    [InlineData("M104 S200.5\nM104 S260.0001", ViolationCode.HotEndTooHot)]
    [InlineData("M104 S65736", ViolationCode.HotEndTooHot)]
    [InlineData("M104 S4294967496", ViolationCode.NumberOutOfRange)]
    [InlineData("M104 SNaN", ViolationCode.ChecksumSmuggled)]
    [InlineData("M104 S2e2e2", ViolationCode.RepeatedWord)]
    [InlineData("M149 F", ViolationCode.SettingsCommand)]
    [InlineData("M143 H1 S400", ViolationCode.SettingsCommand)]
    // Macros kept in the machine, and files.
    [InlineData("M810 M104 S400", ViolationCode.StorageCommand)]
    [InlineData("M819", ViolationCode.StorageCommand)]
    [InlineData("M98 P\"x\"", ViolationCode.StorageCommand)]
    [InlineData("M471 x", ViolationCode.StorageCommand)]
    [InlineData("M587 S1", ViolationCode.FirmwareCommand)]
    // Words of a motion that move what nobody checks, or switch endstops off.
    [InlineData("G1 A1000 F100", ViolationCode.ModalConflict)]
    [InlineData("G1 X10 U900", ViolationCode.ModalConflict)]
    [InlineData("G1 H2 X290 F600", ViolationCode.ModalConflict)]
    [InlineData("G0 S1 X10", ViolationCode.ModalConflict)]
    [InlineData("G29 S3 X1 Y1 Z-5", ViolationCode.SettingsCommand)]
    [InlineData("M600 X-500", ViolationCode.SettingsCommand)]
    [InlineData("G10\nG11", ViolationCode.ColdExtrusion)]
    // Checksums, blanks, controls and other alphabets.
    [InlineData("N5 G1*33", ViolationCode.ChecksumMismatch)]
    [InlineData("G1 X1 ;*33\nG1*7", ViolationCode.ChecksumSmuggled)]
    [InlineData("G 1 X 1 0", ViolationCode.MalformedWord)]
    [InlineData("G1 X1\vG1 X999", ViolationCode.BinaryData)]
    [InlineData("G1 X1\bX999", ViolationCode.BinaryData)]
    [InlineData("G1 X1\\\nM112", ViolationCode.MalformedWord)]
    [InlineData("G1 X\u00D9\u00A15", ViolationCode.NonAscii)]
    [InlineData("G28\n\u00EF\u00BB\u00BFG1 X1", ViolationCode.NonAscii)]
    [InlineData("G1 X1\rM112", ViolationCode.SafetyCommand)]
    [InlineData("(G1 X1)M112", ViolationCode.SafetyCommand)]
    [InlineData("G1 X1 (\nM112)", ViolationCode.UnbalancedComment)]
    [InlineData("m112", ViolationCode.SafetyCommand)]
    [InlineData("M0112", ViolationCode.SafetyCommand)]
    [InlineData("M112.0", ViolationCode.SafetyCommand)]
    [InlineData("M65648", ViolationCode.UnknownCommand)]
    [InlineData("G1 X100000000000000000000000000000", ViolationCode.NumberOutOfRange)]
    [InlineData("M118 E1 P0 A1 action:cancel", ViolationCode.ReplyInjection)]
    [InlineData("M117 M110 N0", ViolationCode.ChecksumSmuggled)]
    [InlineData("[ESP444]RESTART", ViolationCode.Macro)]
    [InlineData("T-1", ViolationCode.UnknownCommand)]
    [InlineData("T256", ViolationCode.NoSuchTool)]
    public void No_such_program_reaches_a_printer(string program, ViolationCode code)
    {
        // A machine whose profile takes unknown commands with a warning still takes none of these.
        Assert.Equal(code, Programs.Refusal("G28\n" + program));
        if (code != ViolationCode.UnknownCommand)
            Assert.Contains(Programs.Check("G28\n" + program, Programs.Marlin with { UnknownCommands = UnknownCommandPolicy.Warn }).Violations, violation => violation.Code == code);
    }

    [Theory]
    // GRBL takes the line, reads no axis, and stands where the program does not expect it.
    [InlineData("G49 X10", ViolationCode.ModalConflict)]
    [InlineData("G49 G0 X10", ViolationCode.ModalConflict)]
    // Each of these GRBL answers with an error and goes on with the next line: it would cut along a path that was never meant.
    [InlineData("G1 X1 I5 F100", ViolationCode.ModalConflict)]
    [InlineData("G0 X1 P5", ViolationCode.ModalConflict)]
    [InlineData("G0 X1 L2", ViolationCode.ModalConflict)]
    [InlineData("M3 P1", ViolationCode.ModalConflict)]
    [InlineData("G4 P1 G53", ViolationCode.ModalConflict)]
    [InlineData("G4 P1 G92 X0", ViolationCode.ModalConflict)]
    [InlineData("M8 M9", ViolationCode.ModalConflict)]
    [InlineData("G40 G40", ViolationCode.ModalConflict)]
    [InlineData("G80 G92 X0", ViolationCode.ModalConflict)]
    [InlineData("G53 G2 X10 I5 F100", ViolationCode.ModalConflict)]
    [InlineData("G2 F100", ViolationCode.MissingValue)]
    [InlineData("G92", ViolationCode.MissingValue)]
    [InlineData("G38.2 F10", ViolationCode.MissingValue)]
    [InlineData("G1", ViolationCode.FeedMissing)]
    [InlineData("G93\nG1 X1", ViolationCode.FeedMissing)]
    [InlineData("G2 Z-1 I5 F100", ViolationCode.ArcInvalid)]
    [InlineData("G2 X10 I5.01 F100", ViolationCode.ArcInvalid)]
    [InlineData("G2 X10 R4.999 F100", ViolationCode.ArcInvalid)]
    [InlineData("G2 Z1 X0 Y0 R5 F100", ViolationCode.ArcInvalid)]
    [InlineData("M7", ViolationCode.UnknownCommand)]
    [InlineData("G59.1", ViolationCode.UnknownCommand)]
    [InlineData("G256 X10", ViolationCode.UnknownCommand)]
    [InlineData("G0 X123456789", ViolationCode.NumberOutOfRange)]
    [InlineData("G10 L20 P1 X0", ViolationCode.SettingsCommand)]
    [InlineData("G10 L2 P0 X0", ViolationCode.SettingsCommand)]
    [InlineData("G28.1 X0", ViolationCode.SettingsCommand)]
    [InlineData("G30.1", ViolationCode.SettingsCommand)]
    [InlineData("$I=x", ViolationCode.SettingsCommand)]
    [InlineData("$J=X10F100", ViolationCode.SettingsCommand)]
    [InlineData("$RST=$", ViolationCode.SettingsCommand)]
    [InlineData("G0 X1 $H", ViolationCode.MalformedWord)]
    [InlineData("G0 X1\u0090", ViolationCode.RealtimeByte)]
    [InlineData("G0 X1\u00FF", ViolationCode.RealtimeByte)]
    [InlineData("G0 X1\u0018\nG0 X2", ViolationCode.RealtimeByte)]
    // A frame that nobody told: machine coordinates of G53 and what is relative to them are still checked.
    [InlineData("G53 G0 X10", ViolationCode.OutsideEnvelope)]
    [InlineData("G53 G0 X-5\nG91\nG0 X6", ViolationCode.OutsideEnvelope)]
    [InlineData("G53 G0 Z-149\nG91\nG1 Z-2 F100", ViolationCode.OutsideEnvelope)]
    [InlineData("G0 X0\nG0 X801", ViolationCode.ProgramTooLarge)]
    [InlineData("G20\nG0 X0\nG0 X32", ViolationCode.ProgramTooLarge)]
    [InlineData("G0 X0\nG92 X400\nG0 X-401", ViolationCode.ProgramTooLarge)]
    [InlineData("G18 G1 X0 Z0 F100\nG2 X0 Z0 I0 K80", ViolationCode.ProgramTooLarge)]
    [InlineData("G19 G1 Y0 Z0 F100\nG3 Y0 Z0 J0 K-80 X5", ViolationCode.ProgramTooLarge)]
    public void No_such_program_reaches_a_grbl(string program, ViolationCode code) => Assert.Equal(code, Programs.Refusal(program, Programs.Grbl));

    [Fact]
    public void Mist_is_let_through_where_the_profile_says_that_the_firmware_has_it() =>
        Assert.Equal(["M7", "G0X1"], Programs.Lines("M7\nG0 X1", Programs.Grbl with { ExtraCommands = ["M7"] }));

    [Fact]
    public void Units_per_minute_stated_again_keep_the_feed() => Assert.Equal(3, Programs.Lines("F100\nG94\nG1 X1", Programs.Grbl).Length);

    [Theory]
    [InlineData("M106 S128\nG1 X10 F600", ViolationCode.SpindleLeftOn)]
    [InlineData("M3 S256\nM5", ViolationCode.SpindleOutOfRange)]
    [InlineData("M3 O999\nM5", ViolationCode.SettingsCommand)]
    [InlineData("M3 I\nG1 X10 F600 S300\nM5", ViolationCode.SpindleOutOfRange)]
    public void A_laser_on_a_printers_firmware_is_held_to_its_limits(string program, ViolationCode code) => Assert.Equal(code, Programs.Refusal("G28\n" + program, LaserPrinter));

    [Fact]
    public void A_fan_that_is_a_laser_may_shine_and_must_go_out() =>
        Assert.Equal(6, Programs.Lines("G28\nM106 S128\nG1 X10 F600\nM106 S0\nG0 X0\nM107", LaserPrinter).Length);

    [Fact]
    public void Every_reason_has_its_line()
    {
        var result = Programs.Check("G28\n\n; note\nM500\nG1 X1 F600\nG1 X999\r\nM997\rG1 X2");
        Assert.Equal([(4, ViolationCode.SettingsCommand), (6, ViolationCode.OutsideEnvelope), (7, ViolationCode.FirmwareCommand)], result.Violations.Select(violation => (violation.Line, violation.Code)));
        Assert.All(result.Violations, violation => Assert.Equal(Severity.Refusal, violation.Severity));
    }

    [Fact]
    public void A_helix_counts_with_its_full_turns_and_its_height()
    {
        var box = Programs.Check("G28\nG1 X100 Y100 Z1 F600\nG2 X100 Y100 Z5 I-20 J0 P3").Summary.MotionBoundsMm!.Value;
        Assert.Equal((60.0, 100.0, 80.0, 120.0, 5.0), (box.X.Min, box.X.Max, Math.Round(box.Y.Min, 9), Math.Round(box.Y.Max, 9), box.Z.Max));
    }
}
