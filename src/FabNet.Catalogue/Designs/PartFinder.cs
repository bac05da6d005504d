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
    private readonly HashSet<string> _names = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _programs = new(StringComparer.Ordinal);

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

    /// <summary>The field of <c>[[part]]</c> that names files of a kind; null for toolpaths, which have tables of their own.</summary>
    public static string? FieldOf(ArtefactKind kind) => kind switch
    {
        ArtefactKind.Toolpath => null,
        ArtefactKind.Source => "source",
        ArtefactKind.Mesh or ArtefactKind.Export => "export",
        ArtefactKind.Instructions => "manufacturing-instructions",
        ArtefactKind.Image => "image",
        _ => "auxiliary",
    };

    private List<DesignPart> DeclaredParts()
    {
        var parts = okh.Parts.Take(DesignManifest.MaxParts).Select(DeclaredPart).ToList();
        var taken = parts.SelectMany(p => p.Artefacts).Select(a => a.Path).ToHashSet(StringComparer.Ordinal);
        foreach (var file in folder.Files.Where(f => FileTypes.IsMakeable(f.Path) && !taken.Contains(f.Path)))
        {
            findings.Add(FindingKind.MeshWithoutPart, file.Path, null, "belongs to no part. Name it in the export of a [[part]], or as a [[part.toolpath]].");
        }

        return parts;
    }

    private DesignPart DeclaredPart(OkhPart part)
    {
        var artefacts = part.Toolpaths.SelectMany(Toolpaths).ToList();
        var kept = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, text) in part.Kept)
        {
            kept.Add(name, text);
        }

        AddFiles("source", part.Sources, ArtefactKind.Source);
        AddFiles("export", part.Exports, ArtefactKind.Export);
        AddFiles("manufacturing-instructions", part.Instructions, ArtefactKind.Instructions);
        AddFiles("image", part.Images, ArtefactKind.Image);
        AddFiles("auxiliary", part.Auxiliaries, ArtefactKind.Other);
        var firstMesh = artefacts.Find(a => a.Kind == ArtefactKind.Mesh) ?? artefacts.FirstOrDefault();
        var partName = part.Name ?? (firstMesh is null ? "part" : Path.GetFileNameWithoutExtension(firstMesh.Path));
        if (part.Name is null)
        {
            findings.Add(FindingKind.FieldMissing, part.Line, $"This part has no name; '{partName}' was taken. Add name = \"…\".");
        }

        return Build(part, partName, artefacts, part.Tsdc) with { Quantity = part.Quantity, Requirements = part.Requirements, OkhFields = kept };

        // What names no file of the folder (an address, a file that is missing) is kept, so that an export names it again.
        void AddFiles(string field, IReadOnlyList<OkhFile> named, ArtefactKind kind)
        {
            var others = new List<string>();
            foreach (var file in named)
            {
                var resolved = file.IsAddress ? [] : folder.Resolve(file);
                artefacts.AddRange(resolved.Where(f => !artefacts.Exists(a => a.Path == f.Path)).Select(f => Named(f, kind)));
                if (resolved.Count == 0 && (file.IsAddress || DesignPath.FindFault(file.Path) is null) && PlainText.Line(file.Path, 2_000) is { } text)
                {
                    others.Add(text);
                }
            }

            if (others.Count > 0)
            {
                kept[field] = TomlText.Of(others.Distinct(StringComparer.Ordinal).Take(20));
            }
        }
    }

    private List<DesignPart> FoundParts()
    {
        // What the manifest exports are the parts; if it exports none, whatever can be made.
        var exported = okh.Exports.SelectMany(folder.Resolve).Where(f => FileTypes.IsMakeable(f.Path)).ToList();
        var sources = okh.Sources.SelectMany(folder.Resolve).ToList();
        var byStem = FoundFiles.GroupIntoParts(exported.Count > 0 ? exported : [.. folder.Files]).Take(DesignManifest.MaxParts).ToList();
        if (byStem.Count > 0 && exported.Count == 0)
        {
            findings.Add(FindingKind.PartsNotDeclared, null,
                $"No [[part]] is declared; {(byStem.Count == 1 ? "1 was" : $"{byStem.Count} were")} found by the files. Declare each with name, source, export, tsdc and material.");
        }

        var parts = new List<DesignPart>();
        foreach (var (stem, files) in byStem)
        {
            var isOnly = byStem.Count == 1;
            var companions = folder.Files.Where(f => !files.Contains(f) && FileTypes.Of(f.Path).Kind == ArtefactKind.Source && (FoundFiles.StemOf(f.Path) == stem || (isOnly && sources.Contains(f))));
            var artefacts = companions.Concat(files).Select(f => Named(f, ArtefactKind.Source)).ToList();
            var facts = isOnly ? okh with { Tsdc = null } : new OkhThing { Line = okh.Line, Material = okh.Material };
            var name = isOnly && okh.Name is { } title ? title : Path.GetFileName(stem);
            var isBoard = files.Any(f => FileTypes.Of(f.Path).Shape is Shape.Board or Shape.BoardLayer);
            parts.Add(Build(facts, name, artefacts, isBoard ? "PCB" : null));
        }

        return parts;
    }

    private DesignPart Build(OkhThing facts, string wantedName, List<Artefact> unordered, string? tsdc)
    {
        // The order in which okh.toml names them, so that an export read again gives the same.
        var artefacts = unordered.OrderBy(a => FieldOf(a.Kind) is { } field ? Array.IndexOf(OkhVersionTwo.PartFileFields, field) : -1).ToList();
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
            ClaimedDimensionsMm = facts.OuterDimensionsMm,
            VolumeMm3 = volume,
            MassGrams = facts.MassGrams,
            Artefacts = artefacts,
        };
    }

    private FabricationProcess ProcessOf(string name, OkhThing facts, List<Artefact> artefacts, string? tsdc)
    {
        var hasMesh = artefacts.Exists(a => a.Kind == ArtefactKind.Mesh);
        var toolpath = artefacts.Find(a => a.Kind == ArtefactKind.Toolpath);

        // What the whole design says holds for its parts too, unless they are what a module is assembled from.
        var inherited = TsdcCodes.FromTsdc(okh.Tsdc);
        tsdc ??= inherited.IsMachineMade() || (!hasMesh && toolpath is null) ? okh.Tsdc : null;
        var process = TsdcCodes.FromTsdc(tsdc);
        if (process != FabricationProcess.Unknown)
        {
            return process;
        }

        process = hasMesh ? FabricationProcess.Printing
            : toolpath is not null && folder.TryGet(toolpath.Path, out var file) ? ToolpathName.ProcessOf(file)
            : FabricationProcess.Unknown;
        if (process != FabricationProcess.Unknown || facts is OkhPart || artefacts.Count > 0)
        {
            findings.Add(FindingKind.ProcessUnknown, facts.Line, $"The part '{name}' has "
                + (tsdc is null ? "no tsdc" : $"the tsdc '{PlainText.Line(tsdc, 40)}'")
                + (process.ToTsdc() is { } taken ? $"; {taken} was taken from its files. Add tsdc = \"{taken}\"." : $". Add tsdc = \"LAS\", say: one of {TsdcCodes.Known}."));
        }

        return process;
    }

    private IEnumerable<Artefact> Toolpaths(OkhToolpath toolpath)
    {
        foreach (var file in folder.Resolve(toolpath.File))
        {
            // Whatever its name ends with, wherever else it is named.
            _programs.Add(file.Path);
            yield return ArtefactOf(file) with
            {
                Kind = ArtefactKind.Toolpath,
                MachineClass = MachineClass(toolpath),
                Material = Material(toolpath.Material),
                Settings = toolpath.Settings,
                Runs = toolpath.Runs,
            };
        }
    }

    // A toolpath that no table describes may say its machine class in its name.
    private Artefact Named(FolderFile file, ArtefactKind kind)
    {
        var artefact = ArtefactOf(file);
        switch (artefact.Kind)
        {
            case ArtefactKind.Mesh:
                return artefact;
            case ArtefactKind.Toolpath:
                var (machineClass, material) = ToolpathName.Read(file.Path);
                return artefact with { MachineClass = machineClass, Material = material };
            default:
                return artefact with { Kind = kind };
        }
    }

    private Artefact ArtefactOf(FolderFile file) => DesignImporter.ArtefactOf(file, digests) is var artefact && _programs.Contains(file.Path)
        ? artefact with { MediaType = "text/x-gcode" }
        : artefact;

    private string? MachineClass(OkhToolpath toolpath)
    {
        var name = toolpath.MachineClass?.Trim().ToLowerInvariant();
        if (name is not null && !ToolpathName.IsMachineClass(name))
        {
            findings.Add(FindingKind.ValueForm, toolpath.File.Line, $"machine-class is '{PlainText.Line(name, 60)}'. Write a machine profile's name, such as shapeoko-3. It was left out.");
            name = null;
        }

        return name ?? ToolpathName.Read(toolpath.File.Path).MachineClass;
    }

    private static string? Material(string? text) => PlainText.Line(text, 64)?.ToUpperInvariant() is { } upper && !upper.Any(char.IsLower) ? upper : null;

    private string UniqueName(string wanted)
    {
        var clean = PlainText.Name(wanted, 190) ?? "part";
        if (clean != wanted.Trim())
        {
            findings.Add(FindingKind.NameUnclear, null, $"The part '{clean}' had characters in its name that nobody sees, or too many; they were left out.");
        }

        if (NameForm.FindMix(clean) is { } mix)
        {
            findings.Add(FindingKind.NameUnclear, null, $"The part's name '{clean}' {mix}");
        }

        var name = clean;
        for (var number = 2; !_names.Add(name); number++)
        {
            name = $"{clean} {number}";
        }

        return name;
    }
}
