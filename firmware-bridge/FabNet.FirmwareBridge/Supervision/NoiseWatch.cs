// Watches what comes in for bytes that no firmware says: the sign of a wire that damages the other direction too.

using System.Buffers;

namespace FabNet.FirmwareBridge.Supervision;

/// <summary>
/// Marlin's checksum is eight bits of exclusive-or, and GRBL has none: at one byte in a hundred a wrong line soon passes for a right one. A quarter of all flipped bits makes a byte
/// that is no text, so so many damaged lines in so many bytes mean a wire near that rate; at one byte in a thousand they hardly ever come together.
/// </summary>
internal sealed class NoiseWatch
{
    private const int DamagedLines = 6;
    private const int Bytes = 2000;

    private static readonly SearchValues<byte> Text = SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(static value => (byte)value), (byte)'\t', (byte)'\r']);

    private readonly long[] _damagedAt = new long[DamagedLines];
    private long _bytes;
    private long _damaged;

    /// <summary>What is wrong, for a person; null while nothing is.</summary>
    public string? Finding => _damaged >= DamagedLines && _bytes - _damagedAt[_damaged % DamagedLines] < Bytes
        ? $"the wire damages what the machine says ({DamagedLines} lines of the last {_bytes - _damagedAt[_damaged % DamagedLines]} bytes were no text), so it may damage what it is told, too. Check the cable for noise, the grounding, and the baud rate"
        : null;

    /// <summary>Takes a line as it came.</summary>
    public void Take(ReadOnlySpan<byte> line)
    {
        _bytes += line.Length + 1;
        if (line.ContainsAnyExcept(Text))
            _damagedAt[_damaged++ % DamagedLines] = _bytes;
    }
}
