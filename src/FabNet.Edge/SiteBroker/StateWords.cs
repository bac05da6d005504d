// Machine states as words: the same ones in Sparkplug, in Home Assistant and in the documentation.

using FabNet.Model.Machines;

namespace FabNet.Edge.SiteBroker;

internal static class StateWords
{
    /// <summary>Every state's word.</summary>
    public static readonly string[] All = [.. Enum.GetValues<MachineState>().Select(Of)];

    public static string Of(MachineState state) => state switch
    {
        MachineState.Offline => "offline",
        MachineState.Idle => "idle",
        MachineState.Preparing => "preparing",
        MachineState.Running => "running",
        MachineState.Paused => "paused",
        MachineState.Attention => "attention",
        MachineState.NeedsClearing => "needs-clearing",
        MachineState.Alarm => "alarm",
        MachineState.Maintenance => "maintenance",
        MachineState.Reserved => "reserved",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "No such state."),
    };
}
