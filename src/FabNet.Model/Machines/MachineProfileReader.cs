// Reads a machine profile from YAML: every mistake with its line and column, unknown keys with the nearest known one.

using FabNet.Model.Yaml;

namespace FabNet.Model.Machines;

/// <summary>The outcome of reading a machine profile.</summary>
/// <param name="Profile">The profile; null if there is any error.</param>
/// <param name="Errors">All mistakes found, in the order of the text.</param>
public sealed record MachineProfileReading(MachineProfile? Profile, IReadOnlyList<YamlMistake> Errors);

/// <summary>Reads machine profiles. The schema is documented in <c>hardware/machines/README.md</c>.</summary>
public static class MachineProfileReader
{
    internal static readonly (string Name, FirmwareDialect Value)[] Dialects =
    [
        ("marlin", FirmwareDialect.Marlin), ("grbl", FirmwareDialect.Grbl), ("klipper", FirmwareDialect.Klipper), ("bambu", FirmwareDialect.Bambu),
    ];

    internal static readonly (string Name, FabricationProcess Value)[] Processes =
    [
        ("printing", FabricationProcess.Printing), ("milling", FabricationProcess.Milling), ("laser-cutting", FabricationProcess.LaserCutting), ("unknown", FabricationProcess.Unknown),
    ];

    internal static readonly (string Name, UnknownCommandPolicy Value)[] Policies = [("refuse", UnknownCommandPolicy.Refuse), ("warn", UnknownCommandPolicy.Warn)];

    /// <summary>Reads a profile. Never throws for what the text holds.</summary>
    /// <param name="yaml">The text, at most <see cref="YamlText.MaxLength"/> characters.</param>
    /// <param name="sourceName">Where it comes from, for messages.</param>
    public static MachineProfileReading Read(string yaml, string sourceName)
    {
        var mistakes = new YamlMistakes(sourceName, "a profile");
        var profile = YamlText.Read(yaml, mistakes, "begin with 'name:'", ReadProfile);
        return new MachineProfileReading(profile, mistakes.InOrder);
    }

    private static MachineProfile ReadProfile(YamlSection root)
    {
        var axes = RequiredSection(root, "axes");
        var motion = root.Section("motion");
        var commands = root.Section("commands");
        var profile = new MachineProfile
        {
            Name = ReadName(root),
            Title = root.RequiredText("title"),
            Process = root.Require("process") ? root.Choice("process", Processes) ?? default : default,
            Dialect = root.Require("dialect") ? root.Choice("dialect", Dialects) ?? default : default,
            Baud = root.Integer("baud", 0, 10_000_000) ?? 0,
            X = ReadAxis(axes is null ? null : RequiredSection(axes, "x"), hasRange: true),
            Y = ReadAxis(axes is null ? null : RequiredSection(axes, "y"), hasRange: true),
            Z = ReadAxis(axes is null ? null : RequiredSection(axes, "z"), hasRange: true),
            E = axes?.Section("e") is { } e ? ReadAxis(e, hasRange: false) : null,
            PrintAccelerationMmPerS2 = motion?.Number("printAccelerationMmPerS2", 0, 1e6) ?? 0,
            TravelAccelerationMmPerS2 = motion?.Number("travelAccelerationMmPerS2", 0, 1e6) ?? 0,
            RetractAccelerationMmPerS2 = motion?.Number("retractAccelerationMmPerS2", 0, 1e6) ?? 0,
            JunctionDeviationMm = motion?.Number("junctionDeviationMm", 0, 1) ?? 0,
            DefaultFeedMmPerMin = motion?.Positive("defaultFeedMmPerMin") ?? 1500,
            HotEnds = [.. root.Sections("hotEnds").Select(ReadHotEnd)],
            MaxBedTemperatureC = root.Section("bed") is { } bed ? bed.RequiredNumber("maxTemperatureC", 0, 300) : 0,
            MaxChamberTemperatureC = root.Section("chamber") is { } chamber ? chamber.RequiredNumber("maxTemperatureC", 0, 300) : 0,
            Spindle = root.Section("spindle") is { } spindle ? ReadSpindle(spindle) : null,
            ForbiddenCommands = commands?.Words("forbidden") ?? [],
            ExtraCommands = commands?.Words("extra") ?? [],
            MaxLineBytes = commands?.Integer("maxLineBytes", 0, 254) ?? 0,
            UnknownCommands = commands?.Choice("unknown", Policies) ?? UnknownCommandPolicy.Refuse,
            ResumesPrints = root.Flag("resume") ?? false,
            Materials = [.. root.Words("materials").Select(material => material.ToUpperInvariant())],
            SetUp = ReadSetUp(root.Section("setUp")),
            Power = ReadPower(root.Section("power")),
            Slicer = ReadSettings(root.Section("slicer")),
            SlicerMaterials = ReadSettingsOfEach(root.Section("slicerMaterials")),
        };
        Check(root, profile);
        foreach (var section in new[] { axes, motion, commands, root })
            section?.RefuseUnknownKeys();
        return profile;
    }

    private static void Check(YamlSection root, MachineProfile profile)
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

    private static AxisLimits ReadAxis(YamlSection? axis, bool hasRange)
    {
        if (axis is null)
            return new AxisLimits { MaxFeedMmPerMin = 1, AccelerationMmPerS2 = 1 };
        AxisRange? range = null;
        double? home = null;
        if (hasRange)
        {
            range = new AxisRange(axis.RequiredNumber("minMm", -1e5, 1e5), axis.RequiredNumber("maxMm", -1e5, 1e5));
            if (range.Value.Max < range.Value.Min)
                axis.Refuse("maxMm", $"{axis.PathOf("maxMm")} must not be below minMm");
            if (axis.Has("homeMm"))
            {
                home = axis.RequiredNumber("homeMm", -1e5, 1e5);
                if (!range.Value.Contains(home.Value))
                    axis.Refuse("homeMm", $"{axis.PathOf("homeMm")} must lie between minMm and maxMm");
            }
        }

        var limits = new AxisLimits
        {
            RangeMm = range,
            HomeMm = home,
            MaxFeedMmPerMin = axis.RequiredPositive("maxFeedMmPerMin"),
            AccelerationMmPerS2 = axis.RequiredPositive("accelerationMmPerS2"),
            JerkMmPerS = axis.Number("jerkMmPerS", 0, 1000) ?? 0,
        };
        axis.RefuseUnknownKeys();
        return limits;
    }

    private static HotEnd ReadHotEnd(YamlSection section)
    {
        var hotEnd = new HotEnd
        {
            NozzleMm = section.RequiredNumber("nozzleMm", 0.05, 5),
            MaxTemperatureC = section.RequiredNumber("maxTemperatureC", 1, 600),
            MinExtrusionTemperatureC = section.Number("minExtrusionTemperatureC", 0, 600) ?? 170,
            FilamentDiameterMm = section.Number("filamentDiameterMm", 0.5, 5) ?? 1.75,
        };
        section.RefuseUnknownKeys();
        return hotEnd;
    }

    private static Spindle ReadSpindle(YamlSection section)
    {
        var spindle = new Spindle
        {
            MinRpm = section.Number("minRpm", 0, 1e6) ?? 0,
            MaxRpm = section.RequiredNumber("maxRpm", 1, 1e6),
            IsLaser = section.Flag("laser") ?? false,
        };
        if (spindle.MinRpm > spindle.MaxRpm)
            section.Refuse("minRpm", "spindle.minRpm must not be above maxRpm");
        section.RefuseUnknownKeys();
        return spindle;
    }

    private static SetUpCosts ReadSetUp(YamlSection? section)
    {
        var usual = new SetUpCosts();
        if (section is null)
            return usual;
        var costs = new SetUpCosts
        {
            ClearMinutes = section.Number("clearMinutes", 0, 1e5) ?? usual.ClearMinutes,
            MaterialChangeMinutes = section.Number("materialChangeMinutes", 0, 1e5) ?? usual.MaterialChangeMinutes,
            ColorChangeMinutes = section.Number("colorChangeMinutes", 0, 1e5) ?? usual.ColorChangeMinutes,
            ToolChangeMinutes = section.Number("toolChangeMinutes", 0, 1e5) ?? usual.ToolChangeMinutes,
            PurgeGrams = section.Number("purgeGrams", 0, 1e5) ?? usual.PurgeGrams,
            DarkToLightPurgeGrams = section.Number("darkToLightPurgeGrams", 0, 1e5) ?? usual.DarkToLightPurgeGrams,
            WarmUpMinutes = section.Number("warmUpMinutes", 0, 1e5) ?? usual.WarmUpMinutes,
        };
        section.RefuseUnknownKeys();
        return costs;
    }

    private static PowerDraw ReadPower(YamlSection? section)
    {
        var usual = new PowerDraw();
        if (section is null)
            return usual;
        var power = new PowerDraw
        {
            RunningW = section.Number("runningW", 0, 1e6) ?? usual.RunningW,
            WarmUpW = section.Number("warmUpW", 0, 1e6) ?? usual.WarmUpW,
        };
        section.RefuseUnknownKeys();
        return power;
    }

    private static YamlSection? RequiredSection(YamlSection section, string key) => section.Require(key) ? section.Section(key) : null;

    private static string ReadName(YamlSection root)
    {
        var name = root.RequiredText("name");
        if (name.Length > 0 && (name.Length > 64 || !char.IsAsciiLetterOrDigit(name[0]) || name.Any(c => !char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c is not ('-' or '.'))))
            root.Refuse("name", $"name '{name}' must be lower-case letters, digits, '-' and '.', at most 64, such as prusa-mk3s");
        return name;
    }

    /// <summary>Settings of a slicer, any keys. A line end in a value is written as the slicer's files do: \n.</summary>
    private static Dictionary<string, string> ReadSettings(YamlSection? section)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in section?.Keys ?? [])
        {
            if (section!.Verbatim(name) is { } text)
                settings[name] = text.TrimEnd('\n').ReplaceLineEndings("\\n");
        }

        return settings;
    }

    private static Dictionary<string, IReadOnlyDictionary<string, string>> ReadSettingsOfEach(YamlSection? section)
    {
        var all = new Dictionary<string, IReadOnlyDictionary<string, string>>(StringComparer.Ordinal);
        foreach (var name in section?.Keys ?? [])
            all[name.ToUpperInvariant()] = ReadSettings(section!.Section(name));
        return all;
    }
}
