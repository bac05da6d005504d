// Which commands a program may hold, on which dialect.

using FabNet.GCode;
using FabNet.Model.Machines;
using Xunit;

namespace FabNet.Tests.GCode;

public class CommandRulesTests
{
    [Theory]
    [InlineData(ViolationCode.SettingsCommand, "M500 M501 M502 M504 M92 M206 M207 M218 M301 M303 M304 M428 M569 M851 M906 M907")]
    [InlineData(ViolationCode.StorageCommand, "M20 M21 M23 M24 M28 M29 M30 M32 M33 M928")]
    [InlineData(ViolationCode.FirmwareCommand, "M110 M111 M575 M997 M999 M876")]
    [InlineData(ViolationCode.SafetyCommand, "M42 M81 M108 M112 M121 M211 M280 M290 M302 M410 M85 G26 G61")]
    public void What_no_program_may_do_is_refused_on_every_marlin(ViolationCode code, string commands)
    {
        foreach (var command in commands.Split(' '))
        {
            Assert.Equal(code, Programs.Refusal("G28\n" + command));
            Assert.Equal(code, Programs.Refusal("G28\n" + command.ToLowerInvariant() + " S1"));

            // Neither a profile's list nor its policy opens the door.
            var open = Programs.Marlin with { ExtraCommands = [command], UnknownCommands = UnknownCommandPolicy.Warn };
            Assert.Equal(code, Programs.Refusal("G28\n" + command, open));
        }
    }

    [Fact]
    public void Unknown_commands_follow_the_profile()
    {
        Assert.Equal(ViolationCode.UnknownCommand, Programs.Refusal("G28\nM5555"));
        Assert.Equal([ViolationCode.UnknownCommand], Programs.Warnings("G28\nM5555", Programs.Marlin with { UnknownCommands = UnknownCommandPolicy.Warn }));
        Assert.Empty(Programs.Warnings("G28\nM5555", Programs.Marlin with { ExtraCommands = ["m5555"] }));
        Assert.Equal(ViolationCode.ForbiddenCommand, Programs.Refusal("G28\nM600", Programs.Marlin with { ForbiddenCommands = ["M600"] }));
    }

    [Theory]
    [InlineData("M118 ok")]
    [InlineData("M118 start")]
    [InlineData("M118 Resend: 1")]
    [InlineData("M118 //action:cancel")]
    [InlineData("M118 A1 cancel")]
    [InlineData("M118 E1 A1 cancel")]
    public void A_program_cant_make_the_firmware_answer_in_its_stead(string line) => Assert.Equal(ViolationCode.ReplyInjection, Programs.Refusal("G28\n" + line));

    [Fact]
    public void A_message_marked_as_echo_is_sent() => Assert.Equal(["G28", "M118 E1 half way"], Programs.Lines("G28\nM118 E1 half way"));

    [Fact]
    public void Debugging_commands_are_refused() => Assert.Equal(ViolationCode.SafetyCommand, Programs.Refusal("D2 A0x0 X00"));

    [Theory]
    [InlineData("$X", ViolationCode.SettingsCommand)]
    [InlineData("$100=500", ViolationCode.SettingsCommand)]
    [InlineData("$RST=*", ViolationCode.SettingsCommand)]
    [InlineData("$N0=G20", ViolationCode.SettingsCommand)]
    [InlineData(" $SLP", ViolationCode.SettingsCommand)]
    [InlineData("$J=G91X10F100", ViolationCode.SettingsCommand)]
    [InlineData("G10 L2 P1 X0", ViolationCode.SettingsCommand)]
    [InlineData("G28.1", ViolationCode.SettingsCommand)]
    [InlineData("G0 X1!", ViolationCode.RealtimeByte)]
    [InlineData("G0 X1\u0018", ViolationCode.RealtimeByte)]
    [InlineData("~", ViolationCode.RealtimeByte)]
    [InlineData("G0 X1?", ViolationCode.RealtimeByte)]
    [InlineData("G0 X1\u0085", ViolationCode.RealtimeByte)]
    [InlineData("G0 X1\u0084Y2", ViolationCode.RealtimeByte)]
    [InlineData("G0 X1*57", ViolationCode.ChecksumSmuggled)]
    [InlineData("N1 G0 X1*57", ViolationCode.ChecksumMismatch)]
    [InlineData("G0 G1 X1 F100", ViolationCode.ModalConflict)]
    [InlineData("G0 G92 X1", ViolationCode.ModalConflict)]
    [InlineData("G20 G21", ViolationCode.ModalConflict)]
    [InlineData("G0 X1 H2", ViolationCode.UnknownCommand)]
    [InlineData("G41 D1", ViolationCode.UnknownCommand)]
    [InlineData("T1 M6 G0 X5", ViolationCode.ModalConflict)]
    [InlineData("M6 S1000", ViolationCode.ModalConflict)]
    [InlineData("G1 X1", ViolationCode.FeedMissing)]
    [InlineData("G4", ViolationCode.MissingValue)]
    [InlineData("G80\nX1", ViolationCode.ModalConflict)]
    [InlineData("G1 X1 E1 F100", ViolationCode.NoExtruder)]
    public void What_grbl_must_not_get_is_refused(string program, ViolationCode code) => Assert.Equal(code, Programs.Refusal(program, Programs.Grbl));

    [Fact]
    public void A_change_of_tool_is_a_persons_unless_the_profile_says_that_the_firmware_knows_it()
    {
        Assert.Equal(1, Programs.Check("T2 M6\nG0 X1", Programs.Grbl).Summary.ToolChangeCount);
        Assert.Equal(1, Programs.Check("T2 M6 G0 X1", Programs.Grbl with { ExtraCommands = ["M6"] }).Summary.ToolChangeCount);
    }

    [Fact]
    public void Klipper_macros_are_refused_unless_the_profile_names_them()
    {
        Assert.Equal(ViolationCode.UnknownCommand, Programs.Refusal("SAVE_CONFIG", Programs.Klipper));
        Assert.Equal(ViolationCode.UnknownCommand, Programs.Refusal("PRINT_START BED=60", Programs.Klipper));
        Assert.Equal(["PRINT_START BED=60", "G28"], Programs.Lines("PRINT_START BED=60\nG28", Programs.Klipper with { ExtraCommands = ["print_start"] }));
        Assert.Equal(ViolationCode.Macro, Programs.Refusal("{% set x = 1 %}\nG1 X{x}", Programs.Klipper));
    }
}
