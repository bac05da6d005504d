// What a file is, by the end of its name.

using System.Collections.Frozen;
using FabNet.Model.Designs;

namespace FabNet.Catalogue.Designs;

/// <summary>What a file says of how its part is made, beyond its kind.</summary>
internal enum Shape
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>A solid that a person edits or exchanges: STEP, OpenSCAD, FreeCAD.</summary>
    Solid,

    /// <summary>A flat outline to be cut: DXF.</summary>
    Outline,

    /// <summary>A drawing that may be an outline or only a picture: SVG.</summary>
    Drawing,

    /// <summary>A circuit board: KiCad's layout.</summary>
    Board,

    /// <summary>A layer of a circuit board: Gerber, Excellon.</summary>
    BoardLayer,
}

/// <summary>Kinds and media types by file name. Media types are IANA's where it has one; unknown files are <c>application/octet-stream</c>.</summary>
internal static class FileTypes
{
    private const string Gerber = "application/vnd.gerber";

    private static readonly FrozenDictionary<string, FileType> ByExtension = new Dictionary<string, FileType>
    {
        [".stl"] = new(ArtefactKind.Mesh, "model/stl"),
        [".3mf"] = new(ArtefactKind.Mesh, "model/3mf"),
        [".obj"] = new(ArtefactKind.Mesh, "model/obj"),
        [".amf"] = new(ArtefactKind.Mesh, "application/x-amf"),
        [".gcode"] = new(ArtefactKind.Toolpath, "text/x-gcode"),
        [".gco"] = new(ArtefactKind.Toolpath, "text/x-gcode"),
        [".nc"] = new(ArtefactKind.Toolpath, "text/x-gcode"),
        [".ngc"] = new(ArtefactKind.Toolpath, "text/x-gcode"),
        [".scad"] = new(ArtefactKind.Source, "application/x-openscad", Shape.Solid),
        [".step"] = new(ArtefactKind.Source, "model/step", Shape.Solid),
        [".stp"] = new(ArtefactKind.Source, "model/step", Shape.Solid),
        [".fcstd"] = new(ArtefactKind.Source, "application/x-extension-fcstd", Shape.Solid),
        [".f3d"] = new(ArtefactKind.Source, "application/octet-stream", Shape.Solid),
        [".blend"] = new(ArtefactKind.Source, "application/x-blender"),
        [".dxf"] = new(ArtefactKind.Source, "image/vnd.dxf", Shape.Outline),
        [".svg"] = new(ArtefactKind.Source, "image/svg+xml", Shape.Drawing),
        [".kicad_pcb"] = new(ArtefactKind.Source, "application/x-kicad-pcb", Shape.Board),
        [".kicad_sch"] = new(ArtefactKind.Source, "application/x-kicad-schematic"),
        [".kicad_pro"] = new(ArtefactKind.Source, "application/x-kicad-project"),
        [".sch"] = new(ArtefactKind.Source, "application/octet-stream"),
        [".brd"] = new(ArtefactKind.Source, "application/octet-stream", Shape.Board),
        [".gbr"] = new(ArtefactKind.Export, Gerber, Shape.BoardLayer),
        [".gtl"] = new(ArtefactKind.Export, Gerber, Shape.BoardLayer),
        [".gbl"] = new(ArtefactKind.Export, Gerber, Shape.BoardLayer),
        [".gts"] = new(ArtefactKind.Export, Gerber, Shape.BoardLayer),
        [".gbs"] = new(ArtefactKind.Export, Gerber, Shape.BoardLayer),
        [".gto"] = new(ArtefactKind.Export, Gerber, Shape.BoardLayer),
        [".gbo"] = new(ArtefactKind.Export, Gerber, Shape.BoardLayer),
        [".gko"] = new(ArtefactKind.Export, Gerber, Shape.BoardLayer),
        [".drl"] = new(ArtefactKind.Export, "application/x-excellon", Shape.BoardLayer),
        [".md"] = new(ArtefactKind.Other, "text/markdown"),
        [".txt"] = new(ArtefactKind.Other, "text/plain"),
        [".csv"] = new(ArtefactKind.Other, "text/csv"),
        [".pdf"] = new(ArtefactKind.Other, "application/pdf"),
        [".png"] = new(ArtefactKind.Other, "image/png"),
        [".jpg"] = new(ArtefactKind.Other, "image/jpeg"),
        [".jpeg"] = new(ArtefactKind.Other, "image/jpeg"),
        [".toml"] = new(ArtefactKind.Other, "application/toml"),
        [".yml"] = new(ArtefactKind.Other, "application/yaml"),
        [".yaml"] = new(ArtefactKind.Other, "application/yaml"),
        [".py"] = new(ArtefactKind.Source, "text/x-python"),
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>What the file with this path is.</summary>
    public static FileType Of(string path)
    {
        var name = Path.GetFileName(path);
        return ByExtension.TryGetValue(Path.GetExtension(name), out var known) ? known
            : name.StartsWith("LICENSE", StringComparison.OrdinalIgnoreCase) ? new(ArtefactKind.Other, "text/plain")
            : new(ArtefactKind.Other, "application/octet-stream");
    }

    /// <summary>True for a mesh or a toolpath: what a machine can begin with.</summary>
    public static bool IsMakeable(string path) => Of(path).Kind is ArtefactKind.Mesh or ArtefactKind.Toolpath;
}

/// <summary>What a file is.</summary>
internal readonly record struct FileType(ArtefactKind Kind, string MediaType, Shape Shape = Shape.None);
