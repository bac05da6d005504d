// What is hot on a Marlin: the reports, the watch over them, and the orders that turn it all off.

using System.Globalization;
using FabNet.FirmwareBridge.Serial;
using FabNet.FirmwareBridge.Streaming;
using FabNet.FirmwareBridge.Supervision;

namespace FabNet.FirmwareBridge.Marlin;

/// <summary>The heaters of one Marlin, as far as it reports them. Owned by its control.</summary>
internal sealed class MarlinHeaters(SerialMachineOptions options, EventOutbox events)
{
    private readonly ThermalWatch _watch = new();
    private int _hotEnds = Math.Max(1, options.HotEnds);

    /// <summary>True if any heater has a target.</summary>
    public bool IsAnyOn => _watch.IsAnyOn;

    /// <summary>Takes a report and tells it.</summary>
    /// <returns>What the watch found just now, for a person; null if nothing.</returns>
    public string? Take(in FirmwareMessage message, long nowMs)
    {
        var readings = MarlinTemperatures.Read(message.Detail);
        if (readings.Count == 0)
            return null;
        _hotEnds = Math.Max(_hotEnds, readings.Count(static reading => reading.Kind == HeaterKind.HotEnd));
        events.Add(new TemperaturesReported { At = events.Now, Readings = readings });
        var wasFound = _watch.Finding is not null;
        _watch.Take(readings, nowMs);
        return wasFound ? null : _watch.Finding;
    }

    /// <summary>Begins anew: the board restarted, or a person has looked at the machine.</summary>
    public void Forget() => _watch.Forget();

    /// <summary>True if something has been hot for long while nothing ran and nobody asked anything of the machine.</summary>
    /// <param name="activeMs">When something last did.</param>
    /// <param name="nowMs">Now.</param>
    public bool AreForgotten(long activeMs, long nowMs) => IsAnyOn && nowMs - Math.Max(activeMs, _watch.TargetsChangedMs) > options.Timings.IdleHeatMs;

    /// <summary>The orders that turn everything off.</summary>
    public IEnumerable<string> OffOrders()
    {
        for (var tool = 0; tool < _hotEnds; tool++)
            yield return _hotEnds == 1 ? "M104 S0" : "M104 T" + tool.ToString(CultureInfo.InvariantCulture) + " S0";
        yield return "M140 S0";
    }
}
