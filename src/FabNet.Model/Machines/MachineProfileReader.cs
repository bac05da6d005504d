// Reads a machine profile from YAML: every mistake with its line and column, unknown keys with the nearest known one.

using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace FabNet.Model.Machines;

/// <summary>A mistake in a machine profile.</summary>
/// <param name="Source">The file or other origin.</param>
/// <param name="Line">Its line, from 1.</param>
/// <param name="Column">Its column, from 1.</param>
/// <param name="Message">What is wrong and what to write.</param>
public sealed record MachineProfileError(string Source, int Line, int Column, string Message)
{
    /// <inheritdoc />
    public override string ToString() => $"{Source}:{Line}: {Message}";
}

/// <summary>The outcome of reading a machine profile.</summary>
/// <param name="Profile">The profile; null if there is any error.</param>
/// <param name="Errors">All mistakes found, in the order of the text.</param>
public sealed record MachineProfileReading(MachineProfile? Profile, IReadOnlyList<MachineProfileError> Errors);

/// <summary>Reads machine profiles. The schema is documented in <c>hardware/machines/README.md</c>.</summary>
public static partial class MachineProfileReader
{
    /// <summary>A longer text is refused: 256 Ki characters.</summary>
    public const int MaxLength = 256 * 1024;

    private const int MaxDepth = 8;

    /// <summary>Reads a profile. Never throws for what the text holds.</summary>
    /// <param name="yaml">The text.</param>
    /// <param name="sourceName">Where it comes from, for messages.</param>
    public static MachineProfileReading Read(string yaml, string sourceName)
    {
        var errors = new List<MachineProfileError>();
        if (yaml.Length > MaxLength)
        {
            errors.Add(new MachineProfileError(sourceName, 1, 1, $"the profile has {yaml.Length} characters; at most {MaxLength} are read"));
            return new MachineProfileReading(null, errors);
        }

        var mark = Mark.Empty;
        try
        {
            if (!IsShallow(yaml, ref mark))
            {
                errors.Add(new MachineProfileError(sourceName, (int)mark.Line, (int)mark.Column, "the profile is nested too deeply, or uses anchors; write it out plainly"));
                return new MachineProfileReading(null, errors);
            }

            var stream = new YamlStream();
            stream.Load(new StringReader(yaml));
            if (stream.Documents.Count != 1 || stream.Documents[0].RootNode is not YamlMappingNode root)
            {
                errors.Add(new MachineProfileError(sourceName, 1, 1, "a profile is one YAML document of keys and values; begin with 'name:'"));
                return new MachineProfileReading(null, errors);
            }

            var profile = ReadProfile(new ProfileSection(root, "", sourceName, errors));
            return new MachineProfileReading(errors.Count == 0 ? profile : null, [.. errors.OrderBy(error => error.Line).ThenBy(error => error.Column)]);
        }
        catch (YamlException exception)
        {
            errors.Add(new MachineProfileError(sourceName, (int)exception.Start.Line, (int)exception.Start.Column, $"this is not valid YAML: {exception.Message}"));
            return new MachineProfileReading(null, errors);
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or FormatException or KeyNotFoundException)
        {
            // YamlDotNet meets some broken texts with exceptions of the platform instead of its own.
            errors.Add(new MachineProfileError(sourceName, (int)mark.Line, (int)mark.Column, $"this is not valid YAML from here on: {exception.Message}"));
            return new MachineProfileReading(null, errors);
        }
    }

    /// <summary>Looks at the events only, so that a hostile text can't exhaust the stack or expand aliases.</summary>
    private static bool IsShallow(string yaml, ref Mark mark)
    {
        var parser = new Parser(new StringReader(yaml));
        var depth = 0;
        while (parser.MoveNext())
        {
            depth += parser.Current!.NestingIncrease;
            mark = parser.Current.Start;
            if (depth > MaxDepth || parser.Current is AnchorAlias)
                return false;
        }

        return true;
    }

    private static MachineProfile ReadProfile(ProfileSection root)
    {
        var dialect = root.Choice("dialect", Dialects);
        var process = root.Choice("process", Processes);
        var axes = root.Section("axes", isRequired: true);
        var motion = root.Section("motion");
        var commands = root.Section("commands");
        var profile = new MachineProfile
        {
            Name = root.Name("name"),
            Title = root.Text("title", isRequired: true),
            Process = process,
            Dialect = dialect,
            Baud = (int)root.Number("baud", 0, 0, 10_000_000),
            X = ReadAxis(axes?.Section("x", isRequired: true), hasRange: true),
            Y = ReadAxis(axes?.Section("y", isRequired: true), hasRange: true),
            Z = ReadAxis(axes?.Section("z", isRequired: true), hasRange: true),
            E = axes?.Section("e") is { } e ? ReadAxis(e, hasRange: false) : null,
            PrintAccelerationMmPerS2 = motion?.Number("printAccelerationMmPerS2", 0, 0, 1e6) ?? 0,
            TravelAccelerationMmPerS2 = motion?.Number("travelAccelerationMmPerS2", 0, 0, 1e6) ?? 0,
            RetractAccelerationMmPerS2 = motion?.Number("retractAccelerationMmPerS2", 0, 0, 1e6) ?? 0,
            JunctionDeviationMm = motion?.Number("junctionDeviationMm", 0, 0, 1) ?? 0,
            DefaultFeedMmPerMin = motion?.Above0("defaultFeedMmPerMin", 1500) ?? 1500,
            HotEnds = [.. root.Sections("hotEnds").Select(ReadHotEnd)],
            MaxBedTemperatureC = root.Section("bed") is { } bed ? bed.Required("maxTemperatureC", 0, 300) : 0,
            MaxChamberTemperatureC = root.Section("chamber") is { } chamber ? chamber.Required("maxTemperatureC", 0, 300) : 0,
            Spindle = root.Section("spindle") is { } spindle ? ReadSpindle(spindle) : null,
            ForbiddenCommands = commands?.List("forbidden") ?? [],
            ExtraCommands = commands?.List("extra") ?? [],
            UnknownCommands = commands?.Choice("unknown", Policies, isRequired: false) ?? UnknownCommandPolicy.Refuse,
            Materials = [.. root.List("materials").Select(material => material.ToUpperInvariant())],
            SetUp = ReadSetUp(root.Section("setUp")),
            Power = ReadPower(root.Section("power")),
            Slicer = root.Settings("slicer"),
            SlicerMaterials = root.SettingsOfEach("slicerMaterials"),
        };
        Check(root, profile);
        foreach (var section in new[] { axes, motion, commands, root })
            section?.RefuseUnknownKeys();
        return profile;
    }

    private static void Check(ProfileSection root, MachineProfile profile)
    {
        if (profile.E is not null && profile.HotEnds.Count == 0)
            root.Refuse("axes", "axes.e stands for an extruder, and there are no hotEnds; add hotEnds, or leave axes.e out");
        if (profile.E is null && profile.HotEnds.Count > 0)
            root.Refuse("hotEnds", "hotEnds need the limits of the filament axis; add axes.e");
        if (profile.Dialect is FirmwareDialect.Marlin or FirmwareDialect.Grbl && profile.Baud == 0)
            root.Refuse("dialect", $"a {Dialects[(int)profile.Dialect].Name} machine has a serial port; add 'baud: 115200' or what its firmware uses");
        foreach (var material in profile.SlicerMaterials.Keys.Where(material => !profile.Materials.Contains(material)))
            root.Refuse("slicerMaterials", $"slicerMaterials.{material} is not among the materials; add it there, or remove its settings");
    }

    private static AxisLimits ReadAxis(ProfileSection? axis, bool hasRange)
    {
        if (axis is null)
            return new AxisLimits { MaxFeedMmPerMin = 1, AccelerationMmPerS2 = 1 };
        AxisRange? range = null;
        double? home = null;
        if (hasRange)
        {
            range = new AxisRange(axis.Required("minMm", -1e5, 1e5), axis.Required("maxMm", -1e5, 1e5));
            if (range.Value.Max < range.Value.Min)
                axis.Refuse("maxMm", $"{axis.PathOf("maxMm")} must not be below minMm");
            if (axis.Has("homeMm"))
            {
                home = axis.Required("homeMm", -1e5, 1e5);
                if (!range.Value.Contains(home.Value))
                    axis.Refuse("homeMm", $"{axis.PathOf("homeMm")} must lie between minMm and maxMm");
            }
        }

        var limits = new AxisLimits
        {
            RangeMm = range,
            HomeMm = home,
            MaxFeedMmPerMin = axis.Above0("maxFeedMmPerMin", null),
            AccelerationMmPerS2 = axis.Above0("accelerationMmPerS2", null),
            JerkMmPerS = axis.Number("jerkMmPerS", 0, 0, 1000),
        };
        axis.RefuseUnknownKeys();
        return limits;
    }

    private static HotEnd ReadHotEnd(ProfileSection section)
    {
        var hotEnd = new HotEnd
        {
            NozzleMm = section.Required("nozzleMm", 0.05, 5),
            MaxTemperatureC = section.Required("maxTemperatureC", 1, 600),
            MinExtrusionTemperatureC = section.Number("minExtrusionTemperatureC", 170, 0, 600),
            FilamentDiameterMm = section.Number("filamentDiameterMm", 1.75, 0.5, 5),
        };
        section.RefuseUnknownKeys();
        return hotEnd;
    }

    private static Spindle ReadSpindle(ProfileSection section)
    {
        var spindle = new Spindle
        {
            MinRpm = section.Number("minRpm", 0, 0, 1e6),
            MaxRpm = section.Required("maxRpm", 1, 1e6),
            IsLaser = section.Flag("laser"),
        };
        if (spindle.MinRpm > spindle.MaxRpm)
            section.Refuse("minRpm", "spindle.minRpm must not be above maxRpm");
        section.RefuseUnknownKeys();
        return spindle;
    }

    private static SetUpCosts ReadSetUp(ProfileSection? section)
    {
        var usual = new SetUpCosts();
        if (section is null)
            return usual;
        var costs = new SetUpCosts
        {
            ClearMinutes = section.Number("clearMinutes", usual.ClearMinutes, 0, 1e5),
            MaterialChangeMinutes = section.Number("materialChangeMinutes", usual.MaterialChangeMinutes, 0, 1e5),
            ColorChangeMinutes = section.Number("colorChangeMinutes", usual.ColorChangeMinutes, 0, 1e5),
            ToolChangeMinutes = section.Number("toolChangeMinutes", usual.ToolChangeMinutes, 0, 1e5),
            PurgeGrams = section.Number("purgeGrams", usual.PurgeGrams, 0, 1e5),
            DarkToLightPurgeGrams = section.Number("darkToLightPurgeGrams", usual.DarkToLightPurgeGrams, 0, 1e5),
            WarmUpMinutes = section.Number("warmUpMinutes", usual.WarmUpMinutes, 0, 1e5),
        };
        section.RefuseUnknownKeys();
        return costs;
    }

    private static PowerDraw ReadPower(ProfileSection? section)
    {
        var usual = new PowerDraw();
        if (section is null)
            return usual;
        var power = new PowerDraw
        {
            RunningW = section.Number("runningW", usual.RunningW, 0, 1e6),
            WarmUpW = section.Number("warmUpW", usual.WarmUpW, 0, 1e6),
        };
        section.RefuseUnknownKeys();
        return power;
    }
}
