// The settings file for one slice: what the machine's profile says, and what follows from it.

using System.Globalization;
using System.Text;
using FabNet.Model.Machines;

namespace FabNet.Edge.Slicing;

/// <summary>
/// PrusaSlicer's settings for one machine and material, as its INI text (source: PrusaSlicer's <c>--load</c>; a value keeps its line ends as
/// <c>\n</c>). The same inputs give the same bytes: the text is part of the cache key.
/// </summary>
internal static class SlicerSettings
{
    private static readonly string[] Told =
        ["layer_height", "nozzle_diameter", "perimeters", "fill_density", "fill_pattern", "temperature", "bed_temperature", "support_material", "brim_width", "perimeter_speed", "infill_speed"];

    /// <summary>Writes the settings.</summary>
    /// <param name="profile">The machine.</param>
    /// <param name="material">The material, upper case.</param>
    /// <param name="isShared">True for several meshes on one bed: all of them layer by layer, each with its label.</param>
    /// <exception cref="FormatException">A setting of the profile has a name or a value that would become another setting.</exception>
    public static string Write(MachineProfile profile, string material, bool isShared = false)
    {
        var settings = new SortedDictionary<string, string>(StringComparer.Ordinal);
        AddDerived(settings, profile, material);
        AddOwn(settings, profile.Slicer, profile);
        if (profile.SlicerMaterials.TryGetValue(material, out var ofMaterial))
        {
            AddOwn(settings, ofMaterial, profile);
        }

        if (isShared)
        {
            settings["complete_objects"] = "0";
            settings["gcode_label_objects"] = "1";
        }

        var ini = new StringBuilder();
        foreach (var (name, value) in settings)
        {
            ini.Append(name).Append(" = ").Append(value.ReplaceLineEndings("\\n")).Append('\n');
        }

        return ini.ToString();
    }

    /// <summary>Those of a profile's settings that say how a part comes out. Only these leave the site: a start code or a note may hold anything.</summary>
    public static IEnumerable<KeyValuePair<string, string>> ForCommons(MachineProfile profile, string material)
    {
        var ofMaterial = profile.SlicerMaterials.GetValueOrDefault(material);
        foreach (var name in Told)
        {
            if ((ofMaterial?.GetValueOrDefault(name) ?? profile.Slicer.GetValueOrDefault(name)) is { } value)
            {
                yield return KeyValuePair.Create(name, value);
            }
        }
    }

    private static void AddDerived(SortedDictionary<string, string> settings, MachineProfile profile, string material)
    {
        var (x, y, z) = (profile.EnvelopeMm.X, profile.EnvelopeMm.Y, profile.EnvelopeMm.Z);
        var (left, right, front, back) = (Math.Max(0, x.Min), x.Max, Math.Max(0, y.Min), y.Max);
        settings["bed_shape"] = string.Create(CultureInfo.InvariantCulture, $"{left}x{front},{right}x{front},{right}x{back},{left}x{back}");
        settings["max_print_height"] = Text(z.Max);
        settings["gcode_flavor"] = "marlin";
        settings["machine_limits_usage"] = "time_estimate_only"; // The firmware's own limits stay: a program must not change them.
        settings["filament_type"] = material;
        if (profile.HotEnds is [var hotEnd, ..])
        {
            settings["nozzle_diameter"] = Text(hotEnd.NozzleMm);
            settings["filament_diameter"] = Text(hotEnd.FilamentDiameterMm);
        }
    }

    private static void AddOwn(SortedDictionary<string, string> settings, IReadOnlyDictionary<string, string> own, MachineProfile profile)
    {
        foreach (var (name, value) in own)
        {
            if (name.Length == 0 || !name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_') || value.Contains('\0', StringComparison.Ordinal))
            {
                throw new FormatException($"The profile {profile.Name} has the slicer setting '{name}', which is not a setting's name.");
            }

            if (name is "post_process" or "output_filename_format")
            {
                throw new FormatException($"The profile {profile.Name} has the slicer setting '{name}', which runs programs or writes files of its own choice. Take it out.");
            }

            settings[name] = value;
        }
    }

    private static string Text(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
