// The time model against a real GRBL 1.1h (ATmega328p in simavr, counted in its own clock): $110=$111=5000, $112=2000, $120=$121=200, $122=100, $11=0.01, as the profile generic-grbl says.

using System.Globalization;
using System.Text;
using Xunit;

namespace FabNet.Tests.GCode;

public sealed class GrblTimeTests
{
    [Fact]
    public void A_program_of_everything_takes_what_the_firmware_took()
    {
        // Pocket, contour, arcs, drilling with dwells, ramps, changes of speed: 88.65 s from its first line to its last motion.
        var program = File.ReadAllText(Path.Combine(TestData.RepositoryRoot, "tests", "FabNet.Tests", "GCode", "timed-grbl.nc"));
        Assert.Equal(88.65, Seconds(program), 88.65 * 0.02);
    }

    [Fact]
    public void Short_segments_and_speeds_of_a_spindle_that_stands_take_what_the_firmware_took()
    {
        var program = new StringBuilder("G21 G90 G94 G17\nG0 X10 Y10\nG1 F2500\n");
        for (var i = 0; i < 900; i++)
            program.Append(CultureInfo.InvariantCulture, $"G1 X{10 + (0.06 * i):0.000} Y{10 + (5 * Math.Sin(i * 0.02)) + (0.02 * (i % 2)):0.000}\n");
        program.Append("G0 X10 Y10\nG1 X10 F6000 S0\n");
        for (var i = 1; i < 500; i++)
            program.Append(CultureInfo.InvariantCulture, $"X{10 + (0.06 * i):0.00} S{i % 5 * 100}\n");
        program.Append("G93\nG1 X20 F30\nX30 Y12 F60\nG94\nG1 X10 F800\nG18\nG2 X20 Z0 R8 F700\nG17\nG3 X40 Y30 R25 F2400\nG0 X0 Y0\n");
        Assert.Equal(16.62, Seconds(program.ToString()), 16.62 * 0.02);
    }

    [Theory]
    [InlineData("M3 S1000\nG1 X1 F600\n", "X{0} S{0}00\n", true)]
    [InlineData("M3 S1000\nG1 X1 F600\n", "X{0} S1000\n", false)]
    [InlineData("M3 S1000\nG1 X1 F600\n", "X{0} M3\n", false)]
    [InlineData("M5\nG1 X1 F600\n", "X{0} S{0}00\n", false)]
    [InlineData("M8\nG1 X1 F600\n", "X{0} M8\n", false)]
    public void Motion_rests_for_a_new_speed_of_a_spindle_that_turns_and_for_nothing_that_stays(string before, string line, bool rests)
    {
        var lines = Enumerable.Range(2, 40).Select(i => string.Format(CultureInfo.InvariantCulture, line, i)).ToArray();
        var smooth = Enumerable.Range(2, 40).Select(static i => string.Create(CultureInfo.InvariantCulture, $"X{i}\n")).ToArray();
        var (taken, least) = (Seconds(before + string.Concat(lines)), Seconds(before + string.Concat(smooth)));
        Assert.Equal(rests, taken > least * 1.2);
        Assert.Equal(!rests, Math.Abs(taken - least) < 1e-6);
    }

    [Fact]
    public void Coolant_that_comes_or_goes_lets_motion_rest() =>
        Assert.True(Seconds("G1 X1 F3000\nX20 M8\nX40 M9\nX60\n") > Seconds("G1 X1 F3000\nX20\nX40\nX60\n") + 0.2);

    private static double Seconds(string program) => Programs.Check(program, Programs.Grbl).Summary.TimeSeconds;
}
