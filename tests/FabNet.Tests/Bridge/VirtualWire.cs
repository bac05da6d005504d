// A wire in virtual time between a session's link and a simulated firmware, with one fault at one exact place.

using System.Text;
using FabNet.Benchmarks.Streaming;
using FabNet.FirmwareSimulator;

namespace FabNet.Tests.Bridge;

/// <summary>The host's end of the wire. Everything happens on the test's thread: reads complete in <see cref="Deliver"/>, and the session goes on inside it.</summary>
internal sealed class VirtualWire(SerialSimulation simulation, Func<double> now, WireFaults faults) : WireStream
{
    private readonly List<byte> _reply = [];
    private readonly Queue<byte> _arrived = new();
    private TaskCompletionSource<int>? _reading;
    private Memory<byte> _into;
    private bool _isClosed;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_arrived.Count > 0)
            return ValueTask.FromResult(Take(buffer));
        if (_isClosed || !simulation.IsPlugged)
            return ValueTask.FromResult(0);
        _into = buffer;
        _reading = new TaskCompletionSource<int>();
        return new ValueTask<int>(_reading.Task);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        foreach (var value in buffer.Span)
        {
            if (!faults.PassToMachine(value, simulation, now()))
                throw new IOException("The device was unplugged.");
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Hands over what has come from the machine, and the news that the cable was pulled.</summary>
    public void Deliver()
    {
        Span<byte> buffer = stackalloc byte[512];
        while (simulation.HostRead(buffer, now()) is > 0 and var count)
        {
            foreach (var value in buffer[..count])
            {
                _reply.Add(value);
                if (value != (byte)'\n')
                    continue;
                faults.PassToHost(_reply, now());
                _reply.Clear();
            }
        }

        faults.TakeArrived(_arrived, now());
        if (_reading is { } reading && (_arrived.Count > 0 || !simulation.IsPlugged || _isClosed))
        {
            _reading = null;
            reading.SetResult(Take(_into));
        }
    }

    protected override void Dispose(bool disposing)
    {
        _isClosed = true;
        _arrived.Clear();
        if (_reading is { } reading)
        {
            _reading = null;
            reading.SetResult(0);
        }

        base.Dispose(disposing);
    }

    private int Take(Memory<byte> buffer)
    {
        var count = 0;
        while (count < buffer.Length && _arrived.TryDequeue(out var value))
            buffer.Span[count++] = value;
        return count;
    }
}

/// <summary>Counts what passes since <see cref="Arm"/>, and does the fault when its place comes.</summary>
/// <param name="faults">The faults.</param>
/// <param name="noise">The share of bytes of which one bit is flipped, each way.</param>
/// <param name="seed">Of the noise.</param>
internal sealed class WireFaults(IReadOnlyList<WireFault> faults, double noise = 0, int seed = 1)
{
    private readonly Random _toMachineNoise = new(seed);
    private readonly Random _toHostNoise = new(seed + 1);
    private readonly List<(byte Value, double At)> _late = [];
    private readonly StringBuilder _line = new();
    private bool _isArmed;
    private bool _isLosing;
    private bool _isDead;
    private double _lateUntil;

    public IReadOnlyList<WireFault> Faults => faults;

    public double Noise => noise;

    /// <summary>Lines that the host has begun to send.</summary>
    public int Lines { get; private set; }

    /// <summary>Bytes that the host has sent.</summary>
    public int BytesToMachine { get; private set; }

    /// <summary>Lines that the machine has said.</summary>
    public int Replies { get; private set; }

    /// <summary>Bytes that the machine has said.</summary>
    public int BytesToHost { get; private set; }

    /// <summary>When a late byte comes; positive infinity if none is late.</summary>
    public double NextLateAt => _late.Count == 0 ? double.PositiveInfinity : _late[0].At;

    /// <summary>When the cable is plugged in again.</summary>
    public double PlugAt { get; private set; } = double.PositiveInfinity;

    /// <summary>What the host's lines said, for a failing case.</summary>
    public List<string> Sent { get; } = [];

    public void Arm() => _isArmed = true;

    /// <summary>Nothing more goes wrong.</summary>
    public void Disarm()
    {
        _isArmed = false;
        _isLosing = false;
    }

    /// <returns>False if the cable is pulled.</returns>
    public bool PassToMachine(byte value, SerialSimulation simulation, double now)
    {
        if (!simulation.IsPlugged)
            return false;
        var sent = value;
        // GRBL's realtime bytes belong to no line.
        var isOfLine = value is not ((byte)'?' or (byte)'!' or (byte)'~' or 0x18 or > 0x7F);
        var begins = isOfLine && _line.Length == 0 && value != (byte)'\n';
        if (isOfLine)
            Keep(value);
        if (_isArmed)
        {
            BytesToMachine++;
            if (begins && !BeginLine(simulation, now))
                return false;
            foreach (var flip in faults)
            {
                if (flip.Kind == WireFaultKind.FlipToMachine && flip.At == BytesToMachine)
                    sent ^= (byte)(1 << (int)flip.Amount);
            }

            sent ^= NoiseOf(_toMachineNoise);
            if (_isLosing && isOfLine)
            {
                _isLosing = value != (byte)'\n';
                return true;
            }
        }

        if (!_isDead)
            simulation.HostWrite([sent], now);
        return true;
    }

    /// <summary>Takes a whole line of the machine.</summary>
    public void PassToHost(List<byte> line, double now)
    {
        var copies = _isDead ? 0 : 1;
        if (_isArmed)
        {
            Replies++;
            foreach (var strikes in faults)
            {
                if (strikes.Kind == WireFaultKind.FlipToHost && strikes.At > BytesToHost && strikes.At <= BytesToHost + line.Count)
                    line[strikes.At - BytesToHost - 1] ^= (byte)(1 << (int)strikes.Amount);
                if (strikes.IsOfHost || strikes.At != Replies)
                    continue;
                copies = strikes.Kind switch { WireFaultKind.LoseReply => 0, WireFaultKind.DoubleReply => 2 * copies, _ => copies };
                if (strikes.Kind == WireFaultKind.DelayReply)
                    _lateUntil = now + strikes.Amount;
            }

            BytesToHost += line.Count;
            for (var index = 0; index < line.Count; index++)
                line[index] ^= NoiseOf(_toHostNoise);
        }

        for (; copies > 0; copies--)
        {
            foreach (var value in line)
                _late.Add((value, Math.Max(now, _lateUntil)));
        }
    }

    public void TakeArrived(Queue<byte> arrived, double now)
    {
        var count = 0;
        for (; count < _late.Count && _late[count].At <= now; count++)
            arrived.Enqueue(_late[count].Value);
        _late.RemoveRange(0, count);
    }

    /// <summary>The port is opened: what was said while it was closed, or before and not read, nobody hears.</summary>
    public void Flush(SerialSimulation simulation, double now)
    {
        Span<byte> unheard = stackalloc byte[512];
        while (simulation.HostRead(unheard, now) > 0)
        {
        }

        _late.Clear();
    }

    public void Unplug(SerialSimulation simulation, double now, double seconds)
    {
        simulation.Unplug(now, null);
        PlugAt = now + seconds;
    }

    public void Plug(SerialSimulation simulation)
    {
        PlugAt = double.PositiveInfinity;
        _late.Clear();
        _line.Clear();
        simulation.Plug();
    }

    private byte NoiseOf(Random random) => noise > 0 && random.NextDouble() < noise ? (byte)(1 << random.Next(8)) : (byte)0;

    private void Keep(byte value)
    {
        if (value == (byte)'\n')
        {
            if (_line.Length > 0)
                Sent.Add(_line.ToString());
            _line.Clear();
        }
        else
        {
            _line.Append((char)value);
        }
    }

    private bool BeginLine(SerialSimulation simulation, double now)
    {
        Lines++;
        foreach (var strikes in faults)
        {
            if (strikes.At == Lines && !Strike(strikes, simulation, now))
                return false;
        }

        return true;
    }

    private bool Strike(WireFault fault, SerialSimulation simulation, double now)
    {
        switch (fault.Kind)
        {
            case WireFaultKind.LoseLine:
                _isLosing = true;
                break;
            case WireFaultKind.Reset:
                simulation.Reset(now);
                break;
            case WireFaultKind.Mute:
                simulation.Mute(now, double.PositiveInfinity);
                break;
            case WireFaultKind.Dead:
                _isDead = true;
                break;
            case WireFaultKind.Unplug:
                Unplug(simulation, now, fault.Amount);
                return false;
        }

        return true;
    }
}
