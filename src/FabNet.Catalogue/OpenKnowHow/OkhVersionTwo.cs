// Reads okh.toml, Open Know-How 2.x, with what FabNet adds to it.

using FabNet.Catalogue.Designs;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Protocol;

namespace FabNet.Catalogue.OpenKnowHow;

/// <summary>
/// Reads 2.x. Sources of the field names: the Open Know-How specification 2.x (okh.toml), and FabNet's extension of it in docs/okh.md. What
/// FabNet does not use itself is kept as it stands. <see cref="OkhWriter"/> writes the same fields.
/// </summary>
internal static class OkhVersionTwo
{
    /// <summary>The version that an export states, and which needs no mention in a manifest.</summary>
    public const string CurrentVersion = "2.4";

    /// <summary>The fields of a part that name files, and the kind that a file gets by standing there.</summary>
    public static readonly string[] PartFileFields = ["source", "export", "manufacturing-instructions", "image", "auxiliary"];

    private static readonly string[] DocumentFields =
        ["readme", "contribution-guide", "image", "bom", "manufacturing-instructions", "user-manual", "auxiliary"];

    /// <summary>Facts of the whole design, of which those of a part are made where it has but one.</summary>
    private static readonly string[] WholeFields = ["tsdc", "material", "printing-process", "mass", "outer-dimensions", "source", "export"];

    private static readonly string[] OtherFields =
    [
        "release", "organization", "documentation-language", "technology-readiness-level", "documentation-readiness-level", "attestation",
        "publication", "standard-compliance", "cpc-patent-class", "software", "fork-of",
    ];

    private static readonly HashSet<string> TopFields = new(
        [.. DocumentFields, .. WholeFields, .. OtherFields, "okhv", "name", "repo", "version", "license", "licensor", "function", "part", "fabnet"], StringComparer.Ordinal);

    private static readonly HashSet<string> PartFields = new(
        [.. PartFileFields, "name", "tsdc", "material", "printing-process", "mass", "outer-dimensions", "quantity", "requirements", "toolpath"], StringComparer.Ordinal);

    private static readonly HashSet<string> ToolpathFields = new(StringComparer.Ordinal) { "file", "machine-class", "material", "settings", "runs" };

    private static readonly HashSet<string> RequirementFields = new(StringComparer.Ordinal) { "nozzle-mm", "tolerance-mm", "infill-percent", "layer-mm", "tool" };

    private static readonly HashSet<string> ExtensionFields = new(StringComparer.Ordinal) { "name", "publisher", "commit", "attribution", "fork-of", "bought" };

    private static readonly HashSet<string> OriginFields = new(StringComparer.Ordinal) { "publisher", "name", "version", "manifest" };

    private static readonly HashSet<string> BoughtFields = new(StringComparer.Ordinal) { "name", "quantity", "unit", "reference", "link" };

    public static OkhManifest Read(MapNode root, FindingList findings)
    {
        var fields = new OkhFields(root, "", TopFields, findings);
        var extension = Table(fields, "fabnet", ExtensionFields, findings);
        var version = fields.Text("okhv");
        fields.Keep([.. DocumentFields, .. WholeFields, .. OtherFields]);
        fields.Keep(version is CurrentVersion or null ? [] : ["okhv"]);
        var manifest = new OkhManifest
        {
            Line = 1,
            OkhVersion = version,
            Name = fields.Text("name"),
            Version = fields.Text("version"),
            License = KeptIfUnread(fields, "license", fields.Text("license")),
            Licensor = KeptIfUnread(fields, "licensor", fields.People("licensor")),
            Function = KeptIfUnread(fields, "function", fields.Text("function")),
            Repository = KeptIfUnread(fields, "repo", fields.Text("repo")),
            Attribution = [.. extension?.Names("attribution") ?? [], .. fields.Names("organization")],
            Extension = extension is null ? new OkhExtension() : ReadExtension(extension, findings),
            Tsdc = fields.Texts("tsdc") is [var tsdc, ..] ? tsdc : null,
            Material = fields.Text("material"),
            MassGrams = fields.MassGrams(),
            OuterDimensionsMm = fields.Dimensions(),
            Sources = fields.Files("source"),
            Exports = fields.Files("export"),
            Parts = Tables(fields.Find("part"), "part", findings).Select((table, i) => ReadPart(table, i, findings)).ToList(),
            Documents = OkhReader.FilesOf(fields, DocumentFields),
            Bom = fields.Files("bom") is [var bom, ..] ? bom : null,
        };
        return manifest with { Kept = fields.Kept };
    }

    private static OkhPart ReadPart(MapNode table, int index, FindingList findings)
    {
        var place = $"part[{index + 1}].";
        var fields = new OkhFields(table, place, PartFields, findings);
        fields.Keep("printing-process");
        var codes = fields.Texts("tsdc");
        if (codes.Count > 1 || (codes is [var code] && TsdcCodes.FromTsdc(code) == default))
        {
            fields.Keep("tsdc");
        }

        var part = new OkhPart
        {
            Line = table.Line,
            Name = fields.Text("name"),
            Tsdc = codes is [var first, ..] ? first : null,
            Material = KeptIfUnread(fields, "material", fields.Text("material")),
            MassGrams = KeptIfUnread(fields, "mass", fields.MassGrams()),
            OuterDimensionsMm = KeptIfUnread(fields, "outer-dimensions", fields.Dimensions()),
            Quantity = fields.Count("quantity") ?? 1,
            Requirements = Table(fields, "requirements", RequirementFields, findings, place) is { } wants ? ReadRequirements(wants) : null,
            Sources = fields.Paths("source"),
            Exports = fields.Paths("export"),
            Instructions = fields.Paths("manufacturing-instructions"),
            Images = fields.Paths("image"),
            Auxiliaries = fields.Paths("auxiliary"),
            Toolpaths = Tables(fields.Find("toolpath"), "toolpath", findings).SelectMany(t => ReadToolpath(t, place, findings)).ToList(),
        };
        return part with { Kept = fields.Kept };
    }

    private static PartRequirements? ReadRequirements(OkhFields fields)
    {
        var requirements = new PartRequirements
        {
            NozzleMm = fields.Number("nozzle-mm", 0.001, 1_000),
            ToleranceMm = fields.Number("tolerance-mm", 0.001, 1_000),
            InfillPercent = fields.Number("infill-percent", 0, 100),
            LayerMm = fields.Number("layer-mm", 0.001, 1_000),
            Tool = PlainText.Line(fields.Text("tool"), 200),
        };
        return requirements == new PartRequirements() ? null : requirements;
    }

    private static IEnumerable<OkhToolpath> ReadToolpath(MapNode table, string place, FindingList findings)
    {
        var fields = new OkhFields(table, $"{place}toolpath.", ToolpathFields, findings);
        if (fields.Find("file") is null)
        {
            findings.Add(FindingKind.ValueForm, table.Line, "A toolpath names no file. Add file = \"path.nc\".");
        }

        var runs = new List<Digest>();
        foreach (var text in fields.Texts("runs"))
        {
            if (Digest.TryParse(text, out var run) && runs.Count < 1_000)
            {
                runs.Add(run);
            }
            else
            {
                findings.Add(FindingKind.ValueForm, table.Line, $"{place}toolpath.runs should be ids of runs (sha256: and 64 hexadecimal digits, at most 1000); one was left out.");
            }
        }

        return fields.Files("file").Select(file =>
            new OkhToolpath(file, fields.Text("machine-class"), fields.Text("material")) { Settings = fields.TextTable("settings"), Runs = runs });
    }

    private static OkhExtension ReadExtension(OkhFields fields, FindingList findings) => new()
    {
        Name = NameIn(fields, "fabnet.", "name", findings),
        Publisher = NameIn(fields, "fabnet.", "publisher", findings),
        Commit = fields.Text("commit"),
        ForkOf = Table(fields, "fork-of", OriginFields, findings, "fabnet.") is { } origin ? ReadOrigin(origin, findings) : null,
        Bought = [.. Tables(fields.Find("bought"), "fabnet.bought", findings).Select((t, i) => ReadBought(t, i, findings)).OfType<BoughtPart>().Take(2_000)],
    };

    private static ForkOrigin? ReadOrigin(OkhFields fields, FindingList findings)
    {
        if (NameIn(fields, "fabnet.fork-of.", "name", findings) is { } name && fields.Text("version") is { } version && fields.Sha256("manifest") is { } manifest)
        {
            return new ForkOrigin(fields.Sha256("publisher"), new DesignRef(name, version, manifest));
        }

        findings.Add(FindingKind.ValueForm, fields.Map.Line, "fabnet.fork-of should have name, version and manifest. It was left out.");
        return null;
    }

    private static BoughtPart? ReadBought(MapNode table, int index, FindingList findings)
    {
        var fields = new OkhFields(table, $"fabnet.bought[{index + 1}].", BoughtFields, findings);
        if (PlainText.Name(fields.Text("name"), 200) is not { } name)
        {
            findings.Add(FindingKind.ValueForm, table.Line, $"fabnet.bought[{index + 1}] has no name. It was left out.");
            return null;
        }

        return new BoughtPart
        {
            Name = name,
            Quantity = fields.Number("quantity", 0.001, 1e9) ?? 1,
            Unit = PlainText.Line(fields.Text("unit"), 64),
            Reference = PlainText.Line(fields.Text("reference"), 200),
            Link = PlainText.Line(fields.Text("link"), 2_000),
        };
    }

    private static string? NameIn(OkhFields fields, string place, string field, FindingList findings)
    {
        var name = fields.Text(field);
        if (name is null || Names.IsValid(name))
        {
            return name;
        }

        findings.Add(FindingKind.ValueForm, fields.Find(field)!.Line, $"{place}{field} is '{PlainText.Line(name, 60)}'. Use 1 to 63 lower-case letters, digits and dashes. It was left out.");
        return null;
    }

    // A value that could not be read is kept as it stands: an export says it again.
    private static T KeptIfUnread<T>(OkhFields fields, string name, T value)
    {
        if (value is null)
        {
            fields.Keep(name);
        }

        return value;
    }

    private static OkhFields? Table(OkhFields fields, string name, HashSet<string> known, FindingList findings, string place = "")
    {
        switch (fields.Find(name))
        {
            case null:
                return null;
            case MapNode map:
                return new OkhFields(map, $"{place}{name}.", known, findings);
            case var other:
                findings.Add(FindingKind.ValueForm, other.Line, $"{place}{name} should be a table; write [{place}{name}]. It was left out.");
                return null;
        }
    }

    private static IEnumerable<MapNode> Tables(ManifestNode? node, string name, FindingList findings)
    {
        foreach (var item in node switch { null => [], ListNode list => list.Items, var one => [one] })
        {
            if (item is MapNode table)
            {
                yield return table;
            }
            else
            {
                findings.Add(FindingKind.ValueForm, item.Line, $"{name} should be a table; write [[{name}]]. It was left out.");
            }
        }
    }
}
