// The admitted program: its bytes, its readers, its times and its way back to the source.

using System.Text;
using FabNet.GCode;
using FabNet.Model;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FabNet.Tests.GCode;

public class AdmittedProgramTests
{
    [Fact]
    public void The_digest_is_of_the_bytes_that_are_sent()
    {
        var sink = new MemoryStream();
        var result = Admission.Check(new MemoryStream("G28 ; home\n\nG1 X1\n"u8.ToArray()), Programs.Marlin, sink, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("G28\nG1 X1\n", Encoding.ASCII.GetString(sink.ToArray()));
        Assert.Equal(Digest.Of(sink.ToArray()), result.Program!.Digest);
        Assert.Equal((2, 10L), (result.Program.LineCount, result.Program.ByteCount));
    }

    [Fact]
    public void The_sink_may_hold_something_before_the_program()
    {
        var sink = new MemoryStream();
        sink.Write("header"u8);
        var result = Admission.Check(new MemoryStream("G28\n"u8.ToArray()), Programs.Marlin, sink, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(["G28"], Programs.Lines(result.Program!));
    }

    [Fact]
    public void Readers_start_anywhere_and_do_not_disturb_each_other()
    {
        var program = Programs.Check(Numbered(200_000)).Program!;
        using var first = program.OpenReader();
        using var late = program.OpenReader(150_001);
        for (var i = 1; i <= 1000; i++)
        {
            Assert.True(first.TryRead(out var line));
            Assert.Equal($"G4 P{i}", Encoding.ASCII.GetString(line));
            Assert.True(late.TryRead(out line));
            Assert.Equal($"G4 P{150_000 + i}", Encoding.ASCII.GetString(line));
            Assert.Equal((i, 150_000 + i), (first.LineNumber, late.LineNumber));
        }

        using var end = program.OpenReader(200_001);
        Assert.False(end.TryRead(out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => program.OpenReader(200_002));
        Assert.Throws<ArgumentOutOfRangeException>(() => program.OpenReader(0));
    }

    [Fact]
    public void Reading_lines_allocates_nothing()
    {
        var program = Programs.Check(Numbered(20_000)).Program!;
        using var reader = program.OpenReader();
        Assert.True(reader.TryRead(out _));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var bytes = 0L;
        while (reader.TryRead(out var line))
            bytes += line.Length;
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(bytes > 0);
    }

    [Fact]
    public void A_cut_file_is_noticed_while_reading()
    {
        var sink = new MemoryStream();
        var program = Admission.Check(new MemoryStream(Numbered(10_000)), Programs.Marlin, sink, cancellationToken: TestContext.Current.CancellationToken).Program!;
        sink.SetLength(sink.Length / 2);
        using var reader = program.OpenReader();
        Assert.Throws<IOException>(() =>
        {
            while (reader.TryRead(out _))
            {
            }
        });
    }

    [Fact]
    public void Time_never_falls_and_ends_at_the_total()
    {
        var program = Programs.Check("G28\nG1 X10 F600\nG1 Y10\nM117 half\nG4 P500\nG1 X0\nM84\n").Program!;
        var last = 0.0;
        for (var line = 0; line <= program.LineCount; line++)
        {
            Assert.True(program.SecondsUntilLine(line) >= last);
            last = program.SecondsUntilLine(line);
        }

        Assert.Equal(program.Summary.TimeSeconds, last, 9);
        Assert.Equal(program.SecondsUntilLine(4) + 0.5, program.SecondsUntilLine(5), 6);
    }

    [Fact]
    public void Long_programs_keep_times_and_places_within_a_sample()
    {
        var program = Programs.Check(Numbered(300_000)).Program!;
        for (var line = 1; line <= 300_000; line += 17_771)
        {
            // G4 P1, P2, …: the sum of the first n milliseconds.
            Assert.Equal(line * (line + 1.0) / 2000, program.SecondsUntilLine(line), 0.01 + (1e-4 * line));
            Assert.Equal(line, program.SourceLineOf(line));
        }
    }

    [Fact]
    public void Every_line_leads_back_to_its_source() =>
        Prop.ForAll(
            Gen.Elements("G28", "; comment", "", "G1 X1 F100", "(note)", "M84").ListOf().ToArbitrary(),
            lines =>
            {
                var source = lines.Append("G28").ToList();
                var program = Programs.Check(Encoding.ASCII.GetBytes(string.Join('\n', source))).Program!;
                var sent = Programs.Lines(program);
                for (var i = 0; i < sent.Length; i++)
                    Assert.Equal(sent[i], source[program.SourceLineOf(i + 1) - 1]);
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void Layers_come_from_the_slicers_comments()
    {
        var summary = Programs.Check("M104 S200\nG28\nM83\nG1 X10 Z0.3 E1 F600\n;LAYER_CHANGE\n;Z:0.2\nG1 Z0.2\nG1 X20 E1\n;LAYER_CHANGE\nG1 Z0.4\nG1 X30 E1\nG1 X0 E2\n").Summary;
        Assert.Equal([0.2, 0.4], summary.Layers.Select(layer => layer.ZMm));
        Assert.Equal([1.0, 3.0], summary.Layers.Select(layer => layer.FilamentMm));
        Assert.Equal([5, 7], summary.Layers.Select(layer => layer.FirstLine));
        Assert.True(summary.Layers[1].Seconds > summary.Layers[0].Seconds);
    }

    [Fact]
    public void Violations_are_bounded_and_counted_with_refusals_first()
    {
        var program = string.Concat(Enumerable.Repeat("G1 X10 F30000\n", 50)) + string.Concat(Enumerable.Repeat("M500\n", 1000));
        var result = Programs.Check(program, options: new AdmissionOptions { MaxViolations = 20 });
        Assert.Equal(20, result.Violations.Count);
        Assert.All(result.Violations, violation => Assert.Equal(ViolationCode.SettingsCommand, violation.Code));
        Assert.Equal(1000, result.RefusalCount);
        Assert.True(result.ViolationCount > 1000);
        Assert.Equal("line 51: M500 changes what the machine remembers or is tuned by; a program may not. Remove it, and set it up from the machine's console. [SettingsCommand]", result.Violations[0].ToString());
    }

    private static byte[] Numbered(int lines)
    {
        var text = new StringBuilder();
        for (var i = 1; i <= lines; i++)
            text.Append("G4 P").Append(i).Append('\n');
        return Encoding.ASCII.GetBytes(text.ToString());
    }
}
