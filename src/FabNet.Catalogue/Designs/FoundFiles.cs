// Which files of a folder are parts, where its manifest does not say.

using FabNet.Model.Designs;

namespace FabNet.Catalogue.Designs;

/// <summary>
/// Groups files into parts, the most telling files first: meshes, toolpaths and circuit boards; where there are none, solids and outlines;
/// where there are none of these either, drawings in a folder that says they are to be cut. A picture is not taken for a part.
/// </summary>
internal static class FoundFiles
{
    private static readonly string[] CuttingWords = ["laser", "cut", "cnc", "dxf", "svg", "mill", "router", "plasma"];

    /// <summary>The groups by the stem of their names, in the order of the paths.</summary>
    public static IEnumerable<(string Stem, IReadOnlyList<FolderFile> Files)> GroupIntoParts(IReadOnlyList<FolderFile> files)
    {
        var boards = files.Where(f => FileTypes.Of(f.Path).Shape == Shape.Board).ToList();
        var layers = files.Where(f => FileTypes.Of(f.Path).Shape == Shape.BoardLayer).ToList();
        List<FolderFile>[] tiers =
        [
            [.. files.Where(f => FileTypes.IsMakeable(f.Path)), .. boards],
            [.. files.Where(f => FileTypes.Of(f.Path).Shape is Shape.Solid or Shape.Outline)],
            [.. files.Where(f => FileTypes.Of(f.Path).Shape == Shape.Drawing && IsToBeCut(f.Path))],
        ];
        var found = layers.Count > 0 && tiers[0].Count == 0 ? [] : tiers.FirstOrDefault(t => t.Count > 0) ?? [];
        var groups = found.GroupBy(f => StemOf(f.Path), StringComparer.Ordinal).Select(g => (Stem: g.Key, Files: g.ToList())).ToList();

        // Layers belong to the only board; else those of a folder are a board.
        if (boards is [var board])
        {
            groups.Find(g => g.Stem == StemOf(board.Path)).Files.AddRange(layers);
        }
        else
        {
            groups.AddRange(layers.GroupBy(f => FolderOf(f.Path), StringComparer.Ordinal).Select(g => (g.Key.Length > 0 ? g.Key : "board", g.ToList())));
        }

        return groups.OrderBy(g => g.Stem, StringComparer.Ordinal).Select(g => (g.Stem, (IReadOnlyList<FolderFile>)g.Files));
    }

    /// <summary>The path without what its name ends with; a toolpath's name ends with its class and material too.</summary>
    public static string StemOf(string path)
    {
        var name = Path.GetFileName(path);
        var dot = FileTypes.Of(path).Kind == ArtefactKind.Toolpath ? name.IndexOf('.', StringComparison.Ordinal) : name.LastIndexOf('.');
        return path[..(path.Length - name.Length + Math.Max(dot, 0))];
    }

    private static string FolderOf(string path) => path.LastIndexOf('/') is var slash and >= 0 ? path[..slash] : "";

    private static bool IsToBeCut(string path)
    {
        var folder = FolderOf(path);
        return folder.Length == 0 || CuttingWords.Any(w => folder.Contains(w, StringComparison.OrdinalIgnoreCase));
    }
}
