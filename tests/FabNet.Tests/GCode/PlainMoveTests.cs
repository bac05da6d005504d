// The quick reading of plain moves against the careful one: where both read a line, they agree to the bit.

using System.Globalization;
using System.Text;
using FabNet.GCode;
using FabNet.GCode.Reading;
using FabNet.Model.Machines;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FabNet.Tests.GCode;

public class PlainMoveTests
{
    private static readonly string[] Numbers =
    [
        "0", "1", "-1", "12.345", "-0.5", ".5", "-.25", "5.", "0.00001", "1234567.1234567", "12345678", "123456789", "0.12345678", "00.5", "-007", "+3", "-", ".", "", "1.2.3", "1e3", "-0", "99999.99999",
        "1234567.12345678", "0000001", "3.14159265", "1 0", "--1", "1-", "250.", "1,5", "\u00B2",
    ];

    private static readonly string[] Ends = ["\n", "\r\n", " \n", "  \n", " ; note\n", ";\r\n", " (note)\n", "\t\n", "*33\n", ";a\rG1 X9\n", "\r", "X\n", ";\u00E9\n"];

    private static Gen<string> Line =>
        from command in Gen.Frequency((8, Gen.Elements("G0", "G1")), (1, Gen.Elements("", "g1", "G01", "G00", "G1.0", "G2", "G10", "G", "N5 G1", " G1", "/G1", "G0G1")))
        from words in (from gap in Gen.Frequency((8, Gen.Constant(" ")), (1, Gen.Elements("", "  ", "\t")))
                       from letter in Gen.Frequency((12, Gen.Elements("X", "Y", "Z", "E", "F")), (1, Gen.Elements("x", "S", "I", "N", "*", ";", "\u0080")))
                       from number in Gen.Frequency((2, Gen.Elements(Numbers)), (3, Gen.Choose(-999_999, 999_999).Select(n => (n / 1000.0).ToString(CultureInfo.InvariantCulture))))
                       select gap + letter + number).ListOf()
        from end in Gen.Frequency((6, Gen.Constant("\n")), (4, Gen.Elements(Ends)))
        select command + string.Concat(words.Take(6)) + end;

    [Fact]
    public void The_quick_way_reads_what_the_careful_way_reads() =>
        Prop.ForAll(Line.ToArbitrary(), text =>
        {
            foreach (var dialect in (FirmwareDialect[])[FirmwareDialect.Marlin, FirmwareDialect.Grbl, FirmwareDialect.Klipper])
            {
                var bytes = Encoding.Latin1.GetBytes(text);
                var padded = new byte[bytes.Length + PlainMove.ReadSlack];
                bytes.CopyTo(padded, 0);
                padded.AsSpan(bytes.Length).Fill((byte)'7');
                var quick = new LineParser(dialect, new ViolationLog(1));
                var output = new byte[PlainMove.OutputRoom];
                var read = quick.TryReadMove(padded, output, out var length);
                if (read == 0)
                    continue;

                var log = new ViolationLog(1);
                using var lines = new LineSource(new MemoryStream(bytes));
                Assert.True(lines.TryRead(out var line));
                var careful = new LineParser(dialect, log);
                Assert.Equal(LineContent.Command, careful.Parse(line));
                Assert.Equal(0, log.Count);
                Assert.Equal(Encoding.Latin1.GetString(careful.Output), Encoding.Latin1.GetString(output.AsSpan(0, length)));
                Assert.Equal(careful.Words.Present, quick.Words.Present);
                Assert.Equal(careful.Words.Valued, quick.Words.Valued);
                Assert.Equal(careful.Words.CommandCount, quick.Words.CommandCount);
                if (careful.Words.CommandCount > 0)
                    Assert.Equal(careful.Words.CommandAt(0), quick.Words.CommandAt(0));
                for (var letter = 'A'; letter <= 'Z'; letter++)
                {
                    if (careful.Words.Has(letter))
                        Assert.Equal(BitConverter.DoubleToInt64Bits(careful.Words[letter]), BitConverter.DoubleToInt64Bits(quick.Words[letter]));
                }

                Assert.True(lines.TryRead(out _) == (read < bytes.Length));
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000).WithEndSize(40));

    [Theory]
    [InlineData("G1 X104.063 Y103.846 E3.57899\n", FirmwareDialect.Marlin)]
    [InlineData("G0 X1 Y-2.5 Z.35 F7800 ; travel\r\n", FirmwareDialect.Klipper)]
    [InlineData("X81.545Y117.148\n", FirmwareDialect.Grbl)]
    [InlineData("G1 X-1 F2000\n", FirmwareDialect.Grbl)]
    public void What_slicers_write_goes_the_quick_way(string text, FirmwareDialect dialect)
    {
        var bytes = Encoding.ASCII.GetBytes(text + new string('\0', PlainMove.ReadSlack));
        Assert.Equal(text.Length, new LineParser(dialect, new ViolationLog(1)).TryReadMove(bytes, new byte[PlainMove.OutputRoom], out _));
    }

    [Fact]
    public void A_program_gives_the_same_result_whichever_way_its_lines_are_read() =>
        Prop.ForAll(Line.ListOf().ToArbitrary(), lines =>
        {
            foreach (var profile in (MachineProfile[])[Programs.Marlin, Programs.Grbl])
            {
                // A blank before each line sends it the careful way.
                var text = "M104 S200\nG28\n" + string.Concat(lines);
                if (profile == Programs.Grbl)
                    text = "G1 F100\n" + string.Concat(lines);
                var quick = Programs.Check(text, profile);
                var careful = Programs.Check(string.Concat(text.Split('\n').SkipLast(1).Select(line => " " + line + "\n")) + text.Split('\n')[^1], profile);
                Assert.Equal(careful.Violations, quick.Violations);
                Assert.Equal(careful.Program?.Digest, quick.Program?.Digest);
                Assert.Equal(careful.Summary with { Layers = [], Features = [], LimitCommands = [], SourceByteCount = 0 }, quick.Summary with { Layers = [], Features = [], LimitCommands = [], SourceByteCount = 0 });
                Assert.Equal(careful.Summary.LimitCommands, quick.Summary.LimitCommands);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500).WithEndSize(30));
}
