// Hostile and odd lines, each tried on the real firmware: admission refuses it, or sends what led the firmware exactly where admission follows it to.

using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using FabNet.GCode;
using FabNet.Model.Machines;
using Xunit;

namespace FabNet.Tests.GCode;

/// <summary>The cases are data: hostile-marlin.txt and hostile-grbl.txt beside this file say at their heads what they are.</summary>
public sealed partial class RealFirmwareTests
{
    private const string BeforeMarlin = "G28\nG90\nG21\nM82\nG92 E0\nG1 F3000\n";
    private const string BeforeGrbl = "G90 G21 G94 G17 G54 G0 X0 Y0 Z0\n";
    private static readonly AdmissionOptions AtRig = new() { WorkOffsetsMm = new Dictionary<int, Position> { [54] = new(-100, -100, -50) } };

    public static TheoryData<string, string, string> MarlinCases() => Read("hostile-marlin.txt", atLeast: 300);

    public static TheoryData<string, string, string> GrblCases() => Read("hostile-grbl.txt", atLeast: 230);

    [Theory]
    [MemberData(nameof(MarlinCases))]
    public void Marlin_gets_nothing_else_and_goes_where_admission_says(string lines, string verdict, string counted) => Check(Programs.Marlin, BeforeMarlin, new AdmissionOptions(), lines, verdict, counted);

    [Theory]
    [MemberData(nameof(GrblCases))]
    public void Grbl_gets_nothing_else_and_goes_where_admission_says(string lines, string verdict, string counted) => Check(Programs.Grbl, BeforeGrbl, AtRig, lines, verdict, counted);

    [Theory]
    [InlineData("G5 X10 Y10 I1 J1 P1 Q1")]
    [InlineData("G1.5 X999")]
    [InlineData("M104.1 S400")]
    [InlineData("M500.1")]
    [InlineData("G55")]
    [InlineData("G18")]
    [InlineData("M281 P0 L0 U180")]
    [InlineData("M401")]
    [InlineData("M701")]
    [InlineData("M260 A99 S1")]
    public void A_machine_that_takes_unknown_commands_takes_none_that_moves_it_past_what_is_checked(string line)
    {
        var lenient = Programs.Marlin with { UnknownCommands = UnknownCommandPolicy.Warn };
        Assert.True(Programs.Check("G28\nM355 S1", lenient).IsAdmitted);
        Assert.Equal(ViolationCode.UnknownCommand, Programs.Refusal("G28\n" + line, lenient));
        var named = line.Split(' ')[0];
        if (!named.StartsWith("M500", StringComparison.Ordinal))
            Assert.True(Programs.Check("G28\n" + line, lenient with { ExtraCommands = [named] }).IsAdmitted, "A profile may name it, and its owner answers for it.");
    }

    [Theory]
    [InlineData("SET_KINEMATIC_POSITION X=0 Y=0 Z=200")]
    [InlineData("SET_HEATER_TEMPERATURE HEATER=extruder TARGET=400")]
    [InlineData("force_move STEPPER=stepper_z DISTANCE=-100 VELOCITY=50")]
    [InlineData("RESTORE_GCODE_STATE NAME=x MOVE=1")]
    [InlineData("SAVE_CONFIG")]
    public void A_klipper_that_takes_unknown_macros_takes_none_of_its_own_that_move_it_unseen(string line)
    {
        var lenient = Programs.Klipper with { UnknownCommands = UnknownCommandPolicy.Warn };
        Assert.True(Programs.Check("G28\nMY_MACRO", lenient).IsAdmitted);
        Assert.Equal(ViolationCode.UnknownCommand, Programs.Refusal("G28\n" + line, lenient));
    }

    [Theory]
    [InlineData("G28 X\nG91\nG1 Z1 F600", ViolationCode.AssumedPosition)]
    [InlineData("M84\nG1 X1", ViolationCode.MotionBeforeHoming)]
    public void A_marlin_that_may_stand_elsewhere_is_warned_of(string lines, ViolationCode warning) => Assert.Contains(warning, Programs.Warnings(BeforeMarlin + lines));

    private static void Check(MachineProfile profile, string before, AdmissionOptions options, string lines, string verdict, string counted)
    {
        var program = before + Unescape(lines);
        var result = Programs.Check(program, profile, options);
        if (verdict.StartsWith("refused ", StringComparison.Ordinal))
        {
            var refusal = result.Violations.First(static violation => violation.Severity == Severity.Refusal);
            Assert.Equal((verdict, result.Program), ($"refused {refusal.Code}", null));
            Assert.InRange(refusal.Line, before.Count(static c => c == '\n') + 1, program.Count(static c => c is '\n' or '\r') + 1);
            return;
        }

        Assert.True(result.IsAdmitted, string.Join('\n', result.Violations));
        using var admitted = result.Program!;
        Assert.Equal(verdict, $"sent {string.Join(" | ", Programs.Lines(admitted).Skip(before.Count(static c => c == '\n')))}");
        if (counted.Length == 0)
            return;

        // Where it stands is told by a motion that goes nowhere.
        var at = default(Position);
        Toolpath.Follow(new MemoryStream(Encoding.Latin1.GetBytes(program + "\nG94\nG91\nG0 X0 Y0 Z0\n")), profile, (in ToolpathSegment segment) => at = segment.To, options, TestContext.Current.CancellationToken);
        var real = counted.Split(' ').Select(static number => double.Parse(number, CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(real[0], at.X, 0.02);
        Assert.Equal(real[1], at.Y, 0.02);
        Assert.Equal(real[2], at.Z, 0.02);
    }

    private static TheoryData<string, string, string> Read(string file, int atLeast)
    {
        var cases = new TheoryData<string, string, string>();
        foreach (var line in File.ReadLines(Path.Combine(TestData.RepositoryRoot, "tests", "FabNet.Tests", "GCode", file)).Where(static line => line.Contains('\t', StringComparison.Ordinal)))
        {
            var parts = line.Split('\t');
            cases.Add(parts[0], parts[1], parts.Length > 2 ? parts[2][2..] : "");
        }

        Assert.True(cases.Count >= atLeast, $"{file} has lost its cases.");
        return cases;
    }

    private static string Unescape(string text) => Escape().Replace(text, static match => match.Value[1] switch
    {
        'n' => "\n",
        'r' => "\r",
        't' => "\t",
        'b' => "\b",
        '\\' => "\\",
        _ => ((char)int.Parse(match.Value.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToString(),
    });

    [GeneratedRegex(@"\\(x[0-9a-f]{2}|n|r|t|b|\\)")]
    private static partial Regex Escape();
}
