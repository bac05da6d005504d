// Machine profiles: what the reader says of mistakes, and that writing and reading are inverse.

using FabNet.Model;
using FabNet.Model.Machines;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FabNet.Tests.Profiles;

public class MachineProfileTests
{
    private const string Smallest = """
        name: mill
        title: A mill
        process: milling
        dialect: grbl
        baud: 115200
        axes:
          x: { minMm: 0, maxMm: 100, maxFeedMmPerMin: 1000, accelerationMmPerS2: 50 }
          y: { minMm: 0, maxMm: 100, maxFeedMmPerMin: 1000, accelerationMmPerS2: 50 }
          z: { minMm: -50, maxMm: 0, maxFeedMmPerMin: 500, accelerationMmPerS2: 50 }
        """;

    [Fact]
    public void The_smallest_profile_reads()
    {
        var reading = MachineProfileReader.Read(Smallest, "mill.yaml");
        Assert.Empty(reading.Errors);
        Assert.Equal(("mill", FirmwareDialect.Grbl, new AxisRange(-50, 0)), (reading.Profile!.Name, reading.Profile.Dialect, reading.Profile.Z.RangeMm!.Value));
    }

    [Theory]
    [InlineData("baud: 115200", "baudrate: 115200", 5, "baudrate is not a key of a profile; did you mean baud?")]
    [InlineData("maxFeedMmPerMin: 500,", "maxFeedMmPerMin: 0,", 9, "axes.z.maxFeedMmPerMin must be above 0 mm/min; it is 0")]
    [InlineData("maxFeedMmPerMin: 500,", "maxFeedMmPerMin: fast,", 9, "axes.z.maxFeedMmPerMin must be a number mm/min, such as 120 or 0.4; it is 'fast'")]
    [InlineData("maxFeedMmPerMin: 500, ", "", 9, "axes.z.maxFeedMmPerMin is missing")]
    [InlineData("maxFeedMmPerMin: 500,", "maxFeedMMPerMin: 500,", 9, "axes.z.maxFeedMMPerMin is not a key of a profile; did you mean maxFeedMmPerMin?")]
    [InlineData("dialect: grbl", "dialect: gbrl", 4, "dialect 'gbrl' is none of marlin, grbl, klipper, bambu")]
    [InlineData("name: mill", "name: My Mill", 1, "name 'My Mill' must be lower-case letters")]
    [InlineData("maxMm: 0,", "maxMm: -60,", 9, "axes.z.maxMm must not be below minMm")]
    [InlineData("maxMm: 0,", "maxMm: 0, homeMm: 5,", 9, "axes.z.homeMm must lie between minMm and maxMm")]
    [InlineData("title: A mill\n", "", 1, "title is missing")]
    [InlineData("axes:", "axes: none\nrest:", 6, "axes must hold keys and values of its own")]
    [InlineData("baud: 115200", "hotEnds: [{ nozzleMm: 0.4, maxTemperatureC: 250 }]\nbaud: 1", 5, "hotEnds need the limits of the filament axis; add axes.e")]
    [InlineData("baud: 115200", "materials: PLA\nbaud: 1", 5, "materials must be a list of words")]
    [InlineData("baud: 115200\n", "", 4, "a grbl machine has a serial port")]
    [InlineData("baud: 115200", "baud: 115200\nbaud: 9600", 6, "this is not valid YAML")]
    [InlineData("baud: 115200", "baud: [1", 5, "this is not valid YAML")]
    [InlineData("baud: 115200", "baud: &a 1\nspindle: *a", 6, "nested too deeply, or uses anchors")]
    public void Mistakes_are_told_with_their_line(string from, string to, int line, string message)
    {
        var text = Smallest.ReplaceLineEndings("\n");
        Assert.Contains(from, text, StringComparison.Ordinal);
        var reading = MachineProfileReader.Read(text.Replace(from, to, StringComparison.Ordinal), "hardware/machines/mill.yaml");
        Assert.Null(reading.Profile);
        var error = reading.Errors.FirstOrDefault(candidate => candidate.Message.Contains(message, StringComparison.Ordinal));
        Assert.True(error is not null, string.Join('\n', reading.Errors));
        Assert.Equal(line, error.Line);
        Assert.StartsWith($"hardware/machines/mill.yaml:{line}: ", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("- a\n- b")]
    [InlineData("just text")]
    [InlineData("\0")]
    [InlineData("{{{{{{{{{{{{{{{{{{{{")]
    public void What_is_no_profile_is_an_error(string text) => Assert.NotEmpty(MachineProfileReader.Read(text, "x").Errors);

    [Fact]
    public void Hostile_nesting_is_refused() => Assert.NotEmpty(MachineProfileReader.Read(new string('[', 100_000), "x").Errors);

    [Fact]
    public void Arbitrary_text_never_throws() =>
        Prop.ForAll(ArbMap.Default.ArbFor<string>(), text => Assert.NotEmpty(MachineProfileReader.Read(text ?? "", "x").Errors)).QuickCheckThrowOnFailure();

    [Fact]
    public void Every_built_in_profile_reads_and_is_written_back_alike()
    {
        Assert.Equal(["3018", "bambu-p1s", "ender-3", "generic-grbl", "generic-marlin", "prusa-mk3s", "shapeoko-3", "voron-2.4"], MachineProfiles.BuiltIn.Select(profile => profile.Name));
        foreach (var profile in MachineProfiles.BuiltIn)
            AssertSurvives(profile);
    }

    [Fact]
    public void Names_are_found_in_any_case_and_unknown_ones_name_the_known()
    {
        Assert.Equal("prusa-mk3s", MachineProfiles.TryFind("Prusa-MK3S")!.Name);
        Assert.Null(MachineProfiles.TryFind("prusa-mk9"));
        Assert.Contains("ender-3", Assert.Throws<KeyNotFoundException>(() => MachineProfiles.Find("prusa-mk9")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_profile_survives_writing_and_reading() =>
        Prop.ForAll(
            Gen.Choose(1, 1_000_000).Select(n => n / 1000.0).Four().ToArbitrary(),
            Gen.Elements("plain", "with: colon", "quote\" and \\ back", "tab\tand ü 中", "# no comment", "", "- dash", "{brace}", "true", "1e5").ListOf().ToArbitrary(),
            Gen.Choose(0, 15).ToArbitrary(),
            (numbers, words, bits) =>
            {
                var (a, b, c, d) = numbers;
                var axis = new AxisLimits { RangeMm = new AxisRange(-a, b), HomeMm = (bits & 1) != 0 ? 0 : null, MaxFeedMmPerMin = c, AccelerationMmPerS2 = d, JerkMmPerS = c % 1000 };
                var texts = words.Where(word => word.Length > 0).Distinct().ToArray();
                var settings = texts.ToDictionary(word => word, word => word + " value", StringComparer.Ordinal);
                AssertSurvives(new MachineProfile
                {
                    Name = "any",
                    Title = "Any \"machine\" ü",
                    Process = FabricationProcess.Printing,
                    Dialect = FirmwareDialect.Marlin,
                    Baud = 250000,
                    X = axis,
                    Y = axis,
                    Z = axis,
                    E = (bits & 2) != 0 ? new AxisLimits { MaxFeedMmPerMin = c, AccelerationMmPerS2 = d } : null,
                    HotEnds = (bits & 2) != 0 ? [new HotEnd { NozzleMm = 0.4, MaxTemperatureC = 250 }, new HotEnd { NozzleMm = 0.6, MaxTemperatureC = 300, FilamentDiameterMm = 2.85 }] : [],
                    MaxBedTemperatureC = (bits & 4) != 0 ? 110 : 0,
                    Spindle = (bits & 8) != 0 ? new Spindle { MinRpm = 1, MaxRpm = 1000, IsLaser = (bits & 1) != 0 } : null,
                    ExtraCommands = texts,
                    ForbiddenCommands = ["M600"],
                    UnknownCommands = (bits & 1) != 0 ? UnknownCommandPolicy.Warn : UnknownCommandPolicy.Refuse,
                    Materials = ["PLA", "PETG"],
                    PrintAccelerationMmPerS2 = d,
                    JunctionDeviationMm = a / 1000 % 1,
                    SetUp = new SetUpCosts { ClearMinutes = b },
                    Power = new PowerDraw { RunningW = c, WarmUpW = d },
                    Slicer = settings,
                    SlicerMaterials = new Dictionary<string, IReadOnlyDictionary<string, string>>(StringComparer.Ordinal) { ["PLA"] = settings },
                });
            }).QuickCheckThrowOnFailure();

    private static void AssertSurvives(MachineProfile profile)
    {
        var text = MachineProfileWriter.Write(profile);
        var reading = MachineProfileReader.Read(text, profile.Name);
        Assert.True(reading.Profile is not null, string.Join('\n', reading.Errors) + "\n" + text);
        Assert.Equivalent(profile, reading.Profile, strict: true);
        Assert.Equal(text, MachineProfileWriter.Write(reading.Profile));
    }
}
