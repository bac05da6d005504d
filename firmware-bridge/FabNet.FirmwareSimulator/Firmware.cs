// What every simulated firmware is: a state machine in machine time behind a serial receive ring and a transmitter.

using System.Text;
using FabNet.FirmwareSimulator.Motion;
using FabNet.FirmwareSimulator.Recording;
using FabNet.FirmwareSimulator.Wire;

namespace FabNet.FirmwareSimulator;

/// <summary>
/// A firmware as a state machine: it is told that a byte arrived or that time passed, and transmits bytes. It knows no thread, no clock and no file, so a test can drive it
/// exactly. Times are seconds of machine time.
/// </summary>
internal abstract class Firmware(ExecutionLog log)
{
    private Action<ReadOnlySpan<byte>>? _transmit;

    /// <summary>The machine time it has reached.</summary>
    public double Now { get; private set; }

    /// <summary>How often it has booted.</summary>
    public int Boot { get; private set; }

    /// <summary>Asked after each executed command: true stops the firmware there until it is advanced again, so that a fault can strike between two commands.</summary>
    public Func<bool>? StopAfterCommand { get; set; }

    /// <summary>True once <see cref="StopAfterCommand"/> stopped it.</summary>
    protected bool IsStopped { get; private set; }

    /// <summary>The bytes that wait for the main loop.</summary>
    public abstract ReceiveBuffer Received { get; }

    /// <summary>The planner.</summary>
    public abstract MotionQueue Motion { get; }

    /// <summary>When the next thing happens that moves work forward (a move ends, a heater is there, a command is done); positive infinity if nothing is under way.</summary>
    public abstract double NextWorkAt { get; }

    /// <summary>When the next thing happens of itself, periodic reports included.</summary>
    public abstract double NextEventAt { get; }

    /// <summary>A word for people: what it is doing.</summary>
    public abstract string StateText { get; }

    /// <summary>Whether a received byte does something at once, rather than when its line is complete.</summary>
    public abstract bool IsNotable(byte value);

    /// <summary>Where whole lines go that it transmits. Set once, before it is switched on.</summary>
    public void ConnectTransmitter(Action<ReadOnlySpan<byte>> transmit) => _transmit = transmit;

    /// <summary>Boots it, or boots it again: everything volatile is gone. The position is what the next boot believes: zero.</summary>
    public void PowerUp(double now)
    {
        Now = Math.Max(Now, now);
        Boot++;
        IsStopped = false;
        OnBoot();
        OnTimePassed();
    }

    /// <summary>A byte arrives at <paramref name="now"/>.</summary>
    public void Receive(byte value, double now)
    {
        AdvanceTo(now);
        OnReceived(value);
        OnTimePassed();
    }

    /// <summary>Lets machine time pass, event by event, up to <paramref name="now"/> or to a command after which it is to stop.</summary>
    public void AdvanceTo(double now)
    {
        IsStopped = false;
        for (var next = NextEventAt; next <= now; next = NextEventAt)
        {
            Now = Math.Max(Now, next);
            OnTimePassed();
            if (IsStopped)
            {
                return;
            }
        }

        Now = Math.Max(Now, now);
    }

    /// <summary>A thermistor or a heater cartridge comes loose; ignored by a machine without heaters.</summary>
    public abstract void BreakHeater();

    /// <summary>An endstop is pressed (or let go): 0 X, 1 Y, 2 Z.</summary>
    public abstract void SetEndstop(int axis, bool pressed);

    protected abstract void OnBoot();

    /// <summary>Runs everything that is due at <see cref="Now"/>, and leaves nothing due.</summary>
    protected abstract void OnTimePassed();

    /// <summary>The receive interrupt.</summary>
    protected abstract void OnReceived(byte value);

    /// <summary>Transmits text, with its line end.</summary>
    protected void Send(string text)
    {
        if (_transmit is null)
        {
            return;
        }

        var bytes = Encoding.Latin1.GetBytes(text);
        _transmit(bytes);
    }

    /// <summary>Records an executed command.</summary>
    protected void Record(long? number, string text)
    {
        log.Add(Boot, number, text, Now, Motion.Target);
        IsStopped = StopAfterCommand?.Invoke() ?? false;
    }
}
