// Watches temperatures apart from the stream: a second pair of eyes beside the firmware's own protection.

using System.Globalization;

namespace FabNet.FirmwareBridge.Supervision;

/// <summary>
/// Follows each heater from where it was when its target last changed to that target. A reading may lie anywhere between the two and somewhat beyond; whatever lies further
/// off for three readings and five seconds is no noise on the wire but a runaway, a slipped sensor or a broken heater. A heater that must warm up and does not is found too.
/// The limits are wider than Marlin's own (Marlin Configuration_adv.h: THERMAL_PROTECTION_PERIOD, WATCH_TEMP_PERIOD), so that the firmware, which is nearer, acts first.
/// </summary>
internal sealed class ThermalWatch
{
    /// <summary>How far a hot end may be off the way to its target, in °C; beds and chambers two thirds of it.</summary>
    internal const double ToleranceC = 30;

    private const int StrangeReadings = 3;
    private const long StrangeMs = 5_000;

    // A heater that cools covers less than the tolerance in so long.
    private const long StaleMs = 10_000;

    // Below its target by more than this, a heater must warm up.
    private const double ColdC = 10;
    private const long HotEndStallMs = 120_000;
    private const long BedStallMs = 300_000;

    private readonly Dictionary<(HeaterKind Kind, int Index), Heater> _heaters = [];

    /// <summary>What is wrong, for a person; null while nothing is. Taken by <see cref="Forget"/>.</summary>
    public string? Finding { get; private set; }

    /// <summary>True if any heater has a target.</summary>
    public bool IsAnyOn => _heaters.Values.Any(static heater => heater.TargetC > 0);

    /// <summary>When a target last changed, in ms.</summary>
    public long TargetsChangedMs { get; private set; }

    /// <summary>Takes a report. Readings without a target are passed over.</summary>
    public void Take(IReadOnlyList<TemperatureReading> readings, long nowMs)
    {
        foreach (var reading in readings)
        {
            if (reading.TargetC is { } targetC)
                Take(reading, targetC, nowMs);
        }
    }

    /// <summary>Begins anew, as after a restart of the board or when a person has looked at the machine.</summary>
    public void Forget()
    {
        Finding = null;
        _heaters.Clear();
    }

    private void Take(in TemperatureReading reading, double targetC, long nowMs)
    {
        if (!_heaters.TryGetValue((reading.Kind, reading.Index), out var heater))
            _heaters.Add((reading.Kind, reading.Index), heater = new Heater());
        if (heater.TargetC != targetC)
        {
            heater.TargetC = targetC;
            heater.ClosestC = double.PositiveInfinity;
            heater.Strange = 0;
            TargetsChangedMs = nowMs;
        }

        // Nothing was told for long, as while homing and probing: where it was before says nothing any more.
        if (nowMs - heater.SeenMs > StaleMs)
            heater.WayC = heater.LastC = double.NaN;
        heater.SeenMs = nowMs;

        var toleranceC = reading.Kind == HeaterKind.HotEnd ? ToleranceC : ToleranceC * 2 / 3;
        if (double.IsNaN(heater.WayC))
        {
            // Where it begins is known when two readings agree.
            if (Math.Abs(reading.CurrentC - heater.LastC) <= toleranceC)
                heater.WayC = reading.CurrentC;
            heater.LastC = reading.CurrentC;
            return;
        }

        if (reading.CurrentC < Math.Min(heater.WayC, targetC) - toleranceC || reading.CurrentC > Math.Max(heater.WayC, targetC) + toleranceC)
        {
            if (heater.Strange++ == 0)
                heater.StrangeSinceMs = nowMs;
            if (heater.Strange >= StrangeReadings && nowMs - heater.StrangeSinceMs >= StrangeMs)
                Find(reading, targetC, $"is at {Degrees(reading.CurrentC)}, on its way from {Degrees(heater.WayC)} to {Degrees(targetC)}: heater, sensor or wiring is faulty");
            return;
        }

        heater.Strange = 0;
        // Two readings must agree that it has come so far: one may be damaged.
        heater.WayC = targetC > heater.WayC
            ? Math.Clamp(Math.Min(reading.CurrentC, heater.LastC), heater.WayC, targetC)
            : Math.Clamp(Math.Max(reading.CurrentC, heater.LastC), targetC, heater.WayC);
        heater.LastC = reading.CurrentC;
        var missingC = targetC - reading.CurrentC;
        if (missingC <= ColdC || missingC <= heater.ClosestC - 1)
        {
            heater.ClosestC = missingC <= ColdC ? double.PositiveInfinity : missingC;
            heater.ClosestMs = nowMs;
        }
        else if (nowMs - heater.ClosestMs > (reading.Kind == HeaterKind.HotEnd ? HotEndStallMs : BedStallMs))
        {
            Find(reading, targetC, $"has not got warmer than {Degrees(reading.CurrentC)} for {(nowMs - heater.ClosestMs) / 1000} s; it should reach {Degrees(targetC)}: heater or wiring is broken, or a draught cools it");
        }
    }

    private void Find(in TemperatureReading reading, double targetC, string what) =>
        Finding ??= $"{Name(reading)} {what}. {(targetC > 0 ? "Its heat is turned off" : "It is ordered off already")}; if it stays hot, switch the machine off";

    private static string Name(in TemperatureReading reading) => reading.Kind switch
    {
        HeaterKind.HotEnd => "hot end " + reading.Index.ToString(CultureInfo.InvariantCulture),
        HeaterKind.Bed => "the bed",
        _ => "the chamber",
    };

    private static string Degrees(double valueC) => valueC.ToString("0.#", CultureInfo.InvariantCulture) + " °C";

    private sealed class Heater
    {
        public double TargetC { get; set; } = double.NaN;

        /// <summary>How far it has come on its way to the target; not a number before it is known.</summary>
        public double WayC { get; set; } = double.NaN;

        public double LastC { get; set; } = double.NaN;

        public long SeenMs { get; set; }

        /// <summary>The least that it was below the target since it was last within reach.</summary>
        public double ClosestC { get; set; }

        public long ClosestMs { get; set; }

        public int Strange { get; set; }

        public long StrangeSinceMs { get; set; }
    }
}
