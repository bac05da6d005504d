using System.Globalization;

namespace Grpc.Core.Wire;

/// <summary>The form of <c>grpc-timeout</c>: at most eight digits and a unit (H, M, S, m, u, n).</summary>
internal static class GrpcTimeout
{
    /// <summary>The longest time a timer of the platform takes (2^32 - 2 ms, about 49.7 days); longer waits are cut into such pieces.</summary>
    internal static readonly TimeSpan MaxTimer = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    private const long MaxValue = 99_999_999;
    private const int MaxDigits = 8;

    /// <summary>Formats a time in the finest unit that fits, rounded up, so that the server never gives up before the client.</summary>
    /// <param name="timeout">The time left; zero and less become 1 ns, since a timeout must be positive.</param>
    internal static string Format(TimeSpan timeout)
    {
        var ticks = timeout.Ticks;
        if (ticks <= 0)
        {
            return "1n";
        }

        if (ticks <= MaxValue / TimeSpan.NanosecondsPerTick)
        {
            return Write(ticks * TimeSpan.NanosecondsPerTick, 'n');
        }

        return InUnit(TimeSpan.TicksPerMicrosecond, 'u')
            ?? InUnit(TimeSpan.TicksPerMillisecond, 'm')
            ?? InUnit(TimeSpan.TicksPerSecond, 'S')
            ?? InUnit(TimeSpan.TicksPerMinute, 'M')
            ?? InUnit(TimeSpan.TicksPerHour, 'H')
            ?? Write(MaxValue, 'H');

        string? InUnit(long ticksPerUnit, char unit)
        {
            var units = (ticks / ticksPerUnit) + (ticks % ticksPerUnit == 0 ? 0 : 1);
            return units <= MaxValue ? Write(units, unit) : null;
        }
    }

    /// <summary>Reads a timeout.</summary>
    /// <returns>Whether it is well formed. One too long for <see cref="TimeSpan"/> becomes <see cref="TimeSpan.MaxValue"/>.</returns>
    internal static bool TryParse(ReadOnlySpan<char> text, out TimeSpan timeout)
    {
        timeout = default;
        if (text.Length is < 2 or > MaxDigits + 1
            || !int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var value))
        {
            return false;
        }

        var ticksPerUnit = text[^1] switch
        {
            'H' => TimeSpan.TicksPerHour,
            'M' => TimeSpan.TicksPerMinute,
            'S' => TimeSpan.TicksPerSecond,
            'm' => TimeSpan.TicksPerMillisecond,
            'u' => TimeSpan.TicksPerMicrosecond,
            'n' => 0,
            _ => -1,
        };
        if (ticksPerUnit < 0)
        {
            return false;
        }

        timeout = ticksPerUnit == 0
            ? new TimeSpan(value / TimeSpan.NanosecondsPerTick)
            : value > long.MaxValue / ticksPerUnit ? TimeSpan.MaxValue : new TimeSpan(value * ticksPerUnit);
        return true;
    }

    private static string Write(long value, char unit) => string.Create(CultureInfo.InvariantCulture, $"{value}{unit}");
}
