// The states of the wire in a person's words.

using Wire = FabNet.Protocol.V1;

namespace FabNet.Network;

internal static class WireWords
{
    public static string Word(this Wire.JobState state) => state.ToString().ToLowerInvariant();

    public static string Word(this Wire.OrderStatus status) => status switch
    {
        Wire.OrderStatus.InProduction => "in production",
        Wire.OrderStatus.NeedsAttention => "needs attention",
        _ => status.ToString().ToLowerInvariant(),
    };

    public static string Word(this Wire.DeliveryState state) => state switch
    {
        Wire.DeliveryState.PickedUp => "picked up",
        Wire.DeliveryState.DroppedOff => "dropped off",
        _ => state.ToString().ToLowerInvariant(),
    };

    public static string Word(this Wire.MachineState state) => state switch
    {
        Wire.MachineState.NeedsClearing => "needs clearing",
        _ => state.ToString().ToLowerInvariant(),
    };

    public static string Text(this Wire.LoadedMaterial? loaded) =>
        loaded is null || !loaded.HasMaterial ? "-" : loaded.HasColor ? $"{loaded.Material} {loaded.Color}" : loaded.Material;
}
