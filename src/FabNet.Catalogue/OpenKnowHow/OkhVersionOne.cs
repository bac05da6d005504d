// Reads okh.yml, Open Know-How v1, into the words of 2.x.

using FabNet.Catalogue.Designs;

namespace FabNet.Catalogue.OpenKnowHow;

/// <summary>
/// Reads v1. Source of the field names: the Open Know-How specification v1. What 2.x has no word for is not lost: okh.yml stays one of the
/// design's files.
/// </summary>
internal static class OkhVersionOne
{
    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        "title", "description", "intended-use", "keywords", "project-link", "health-safety-notice", "contact", "contributors", "image", "version",
        "development-stage", "made", "made-independently", "standards-used", "derivative-of", "variant-of", "sub-parts", "license", "licensor",
        "documentation-home", "archive-download", "design-files", "schematics", "bom", "tool-list", "making-instructions", "manufacturing-files",
        "risk-assessment", "tool-settings", "quality-instructions", "operating-instructions", "maintenance-instructions", "disposal-instructions",
        "software", "date-created", "date-updated", "manifest-author", "okh-manifest-version", "manifest-language", "documentation-language",
        "manifest-is-translation", "documentation-is-translation", "bom-atoms",
    };

    /// <summary>Fields of 2.x that say the same as one of v1.</summary>
    private static readonly (string One, string Two)[] Renamed =
    [
        ("image", "image"), ("bom", "bom"), ("making-instructions", "manufacturing-instructions"), ("operating-instructions", "user-manual"),
        ("derivative-of", "fork-of"), ("documentation-language", "documentation-language"), ("archive-download", "release"),
    ];

    public static OkhManifest Read(MapNode root, FindingList findings)
    {
        var fields = new OkhFields(root, "", Known, findings);
        var two = new OkhFields(new MapNode(root.Line), "", [], findings);
        foreach (var (one, name) in Renamed)
        {
            two.KeepTexts(name, [.. fields.Paths(one).Select(p => p.Path)]);
        }

        return new OkhManifest
        {
            Line = 1,
            OkhVersion = fields.Text("okh-manifest-version") ?? "1.0",
            Name = fields.Text("title"),
            Version = fields.Text("version"),
            License = HardwareLicense(fields, findings),
            Licensor = fields.People("licensor"),
            Attribution = fields.Names("contributors"),
            Function = fields.Text("description") ?? fields.Text("intended-use"),
            Repository = fields.Text("project-link") ?? fields.Text("documentation-home"),
            Sources = fields.Files("design-files"),
            Exports = fields.Files("manufacturing-files"),
            Documents = OkhReader.FilesOf(fields, "image", "bom", "making-instructions", "operating-instructions", "risk-assessment", "schematics"),
            Bom = fields.Files("bom") is [var bom, ..] ? bom : null,
            Kept = two.Kept,
        };
    }

    // Version 1 names licences for hardware, documentation and software apart. Only the hardware's lets anyone make the thing.
    private static string? HardwareLicense(OkhFields fields, FindingList findings) => fields.Find("license") switch
    {
        MapNode map => new OkhFields(map, "license.", ["hardware", "documentation", "software"], findings).Text("hardware"),
        _ => fields.Text("license"),
    };
}
