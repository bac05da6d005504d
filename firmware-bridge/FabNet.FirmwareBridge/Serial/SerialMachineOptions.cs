// Where a serial machine is and what is known of it beforehand.

using FabNet.Model.Machines;

namespace FabNet.FirmwareBridge.Serial;

/// <summary>A serial machine's port and link settings.</summary>
public sealed record SerialMachineOptions
{
    /// <summary>The port, such as <c>/dev/serial/by-id/usb-…</c> or <c>/dev/ttyUSB0</c>.</summary>
    public required string PortName { get; init; }

    /// <summary>Bits per second, above 0. Default 115200.</summary>
    public int Baud { get; init; } = 115200;

    /// <summary>What the firmware speaks; null (the default) to find out.</summary>
    public FirmwareDialect? Dialect { get; init; }

    /// <summary>Other speeds to try, in order, when nothing sensible answers at <see cref="Baud"/>. Default: none, because probing at a wrong speed sends the board noise.</summary>
    public IReadOnlyList<int> OtherBauds { get; init; } = [];

    /// <summary>The firmware's receive buffer in bytes where it does not tell; from 32. Default 128, as on AVR boards. A number too great loses lines.</summary>
    public int ReceiveBufferBytes { get; init; } = 128;

    /// <summary>Commands that a Marlin takes ahead where it does not tell (BUFSIZE); from 1. Default 4.</summary>
    public int CommandSlots { get; init; } = Marlin.MarlinStreamer.DefaultSlots;

    /// <summary>How many hot ends a printer has: all are turned off when a run breaks off. Default 1.</summary>
    public int HotEnds { get; init; } = 1;

    /// <summary>True (the default) to raise DTR on opening, which resets most boards of the Arduino kind.</summary>
    public bool RaiseDtr { get; init; } = true;

    /// <summary>True if <see cref="MachineSession.OpenAsync"/> waits for a machine that is not there yet. Default false.</summary>
    public bool WaitForMachine { get; init; }

    /// <summary>The first pause before a lost link is opened again; it doubles up to <see cref="MaxReopenDelay"/>. Default 1 s.</summary>
    public TimeSpan ReopenDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause before a lost link is opened again. Default 30 s.</summary>
    public TimeSpan MaxReopenDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Time limits.</summary>
    public LinkTimings Timings { get; init; } = new();
}
