// What a machine was set up for, run after run, as the ledger follows it: the planner's own rule, applied to what really ran.

using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using FabNet.Model.Sites;
using FabNet.Planning.Scheduling;

namespace FabNet.Planning.Sharing;

/// <summary>The set-up of a machine between two runs. A value.</summary>
public readonly record struct SetUpOnMachine
{
    private const string Only = "it";

    private readonly SetUpOf _state;

    private SetUpOnMachine(SetUpOf state) => _state = state;

    /// <summary>The set-up of a machine of which only the loaded material is known.</summary>
    public static SetUpOnMachine Of(LoadedMaterial loaded) => new(new SetUpOf { Material = loaded.Material, Color = loaded.Color });

    /// <summary>The set-up of a machine of which all is known.</summary>
    public static SetUpOnMachine Of(SetUpFound found)
    {
        ArgumentNullException.ThrowIfNull(found);
        return new(new SetUpOf { Material = found.Material, Color = found.Color, NozzleMm = found.NozzleMm, Tool = found.Tool, Fixture = found.Fixture });
    }

    /// <summary>The same, to be told to others.</summary>
    public SetUpFound Found => new(_state.Material, _state.Color, _state.NozzleMm, _state.Tool, _state.Fixture);

    /// <summary>What it takes to run a work on a machine of a class, from this set-up.</summary>
    public SetUpRun Before(Work work, MachineProfile profile)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(profile);
        var plant = Plant.Of(new ScheduleProblem
        {
            Now = DateTimeOffset.UnixEpoch,
            Workshops = [new Workshop { Id = Only }],
            Classes = [new MachineClass { Name = Only, Process = profile.Process is FabricationProcess.Printing ? "3DP" : "other", SetUp = SnapshotCompiler.SetUpOf(profile) }],
            Machines = [new WorkshopMachine { Id = Only, Workshop = Only, Class = Only, Loaded = _state }],
            Jobs = [new ScheduleJob { Id = Only, Needs = SnapshotCompiler.NeedsOf(work), MinutesEach = 1 }],
        });
        var (machine, job) = (plant.Machines[0], plant.Jobs[0]);
        var effort = machine.Class.Effort(machine.Loaded, job.Needs);
        var own = Math.Min(machine.Class.Class.SetUp.ClearMinutes, effort.LabourMinutes);
        return new SetUpRun(
            job.Needs.ChangesFrom(machine.Loaded) is not SetUpAttributes.None, effort.LabourMinutes - own, effort.PurgeGrams, own, effort.WarmUpMinutes, new SetUpOnMachine(plant.SetUpOf(job.Needs.After(machine.Loaded))));
    }
}

/// <summary>The set-up before a run.</summary>
/// <param name="IsChange">True if material, colour or tool are changed: what the runs after it may share.</param>
/// <param name="ChangeMinutes">A person's time, and the machine's, for that change, in minutes.</param>
/// <param name="PurgeGrams">Material purged by it, in grams.</param>
/// <param name="ClearMinutes">A person's time, and the machine's, that every run takes (clearing the bed), in minutes.</param>
/// <param name="WarmUpMinutes">The machine's time that every run takes, in minutes.</param>
/// <param name="After">The set-up after it.</param>
public readonly record struct SetUpRun(bool IsChange, double ChangeMinutes, double PurgeGrams, double ClearMinutes, double WarmUpMinutes, SetUpOnMachine After);
