// What a machine was set up for, run after run, as the ledger follows it: the planner's own rule, applied to what really ran.

using FabNet.Model.Machines;
using FabNet.Model.Sites;

namespace FabNet.Planning.Sharing;

/// <summary>The set-up of a machine between two runs. A value.</summary>
public readonly record struct SetUpOnMachine
{
    private readonly SetUpState _state;

    private SetUpOnMachine(SetUpState state) => _state = state;

    /// <summary>What is loaded.</summary>
    public LoadedMaterial Loaded => _state.Loaded;

    /// <summary>The set-up of a machine of which only the loaded material is known.</summary>
    public static SetUpOnMachine Of(LoadedMaterial loaded) => new(new SetUpState(loaded, null));

    /// <summary>What it takes to run a work on a machine of a class, from this set-up.</summary>
    public SetUpRun Before(Work work, MachineProfile profile)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(profile);
        var change = SetUp.Between(_state, work, profile);
        var own = Math.Min(profile.SetUp.ClearMinutes, change.LabourMinutes);
        return new SetUpRun(change.Kind is not SetUpChangeKind.None, change.LabourMinutes - own, change.PurgeGrams, own, change.WarmUpMinutes, new SetUpOnMachine(change.After));
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

/// <summary>The distance of a delivery.</summary>
public static class DeliveryDistance
{
    /// <summary>Kilometres between two sites; 0 if the place of either is not known.</summary>
    public static double Kilometres(Site from, Site to) => GreatCircle.Kilometres(from, to);
}
