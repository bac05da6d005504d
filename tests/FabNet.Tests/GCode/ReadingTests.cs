// Reading: lines, words, numbers, comments, and what is not G-code.

using System.Globalization;
using System.Text;
using FabNet.Benchmarks.GCode;
using FabNet.GCode;
using FabNet.GCode.Reading;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FabNet.Tests.GCode;

public class ReadingTests
{
    [Theory]
    [InlineData("G28\nG1 X1\n")]
    [InlineData("G28\r\nG1 X1\r\n")]
    [InlineData("G28\rG1 X1\r")]
    [InlineData("\n\nG28\n\r\nG1 X1")]
    [InlineData("\u00EF\u00BB\u00BFG28\nG1 X1")]
    [InlineData("%\nG28 ; home\n(a comment)G1(move)X1\n%")]
    [InlineData("g28\n\tg1\tx1  ")]
    [InlineData("N1 G28*18\nN2 G1 X1*99\n")]
    [InlineData("G028\nG01X1")]
    public void Any_spelling_is_sent_in_one_form(string program) => Assert.Equal(["G28", "G1 X1"], Programs.Lines(program));

    [Fact]
    public void Grbl_lines_are_sent_without_blanks() =>
        Assert.Equal(["G21G90", "G1X-1.5Y.5F100", "X2"], Programs.Lines("G21 G90\nN20 g1 x-1.5 (in) Y .5 F100\nX2 ; modal", Programs.Grbl));

    [Fact]
    public void Text_of_messages_is_kept() => Assert.Equal(["M117 Layer 3 of 10", "M117"], Programs.Lines("M117  Layer 3 of 10 ; shown\nM117"));

    [Fact]
    public void An_e_after_a_number_is_a_word_and_no_exponent() =>
        Assert.Equal(["M104 S200", "M83", "G28", "G1 X1 E2 F100"], Programs.Lines("M104 S200\nM83\nG28\nG1X1e2F100"));

    [Theory]
    [InlineData("G0X0000000012.5", "G0X12.5")]
    [InlineData("G0X-00.50", "G0X-0.50")]
    [InlineData("G0X+3Y+.5", "G0X3Y.5")]
    [InlineData("G0X000", "G0X0")]
    public void Numbers_are_sent_so_that_eight_digits_of_them_are_enough(string line, string sent) => Assert.Equal([sent], Programs.Lines(line, Programs.Grbl));

    [Fact]
    public void Messages_hold_nothing_that_a_line_reader_would_drop() => Assert.Equal(["M117 Layer [3/10] a/b"], Programs.Lines("M117 Layer (3/10) a\\b"));

    [Theory]
    [InlineData("G1 X--1", ViolationCode.MalformedWord)]
    [InlineData("G1 X1.2.3", ViolationCode.MalformedWord)]
    [InlineData("G1 X1 2", ViolationCode.MalformedWord)]
    [InlineData("G1 X", ViolationCode.MissingValue)]
    [InlineData("G1 XNaN", ViolationCode.ChecksumSmuggled)]
    [InlineData("G1 XInfinity", ViolationCode.ChecksumSmuggled)]
    [InlineData("G1 X99999999999", ViolationCode.NumberOutOfRange)]
    [InlineData("G1 X0.1234567890123456789", ViolationCode.NumberOutOfRange)]
    [InlineData("G1 X1 X2", ViolationCode.RepeatedWord)]
    [InlineData("G1 X1 G0 X2", ViolationCode.SeveralCommands)]
    [InlineData("G65537 X1", ViolationCode.UnknownCommand)]
    [InlineData("G1.05 X1", ViolationCode.UnknownCommand)]
    [InlineData("X10 Y10", ViolationCode.UnknownCommand)]
    [InlineData("Hello, world", ViolationCode.NotGCode)]
    [InlineData("<html>", ViolationCode.Macro)]
    [InlineData("G1 X#1", ViolationCode.Macro)]
    [InlineData("G1 X[1+2]", ViolationCode.Macro)]
    [InlineData("O100", ViolationCode.Macro)]
    [InlineData("/G1 X1", ViolationCode.MalformedWord)]
    [InlineData("G1 X1 )", ViolationCode.UnbalancedComment)]
    [InlineData("G1 X1 (a (b) c)", ViolationCode.UnbalancedComment)]
    [InlineData("G1 X\u00B21", ViolationCode.NonAscii)]
    [InlineData("G1 X1\0", ViolationCode.BinaryData)]
    [InlineData("GCDE\u0001\0", ViolationCode.BinaryData)]
    [InlineData("PK\u0003\u0004", ViolationCode.BinaryData)]
    [InlineData("; only a comment", ViolationCode.EmptyProgram)]
    [InlineData("", ViolationCode.EmptyProgram)]
    public void What_is_not_sound_g_code_is_refused(string program, ViolationCode code) => Assert.Equal(code, Programs.Refusal(program));

    [Theory]
    [InlineData("N1 G28*19", ViolationCode.ChecksumMismatch)]
    [InlineData("N1 G28*", ViolationCode.ChecksumMismatch)]
    [InlineData("N1 G28*18*18", ViolationCode.ChecksumMismatch)]
    [InlineData("G28*18", ViolationCode.ChecksumSmuggled)]
    [InlineData("N1 G28 N5", ViolationCode.ChecksumSmuggled)]
    [InlineData("G1 X1 N5", ViolationCode.ChecksumSmuggled)]
    [InlineData("M117 hello*33", ViolationCode.ChecksumSmuggled)]
    [InlineData("M117 M110 N99", ViolationCode.ChecksumSmuggled)]
    [InlineData("N0 M110 N0*125", ViolationCode.ChecksumSmuggled)]
    public void Checksums_and_line_numbers_cant_be_smuggled(string program, ViolationCode code) => Assert.Equal(code, Programs.Refusal(program));

    [Fact]
    public void A_comment_that_is_not_closed_ends_with_the_line() =>
        Assert.Contains(ViolationCode.UnbalancedComment, Programs.Warnings("G28\nG1 X1 (G1 X999\nG1 X2"));

    [Fact]
    public void Lines_longer_than_the_firmware_takes_are_refused()
    {
        Assert.Equal(80, LineParser.MaxLineBytes(FabNet.Model.Machines.FirmwareDialect.Marlin));
        Assert.True(Programs.Check("M117 " + new string('a', 75)).IsAdmitted);
        Assert.Equal(ViolationCode.LineTooLong, Programs.Refusal("M117 " + new string('a', 76)));
        Assert.Equal(ViolationCode.LineTooLong, Programs.Refusal("G1 X0.123456789012345 Y0.123456789012345 Z0.123456789012345 E0.123456789012345 F0.123456789012"));
        Assert.Equal(ViolationCode.LineTooLong, Programs.Refusal("G2X0.123456789012345Y0.123456789012345I0.123456789012345J0.123456789012345F0.12345", Programs.Grbl));
    }

    [Fact]
    public void An_endless_line_is_refused_in_flat_memory()
    {
        using var source = new RepeatingStream("X1Y2"u8.ToArray(), 64L << 20);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var result = Admission.Check(source, Programs.Marlin, new MemoryStream(), cancellationToken: TestContext.Current.CancellationToken);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(ViolationCode.LineTooLong, Assert.Single(result.Violations, violation => violation.Line == 1).Code);
        Assert.True(allocated < 2 << 20, $"{allocated} bytes allocated");
    }

    [Fact]
    public void An_endless_comment_is_skipped_and_the_next_line_read()
    {
        var program = Encoding.ASCII.GetBytes("G28\n; " + new string('x', 300_000) + "\nG1 X1\n");
        var result = Programs.Check(program);
        Assert.True(result.IsAdmitted);
        Assert.Equal(["G28", "G1 X1"], Programs.Lines(result.Program!));
        Assert.Equal(3, result.Program!.SourceLineOf(2));
    }

    [Fact]
    public void Lines_allocate_nothing()
    {
        var line = "G1 X12.345 Y67.89 E0.1234 F1800\n"u8.ToArray();
        using var few = new RepeatingStream(line, line.Length * 1000L, "M104 S200\nM83\nG28\n"u8.ToArray());
        using var many = new RepeatingStream(line, line.Length * 40_000L, "M104 S200\nM83\nG28\n"u8.ToArray());
        long Allocated(Stream source)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Assert.True(Admission.Check(source, Programs.Marlin, new NowhereStream()).IsAdmitted);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Allocated(few);
        few.Position = 0;
        var base1 = Allocated(few);
        var base2 = Allocated(many);

        // The tables of time and place take 8 bytes a line each, growing by doubling, up to a fixed size; lines take none.
        Assert.True(base2 - base1 < 39_000 * 60, $"{(base2 - base1) / 39_000.0:0.0} bytes a line");
    }

    [Fact]
    public void Numbers_read_as_the_platform_reads_them() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<int>(),
            Gen.Choose(0, 6).ToArbitrary(),
            (mantissa, decimals) =>
            {
                var text = (mantissa / (decimal)Math.Pow(10, decimals)).ToString(CultureInfo.InvariantCulture);
                var index = 0;
                Assert.Equal(NumberOutcome.Read, NumberReader.Read(Encoding.ASCII.GetBytes(text), ref index, out var value));
                Assert.Equal(text.Length, index);
                Assert.Equal(double.Parse(text, CultureInfo.InvariantCulture), value);
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void Lines_are_the_same_however_the_stream_delivers_them() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<byte[]>(),
            Gen.Choose(1, 7).ToArbitrary(),
            (bytes, chunk) =>
            {
                var text = bytes.Select(b => (byte)(b % 5 == 0 ? '\n' : b % 7 == 0 ? '\r' : 'a' + (b % 26))).ToArray();
                var whole = Encoding.ASCII.GetString(text).Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
                var expected = whole.Split('\n').ToList();
                if (expected[^1].Length == 0)
                    expected.RemoveAt(expected.Count - 1);
                using var source = new LineSource(new ChunkedStream(text, chunk));
                var lines = new List<string>();
                while (source.TryRead(out var line))
                    lines.Add(Encoding.ASCII.GetString(line));
                Assert.Equal(expected, lines);
            }).QuickCheckThrowOnFailure();
}
