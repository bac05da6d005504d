// Real programs, and the time that real firmware took for one of them.

using FabNet.GCode;
using FabNet.Model.Machines;
using Xunit;

namespace FabNet.Tests.GCode;

public class SharedProgramTests
{
    [Theory]
    [InlineData("small.gcode", MachineProfiles.GenericMarlin, 245.49, 5)]
    [InlineData("medium.gcode", MachineProfiles.GenericMarlin, 3495.44, 55)]
    [InlineData("small.nc", MachineProfiles.GenericGrbl, 0, 0)]
    [InlineData("medium.nc", MachineProfiles.GenericGrbl, 0, 0)]
    public void Real_programs_are_admitted_by_the_generic_profiles(string file, string profile, double filamentMm, int layers)
    {
        using var source = File.OpenRead(TestData.Path("gcode", file));
        var result = Admission.Check(source, MachineProfiles.Find(profile), new MemoryStream(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(result.IsAdmitted, string.Join('\n', result.Violations));
        Assert.Equal(filamentMm, result.Summary.FilamentMm, 0.1);
        Assert.Equal(layers, result.Summary.LayerCount);
        Assert.Equal(source.Length, result.Summary.SourceByteCount);
        Assert.Equal(result.Program!.LineCount, Programs.Lines(result.Program).Length);
    }

    [Fact]
    public void The_time_is_within_two_percent_of_what_marlin_took()
    {
        using var source = File.OpenRead(TestData.Path("gcode", "medium.gcode"));
        var program = Admission.Check(source, MachineProfiles.Find(MachineProfiles.GenericMarlin), new MemoryStream(), cancellationToken: TestContext.Current.CancellationToken).Program!;

        // Marlin 2.1.2.5 with stock RAMPS settings: 72.2 minutes from the end of heat-up (M109) to the end.
        var hot = Array.FindIndex(Programs.Lines(program), line => line.StartsWith("M109", StringComparison.Ordinal)) + 1;
        var minutes = (program.Summary.TimeSeconds - program.SecondsUntilLine(hot)) / 60;
        Assert.InRange(minutes, 72.2 * 0.98, 72.2 * 1.02);
    }
}
