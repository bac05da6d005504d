// Reads Open Know-How manifests: okh.toml (2.x and its LOSH forerunners) and okh.yml (v1).

using FabNet.Catalogue.Designs;

namespace FabNet.Catalogue.OpenKnowHow;

/// <summary>
/// Reads a manifest into <see cref="OkhManifest"/>. Sources of the field names: the Open Know-How specification 2.x (okh.toml) and v1
/// (okh.yml), and FabNet's extension of <c>[[part]]</c> in docs/okh.md.
/// </summary>
internal static class OkhReader
{
    /// <summary>The most bytes that a manifest file may have: 1 MiB.</summary>
    public const int MaxBytes = 1024 * 1024;

    private static readonly HashSet<string> TopFields = new(StringComparer.Ordinal)
    {
        "okhv", "name", "repo", "version", "release", "license", "licensor", "organization", "readme", "contribution-guide", "image",
        "documentation-language", "technology-readiness-level", "documentation-readiness-level", "attestation", "publication", "function",
        "standard-compliance", "cpc-patent-class", "tsdc", "bom", "manufacturing-instructions", "user-manual", "part", "software", "source",
        "export", "auxiliary", "mass", "outer-dimensions", "fork-of", "material", "printing-process",
    };

    private static readonly HashSet<string> PartFields = new(StringComparer.Ordinal)
    {
        "name", "source", "export", "auxiliary", "image", "tsdc", "material", "printing-process", "mass", "outer-dimensions", "quantity",
        "manufacturing-instructions", "toolpath",
    };

    private static readonly HashSet<string> ToolpathFields = new(StringComparer.Ordinal) { "file", "machine-class", "material" };

    private static readonly HashSet<string> VersionOneFields = new(StringComparer.Ordinal)
    {
        "title", "description", "intended-use", "keywords", "project-link", "health-safety-notice", "contact", "contributors", "image", "version",
        "development-stage", "made", "made-independently", "standards-used", "derivative-of", "variant-of", "sub-parts", "license", "licensor",
        "documentation-home", "archive-download", "design-files", "schematics", "bom", "tool-list", "making-instructions", "manufacturing-files",
        "risk-assessment", "tool-settings", "quality-instructions", "operating-instructions", "maintenance-instructions", "disposal-instructions",
        "software", "date-created", "date-updated", "manifest-author", "okh-manifest-version", "manifest-language", "documentation-language",
        "manifest-is-translation", "documentation-is-translation", "bom-atoms",
    };

    /// <summary>Reads a manifest file.</summary>
    /// <exception cref="ManifestSyntaxException">It is not TOML, or not YAML.</exception>
    public static OkhManifest Read(ReadOnlySpan<byte> bytes, bool isYaml, FindingList findings) =>
        isYaml ? ReadVersionOne(YamlManifestReader.Read(bytes), findings) : ReadVersionTwo(TomlReader.Read(bytes), findings);

    private static OkhManifest ReadVersionTwo(MapNode root, FindingList findings)
    {
        var fields = new OkhFields(root, "", TopFields, findings);
        return new OkhManifest
        {
            Line = 1,
            OkhVersion = fields.Text("okhv"),
            Name = fields.Text("name"),
            Version = fields.Text("version"),
            License = fields.Text("license"),
            Licensor = fields.People("licensor"),
            Function = fields.Text("function"),
            Repository = fields.Text("repo"),
            Tsdc = FirstText(fields, "tsdc"),
            Material = fields.Text("material"),
            MassGrams = fields.MassGrams(),
            OuterDimensionsMm = fields.Dimensions(),
            Sources = fields.Files("source"),
            Exports = fields.Files("export"),
            Parts = Tables(fields.Find("part"), "part", findings).Select((table, i) => ReadPart(table, i, findings)).ToList(),
            Documents = DocumentsOf(fields, "readme", "contribution-guide", "image", "bom", "manufacturing-instructions", "user-manual", "auxiliary"),
        };
    }

    private static OkhPart ReadPart(MapNode table, int index, FindingList findings)
    {
        var fields = new OkhFields(table, $"part[{index + 1}].", PartFields, findings);
        return new OkhPart
        {
            Line = table.Line,
            Name = fields.Text("name"),
            Tsdc = FirstText(fields, "tsdc"),
            Material = fields.Text("material"),
            MassGrams = fields.MassGrams(),
            OuterDimensionsMm = fields.Dimensions(),
            Quantity = fields.Count("quantity") ?? 1,
            Sources = [.. fields.Files("source"), .. fields.Files("auxiliary"), .. fields.Files("image"), .. fields.Files("manufacturing-instructions")],
            Exports = fields.Files("export"),
            Toolpaths = Tables(fields.Find("toolpath"), "toolpath", findings).SelectMany(t => ReadToolpath(t, index, findings)).ToList(),
        };
    }

    private static IEnumerable<OkhToolpath> ReadToolpath(MapNode table, int part, FindingList findings)
    {
        var fields = new OkhFields(table, $"part[{part + 1}].toolpath.", ToolpathFields, findings);
        if (fields.Find("file") is null)
        {
            findings.Add(FindingKind.ValueForm, table.Line, "A toolpath names no file. Add file = \"path.nc\".");
        }

        return fields.Files("file").Select(file => new OkhToolpath(file, fields.Text("machine-class"), fields.Text("material")));
    }

    private static OkhManifest ReadVersionOne(MapNode root, FindingList findings)
    {
        var fields = new OkhFields(root, "", VersionOneFields, findings);
        return new OkhManifest
        {
            Line = 1,
            OkhVersion = fields.Text("okh-manifest-version") ?? "1.0",
            Name = fields.Text("title"),
            Version = fields.Text("version"),
            License = HardwareLicense(fields, findings),
            Licensor = fields.People("licensor"),
            Function = fields.Text("description") ?? fields.Text("intended-use"),
            Repository = fields.Text("project-link") ?? fields.Text("documentation-home"),
            Sources = fields.Files("design-files"),
            Exports = fields.Files("manufacturing-files"),
            Documents = DocumentsOf(fields, "image", "bom", "making-instructions", "operating-instructions", "risk-assessment", "schematics"),
        };
    }

    // Version 1 names licences for hardware, documentation and software apart. Only the hardware's lets anyone make the thing.
    private static string? HardwareLicense(OkhFields fields, FindingList findings) => fields.Find("license") switch
    {
        MapNode map => new OkhFields(map, "license.", ["hardware", "documentation", "software"], findings).Text("hardware"),
        _ => fields.Text("license"),
    };

    private static string? FirstText(OkhFields fields, string name) =>
        fields.Find(name) is ListNode list ? list.Items.OfType<ScalarNode>().Select(s => s.Value as string).FirstOrDefault(s => s is not null) : fields.Text(name);

    private static List<OkhFile> DocumentsOf(OkhFields fields, params ReadOnlySpan<string> names)
    {
        var files = new List<OkhFile>();
        foreach (var name in names)
        {
            files.AddRange(fields.Files(name));
        }

        return files;
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
