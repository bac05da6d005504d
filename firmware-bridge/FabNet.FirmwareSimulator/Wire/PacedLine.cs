// One direction of a serial wire: bytes that are under way, each with the moment it arrives.

namespace FabNet.FirmwareSimulator.Wire;

/// <summary>
/// A first-in first-out line that carries one byte every 10 bit times (start, eight bits, stop). Times are seconds of machine time. A baud rate of 0 means no pacing.
/// A line with a latency delivers only at whole multiples of it, as a USB adapter does that passes on what it has received each time its latency timer runs out.
/// </summary>
internal sealed class PacedLine(int baud, double latencyS = 0)
{
    private readonly double _secondsPerByte = baud > 0 ? 10.0 / baud : 0;
    private Entry[] _entries = new Entry[256];
    private int _head;
    private int _count;
    private double _lastArrival = double.NegativeInfinity;

    /// <summary>Bytes under way.</summary>
    public int Count => _count;

    /// <summary>When the first byte arrives; positive infinity on an empty line.</summary>
    public double NextArrival => _count == 0 ? double.PositiveInfinity : _entries[_head].At;

    /// <summary>When the last byte arrives; positive infinity on an empty line.</summary>
    public double LastArrival => _count == 0 ? double.PositiveInfinity : _entries[(_head + _count - 1) & (_entries.Length - 1)].At;

    /// <summary>Puts a byte on the line.</summary>
    /// <param name="value">The byte.</param>
    /// <param name="now">The moment it is handed over.</param>
    /// <param name="delay">A further delay that a fault adds; later bytes queue behind it.</param>
    public void Add(byte value, double now, double delay = 0)
    {
        if (_count == _entries.Length)
        {
            Grow();
        }

        var at = Math.Max(now, _lastArrival) + _secondsPerByte + delay;
        _lastArrival = at;
        _entries[(_head + _count) & (_entries.Length - 1)] = new Entry(latencyS > 0 ? Math.Ceiling(at / latencyS) * latencyS : at, value);
        _count++;
    }

    /// <summary>Takes the first byte if it has arrived by <paramref name="now"/>.</summary>
    public bool TryTake(double now, out byte value)
    {
        if (_count == 0 || _entries[_head].At > now)
        {
            value = 0;
            return false;
        }

        value = _entries[_head].Value;
        _head = (_head + 1) & (_entries.Length - 1);
        _count--;
        return true;
    }

    /// <summary>When the first byte for which <paramref name="isNotable"/> holds arrives, or else the last byte: the moment worth waking up for.</summary>
    public double NextNotable(Func<byte, bool> isNotable)
    {
        for (var i = 0; i < _count; i++)
        {
            ref readonly var entry = ref _entries[(_head + i) & (_entries.Length - 1)];
            if (isNotable(entry.Value))
            {
                return entry.At;
            }
        }

        return LastArrival;
    }

    /// <summary>Nothing arrives before <paramref name="until"/>; what is under way comes then, at the wire's pace.</summary>
    public void HoldUntil(double until)
    {
        var at = until;
        for (var i = 0; i < _count; i++)
        {
            ref var entry = ref _entries[(_head + i) & (_entries.Length - 1)];
            at = Math.Max(entry.At, at + _secondsPerByte);
            entry = entry with { At = at };
        }

        _lastArrival = Math.Max(_lastArrival, at);
    }

    /// <summary>Loses everything under way.</summary>
    public void Clear()
    {
        _count = 0;
        _lastArrival = double.NegativeInfinity;
    }

    private void Grow()
    {
        var larger = new Entry[_entries.Length * 2];
        for (var i = 0; i < _count; i++)
        {
            larger[i] = _entries[(_head + i) & (_entries.Length - 1)];
        }

        _entries = larger;
        _head = 0;
    }

    private readonly record struct Entry(double At, byte Value);
}
