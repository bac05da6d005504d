// What to simulate, and how.

using FabNet.FirmwareSimulator.Faults;
using FabNet.FirmwareSimulator.Grbl;
using FabNet.FirmwareSimulator.Marlin;
using FabNet.Model.Machines;

namespace FabNet.FirmwareSimulator;

/// <summary>A simulated machine on a serial port.</summary>
public sealed record SimulatorOptions
{
    /// <summary>The machine: envelope, feeds, heaters, and the dialect (Marlin or Grbl). Default: <see cref="DefaultProfiles.Printer"/>.</summary>
    public MachineProfile Profile { get; init; } = DefaultProfiles.Printer;

    /// <summary>A symbolic link to keep pointed at the port, over unplugging too; null for none.</summary>
    public string? Link { get; init; }

    /// <summary>Wire speed in bits per second; 0: the profile's, or 115200.</summary>
    public int Baud { get; init; }

    /// <summary>The latency timer of the USB adapter, in machine seconds: answers reach the host only when it runs out. 0 (the default): no adapter. FTDI chips come with 0.016.</summary>
    public double UsbLatencyS { get; init; }

    /// <summary>Machine seconds per real second; above 0. Positive infinity: nothing waits for time, moves are over at once.</summary>
    public double Speed { get; init; } = 1;

    /// <summary>Seed of the random faults.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>What goes wrong.</summary>
    public IReadOnlyList<Fault> Faults { get; init; } = [];

    /// <summary>A file that takes one JSON object per executed command, appended; null for none.</summary>
    public string? LogPath { get; init; }

    /// <summary>How many bytes that file grows to before a new one is begun; the one before is kept as <c>.1</c>. Null: without end.</summary>
    public long? LogBytes { get; init; }

    /// <summary>How the firmware was built, where it is Marlin.</summary>
    public MarlinBuild Marlin { get; init; } = new();

    /// <summary>How the board was set up, where it is GRBL.</summary>
    public GrblBuild Grbl { get; init; } = new();

    /// <summary>Whether a host that opens the port resets the board, as boards with a DTR capacitor do. A pty carries no DTR: opening is all that counts.</summary>
    public bool ResetsOnOpen { get; init; }

    /// <summary>Whether a host at another baud rate than the machine's sees and sends garbage, as on a real wire. Off, the host's rate does not matter.</summary>
    public bool ChecksBaud { get; init; }

    /// <summary>Where real time comes from.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The wire speed that holds.</summary>
    internal int EffectiveBaud => Baud > 0 ? Baud : Profile.Baud > 0 ? Profile.Baud : 115200;
}
