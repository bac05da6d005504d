// A program gone on with in its middle must leave the machine exactly where, and as, the whole program would have.

using System.Text;
using FabNet.GCode;
using FabNet.Model.Machines;
using FabNet.Tests.Bridge;
using Xunit;

namespace FabNet.Tests.GCode;

public sealed class ResumptionTests
{
    private static readonly MachineProfile Router = MachineProfiles.Find("shapeoko-3");

    [Fact]
    public void A_cut_is_gone_on_with_from_above_and_never_plunges_with_g0()
    {
        var (preamble, rest) = Resumed(Router, "G21 G90 G54\nM3 S12000\nG0 Z15\nG0 X10 Y10\nG1 Z-1 F200\nG1 X50 F800\nY30\nX10\nG0 Z15\nM5\n", 8);
        Assert.Equal(["G21 G90 G94 G17 G54", "G0 Z15", "G0 X50 Y30", "S12000", "M3", "G4 P4", "G1 Z-1 F200", "F800", "G1"], preamble);
        Assert.Equal(["X10", "G0Z15", "M5"], rest.Select(static line => line.Replace(" ", "", StringComparison.Ordinal)));
    }

    [Fact]
    public void Inches_relative_moves_and_coolant_are_set_again()
    {
        var (preamble, _) = Resumed(Router, "G20 G90 G55\nG0 Z0.5\nG0 X1 Y1\nM8\nG91\nG1 Z-0.6 F10\nG1 X1\nG1 Y1\n", 8);
        Assert.Equal(["G20 G90 G94 G17 G55", "G0 Z0.5", "G0 X2 Y1", "M8", "G1 Z-0.1 F10", "F10", "G91", "G1"], preamble);
    }

    [Fact]
    public void A_print_keeps_its_height_and_primes_away_from_the_part()
    {
        const string Text = "G21\nG90\nM82\nM140 S60\nM104 S215\nM190 S60\nM109 S215\nG28\nG92 E0\nG1 Z0.2 F3000\nG1 X50 Y50 F6000\nG1 X60 E1 F1200\nM106 S255\nM204 P900\nG1 Z0.4\nG1 Y60 E2\nG1 X50 E3\nM104 S0\nM140 S0\n";
        var (preamble, rest) = Resumed(MachineProfiles.Find("prusa-mk3s"), Text, 17);
        Assert.Equal(
            [
                "G21", "G90", "M83", "M140 S60", "M104 T0 S215", "G92 Z0.4", "G1 Z5.4 F300", "G28 X Y", "M190 S60", "M109 S215", "G1 E15 F150", "G1 E-1 F1800", "G1 X60 Y60 F3000",
                "G1 Z0.4 F300", "G1 E1 F1800", "M106 S255", "M204 P900", "G1 F1200", "M82", "G92 E2",
            ],
            preamble);
        Assert.Equal("G1 X50 E3", rest[0]);
    }

    [Theory]
    [InlineData("G21 G90\nG0 Z5\nG0 X1 Y1\nG92 X0\nG1 X5 F100\nG1 X6\n", 6, "shifts coordinates")]
    [InlineData("G21 G90\nG0 Z5\nG0 X1 Y1\nG38.2 Z-5 F50\nG1 X6 F100\n", 5, "does not tell where")]
    [InlineData("G21 G90\nG0 Z5\nG1 X6 F100\nG1 X7\n", 4, "does not tell where")]
    [InlineData("G21 G90\nG0 Z5\nG0 X1 Y1\nG1 X6 F100\n", 9, "has lines 1 to")]
    [InlineData("G21 G90\nG0 Z5\nG0 X10 Y0\nG2 X0 Y10 I-10 J0 F100\nX-10 Y0 I0 J-10\n", 5, "arc that an earlier line began")]
    [InlineData("G21 G90\nG53 G0 Z-5\nG0 X1 Y1\nG1 X6 F100\n", 4, "does not tell where")]
    public void What_cant_be_set_again_is_refused_with_the_reason(string text, int line, string why)
    {
        using var program = Bench.Admit(Router, text);
        using var sink = new MemoryStream();
        var result = Resumption.Create(program, line, sink, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Null(result.Program);
        Assert.Contains(why, result.Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_line_of_a_random_program_leads_to_where_the_whole_program_leads()
    {
        for (var seed = 1; seed <= 60; seed++)
        {
            var random = new Random(seed);
            using var program = Bench.Admit(Router, RandomCut(random));
            var line = random.Next(6, program.LineCount + 1);
            using var sink = new MemoryStream();
            var result = Resumption.Create(program, line, sink, cancellationToken: TestContext.Current.CancellationToken);
            Assert.True(result.Program is not null, $"seed {seed}: {result.Refusal}");
            using var resumed = result.Program;
            var whole = Ends(program, line);
            var rest = Ends(resumed, result.Preamble.Count + 1);
            Assert.True(whole.SequenceEqual(rest), $"seed {seed}, line {line}:\n{string.Join('\n', whole.Zip(rest).Where(static pair => pair.First != pair.Second).Take(3))}\n{string.Join('\n', result.Preamble)}");
        }
    }

    // Where each motion from a line on ends, by a reader of the words that knows nothing of the other.
    private static List<(double X, double Y, double Z)> Ends(AdmittedProgram program, int firstLine)
    {
        var ends = new List<(double X, double Y, double Z)>();
        double x = 0, y = 0, z = 0, unit = 1;
        var isRelative = false;
        using var reader = program.OpenReader();
        while (reader.TryRead(out var bytes))
        {
            var line = Encoding.ASCII.GetString(bytes).Replace(" ", "", StringComparison.Ordinal);
            unit = line.Contains("G20", StringComparison.Ordinal) ? 25.4 : line.Contains("G21", StringComparison.Ordinal) ? 1 : unit;
            isRelative = line.Contains("G91", StringComparison.Ordinal) || (!line.Contains("G90", StringComparison.Ordinal) && isRelative);
            if (!line.Contains("G4P", StringComparison.Ordinal))
                (x, y, z) = (Take('X', x), Take('Y', y), Take('Z', z));
            if (reader.LineNumber >= firstLine)
                ends.Add((Math.Round(x, 3), Math.Round(y, 3), Math.Round(z, 3)));

            double Take(char axis, double at)
            {
                var start = line.IndexOf(axis, StringComparison.Ordinal);
                if (start < 0)
                    return at;
                var end = start + 1;
                while (end < line.Length && (char.IsAsciiDigit(line[end]) || line[end] is '.' or '-'))
                    end++;
                return double.Parse(line.AsSpan((start + 1)..end), System.Globalization.CultureInfo.InvariantCulture) * unit + (isRelative ? at : 0);
            }
        }

        return ends;
    }

    [Theory]
    [InlineData(8, 8, "")]
    [InlineData(3, null, "does not tell where X, Y and Z are")]
    [InlineData(4, null, "does not tell where X, Y and Z are")]
    [InlineData(11, 9, "")]
    [InlineData(13, 13, "")]
    public void The_line_that_is_offered_after_an_interruption_is_one_that_is_then_taken(int next, int? offered, string refusal)
    {
        using var program = Bench.Admit(Router, "G21 G90 G54\nM3 S12000\nG0 Z15\nG0 X10 Y10\nG1 Z-1 F200\nG1 X50 F800\nY30\nX10\nG2 X20 I5 J0\nX30 I5 J0\nX40 I5 J0\nX50 I5 J0\nG0 Z15\nM5\n");
        var (line, why) = Resumption.Find(program, next, static () => new MemoryStream(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(offered, line);
        Assert.Contains(refusal, why ?? "", StringComparison.Ordinal);
        using var taken = line is { } from ? Resumption.Create(program, from, new MemoryStream(), cancellationToken: TestContext.Current.CancellationToken).Program : null;
        Assert.Equal(line is null, taken is null);
    }

    private static string RandomCut(Random random)
    {
        var text = new StringBuilder("G21 G90 G54\nM3 S10000\nG0 Z10\nG0 X50 Y50\nG1 Z-1 F200\n");
        var isRelative = false;
        for (var index = 0; index < 80; index++)
        {
            var axis = "XY"[random.Next(2)];
            var value = isRelative ? random.Next(-3, 4) : random.Next(20, 90);
            text.Append(random.Next(12) switch
            {
                0 => (isRelative = !isRelative) ? "G91\n" : "G90\n",
                1 => isRelative ? "G1 Z0.1\n" : $"G1 Z{-random.Next(0, 3)} F{random.Next(100, 300)}\n",
                2 => $"G0 {axis}{value}\n",
                3 => $"G4 P0.1\n",
                _ => $"G1 {axis}{value}.{random.Next(1000)} F{random.Next(300, 900)}\n",
            });
        }

        return text.ToString();
    }

    private static (List<string> Preamble, List<string> Following) Resumed(MachineProfile profile, string text, int line)
    {
        using var program = Bench.Admit(profile, text);
        var result = Resumption.Create(program, line, new MemoryStream(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(result.Program is not null, result.Refusal);
        using var resumed = result.Program;
        var rest = new List<string>();
        using var reader = resumed.OpenReader(result.Preamble.Count + 1);
        while (reader.TryRead(out var bytes))
            rest.Add(Encoding.ASCII.GetString(bytes));
        return ([.. result.Preamble], rest);
    }
}
