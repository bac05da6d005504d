// Finds the parts of a design: those that its manifest declares, otherwise each mesh and toolpath among the files.

using FabNet.Catalogue.OpenKnowHow;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Machines;
using FabNet.Protocol;

namespace FabNet.Catalogue.Designs;

/// <summary>Finds parts and measures their meshes. Used once per import.</summary>
internal sealed class PartFinder(OkhManifest okh, DesignFolder folder, IReadOnlyDictionary<string, Digest> digests, FindingList findings)
{
    /// <summary>Codes that Open Know-How has and no machine of FabNet performs yet: a part that says so is complete, it can't be ordered.</summary>
    private static readonly HashSet<string> OtherTsdcCodes = new(StringComparer.OrdinalIgnoreCase) { "PCB", "MEC", "ASM", "WEL", "CIR" };

    private readonly HashSet<string> _names = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The parts, in the order of the manifest, or of the files' paths.</summary>
    public IReadOnlyList<DesignPart> FindParts()
    {
        var parts = okh.Parts.Count > 0 ? DeclaredParts() : FoundParts();
        if (!parts.Exists(p => p.Artefacts.Any(a => a.Kind is ArtefactKind.Mesh or ArtefactKind.Toolpath)))
        {
            findings.Add(FindingKind.NothingToMake, null, "No part has a mesh (STL, 3MF, OBJ) or a toolpath (G-code), so the design can't be ordered. Add them, and name them in [[part]].");
        }

        return parts;
    }

    private List<DesignPart> DeclaredParts()
    {
        var parts = okh.Parts.Take(DesignManifest.MaxParts).Select(DeclaredPart).ToList();
        var taken = parts.SelectMany(p => p.Artefacts).Select(a => a.Path).ToHashSet(StringComparer.Ordinal);
        foreach (var file in folder.Files.Where(f => FileTypes.Of(f.Path).Kind is ArtefactKind.Mesh or ArtefactKind.Toolpath && !taken.Contains(f.Path)))
        {
            findings.Add(FindingKind.MeshWithoutPart, file.Path, null, "belongs to no part. Name it in the export of a [[part]], or as a [[part.toolpath]].");
        }

        return parts;
    }

    private DesignPart DeclaredPart(OkhPart part)
    {
        var artefacts = new List<Artefact>();
        foreach (var toolpath in part.Toolpaths)
        {
            artefacts.AddRange(folder.Resolve(toolpath.File)
                .Select(f => AsToolpath(DesignImporter.ArtefactOf(f, digests), MachineClass(toolpath), Material(toolpath.Material))));
        }

        foreach (var file in part.Sources.Concat(part.Exports).SelectMany(folder.Resolve))
        {
            if (!artefacts.Exists(a => a.Path == file.Path))
            {
                artefacts.Add(Named(file));
            }
        }

        var firstMesh = artefacts.Find(a => a.Kind == ArtefactKind.Mesh) ?? artefacts.FirstOrDefault();
        var name = part.Name ?? (firstMesh is null ? "part" : Path.GetFileNameWithoutExtension(firstMesh.Path));
        if (part.Name is null)
        {
            findings.Add(FindingKind.FieldMissing, part.Line, $"This part has no name; '{name}' was taken. Add name = \"…\".");
        }

        return Build(part, name, part.Quantity, artefacts, part.Tsdc ?? okh.Tsdc);
    }

    private List<DesignPart> FoundParts()
    {
        // What the manifest exports are the parts; if it exports none, whatever can be made.
        var exported = okh.Exports.SelectMany(folder.Resolve).ToList();
        var sources = okh.Sources.SelectMany(folder.Resolve).ToList();
        var candidates = exported.Exists(IsMakeable) ? exported : [.. folder.Files];
        var byStem = candidates.Where(IsMakeable).GroupBy(f => StemOf(f.Path), StringComparer.Ordinal).Take(DesignManifest.MaxParts).ToList();
        if (byStem.Count > 0 && okh.Exports.Count == 0)
        {
            findings.Add(FindingKind.PartsNotDeclared, null,
                $"No [[part]] is declared; {(byStem.Count == 1 ? "1 was" : $"{byStem.Count} were")} found by the files. Declare each with name, source, export, tsdc and material.");
        }

        var parts = new List<DesignPart>();
        foreach (var group in byStem)
        {
            var isOnly = byStem.Count == 1;
            var companions = folder.Files.Where(f => FileTypes.Of(f.Path).Kind == ArtefactKind.Source && (StemOf(f.Path) == group.Key || (isOnly && sources.Contains(f))));
            var artefacts = companions.Concat(group).Select(Named).ToList();
            var facts = isOnly ? okh : new OkhThing { Line = okh.Line, Material = okh.Material };
            parts.Add(Build(facts, isOnly && okh.Name is { } title ? title : Path.GetFileName(group.Key), 1, artefacts, okh.Tsdc));
        }

        return parts;

        static bool IsMakeable(FolderFile file) => FileTypes.Of(file.Path).Kind is ArtefactKind.Mesh or ArtefactKind.Toolpath;
    }

    private DesignPart Build(OkhThing facts, string wantedName, int quantity, List<Artefact> artefacts, string? tsdc)
    {
        var name = UniqueName(wantedName);
        var material = Material(facts.Material);
        var process = ProcessOf(name, facts, artefacts, tsdc);
        if (material is null && process != FabricationProcess.Unknown)
        {
            findings.Add(FindingKind.MaterialMissing, facts.Line, $"The part '{name}' names no material. Add material = \"PLA\", say, if it matters; an order may name another.");
        }

        foreach (var toolpath in artefacts.Where(a => a is { Kind: ArtefactKind.Toolpath, MachineClass: null }))
        {
            findings.Add(FindingKind.MachineClassMissing, facts.Line,
                $"The toolpath {toolpath.Path} names no machine class, so no machine will run it. Add [[part.toolpath]] with file and machine-class = \"shapeoko-3\", say.");
        }

        var (dimensions, volume) = new PartMeasurer(folder, findings).Measure(name, facts, artefacts);
        return new DesignPart
        {
            Name = name,
            Process = process,
            Material = material,
            OuterDimensionsMm = dimensions,
            VolumeMm3 = volume,
            MassGrams = facts.MassGrams,
            Quantity = quantity,
            Artefacts = artefacts,
        };
    }

    private FabricationProcess ProcessOf(string name, OkhThing facts, List<Artefact> artefacts, string? tsdc)
    {
        var process = TsdcCodes.FromTsdc(tsdc);
        if (process != FabricationProcess.Unknown || (tsdc is not null && facts.Tsdc is not null && OtherTsdcCodes.Contains(tsdc)))
        {
            return process;
        }

        var hasMesh = artefacts.Exists(a => a.Kind == ArtefactKind.Mesh);
        var toolpath = artefacts.Find(a => a.Kind == ArtefactKind.Toolpath);
        process = hasMesh ? FabricationProcess.Printing
            : toolpath is not null && folder.TryGet(toolpath.Path, out var file) ? ToolpathName.ProcessOf(file)
            : FabricationProcess.Unknown;
        if (process != FabricationProcess.Unknown || facts is OkhPart)
        {
            findings.Add(FindingKind.ProcessUnknown, facts.Line, $"The part '{name}' has "
                + (tsdc is null ? "no tsdc" : $"the tsdc '{DesignImporter.Clean(tsdc, 40)}'")
                + (process.ToTsdc() is { } taken ? $"; {taken} was taken from its files. Add tsdc = \"{taken}\"." : ". Add tsdc = \"3DP\", \"CNC\" or \"LAS\" if a machine can make it."));
        }

        return process;
    }

    // A toolpath that no table describes may say its machine class in its name.
    private Artefact Named(FolderFile file)
    {
        var artefact = DesignImporter.ArtefactOf(file, digests);
        if (artefact.Kind != ArtefactKind.Toolpath)
        {
            return artefact;
        }

        var (machineClass, material) = ToolpathName.Read(file.Path);
        return AsToolpath(artefact, machineClass, material);
    }

    private string? MachineClass(OkhToolpath toolpath)
    {
        var name = toolpath.MachineClass?.Trim().ToLowerInvariant();
        if (name is null || ToolpathName.IsMachineClass(name))
        {
            return name ?? ToolpathName.Read(toolpath.File.Path).MachineClass;
        }

        findings.Add(FindingKind.ValueForm, toolpath.File.Line, $"machine-class is '{DesignImporter.Clean(name, 60)}'. Write a machine profile's name, such as shapeoko-3. It was left out.");
        return null;
    }

    private static Artefact AsToolpath(Artefact artefact, string? machineClass, string? material) =>
        artefact with { Kind = ArtefactKind.Toolpath, MediaType = "text/x-gcode", MachineClass = machineClass, Material = material };

    private static string? Material(string? text) => DesignImporter.Clean(text?.ReplaceLineEndings(" "), 64)?.ToUpperInvariant() is { } upper && !upper.Any(char.IsLower) ? upper : null;

    private static string StemOf(string path)
    {
        var name = Path.GetFileName(path);
        var dot = FileTypes.Of(path).Kind == ArtefactKind.Toolpath ? name.IndexOf('.', StringComparison.Ordinal) : name.LastIndexOf('.');
        return path[..(path.Length - name.Length + Math.Max(dot, 0))];
    }

    private string UniqueName(string wanted)
    {
        var clean = DesignImporter.Clean(wanted, 190) ?? "part";
        var name = clean;
        for (var number = 2; !_names.Add(name); number++)
        {
            name = $"{clean} {number}";
        }

        return name;
    }
}
