// From leased jobs to an admitted program: pull, then a proven toolpath or a slice, then admission.

using System.Globalization;
using FabNet.Edge.Commons;
using FabNet.Edge.Designs;
using FabNet.Edge.Queue;
using FabNet.Edge.Slicing;
using FabNet.Edge.Storage;
using FabNet.GCode;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using FabNet.Model.Sites;
using FabNet.Protocol.Statements;

namespace FabNet.Edge.Preparing;

/// <summary>Prepares jobs. Thread safe.</summary>
internal sealed class Preparation(DesignCache designs, PrusaSlicer slicer, ProgramFolder programs)
{
    private const int ViolationsTold = 5;

    /// <summary>Prepares the jobs of a plate for one machine, as one program. Whatever can go wrong comes back as an outcome.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task<PreparationOutcome> PrepareAsync(Plate plate, MachineProfile profile, LoadedMaterial loaded, CancellationToken cancellationToken)
    {
        var at = plate.Lead;
        try
        {
            var works = new List<PartOfPlate>(plate.Jobs.Count);
            foreach (var job in plate.Jobs)
            {
                at = job;
                if (await designs.FindStopAsync(job.Design, cancellationToken) is { } stop)
                {
                    return new Refused($"{job.Design} must not be made: {stop}", Everywhere: true, job.Id);
                }

                var design = await designs.GetAsync(job.Design, cancellationToken);
                var (work, refused) = Choose(job, design, profile);
                if (work is null)
                {
                    return refused!;
                }

                works.Add(work);
            }

            return works is [{ Toolpath: { } toolpath } only]
                ? await TakeAsync(plate, only, toolpath, profile, cancellationToken)
                : await SliceAsync(plate, works, profile, loaded, cancellationToken);
        }
        catch (DesignException e)
        {
            return e.Fault is DesignFault.Unreachable ? new Postponed(e.Message) : new Refused(e.Message, Everywhere: true, at.Id);
        }
        catch (SlicerException e)
        {
            return new Refused(e.Message, Everywhere: false);
        }
        catch (IOException e) when (Disk.IsFull(e) && e is not DiskFullException { IsForGood: true })
        {
            return new Postponed(e.Message);
        }
        catch (IOException e)
        {
            return new Refused($"{plate} can't be prepared at this site: {e.Message}", Everywhere: false);
        }
        catch (UnauthorizedAccessException e)
        {
            return new Refused($"{plate} can't be prepared at this site: {e.Message} Check who owns its data folder.", Everywhere: false);
        }
    }

    /// <summary>What a job is made from here: the toolpath that is proven on the machine's class, or a mesh.</summary>
    private static (PartOfPlate? Part, Refused? Refused) Choose(Job job, Design design, MachineProfile profile)
    {
        if (design.Parts.FirstOrDefault(p => p.Name == job.Part) is not { } part)
        {
            return (null, new Refused($"The design {design.Ref} has no part '{job.Part}'. It has: {string.Join(", ", design.Parts.Select(p => p.Name))}.", Everywhere: true, job.Id));
        }

        var material = job.Material ?? part.Material;
        if (material is not null && profile.Materials.Count > 0 && !profile.Materials.Contains(material))
        {
            return (null, new Refused($"{profile.Title} ({profile.Name}) does not work {material}. It works: {string.Join(", ", profile.Materials)}.", Everywhere: false, job.Id));
        }

        var toolpath = FindToolpath(part, profile, material, job.Copies);
        var mesh = part.Artefacts.FirstOrDefault(a => a.Kind is ArtefactKind.Mesh);
        return toolpath is null && (mesh is null || profile.Process is not FabricationProcess.Printing)
            ? (null, NothingServes(job, design, part, profile, material, mesh is not null))
            : (new PartOfPlate(job, design, material, toolpath, mesh), null);
    }

    private async Task<PreparationOutcome> TakeAsync(Plate plate, PartOfPlate part, Artefact toolpath, MachineProfile profile, CancellationToken cancellationToken)
    {
        await using var gcode = await designs.OpenAsync(part.Design, toolpath, cancellationToken);
        var proven = new Recipe { License = part.Design.License, Settings = RunStatement.SettingsOf(toolpath.Settings), Toolpath = toolpath.Digest };
        var recipes = new Dictionary<JobId, Recipe> { [part.Job.Id] = proven };
        return Admit(gcode, plate, profile, part.Material ?? toolpath.Material, recipes, $"the toolpath {toolpath.Path} of {part.Design.Ref}", cancellationToken);
    }

    private async Task<PreparationOutcome> SliceAsync(Plate plate, List<PartOfPlate> parts, MachineProfile profile, LoadedMaterial loaded, CancellationToken cancellationToken)
    {
        if (parts.Find(static p => p.Mesh is null || p.Toolpath is not null) is { } proven)
        {
            return new Refused($"{proven.Job.Id} has a toolpath of its own for a {profile.Name}, and shares no bed.", Everywhere: false);
        }

        var materials = parts.Select(static p => p.Material).Distinct().ToList();
        if (materials.Count > 1)
        {
            return new Refused($"{plate} need different materials, and share no bed.", Everywhere: false);
        }

        var material = materials[0] ?? loaded.Material ?? (profile.Materials is [var first, ..] ? first : "PLA");
        var meshes = new List<SlicerMesh>(parts.Count);
        try
        {
            foreach (var part in parts)
            {
                meshes.Add(new SlicerMesh(await designs.OpenAsync(part.Design, part.Mesh!, cancellationToken), part.Mesh!.Digest, part.Mesh.Path, part.Job.Copies));
            }

            await using var sliced = await slicer.SliceAsync(meshes, profile, material, cancellationToken);
            var settings = RunStatement.SettingsOf(SlicerSettings.ForCommons(profile, material));
            var recipes = parts.ToDictionary(static p => p.Job.Id, p => new Recipe { License = p.Design.License, Settings = settings });
            var made = string.Join(", ", parts.Select(static p => $"{p.Mesh!.Path} of {p.Design.Ref}").Distinct(StringComparer.Ordinal));
            return Admit(sliced, plate, profile, material, recipes, $"what PrusaSlicer made of {made}", cancellationToken);
        }
        finally
        {
            foreach (var mesh in meshes)
            {
                await mesh.Content.DisposeAsync();
            }
        }
    }

    /// <summary>The toolpath proven on this machine class: for the very material if there is one, else for any. It makes one copy.</summary>
    private static Artefact? FindToolpath(DesignPart part, MachineProfile profile, string? material, int copies) => copies > 1
        ? null
        : part.Artefacts
            .Where(a => a.Kind is ArtefactKind.Toolpath && a.MachineClass == profile.Name && (a.Material is null || material is null || a.Material == material))
            .OrderByDescending(a => a.Material is not null)
            .FirstOrDefault();

    private static Refused NothingServes(Job job, Design design, DesignPart part, MachineProfile profile, string? material, bool hasMesh)
    {
        var classes = part.Artefacts.Where(a => a.Kind is ArtefactKind.Toolpath).Select(a => a.MachineClass).Distinct().ToList();
        var wanted = material is null ? $"'{profile.Name}'" : $"'{profile.Name}' in {material}";
        var copies = job.Copies > 1 ? $" that makes {job.Copies} at once" : "";
        var others = classes.Count > 0 ? $" Proven toolpaths are for: {string.Join(", ", classes)}." : "";
        var mesh = hasMesh ? "and its mesh can only be sliced for a 3D printer" : "and no mesh";
        return new Refused(
            $"The design {design.Ref}, part {part.Name}, has no toolpath for {wanted}{copies} {mesh}.{others} Publish a version with a mesh, or with a toolpath for this machine class.",
            Everywhere: classes.Count == 0 && !hasMesh,
            job.Id);
    }

    private PreparationOutcome Admit(
        Stream gcode, Plate plate, MachineProfile profile, string? material, IReadOnlyDictionary<JobId, Recipe> recipes, string what, CancellationToken cancellationToken)
    {
        var (result, path) = programs.Admit(gcode, plate.Lead, profile, cancellationToken);
        if (result.Program is { } program)
        {
            return new Prepared { Program = program, Path = path!, Material = material, Recipes = recipes };
        }

        var refusals = result.Violations.Where(v => v.Severity is Severity.Refusal).Take(ViolationsTold).ToList();
        var more = result.RefusalCount > refusals.Count ? string.Create(CultureInfo.InvariantCulture, $"; and {result.RefusalCount - refusals.Count} more") : "";
        return new Refused($"Admission for {profile.Name} refused {what}: {string.Join("; ", refusals)}{more}.", Everywhere: false);
    }

    private sealed record PartOfPlate(Job Job, Design Design, string? Material, Artefact? Toolpath, Artefact? Mesh);
}
