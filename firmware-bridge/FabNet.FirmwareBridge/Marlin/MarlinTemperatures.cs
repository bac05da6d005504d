// Reads Marlin's temperature reports. Source: Marlin module/temperature.cpp, print_heater_states.

using FabNet.FirmwareBridge.Streaming;

namespace FabNet.FirmwareBridge.Marlin;

/// <summary>Reads <c>T:210.0 /210.0 B:60.0 /60.0 T0:210.0 /210.0 T1:25.0 /0.0 @:0 B@:0</c>.</summary>
internal static class MarlinTemperatures
{
    /// <summary>The readings of a report; damaged ones are left out. <c>T:</c> is the active tool and counts only where no tool is named.</summary>
    public static List<TemperatureReading> Read(ReadOnlySpan<byte> report)
    {
        var readings = new List<TemperatureReading>(4);
        TemperatureReading? active = null;
        var hasTools = false;
        while (TryTake(ref report, out var reading, out var isActive))
        {
            if (isActive)
                active = reading;
            else
                readings.Add(reading);
            hasTools |= !isActive && reading.Kind == HeaterKind.HotEnd;
        }

        if (!hasTools && active is { } only)
            readings.Insert(0, only);
        return readings;
    }

    private static bool TryTake(ref ReadOnlySpan<byte> report, out TemperatureReading reading, out bool isActive)
    {
        reading = default;
        isActive = false;
        while (true)
        {
            report = report.TrimStart((byte)' ');
            if (report.IsEmpty)
                return false;
            var colon = report.IndexOf((byte)':');
            var blank = report.IndexOf((byte)' ');
            if (colon is < 1 or > 3 || (blank >= 0 && blank < colon))
            {
                report = blank < 0 ? default : report[blank..];
                continue;
            }

            var name = report[..colon];
            report = report[(colon + 1)..];
            if (!Classify(name, out var kind, out var index, out isActive) || !TakeValue(ref report, out var current))
                continue;
            var target = report.TrimStart((byte)' ');
            double? targetC = null;
            if (!target.IsEmpty && target[0] == (byte)'/')
            {
                target = target[1..];
                if (TakeValue(ref target, out var value))
                {
                    targetC = value;
                    report = target;
                }
            }

            // No heater is colder than the void or hotter than a furnace: such a number is a damaged one.
            if (current is < -274 or > 2000)
                continue;
            reading = new TemperatureReading(kind, index, current, targetC);
            return true;
        }
    }

    private static bool TakeValue(ref ReadOnlySpan<byte> text, out double value)
    {
        text = text.TrimStart((byte)' ');
        return FirmwareText.TryTakeNumber(ref text, out value);
    }

    private static bool Classify(ReadOnlySpan<byte> name, out HeaterKind kind, out int index, out bool isActive)
    {
        index = 0;
        isActive = false;
        kind = HeaterKind.HotEnd;
        switch (name[0])
        {
            case (byte)'T' when name.Length == 1:
                isActive = true;
                return true;
            case (byte)'T' when name.Length == 2 && name[1] is >= (byte)'0' and <= (byte)'9':
                index = name[1] - '0';
                return true;
            case (byte)'B' when name.Length == 1:
                kind = HeaterKind.Bed;
                return true;
            case (byte)'C' when name.Length == 1:
                kind = HeaterKind.Chamber;
                return true;
            default:
                return false;
        }
    }
}
