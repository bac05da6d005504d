// A site as an Open Know-Where manifest: what its configuration says, laid over what was written of it before.

using System.Globalization;
using System.Text.Json.Nodes;
using FabNet.Edge.Configuration;
using FabNet.Model.Machines;
using FabNet.Model.Yaml;

namespace FabNet.Edge.OpenKnowWhere;

/// <summary>Writes manifests.</summary>
public static class OkwExport
{
    /// <summary>The manifest of a site. Fields that the configuration does not know are kept from the manifest that it names.</summary>
    /// <exception cref="FormatException">That manifest can't be read.</exception>
    /// <exception cref="IOException">Likewise.</exception>
    public static JsonObject Of(EdgeConfig site)
    {
        ArgumentNullException.ThrowIfNull(site);
        return Over(site.OpenKnowWherePath is { } path ? YamlTree.Read(File.ReadAllText(path), path, "an Open Know-Where manifest") : [], site);
    }

    /// <summary>Lays a site over a manifest.</summary>
    internal static JsonObject Over(JsonObject manifest, EdgeConfig site)
    {
        Set(manifest, OkwFields.Name, site.Title);
        if (site is { Latitude: { } latitude, Longitude: { } longitude })
        {
            if (OkwFields.Find(manifest, OkwFields.Location) is not JsonObject location)
            {
                Set(manifest, OkwFields.Location, location = []);
            }

            Set(location, OkwFields.GpsCoordinates, FormattableString.Invariant($"{latitude}, {longitude}"));
        }

        Default(manifest, OkwFields.FacilityStatus, "Active");
        if (site.Hours.Count > 0)
        {
            Set(manifest, OkwFields.OpeningHours, $"{string.Join("; ", site.Hours)} ({site.TimeZone})");
        }

        var equipment = Equipment(manifest, site);
        Default(manifest, OkwFields.ManufacturingProcesses, new JsonArray([.. site.Machines.Select(static m => ProcessOf(m.Profile)).OfType<string>().Distinct().Select(static p => JsonValue.Create(p))]));
        Set(manifest, OkwFields.Equipment, equipment);
        Set(manifest, OkwFields.FabNet, new JsonObject { ["site"] = site.Site.Value });
        return manifest;
    }

    // What people wrote of a machine stays; machines that nobody wrote of are added; what the site has no more is left out.
    private static JsonArray Equipment(JsonObject manifest, EdgeConfig site)
    {
        var equipment = OkwFields.Find(manifest, OkwFields.Equipment) switch { JsonArray list => (JsonArray)list.DeepClone(), JsonObject one => [one.DeepClone()], _ => [] };
        var left = site.Machines.ToDictionary(static m => m.Name, StringComparer.Ordinal);
        foreach (var item in equipment.ToList())
        {
            if (item is not JsonObject known || OkwMachines.NamesOf(known) is not { Count: > 0 } names)
            {
                continue;
            }

            var still = names.Where(n => left.ContainsKey(n)).ToList();
            if (still.Count == 0)
            {
                equipment.Remove(item);
                continue;
            }

            OkwMachines.Name(known, [.. still.Select(n => (n, left[n].Profile.Name))]);
            if (still.Count != names.Count)
            {
                Set(known, OkwFields.Quantity, still.Count);
            }

            still.ForEach(n => left.Remove(n));
        }

        foreach (var machine in site.Machines.Where(m => left.ContainsKey(m.Name)))
        {
            equipment.Add(Describe(machine));
        }

        return equipment;
    }

    private static JsonObject Describe(MachineConfig machine)
    {
        var (profile, box) = (machine.Profile, machine.Profile.EnvelopeMm);
        var described = new JsonObject();
        if (TypeOf(profile) is { } type)
        {
            described[OkwFields.EquipmentType] = type;
            described[OkwFields.ManufacturingProcess] = ProcessOf(profile);
        }

        described[OkwFields.Model] = profile.Title;
        described[OkwFields.Quantity] = 1;
        described[OkwFields.PowerRating] = Rounded(profile.Power.RunningW);
        described[OkwFields.MaterialsWorked] = new JsonArray([.. profile.Materials.Select(static m => new JsonObject { [OkwFields.MaterialType] = OkwWords.Materials.GetValueOrDefault(m) ?? m })]);
        described[OkwFields.ComputerControlled] = true;
        described[OkwFields.XTravel] = Rounded(box.X.Length);
        described[OkwFields.YTravel] = Rounded(box.Y.Length);
        described[OkwFields.ZTravel] = Rounded(box.Z.Length);
        if (profile.HotEnds is [var hotEnd, ..])
        {
            described[OkwFields.BuildVolume] = Rounded(box.X.Length * box.Y.Length * box.Z.Length);
            described[OkwFields.NozzleSize] = Rounded(hotEnd.NozzleMm);
        }

        if (profile.Spindle is { IsLaser: false } spindle)
        {
            described[OkwFields.MaximumSpindleSpeed] = Rounded(spindle.MaxRpm);
        }

        OkwMachines.Name(described, [(machine.Name, profile.Name)]);
        return described;
    }

    private static string? TypeOf(MachineProfile profile) => profile.Process switch
    {
        FabricationProcess.Printing => OkwWords.Printer,
        FabricationProcess.Milling => OkwWords.Router,
        FabricationProcess.LaserCutting => OkwWords.LaserCutter,
        _ => null,
    };

    private static string? ProcessOf(MachineProfile profile) => profile.Process switch
    {
        FabricationProcess.Printing => OkwWords.Extrusion,
        FabricationProcess.Milling => OkwWords.Milling,
        FabricationProcess.LaserCutting => OkwWords.LaserCutting,
        _ => null,
    };

    private static decimal Rounded(double value) => decimal.Parse(Math.Round(value, 3).ToString("0.###", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    // A field stays where and as it was written, and only its value changes.
    private static void Set(JsonObject of, string field, JsonNode? value) => of[OkwFields.KeyOf(of, field) ?? field] = value;

    private static void Default(JsonObject of, string field, JsonNode value)
    {
        if (OkwFields.Find(of, field) is null)
        {
            Set(of, field, value);
        }
    }
}
