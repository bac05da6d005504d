using System.Globalization;
using System.Text;
using FabNet.GCode;
using FabNet.Model.Machines;
using Xunit;

namespace FabNet.Tests.GCode;

public sealed class ExecutedLinesTests
{
    private const int Planner = 16;

    [Fact]
    public void Lines_between_the_moves_do_not_hide_how_many_moves_wait()
    {
        var text = new StringBuilder("G28\n");
        for (var i = 0; i < 100; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"M106 S{i}\nM204 S{500 + i}\nG1 X{10 + (i % 50)} Y20 F3000\n");
        }

        using var program = Admit(text.ToString(), "prusa-mk3s");
        using var executed = new ExecutedLines(program, Planner);
        var line = executed.Acknowledge(program.LineCount);
        Assert.True(MovesAfter(program, line) >= Planner, $"line {line} of {program.LineCount}");
    }

    [Fact]
    public void Moves_that_go_nowhere_fill_no_planner()
    {
        var text = new StringBuilder("G28\n");
        for (var i = 0; i < 60; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"G1 X{(i < 20 ? 10 + i : 29)} Y20 F{3000 + i}\n");
        }

        using var program = Admit(text.ToString(), "prusa-mk3s");
        using var executed = new ExecutedLines(program, Planner);
        Assert.True(executed.Acknowledge(program.LineCount) <= 1 + 20 - Planner);
    }

    [Fact]
    public void Bare_words_of_a_router_are_moves_and_relative_ones_too()
    {
        var text = new StringBuilder("G21 G90\nG0 X0 Y0\nG1 X1 F600\n");
        for (var i = 2; i < 60; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"X{i}\n");
        }

        text.Append("G91\n");
        for (var i = 0; i < 60; i++)
        {
            text.Append("X-0.5\n");
        }

        using var program = Admit(text.ToString(), "shapeoko-3");
        using var executed = new ExecutedLines(program, Planner);
        Assert.InRange(executed.Acknowledge(55), 55 - Planner - 12, 55 - Planner);
        Assert.InRange(executed.Acknowledge(program.LineCount), program.LineCount - Planner - 12, program.LineCount - Planner);
    }

    [Fact]
    public void The_line_never_falls_and_never_passes_what_was_acknowledged()
    {
        using var program = Admit("G28\n" + string.Concat(Enumerable.Range(0, 80).Select(i => $"G1 X{10 + i} Y20 F3000\n")), "prusa-mk3s");
        using var executed = new ExecutedLines(program, Planner);
        var last = 0;
        foreach (var acknowledged in (int[])[0, 1, 40, 20, 60, 81, 0])
        {
            var line = executed.Acknowledge(acknowledged);
            Assert.True(line >= last);
            last = line;
        }

        Assert.InRange(last, 1, 81 - Planner);
        using var whole = new ExecutedLines(program, 0);
        Assert.Equal(33, whole.Acknowledge(33));
    }

    private static int MovesAfter(AdmittedProgram program, int line)
    {
        using var reader = program.OpenReader(line + 1);
        var moves = 0;
        while (reader.TryRead(out var text))
        {
            moves += text.StartsWith("G1"u8) ? 1 : 0;
        }

        return moves;
    }

    private static AdmittedProgram Admit(string gcode, string profile)
    {
        var result = Admission.Check(new MemoryStream(Encoding.ASCII.GetBytes(gcode)), MachineProfiles.Find(profile), new MemoryStream());
        return result.Program ?? throw new InvalidOperationException(string.Join("; ", result.Violations));
    }
}
