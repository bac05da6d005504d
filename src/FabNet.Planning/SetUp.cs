// What it takes to get a machine from the set-up it has to the one that a job needs: sequence-dependent and asymmetric.

using FabNet.Model.Machines;
using FabNet.Model.Sites;

namespace FabNet.Planning;

/// <summary>What is set up on a machine.</summary>
/// <param name="Loaded">Material and colour.</param>
/// <param name="Tool">What the tool and the work offset are set for: the part, on machines that cut; null where tools don't change, or unknown.</param>
internal readonly record struct SetUpState(LoadedMaterial Loaded, (string Manifest, string Part)? Tool);

/// <summary>The change before a run.</summary>
/// <param name="LabourMinutes">A person's time, in minutes: clearing, and changing material, colour or tool.</param>
/// <param name="WarmUpMinutes">The machine's own time after that, in minutes.</param>
/// <param name="PurgeGrams">Material purged, in grams.</param>
/// <param name="After">The set-up after it.</param>
/// <param name="Kind">What is changed.</param>
internal readonly record struct SetUpChange(double LabourMinutes, double WarmUpMinutes, double PurgeGrams, SetUpState After, SetUpChangeKind Kind)
{
    /// <summary>The time the machine is taken by it, in minutes.</summary>
    public double Minutes => LabourMinutes + WarmUpMinutes;
}

/// <summary>What a set-up change changes.</summary>
[Flags]
internal enum SetUpChangeKind
{
    /// <summary>Nothing: the set-up is shared with the run before.</summary>
    None = 0,

    /// <summary>The material (or the stock).</summary>
    Material = 1,

    /// <summary>The colour of the same material.</summary>
    Color = 2,

    /// <summary>The tool or the work offset.</summary>
    Tool = 4,
}

/// <summary>Computes set-up changes from a machine's profile.</summary>
internal static class SetUp
{
    private static readonly string[] Dark = ["black", "navy", "brown", "dark", "purple", "blue", "green", "red", "grey", "gray"];

    private static readonly string[] Light = ["white", "natural", "transparent", "clear", "ivory", "yellow", "beige"];

    /// <summary>The change from a set-up to the one that a work needs.</summary>
    public static SetUpChange Between(SetUpState from, Work work, MachineProfile profile)
    {
        var costs = profile.SetUp;
        var kind = SetUpChangeKind.None;
        var (minutes, purge) = (costs.ClearMinutes, 0.0);
        var material = work.Material ?? from.Loaded.Material ?? (profile.Materials.Count > 0 ? profile.Materials[0] : null);
        var color = work.Color ?? (Same(material, from.Loaded.Material) ? from.Loaded.Color : null);
        if (!Same(material, from.Loaded.Material))
        {
            kind |= SetUpChangeKind.Material;
            minutes += costs.MaterialChangeMinutes;
        }
        else if (work.Color is not null && !Same(color, from.Loaded.Color))
        {
            kind |= SetUpChangeKind.Color;
            minutes += costs.ColorChangeMinutes;
        }

        // Only what melts is purged: a sheet of plywood leaves nothing in the spindle.
        if (kind is not SetUpChangeKind.None && profile.Process is FabricationProcess.Printing)
        {
            purge = costs.PurgeGrams + (IsOneOf(from.Loaded.Color, Dark) && IsOneOf(color, Light) ? costs.DarkToLightPurgeGrams : 0);
        }

        (string, string)? tool = profile.Process is FabricationProcess.Milling ? (work.Design.Manifest.Value, work.Part.Name) : null;
        if (tool is not null && tool != from.Tool)
        {
            kind |= SetUpChangeKind.Tool;
            minutes += costs.ToolChangeMinutes;
        }

        return new(minutes, costs.WarmUpMinutes, purge, new(new LoadedMaterial(material, color), tool), kind);
    }

    private static bool Same(string? left, string? right) => string.Equals(left, right, StringComparison.OrdinalIgnoreCase);

    private static bool IsOneOf(string? color, string[] words)
    {
        foreach (var word in words)
        {
            if (color is not null && color.Contains(word, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
