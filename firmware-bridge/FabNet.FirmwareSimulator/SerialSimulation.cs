// A firmware at the end of a serial wire, in machine time: no thread, no pty, no clock. Tests drive it exactly; SimulatedMachine drives it by the clock.

using FabNet.FirmwareSimulator.Faults;
using FabNet.FirmwareSimulator.Recording;
using FabNet.FirmwareSimulator.Wire;

namespace FabNet.FirmwareSimulator;

/// <summary>The wire both ways, the firmware, and the faults. Times are seconds of machine time and never go back.</summary>
internal sealed class SerialSimulation
{
    private readonly FaultInjector _faults;
    private readonly PacedLine _toMachine;
    private readonly PacedLine _toHost;
    private readonly ExecutionLog _log;
    private readonly Func<byte, bool> _isNotable;
    private double _stalledUntil;
    private double _mutedUntil;
    private double _replugAt = double.PositiveInfinity;

    public SerialSimulation(Firmware firmware, ExecutionLog log, FaultInjector faults, int baud, double usbLatencyS = 0)
    {
        Firmware = firmware;
        _log = log;
        _faults = faults;
        _toMachine = new PacedLine(baud);
        _toHost = new PacedLine(baud, usbLatencyS);
        _isNotable = firmware.IsNotable;
        firmware.ConnectTransmitter(Transmit);
        firmware.StopAfterCommand = () => log.Count >= _faults.NextLine;
        firmware.PowerUp(0);
    }

    /// <summary>The firmware.</summary>
    public Firmware Firmware { get; }

    /// <summary>False while the cable is pulled.</summary>
    public bool IsPlugged { get; private set; } = true;

    /// <summary>Bytes on their way to the machine.</summary>
    public int BytesUnderWay => _toMachine.Count;

    /// <summary>Bytes that fell into a pulled cable, or were muted.</summary>
    public long LostBytes { get; private set; }

    /// <summary>When something next happens that a host or the firmware could notice.</summary>
    public double NextWakeAt => Math.Min(Math.Min(NextLinkAt, Firmware.NextEventAt), Math.Min(_faults.NextAt, _replugAt));

    /// <summary>When work next goes forward; reports and waiting do not count.</summary>
    public double NextWorkAt => Math.Min(NextLinkAt, Firmware.NextWorkAt);

    private double NextLinkAt => Math.Min(_toMachine.NextNotable(_isNotable), _toHost.NextNotable(static value => value == (byte)'\n'));

    /// <summary>The host hands bytes to its port.</summary>
    public void HostWrite(ReadOnlySpan<byte> bytes, double now)
    {
        if (!IsPlugged)
        {
            LostBytes += bytes.Length;
            return;
        }

        foreach (var sent in bytes)
        {
            var value = sent;
            if (_faults.PassReceived(ref value, out var delayS))
            {
                _toMachine.Add(value, Math.Max(now, _stalledUntil), delayS);
            }
        }
    }

    /// <summary>Takes what has reached the host by <paramref name="now"/>.</summary>
    public int HostRead(Span<byte> buffer, double now)
    {
        var count = 0;
        while (count < buffer.Length && _toHost.TryTake(now, out buffer[count]))
        {
            count++;
        }

        return count;
    }

    /// <summary>Lets machine time pass.</summary>
    public void AdvanceTo(double now)
    {
        while (true)
        {
            ApplyLineFaults();
            var arrival = _toMachine.NextArrival;
            var fault = Math.Min(_faults.NextAt, _replugAt);
            var next = Math.Min(Math.Min(arrival, fault), now);
            Firmware.AdvanceTo(next);
            if (_log.Count >= _faults.NextLine)
            {
                continue;
            }

            if (fault <= now && fault <= arrival)
            {
                ApplyTimedFault(fault);
            }
            else if (arrival <= now)
            {
                _toMachine.TryTake(arrival, out var value);
                Firmware.Receive(value, arrival);
            }
            else
            {
                return;
            }
        }
    }

    /// <summary>The processor resets.</summary>
    public void Reset(double now) => Firmware.PowerUp(now);

    /// <summary>The link stands still for a time.</summary>
    public void Stall(double now, double seconds)
    {
        _stalledUntil = Math.Max(_stalledUntil, now + seconds);
        _toMachine.HoldUntil(_stalledUntil);
        _toHost.HoldUntil(_stalledUntil);
    }

    /// <summary>Replies are lost for a time.</summary>
    public void Mute(double now, double seconds) => _mutedUntil = Math.Max(_mutedUntil, now + seconds);

    /// <summary>Pulls the cable: what is under way is lost. The machine itself stays powered and goes on.</summary>
    public void Unplug(double now, double? seconds)
    {
        IsPlugged = false;
        LostBytes += _toMachine.Count + _toHost.Count;
        _toMachine.Clear();
        _toHost.Clear();
        _replugAt = seconds is { } duration ? now + duration : double.PositiveInfinity;
    }

    /// <summary>Plugs the cable in again.</summary>
    public void Plug()
    {
        IsPlugged = true;
        _replugAt = double.PositiveInfinity;
    }

    /// <summary>Plans a further fault.</summary>
    public void Plan(Fault fault) => _faults.Plan(fault);

    private void Transmit(ReadOnlySpan<byte> line)
    {
        var now = Firmware.Now;
        if (!IsPlugged || now < _mutedUntil)
        {
            LostBytes += line.Length;
            return;
        }

        var copies = line.StartsWith("ok"u8) ? _faults.CopiesOfNextOk() : 1;
        for (var copy = 0; copy < copies; copy++)
        {
            foreach (var sent in line)
            {
                var value = sent;
                if (_faults.PassTransmitted(ref value, out var delayS))
                {
                    _toHost.Add(value, Math.Max(now, _stalledUntil), delayS);
                }
            }
        }
    }

    private void ApplyLineFaults()
    {
        while (_log.Count >= _faults.NextLine)
        {
            Apply(_faults.TakeAtLine(), Firmware.Now);
        }
    }

    private void ApplyTimedFault(double at)
    {
        if (_replugAt <= at)
        {
            Plug();
        }
        else
        {
            Apply(_faults.TakeTimed(), at);
        }
    }

    private void Apply(Fault fault, double now)
    {
        switch (fault.Kind)
        {
            case FaultKind.Reset:
                Reset(now);
                break;
            case FaultKind.Stall:
                Stall(now, fault.DurationS ?? 0);
                break;
            case FaultKind.Mute:
                Mute(now, fault.DurationS ?? double.PositiveInfinity);
                break;
            case FaultKind.Unplug:
                Unplug(now, fault.DurationS);
                break;
            case FaultKind.ThermalRunaway:
                Firmware.BreakHeater();
                break;
            case FaultKind.Endstop:
                Firmware.SetEndstop(fault.Axis, pressed: true);
                break;
            default:
                throw new InvalidOperationException($"{fault.Kind} has no moment: give it a probability.");
        }
    }
}
