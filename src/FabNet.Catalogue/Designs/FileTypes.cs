// What a file is, by the end of its name.

using System.Collections.Frozen;
using FabNet.Model.Designs;

namespace FabNet.Catalogue.Designs;

/// <summary>Kinds and media types by file name. Media types are IANA's where it has one; unknown files are <c>application/octet-stream</c>.</summary>
internal static class FileTypes
{
    private static readonly FrozenDictionary<string, (ArtefactKind Kind, string MediaType)> ByExtension =
        new Dictionary<string, (ArtefactKind, string)>
        {
            [".stl"] = (ArtefactKind.Mesh, "model/stl"),
            [".3mf"] = (ArtefactKind.Mesh, "model/3mf"),
            [".obj"] = (ArtefactKind.Mesh, "model/obj"),
            [".amf"] = (ArtefactKind.Mesh, "application/x-amf"),
            [".gcode"] = (ArtefactKind.Toolpath, "text/x-gcode"),
            [".gco"] = (ArtefactKind.Toolpath, "text/x-gcode"),
            [".nc"] = (ArtefactKind.Toolpath, "text/x-gcode"),
            [".ngc"] = (ArtefactKind.Toolpath, "text/x-gcode"),
            [".scad"] = (ArtefactKind.Source, "application/x-openscad"),
            [".step"] = (ArtefactKind.Source, "model/step"),
            [".stp"] = (ArtefactKind.Source, "model/step"),
            [".fcstd"] = (ArtefactKind.Source, "application/x-extension-fcstd"),
            [".f3d"] = (ArtefactKind.Source, "application/octet-stream"),
            [".blend"] = (ArtefactKind.Source, "application/x-blender"),
            [".dxf"] = (ArtefactKind.Source, "image/vnd.dxf"),
            [".svg"] = (ArtefactKind.Source, "image/svg+xml"),
            [".md"] = (ArtefactKind.Other, "text/markdown"),
            [".txt"] = (ArtefactKind.Other, "text/plain"),
            [".csv"] = (ArtefactKind.Other, "text/csv"),
            [".pdf"] = (ArtefactKind.Other, "application/pdf"),
            [".png"] = (ArtefactKind.Other, "image/png"),
            [".jpg"] = (ArtefactKind.Other, "image/jpeg"),
            [".jpeg"] = (ArtefactKind.Other, "image/jpeg"),
            [".toml"] = (ArtefactKind.Other, "application/toml"),
            [".yml"] = (ArtefactKind.Other, "application/yaml"),
            [".yaml"] = (ArtefactKind.Other, "application/yaml"),
            [".py"] = (ArtefactKind.Source, "text/x-python"),
        }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>What the file with this path is.</summary>
    public static (ArtefactKind Kind, string MediaType) Of(string path)
    {
        var name = Path.GetFileName(path);
        return ByExtension.TryGetValue(Path.GetExtension(name), out var known) ? known
            : name.StartsWith("LICENSE", StringComparison.OrdinalIgnoreCase) ? (ArtefactKind.Other, "text/plain")
            : (ArtefactKind.Other, "application/octet-stream");
    }

    /// <summary>True for a mesh that <see cref="Meshes.StlReader"/> can measure.</summary>
    public static bool IsStl(string path) => path.EndsWith(".stl", StringComparison.OrdinalIgnoreCase);
}
