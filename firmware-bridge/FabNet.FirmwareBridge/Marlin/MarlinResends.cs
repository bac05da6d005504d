// The lines that a Marlin asked for again: when it is one too often, and when the wire is too noisy for a checksum of eight bits.

namespace FabNet.FirmwareBridge.Marlin;

/// <summary>Keeps account of Resends.</summary>
internal sealed class MarlinResends
{
    private const int MaxRepeats = 12;

    // An 8-bit exclusive-or misses two flips of the same bit. Beyond so many damaged lines in so many, a wrong one would soon pass for a right one.
    private const int NoisyCount = 8;
    private const int NoisyLines = 50;

    private readonly int[] _lines = new int[NoisyCount];
    private int _repeats;

    /// <summary>How many there were.</summary>
    public int Count { get; private set; }

    /// <summary>The line that was asked for last and has not been taken; -1 if none.</summary>
    public int Line { get; private set; } = -1;

    /// <summary>A line is asked for.</summary>
    /// <returns>Why the stream can't go on; null if it can.</returns>
    public string? Take(int line)
    {
        var oldest = _lines[Count % NoisyCount];
        _lines[Count % NoisyCount] = line;
        if (Count >= NoisyCount && line > oldest && line - oldest < NoisyLines)
        {
            return $"the wire damaged {NoisyCount} of the last {line - oldest} lines: at that rate the firmware's checksum would soon let a wrong one through. Check the cable for noise, the grounding, and the baud rate.";
        }

        Count++;
        if (line != Line)
        {
            Line = line;
            _repeats = 0;
            return null;
        }

        return ++_repeats > MaxRepeats
            ? $"the firmware asked {_repeats} times for the same line; it can't be delivered. Check the cable for noise, the grounding, and the baud rate."
            : null;
    }

    /// <summary>The firmware took every line up to this one.</summary>
    public void Forget(int acknowledged)
    {
        if (Line < 0 || acknowledged < Line)
            return;
        Line = -1;
        _repeats = 0;
    }
}
