// What differs between two versions of a design: what their manifests say, their files, and the shapes of their parts.

using System.Globalization;
using FabNet.Catalogue.OpenKnowHow;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Protocol;

namespace FabNet.Catalogue.Designs;

/// <summary>One thing that two versions say differently.</summary>
/// <param name="Name">What it is, such as <c>license</c> or <c>part Body: material</c>.</param>
/// <param name="Left">What the first says; null if nothing.</param>
/// <param name="Right">What the second says; null if nothing.</param>
public sealed record FieldChange(string Name, string? Left, string? Right);

/// <summary>A file that two versions do not share.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Left">In the first; null if it is not there.</param>
/// <param name="Right">In the second; null if it is not there.</param>
/// <param name="MovedFrom">The path of the same bytes in the first, where the file was only moved.</param>
public sealed record FileChange(string Path, Artefact? Left, Artefact? Right, string? MovedFrom);

/// <summary>The shape of a part in two versions, changed or not.</summary>
/// <param name="Part">Its name.</param>
/// <param name="Left">In the first; null if it is not there.</param>
/// <param name="Right">In the second; null if it is not there.</param>
public sealed record ShapeChange(string Part, DesignPart? Left, DesignPart? Right)
{
    /// <summary>True if size or volume differ, or the part is only in one of them.</summary>
    public bool IsChanged => Left?.OuterDimensionsMm != Right?.OuterDimensionsMm || Left?.VolumeMm3 != Right?.VolumeMm3 || Left is null || Right is null;
}

/// <summary>Compares two designs, usually two versions of one. Parts are matched by name, files by path.</summary>
public sealed record DesignDiff
{
    /// <summary>What they say differently, in the order of the manifest; parts after the design.</summary>
    public required IReadOnlyList<FieldChange> Fields { get; init; }

    /// <summary>The files that differ, by path.</summary>
    public required IReadOnlyList<FileChange> Files { get; init; }

    /// <summary>Every part of either, in their order.</summary>
    public required IReadOnlyList<ShapeChange> Shapes { get; init; }

    /// <summary>True if nothing differs.</summary>
    public bool IsEmpty => Fields.Count == 0 && Files.Count == 0 && !Shapes.Any(s => s.IsChanged);

    /// <summary>Compares.</summary>
    public static DesignDiff Compare(Design left, Design right) => new()
    {
        Fields = [.. Changes(FactsOf(left), FactsOf(right))],
        Files = [.. FileChanges(left, right)],
        Shapes = [.. left.Parts.Select(p => p.Name).Union(right.Parts.Select(p => p.Name), StringComparer.Ordinal).Select(name => new ShapeChange(name, Part(left, name), Part(right, name)))],
    };

    private static DesignPart? Part(Design design, string name) => design.Parts.FirstOrDefault(p => p.Name == name);

    private static IEnumerable<FieldChange> Changes(OrderedDictionary<string, string?> left, OrderedDictionary<string, string?> right)
    {
        foreach (var name in left.Keys.Union(right.Keys, StringComparer.Ordinal))
        {
            var (was, becomes) = (left.GetValueOrDefault(name), right.GetValueOrDefault(name));
            if (was != becomes)
            {
                yield return new FieldChange(name, was, becomes);
            }
        }
    }

    private static IEnumerable<FileChange> FileChanges(Design left, Design right)
    {
        var before = left.AllArtefacts().DistinctBy(a => a.Path).ToDictionary(a => a.Path, StringComparer.Ordinal);
        var after = right.AllArtefacts().DistinctBy(a => a.Path).ToDictionary(a => a.Path, StringComparer.Ordinal);
        var gone = before.Values.Where(a => !after.ContainsKey(a.Path)).OrderBy(a => a.Path, StringComparer.Ordinal).ToList();
        foreach (var path in before.Keys.Union(after.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var (was, becomes) = (before.GetValueOrDefault(path), after.GetValueOrDefault(path));
            if (was?.Digest != becomes?.Digest)
            {
                yield return new FileChange(path, was, becomes, was is null ? gone.Find(a => a.Digest == becomes!.Digest)?.Path : null);
            }
        }
    }

    private static OrderedDictionary<string, string?> FactsOf(Design design)
    {
        var facts = new OrderedDictionary<string, string?>(StringComparer.Ordinal)
        {
            ["name"] = design.Ref.Name,
            ["version"] = design.Ref.Version,
            ["title"] = design.Title,
            ["function"] = design.Function,
            ["license"] = design.License,
            ["licensor"] = design.Licensor,
            ["attribution"] = design.Attribution.Count > 0 ? string.Join("; ", design.Attribution) : null,
            ["publisher"] = design.Publisher,
            ["fork of"] = design.ForkOf is { } origin ? $"{origin.Design} {origin.Design.Manifest.Short}" : null,
            ["repo"] = design.Repository,
            ["commit"] = design.Commit,
        };
        Add(facts, "", design.OkhFields);
        foreach (var bought in design.BillOfMaterials)
        {
            facts[$"to buy: {bought.Name}"] = string.Join(", ", new[] { Number(bought.Quantity) + (bought.Unit is { } unit ? " " + unit : ""), bought.Reference, bought.Link }.OfType<string>());
        }

        foreach (var part in design.Parts)
        {
            Add(facts, part);
        }

        return facts;
    }

    private static void Add(OrderedDictionary<string, string?> facts, DesignPart part)
    {
        var place = $"part {part.Name}: ";
        facts[place + "process"] = part.Process.ToTsdc();
        facts[place + "material"] = part.Material;
        facts[place + "quantity"] = Number(part.Quantity);
        facts[place + "mass (g)"] = Number(part.MassGrams);
        facts[place + "claimed size (mm)"] = part.ClaimedDimensionsMm is { } size ? $"{Number(size.Width)} × {Number(size.Depth)} × {Number(size.Height)}" : null;
        facts[place + "nozzle (mm)"] = Number(part.Requirements?.NozzleMm);
        facts[place + "tolerance (mm)"] = Number(part.Requirements?.ToleranceMm);
        facts[place + "infill (%)"] = Number(part.Requirements?.InfillPercent);
        facts[place + "layer (mm)"] = Number(part.Requirements?.LayerMm);
        facts[place + "tool"] = part.Requirements?.Tool;
        Add(facts, place, part.OkhFields);
        foreach (var toolpath in part.Artefacts.Where(a => a.Kind == ArtefactKind.Toolpath))
        {
            facts[$"{place}toolpath {toolpath.Path}"] = string.Join(", ", [
                toolpath.MachineClass ?? "no machine class", .. new[] { toolpath.Material }.OfType<string>(),
                .. toolpath.Settings.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => $"{s.Key} = {s.Value}"), $"{toolpath.Runs.Count} runs"]);
        }
    }

    private static void Add(OrderedDictionary<string, string?> facts, string place, IReadOnlyDictionary<string, string> okhFields)
    {
        foreach (var (name, value) in okhFields.OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            facts[place + name] = value;
        }
    }

    private static string? Number(double? number) => number?.ToString("0.###", CultureInfo.InvariantCulture);
}
