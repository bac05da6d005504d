// Which machines of a site a piece of equipment stands for, and which profile fits what a manifest calls it.

using System.Text.Json.Nodes;
using FabNet.Model;
using FabNet.Model.Machines;

namespace FabNet.Edge.OpenKnowWhere;

internal static class OkwMachines
{
    private const string Machines = "machines";
    private const string Profile = "profile";

    /// <summary>The names of the machines that a piece of equipment stands for; none if nobody said.</summary>
    public static List<string> NamesOf(JsonObject equipment) => equipment[OkwFields.FabNet] is JsonObject ours && ours[Machines] is JsonArray names
        ? [.. names.OfType<JsonValue>().Select(static n => n.ToString()).Where(Names.IsValid).Distinct(StringComparer.Ordinal)]
        : [];

    /// <summary>Says which machines a piece of equipment stands for, all of one profile.</summary>
    public static void Name(JsonObject equipment, IReadOnlyList<(string Name, string Profile)> machines) => equipment[OkwFields.FabNet] = new JsonObject
    {
        [Machines] = new JsonArray([.. machines.Select(static m => JsonValue.Create(m.Name))]),
        [Profile] = machines[0].Profile,
    };

    /// <summary>The built-in profile of a piece of equipment: the one that it names, else the one whose title its make and model make up; null if none is meant.</summary>
    public static MachineProfile? ProfileOf(JsonObject equipment)
    {
        if (equipment[OkwFields.FabNet] is JsonObject ours && OkwFields.Text(ours, Profile) is { } named)
        {
            return MachineProfiles.TryFind(named);
        }

        var called = WordsOf($"{OkwFields.Text(equipment, OkwFields.Make)} {OkwFields.Text(equipment, OkwFields.Model)}");
        return called.Count == 0 ? null : MachineProfiles.BuiltIn
            .Where(static p => !p.Name.StartsWith("generic-", StringComparison.Ordinal))
            .Select(p => (Profile: p, Known: WordsOf(p.Name), Title: WordsOf(p.Title)))
            .Where(p => p.Known.IsSubsetOf(called) || called.IsSubsetOf(p.Title.Union(p.Known).ToHashSet(StringComparer.Ordinal)) && called.Any(static w => w.Any(char.IsDigit)))
            .OrderByDescending(static p => p.Known.Count).Select(static p => p.Profile).FirstOrDefault();
    }

    // "Original Prusa i3 MK3S+" and "prusa-mk3s" have their words in common.
    private static HashSet<string> WordsOf(string text) =>
        [.. text.ToLowerInvariant().Split([' ', '-', '_', '/', ',', '(', ')', '+'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
}
