// Hostile programs: admission never throws, and what it lets through is harmless by an independent reading of the lines sent.

using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using FabNet.GCode;
using FabNet.Model.Machines;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FabNet.Tests.GCode;

public partial class FuzzTests
{
    private static readonly string[] Pieces =
    [
        "G0", "G1", "G2", "G3", "G4", "G10", "G20", "G21", "G28", "G53", "G54", "G55", "G90", "G91", "G92", "G92.1", "G93", "G94", "G17", "G18", "G38.2", "G43.1",
        "M3", "M4", "M5", "M82", "M83", "M84", "M104", "M109", "M140", "M112", "M500", "M997", "M110", "M117", "M118", "M290", "M302", "M28", "$X", "$$", "T0", "T1",
        "X", "Y", "Z", "E", "F", "I", "J", "K", "R", "S", "P", "N", "O", "D", "0", "1", "9", "10", "100", "299.9", "1e9", "-1", "-0.0", ".", "-", "+", "99999999999", "200", "F1000", "S200",
        "X10", "X100", "X290", "Y150", "Z5", "I5", "J-5", "R20", "E1", "N1", "*33", "*", ";", "(", ")", "%", " ", " ", " ", "\t", "\n", "\n", "\n", "\n", "\r", "\r\n", "\0", "!", "~", "?",
        "\u0018", "\u0085", "\u00FF", "#1=2", "[1+1]", "/", "\"", "=", "g1x5", "m104s400", "M104 S200\n", "G28\n", "G91\n", "G1 X50 F600\n", "G0 X99\n", ";LAYER_CHANGE\n",
    ];

    private static readonly HashSet<string> NeverOnMarlin = ["M112", "M500", "M997", "M110", "M290", "M302", "M28", "G53", "G54", "G92.1", "G38.2", "M3", "M4"];

    private static Gen<string> Number => Gen.Elements(
        "0", "1", "-1", "2.5", "10", "-10", "50", "100", "-300", "790", "000000012.5", "0.00000012345", "+7", "5", "-5", ".5");

    private static Arbitrary<string> GrblBlocks => Lines(
        Gen.Elements(
            "G0", "G1", "G2", "G3", "G4", "G17", "G18", "G19", "G20", "G21", "G28", "G30", "G38.2", "G40", "G43.1", "G49", "G53", "G54", "G55", "G59", "G61", "G80", "G90", "G91", "G91.1", "G92", "G92.1",
            "G93", "G94", "M0", "M3", "M4", "M5", "M7", "M8", "M9", "M30", "G10", "G28.1", "G59.1", "G64"),
        Gen.Elements("X", "Y", "Z", "X", "Y", "I", "J", "K", "R", "F", "S", "P", "T", "L"), 2);

    private static Arbitrary<string> MarlinLines => Lines(
        Gen.Elements("G0", "G1", "G2", "G3", "G4", "G10", "G11", "G20", "G21", "G28", "G29", "G90", "G91", "G92", "M82", "M83", "M104", "M109", "M140", "M106", "M117", "M600", "M3", "M220", "M204", "M0"),
        Gen.Elements("X", "Y", "Z", "E", "F", "I", "J", "R", "S", "P", "A", "U", "H", "O"), 1);

    private static Arbitrary<string> Lines(Gen<string> command, Gen<string> letter, int maxCommands) =>
        (from lines in (from count in Gen.Choose(0, maxCommands)
                        from commands in command.ArrayOf(count)
                        from wordCount in Gen.Choose(0, 4)
                        from words in letter.Zip(Number, (l, n) => l + n).ArrayOf(wordCount)
                        select string.Join(' ', commands.Concat(words))).ListOf()
         select string.Join('\n', lines)).ToArbitrary();

    private static Arbitrary<string> Text => Gen.Elements(Pieces).ListOf().Select(string.Concat).ToArbitrary();

    [Fact]
    public void Arbitrary_bytes_never_throw() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
        {
            foreach (var profile in (MachineProfile[])[Programs.Marlin, Programs.Grbl, Programs.Klipper, Programs.Laser])
                AssertCoherent(Programs.Check(bytes, profile));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500).WithEndSize(200));

    [Fact]
    public void Whatever_marlin_gets_is_plain_permitted_and_inside() =>
        Prop.ForAll(Text, text =>
        {
            var result = Programs.Check(text);
            AssertCoherent(result);
            if (result.IsAdmitted)
                AssertInsideOnMarlin(Programs.Lines(result.Program!));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000).WithEndSize(60));

    [Fact]
    public void Whatever_grbl_gets_is_plain() =>
        Prop.ForAll(Text, text =>
        {
            var result = Programs.Check(text, Programs.Grbl);
            AssertCoherent(result);
            if (!result.IsAdmitted)
                return;
            AssertTakenByGrbl(Programs.Lines(result.Program!));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000).WithEndSize(60));

    [Fact]
    public void Whatever_grbl_gets_it_takes_without_an_error_and_stays_in_the_size_of_the_machine() =>
        Prop.ForAll(GrblBlocks, text =>
        {
            var result = Programs.Check("F100\n" + text, Programs.Grbl);
            AssertCoherent(result);
            if (result.IsAdmitted)
                AssertTakenByGrbl(Programs.Lines(result.Program!));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(6000).WithEndSize(12));

    [Fact]
    public void Whatever_marlin_gets_of_sound_looking_lines_stays_inside() =>
        Prop.ForAll(MarlinLines, text =>
        {
            var result = Programs.Check("G28\nM104 S200\n" + text);
            AssertCoherent(result);
            if (result.IsAdmitted)
                AssertInsideOnMarlin(Programs.Lines(result.Program!));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000).WithEndSize(15));

    [Fact]
    public void Admitting_what_was_admitted_changes_nothing() =>
        Prop.ForAll(Text, text =>
        {
            var first = Programs.Check(text, Programs.Grbl);
            if (!first.IsAdmitted)
                return;
            var lines = Programs.Lines(first.Program!);
            var second = Programs.Check(string.Join('\n', lines), Programs.Grbl);
            Assert.True(second.IsAdmitted);
            Assert.Equal(first.Program!.Digest, second.Program!.Digest);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000).WithEndSize(40));

    private static void AssertTakenByGrbl(string[] lines)
    {
        double[] longest = [.. ((AxisLimits[])[Programs.Grbl.X, Programs.Grbl.Y, Programs.Grbl.Z]).Select(axis => axis.RangeMm!.Value.Length)];
        var reached = new Dictionary<(int Frame, int Axis), (double Min, double Max)>();
        var inMachine = new bool[3];
        var lost = new bool[3];
        var grbl = new GrblReading((axis, value, place) =>
        {
            // A place is worth checking if it follows from absolute words: from a lost one (a probe, G28) relative moves lead no one knows where.
            inMachine[axis] = place.InMachine || (inMachine[axis] && place.IsRelative);
            lost[axis] = place.IsLost || (lost[axis] && place.IsRelative && !place.InMachine);
            if (lost[axis])
                return;
            if (inMachine[axis])
            {
                Assert.InRange(value, -longest[axis] - 0.01, 0.01);
                return;
            }

            var (min, max) = reached.GetValueOrDefault((place.WorkOffset, axis), (value, value));
            reached[(place.WorkOffset, axis)] = (Math.Min(min, value), Math.Max(max, value));
            Assert.InRange(Math.Max(max, value) - Math.Min(min, value), 0, longest[axis] + 0.6);
        });
        foreach (var line in lines)
        {
            Assert.Matches(GrblLine(), line);
            Assert.True(grbl.Execute(line) is var error && error == 0, $"error:{error} for {line} in\n{string.Join('\n', lines)}");
        }
    }

    private static void AssertCoherent(AdmissionResult result)
    {
        Assert.Equal(result.IsAdmitted, result.RefusalCount == 0);
        Assert.True(result.ViolationCount >= result.Violations.Count);
        Assert.True(double.IsFinite(result.Summary.TimeSeconds) && result.Summary.TimeSeconds >= 0);
        Assert.All(result.Violations, violation => Assert.False(string.IsNullOrWhiteSpace(violation.Message)));
    }

    /// <summary>Another reading of Marlin's lines, written apart from the one under test: words by a pattern, positions by hand, arcs by sampling.</summary>
    private static void AssertInsideOnMarlin(string[] lines)
    {
        double[] at = [0, 0, 0];
        double[] shift = [0, 0, 0];
        var (relative, unit) = (false, 1.0);
        foreach (var line in lines)
        {
            Assert.InRange(line.Length, 1, 80);
            Assert.Matches(MarlinLine(), line);
            var read = MarlinCommand.Read(line);
            var command = line.Split(' ')[0];
            Assert.DoesNotContain(command, NeverOnMarlin);
            Assert.True(command.Contains('.', StringComparison.Ordinal) || command == read.Name);
            if (command is "M117" or "M118")
                continue;
            var words = read.Words.Where(word => word.Value is not null).ToDictionary(word => word.Key, word => word.Value!.Value);
            switch (command)
            {
                case "G20" or "G21":
                    unit = command == "G20" ? 25.4 : 1;
                    break;
                case "G90" or "G91":
                    relative = command == "G91";
                    break;
                case "M104" or "M109":
                    Assert.True(!words.TryGetValue('S', out var celsius) || celsius <= 260);
                    break;
                case "G28":
                    var all = !"XYZ".Any(axis => line.Contains(axis, StringComparison.Ordinal));
                    for (var i = 0; i < 3; i++)
                        (at[i], shift[i]) = all || line.Contains("XYZ"[i], StringComparison.Ordinal) ? (0, 0) : (at[i], shift[i]);
                    break;
                case "G92":
                    for (var i = 0; i < 3; i++)
                        shift[i] = words.TryGetValue("XYZ"[i], out var named) ? at[i] - (named * unit) : line == "G92" ? at[i] : shift[i];
                    break;
                case "G0" or "G1" or "G2" or "G3":
                    Assert.DoesNotContain(words.Keys, letter => "ABCUVWHSO".Contains(letter, StringComparison.Ordinal));
                    double[] before = [.. at];
                    for (var i = 0; i < 3; i++)
                    {
                        if (words.TryGetValue("XYZ"[i], out var value))
                            at[i] = relative ? at[i] + (value * unit) : (value * unit) + shift[i];
                        if (words.ContainsKey("XYZ"[i]))
                            Assert.InRange(at[i], -0.01, 300.01);
                    }

                    if (command is "G2" or "G3" && (words.ContainsKey('I') || words.ContainsKey('J')))
                        AssertArcInside(before, at, words.GetValueOrDefault('I') * unit, words.GetValueOrDefault('J') * unit, command == "G2");
                    break;
            }
        }
    }

    private static void AssertArcInside(double[] from, double[] to, double i, double j, bool clockwise)
    {
        var (cx, cy) = (from[0] + i, from[1] + j);
        var radius = Math.Sqrt((i * i) + (j * j));
        var start = Math.Atan2(from[1] - cy, from[0] - cx);
        var sweep = Math.Atan2(to[1] - cy, to[0] - cx) - start;
        if (clockwise && sweep >= -1e-9)
            sweep -= 2 * Math.PI;
        else if (!clockwise && sweep <= 1e-9)
            sweep += 2 * Math.PI;
        for (var step = 0; step <= 90; step++)
        {
            var angle = start + (sweep * step / 90);
            Assert.InRange(cx + (radius * Math.Cos(angle)), -0.6, 300.6);
            Assert.InRange(cy + (radius * Math.Sin(angle)), -0.6, 300.6);
        }
    }

    [GeneratedRegex("^[GMT][0-9]{1,4}(\\.[0-9])?( [A-Z][-+]?[0-9]*\\.?[0-9]*)*$|^M(0|1|117|118|115|486|862(\\.[0-9])?|16)( [ -)+-~]*)?$", RegexOptions.NonBacktracking)]
    private static partial Regex MarlinLine();

    [GeneratedRegex("^([A-Z][-+]?[0-9]*\\.?[0-9]*)+$", RegexOptions.NonBacktracking)]
    private static partial Regex GrblLine();

}
