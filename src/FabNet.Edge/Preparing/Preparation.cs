// From a leased job to an admitted program: pull, then a proven toolpath or a slice, then admission.

using System.Globalization;
using FabNet.Edge.Commons;
using FabNet.Edge.Designs;
using FabNet.Edge.Slicing;
using FabNet.Edge.Storage;
using FabNet.GCode;
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

    /// <summary>Prepares one job for one machine. Whatever can go wrong comes back as an outcome.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task<PreparationOutcome> PrepareAsync(Job job, MachineProfile profile, LoadedMaterial loaded, CancellationToken cancellationToken)
    {
        try
        {
            if (await designs.FindStopAsync(job.Design, cancellationToken) is { } stop)
            {
                return new Refused($"{job.Design} must not be made: {stop}", Everywhere: true);
            }

            var design = await designs.GetAsync(job.Design, cancellationToken);
            var part = design.Parts.FirstOrDefault(p => p.Name == job.Part);
            return part is null
                ? new Refused($"The design {design.Ref} has no part '{job.Part}'. It has: {string.Join(", ", design.Parts.Select(p => p.Name))}.", Everywhere: true)
                : await PreparePartAsync(job, design, part, profile, loaded, cancellationToken);
        }
        catch (DesignException e)
        {
            return e.Fault is DesignFault.Unreachable ? new Postponed(e.Message) : new Refused(e.Message, Everywhere: true);
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
            return new Refused($"{job.Id} can't be prepared at this site: {e.Message}", Everywhere: false);
        }
        catch (UnauthorizedAccessException e)
        {
            return new Refused($"{job.Id} can't be prepared at this site: {e.Message} Check who owns its data folder.", Everywhere: false);
        }
    }

    private async Task<PreparationOutcome> PreparePartAsync(
        Job job, Design design, DesignPart part, MachineProfile profile, LoadedMaterial loaded, CancellationToken cancellationToken)
    {
        var material = job.Material ?? part.Material;
        if (material is not null && profile.Materials.Count > 0 && !profile.Materials.Contains(material))
        {
            return new Refused($"A {profile.Title} ({profile.Name}) does not work {material}. It works: {string.Join(", ", profile.Materials)}.", Everywhere: false);
        }

        if (FindToolpath(part, profile, material, job.Copies) is { } toolpath)
        {
            await using var gcode = await designs.OpenAsync(design, toolpath, cancellationToken);
            var proven = new Recipe { License = design.License, Settings = RunStatement.SettingsOf(toolpath.Settings), Toolpath = toolpath.Digest };
            return Admit(gcode, job, profile, material ?? toolpath.Material, proven, $"the toolpath {toolpath.Path} of {design.Ref}", cancellationToken);
        }

        var mesh = part.Artefacts.FirstOrDefault(a => a.Kind is ArtefactKind.Mesh);
        if (mesh is null || profile.Process is not FabricationProcess.Printing)
        {
            return NothingServes(job, design, part, profile, material, mesh is not null);
        }

        material ??= loaded.Material ?? (profile.Materials is [var first, ..] ? first : "PLA");
        await using var source = await designs.OpenAsync(design, mesh, cancellationToken);
        await using var sliced = await slicer.SliceAsync(source, mesh.Digest, mesh.Path, profile, material, job.Copies, cancellationToken);
        var own = new Recipe { License = design.License, Settings = RunStatement.SettingsOf(SlicerSettings.ForCommons(profile, material)) };
        return Admit(sliced, job, profile, material, own, $"what PrusaSlicer made of {mesh.Path} of {design.Ref}", cancellationToken);
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
            Everywhere: classes.Count == 0 && !hasMesh);
    }

    private PreparationOutcome Admit(Stream gcode, Job job, MachineProfile profile, string? material, Recipe recipe, string what, CancellationToken cancellationToken)
    {
        var (result, path) = programs.Admit(gcode, job, profile, cancellationToken);
        if (result.Program is { } program)
        {
            return new Prepared { Program = program, Path = path!, Material = material, Recipe = recipe };
        }

        var refusals = result.Violations.Where(v => v.Severity is Severity.Refusal).Take(ViolationsTold).ToList();
        var more = result.RefusalCount > refusals.Count ? string.Create(CultureInfo.InvariantCulture, $"; and {result.RefusalCount - refusals.Count} more") : "";
        return new Refused($"Admission for {profile.Name} refused {what}: {string.Join("; ", refusals)}{more}.", Everywhere: false);
    }
}
