// Writes a machine profile as the YAML that MachineProfileReader reads: how an edge tells a coordinator of its machines.

using System.Globalization;
using System.Text;

namespace FabNet.Model.Machines;

/// <summary>Writes machine profiles. What it writes reads back as an equal profile.</summary>
public static class MachineProfileWriter
{
    /// <summary>The profile as YAML.</summary>
    public static string Write(MachineProfile profile)
    {
        var text = new StringBuilder();
        Line(text, 0, "name", Quote(profile.Name));
        Line(text, 0, "title", Quote(profile.Title));
        Line(text, 0, "process", MachineProfileReader.Processes.First(process => process.Value == profile.Process).Name);
        Line(text, 0, "dialect", MachineProfileReader.Dialects.First(dialect => dialect.Value == profile.Dialect).Name);
        if (profile.Baud != 0)
            Line(text, 0, "baud", Number(profile.Baud));
        if (profile.ResumesPrints)
            Line(text, 0, "resume", "true");
        text.Append("axes:\n");
        Axis(text, "x", profile.X);
        Axis(text, "y", profile.Y);
        Axis(text, "z", profile.Z);
        if (profile.E is { } e)
            Axis(text, "e", e);
        text.Append("motion:\n");
        Line(text, 1, "printAccelerationMmPerS2", Number(profile.PrintAccelerationMmPerS2));
        Line(text, 1, "travelAccelerationMmPerS2", Number(profile.TravelAccelerationMmPerS2));
        Line(text, 1, "retractAccelerationMmPerS2", Number(profile.RetractAccelerationMmPerS2));
        Line(text, 1, "junctionDeviationMm", Number(profile.JunctionDeviationMm));
        Line(text, 1, "defaultFeedMmPerMin", Number(profile.DefaultFeedMmPerMin));
        if (profile.HotEnds.Count > 0)
            text.Append("hotEnds:\n");
        foreach (var hotEnd in profile.HotEnds)
        {
            text.Append(CultureInfo.InvariantCulture, $"  - nozzleMm: {Number(hotEnd.NozzleMm)}\n");
            Line(text, 2, "maxTemperatureC", Number(hotEnd.MaxTemperatureC));
            Line(text, 2, "minExtrusionTemperatureC", Number(hotEnd.MinExtrusionTemperatureC));
            Line(text, 2, "filamentDiameterMm", Number(hotEnd.FilamentDiameterMm));
        }

        Heater(text, "bed", profile.MaxBedTemperatureC);
        Heater(text, "chamber", profile.MaxChamberTemperatureC);
        if (profile.Spindle is { } spindle)
        {
            text.Append("spindle:\n");
            Line(text, 1, "minRpm", Number(spindle.MinRpm));
            Line(text, 1, "maxRpm", Number(spindle.MaxRpm));
            Line(text, 1, "laser", spindle.IsLaser ? "true" : "false");
        }

        text.Append("commands:\n");
        Line(text, 1, "extra", List(profile.ExtraCommands));
        Line(text, 1, "forbidden", List(profile.ForbiddenCommands));
        if (profile.MaxLineBytes > 0)
            Line(text, 1, "maxLineBytes", Number(profile.MaxLineBytes));
        Line(text, 1, "unknown", MachineProfileReader.Policies.First(policy => policy.Value == profile.UnknownCommands).Name);
        Line(text, 0, "materials", List(profile.Materials));
        SetUp(text, profile.SetUp);
        text.Append("power:\n");
        Line(text, 1, "runningW", Number(profile.Power.RunningW));
        Line(text, 1, "warmUpW", Number(profile.Power.WarmUpW));
        Settings(text, 0, "slicer", profile.Slicer);
        if (profile.SlicerMaterials.Count > 0)
            text.Append("slicerMaterials:\n");
        foreach (var (material, settings) in profile.SlicerMaterials)
            Settings(text, 1, Quote(material), settings);
        return text.ToString();
    }

    private static void Axis(StringBuilder text, string name, AxisLimits axis)
    {
        text.Append(CultureInfo.InvariantCulture, $"  {name}:\n");
        if (axis.RangeMm is { } range)
        {
            Line(text, 2, "minMm", Number(range.Min));
            Line(text, 2, "maxMm", Number(range.Max));
        }

        if (axis.HomeMm is { } home)
            Line(text, 2, "homeMm", Number(home));
        Line(text, 2, "maxFeedMmPerMin", Number(axis.MaxFeedMmPerMin));
        Line(text, 2, "accelerationMmPerS2", Number(axis.AccelerationMmPerS2));
        Line(text, 2, "jerkMmPerS", Number(axis.JerkMmPerS));
    }

    private static void Heater(StringBuilder text, string name, double maxC)
    {
        if (maxC == 0)
            return;
        text.Append(CultureInfo.InvariantCulture, $"{name}:\n");
        Line(text, 1, "maxTemperatureC", Number(maxC));
    }

    private static void SetUp(StringBuilder text, SetUpCosts costs)
    {
        text.Append("setUp:\n");
        Line(text, 1, "clearMinutes", Number(costs.ClearMinutes));
        Line(text, 1, "materialChangeMinutes", Number(costs.MaterialChangeMinutes));
        Line(text, 1, "colorChangeMinutes", Number(costs.ColorChangeMinutes));
        Line(text, 1, "toolChangeMinutes", Number(costs.ToolChangeMinutes));
        Line(text, 1, "purgeGrams", Number(costs.PurgeGrams));
        Line(text, 1, "darkToLightPurgeGrams", Number(costs.DarkToLightPurgeGrams));
        Line(text, 1, "warmUpMinutes", Number(costs.WarmUpMinutes));
    }

    private static void Settings(StringBuilder text, int indent, string name, IReadOnlyDictionary<string, string> settings)
    {
        if (settings.Count == 0)
        {
            Line(text, indent, name, "{}");
            return;
        }

        text.Append(' ', 2 * indent).Append(name).Append(":\n");
        foreach (var (key, value) in settings)
            Line(text, indent + 1, Quote(key), Quote(value));
    }

    private static void Line(StringBuilder text, int indent, string key, string value) =>
        text.Append(' ', 2 * indent).Append(key).Append(": ").Append(value).Append('\n');

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string List(IReadOnlyList<string> words) => $"[{string.Join(", ", words.Select(Quote))}]";

    /// <summary>A double-quoted scalar: anything beyond printable ASCII is escaped.</summary>
    private static string Quote(string value)
    {
        var text = new StringBuilder("\"", value.Length + 2);
        foreach (var c in value)
        {
            if (c is '"' or '\\')
                text.Append('\\').Append(c);
            else if (c is >= ' ' and <= '~')
                text.Append(c);
            else
                text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}");
        }

        return text.Append('"').ToString();
    }
}
