// A simulated machine behind a serial port that any host can open: one thread that sleeps until a byte comes or something is due.

using FabNet.FirmwareSimulator.Faults;
using FabNet.FirmwareSimulator.Grbl;
using FabNet.FirmwareSimulator.Marlin;
using FabNet.FirmwareSimulator.Motion;
using FabNet.FirmwareSimulator.Recording;
using FabNet.FirmwareSimulator.Wire;
using FabNet.Model.Machines;

namespace FabNet.FirmwareSimulator;

/// <summary>
/// A running machine. Its loop owns the simulation and holds <c>_gate</c> while it works; everybody else takes the same lock for a moment. An idle machine uses no processor time.
/// </summary>
public sealed class SimulatedMachine : IAsyncDisposable
{
    /// <summary>What is read ahead of the wire: the rest waits in the kernel's buffer and so holds the host back, as a real driver does.</summary>
    private const int ReadAheadBytes = 512;

    private readonly Lock _gate = new();
    private readonly SimulatorOptions _options;
    private readonly SerialSimulation _simulation;
    private readonly VirtualClock _clock;
    private readonly Random _lineNoise;
    private readonly int _wake;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PseudoTerminal? _port;
    private bool _stopping;

    private SimulatedMachine(SimulatorOptions options)
    {
        _options = options;
        Log = new ExecutionLog(options.LogPath, greatestBytes: options.LogBytes);
        try
        {
            Firmware firmware = options.Profile.Dialect switch
            {
                FirmwareDialect.Marlin => new MarlinFirmware(options.Marlin, options.Profile, Log),
                FirmwareDialect.Grbl => new GrblFirmware(options.Grbl, options.Profile, Log),
                _ => throw new ArgumentException($"No serial firmware speaks {options.Profile.Dialect}: the profile must name Marlin or Grbl.", nameof(options)),
            };
            _port = PseudoTerminal.Open(options.Link, InitialBaud(options));
            PortPath = options.Link is null ? _port.SlavePath : Path.GetFullPath(options.Link);
            _wake = Libc.EventDescriptor(0, Libc.NonBlocking | Libc.CloseOnExec);
            if (_wake < 0)
            {
                throw Libc.Failure("Cannot make an event descriptor");
            }

            _lineNoise = new Random(options.Seed);
            _clock = new VirtualClock(options.Time, options.Speed);
            _simulation = new SerialSimulation(firmware, Log, new FaultInjector(options.Faults, options.Seed), options.EffectiveBaud, options.UsbLatencyS);
        }
        catch
        {
            _port?.Dispose();
            Log.Dispose();
            throw;
        }

        Faults = new MachineFaults(this);
    }

    /// <summary>The port to open: the link if one was asked for, else the pty. After unplugging and plugging without a link it is another one.</summary>
    public string PortPath { get; private set; }

    /// <summary>What the firmware executed.</summary>
    public ExecutionLog Log { get; }

    /// <summary>Live control over what goes wrong.</summary>
    public MachineFaults Faults { get; }

    /// <summary>Seconds of machine time since it was switched on.</summary>
    public double TimeS => _clock.Now;

    /// <summary>Where the machine stands now, in machine coordinates.</summary>
    public Axes Position => Ask((simulation, _) => simulation.Firmware.Motion.PositionAt(simulation.Firmware.Now));

    /// <summary>What the firmware is doing, in a word.</summary>
    public string State => Ask((simulation, _) => simulation.Firmware.StateText);

    /// <summary>Bytes that the firmware's receive ring dropped because it was full.</summary>
    public long OverflowedBytes => Ask((simulation, _) => simulation.Firmware.Received.Dropped);

    /// <summary>Completes when the machine's loop ends; faulted if the port failed.</summary>
    public Task Completion => _ended.Task;

    /// <summary>How often the queue of moves ran empty: each time but the last is a stutter, unless the program waits there.</summary>
    public long Underruns => Ask((simulation, _) => simulation.Firmware.Motion.Underruns);

    /// <summary>Switches a machine on.</summary>
    /// <exception cref="ArgumentException">The profile's dialect is no serial one, or a value is out of its range.</exception>
    /// <exception cref="IOException">The port, the link or the log file cannot be made.</exception>
    public static SimulatedMachine Start(SimulatorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!(options.Speed > 0))
        {
            throw new ArgumentException($"A speed of {options.Speed} is not possible: it must be above 0.", nameof(options));
        }

        var machine = new SimulatedMachine(options);
        new Thread(machine.Run) { IsBackground = true, Name = $"simulator {options.Profile.Name}" }.Start();
        return machine;
    }

    /// <summary>Switches the machine off and removes its port.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _stopping = true;
        }

        Wake();
        try
        {
            await _ended.Task;
        }
        finally
        {
            Log.Dispose();
        }
    }

    /// <summary>Runs an action on the simulation, at the machine's present time.</summary>
    internal void Do(Action<SerialSimulation, double> action) => Ask((simulation, now) =>
    {
        action(simulation, now);
        return true;
    });

    private T Ask<T>(Func<SerialSimulation, double, T> question)
    {
        T answer;
        lock (_gate)
        {
            var now = _clock.Now;
            _simulation.AdvanceTo(now);
            answer = question(_simulation, now);
            if (!_stopping)
            {
                FollowPlug();
            }
        }

        Wake();
        return answer;
    }

    private unsafe void Wake()
    {
        lock (_gate)
        {
            if (!_ended.Task.IsCompleted)
            {
                ulong one = 1;
                _ = Libc.Write(_wake, (byte*)&one, sizeof(ulong));
            }
        }
    }

    private void Run()
    {
        try
        {
            while (true)
            {
                TimeSpan? wait;
                PseudoTerminal? port;
                bool reads;
                lock (_gate)
                {
                    if (_stopping)
                    {
                        break;
                    }

                    Step();
                    port = _port;
                    reads = port is not null && _simulation.BytesUnderWay < ReadAheadBytes;
                    wait = _clock.JumpsAhead && !double.IsPositiveInfinity(_simulation.NextWorkAt) ? TimeSpan.Zero : _clock.RealTimeUntil(_simulation.NextWakeAt);
                }

                Sleep(port, reads, wait);
            }

            End(null);
        }
        catch (Exception failure)
        {
            End(failure);
        }
    }

    private void End(Exception? failure)
    {
        lock (_gate)
        {
            _stopping = true;
            _port?.Dispose();
            _port = null;
            _ = failure is null ? _ended.TrySetResult() : _ended.TrySetException(failure);
            _ = Libc.Close(_wake);
        }
    }

    private void Step()
    {
        Span<byte> buffer = stackalloc byte[ReadAheadBytes];
        if (_port is { } watched && watched.TakeOpened() && _options.ResetsOnOpen)
        {
            _simulation.Reset(_clock.Now);
        }

        var room = ReadAheadBytes - _simulation.BytesUnderWay;
        if (room > 0 && _port is { } readable && readable.Read(buffer[..room]) is > 0 and var received)
        {
            Garble(buffer[..received]);
            var now = _clock.Now;
            _simulation.AdvanceTo(now);
            _simulation.HostWrite(buffer[..received], now);
        }
        else if (_clock.JumpsAhead && _simulation.NextWorkAt is var work && !double.IsPositiveInfinity(work))
        {
            _clock.JumpTo(work);
        }

        var reached = _clock.Now;
        _simulation.AdvanceTo(reached);
        while (_simulation.HostRead(buffer, reached) is > 0 and var sent)
        {
            Garble(buffer[..sent]);
            _port?.Write(buffer[..sent]);
        }

        FollowPlug();
    }

    private void FollowPlug()
    {
        if (!_simulation.IsPlugged && _port is not null)
        {
            _port.Dispose();
            _port = null;
        }
        else if (_simulation.IsPlugged && _port is null)
        {
            _port = PseudoTerminal.Open(_options.Link, InitialBaud(_options));
            PortPath = _options.Link is null ? _port.SlavePath : PortPath;
        }
    }

    /// <summary>A fresh port stands at 9600, as on a real system, where the rate matters.</summary>
    private static int InitialBaud(SimulatorOptions options) => options.ChecksBaud ? 9600 : options.EffectiveBaud;

    /// <summary>At another baud rate, bytes arrive as other bytes.</summary>
    private void Garble(Span<byte> bytes)
    {
        if (_options.ChecksBaud && _port is { } port && port.HostBaud != _options.EffectiveBaud)
        {
            _lineNoise.NextBytes(bytes);
        }
    }

    private unsafe void Sleep(PseudoTerminal? port, bool reads, TimeSpan? wait)
    {
        var entries = stackalloc Libc.PollEntry[3];
        entries[0] = new Libc.PollEntry { Descriptor = _wake, Events = Libc.PollIn };
        entries[1] = new Libc.PollEntry { Descriptor = port?.Watch ?? -1, Events = Libc.PollIn };
        entries[2] = new Libc.PollEntry { Descriptor = reads ? port!.Master : -1, Events = Libc.PollIn };
        var timeout = default(Libc.TimeSpec);
        if (wait is { } limit)
        {
            timeout.Seconds = (long)limit.TotalSeconds;
            timeout.Nanoseconds = (long)((limit.TotalSeconds - timeout.Seconds) * 1e9);
        }

        _ = Libc.Poll(entries, 3, wait is null ? null : &timeout, null);
        if ((entries[0].Returned & Libc.PollIn) != 0)
        {
            ulong count;
            _ = Libc.Read(_wake, (byte*)&count, sizeof(ulong));
        }
    }
}
