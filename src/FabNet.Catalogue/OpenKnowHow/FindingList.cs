// Collects findings while a folder is imported.

using FabNet.Catalogue.Designs;

namespace FabNet.Catalogue.OpenKnowHow;

/// <summary>Collects findings. <see cref="InOrderOfFixing"/> sorts them by kind, keeping the order of the file within a kind.</summary>
internal sealed class FindingList
{
    /// <summary>A hostile manifest can't make more than this many.</summary>
    private const int MaxCount = 1_000;

    private readonly List<ImportFinding> _findings = [];

    /// <summary>The manifest's name within the folder: where a finding is that names no other file. Default <c>okh.toml</c>.</summary>
    public string ManifestFile { get; set; } = OkhWriter.FileName;

    public void Add(FindingKind kind, int? line, string message) => Add(kind, ManifestFile, line, message);

    public void Add(FindingKind kind, string file, int? line, string message)
    {
        if (_findings.Count < MaxCount)
        {
            _findings.Add(new ImportFinding { Kind = kind, File = PlainText.Line(file, 600) ?? "", Line = line, Message = OneLine(message) });
        }
    }

    public IReadOnlyList<ImportFinding> InOrderOfFixing() => [.. _findings.OrderBy(f => f.Kind)];

    // Messages quote the manifest, which may hold what would steer a terminal.
    private static string OneLine(string message) => PlainText.Line(message, 1_000) ?? "";
}
