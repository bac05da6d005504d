// The contract between a machine's driver and whoever runs jobs on it.

using FabNet.GCode;
using FabNet.Model.Machines;

namespace FabNet.FirmwareBridge;

/// <summary>
/// One machine: its link, its state, and the program it runs. Every member may be called from any thread; one loop inside owns the state. Answers of the machine are
/// values; <see cref="MachineLinkException"/> means that the link is broken or was never there. Implemented by <see cref="MachineSession"/> (serial G-code),
/// <see cref="Mqtt.BambuSession"/> (files over MQTT) and <see cref="Moonraker.MoonrakerSession"/> (Klipper: files through Moonraker).
/// </summary>
public interface IMachineSession : IAsyncDisposable
{
    /// <summary>What the machine does now. Every change is also an event.</summary>
    MachineState State { get; }

    /// <summary>What the machine said of itself when it was opened; null before.</summary>
    MachineInfo? Info { get; }

    /// <summary>
    /// What happens, in order, from the first call on; one reader at a time. State changes, prompts and outcomes are never dropped; measured values and the firmware's
    /// talk are coalesced or dropped (and counted) when the reader is 256 events behind.
    /// </summary>
    IAsyncEnumerable<MachineEvent> ReadEventsAsync(CancellationToken cancellationToken = default);

    /// <summary>Opens the link and finds out what is at the other end. When the link breaks later, the session reopens it by itself; it never continues a program by itself.</summary>
    /// <exception cref="MachineLinkException">There is no such port, or nothing sensible at the other end; the message says what to try.</exception>
    Task<MachineInfo> OpenAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Runs a program to its end. Every way out of a run leaves heaters and spindle off, or says that it could not be confirmed. Cancelling the token is
    /// <see cref="CancelAsync"/>: the machine is stopped safely first, then the outcome is returned.
    /// </summary>
    Task<RunOutcome> RunAsync(AdmittedProgram program, RunOptions options, CancellationToken cancellationToken = default);

    /// <summary>Holds the running program. A printer stops when what it has buffered is done; GRBL stops within its deceleration.</summary>
    /// <returns>Null if it was accepted, otherwise why not.</returns>
    Task<string?> PauseAsync(CancellationToken cancellationToken = default);

    /// <summary>Goes on after a pause, or after a stop of the program that asks a person.</summary>
    /// <returns>Null if it was accepted, otherwise why not.</returns>
    Task<string?> ResumeAsync(CancellationToken cancellationToken = default);

    /// <summary>Stops the running program for good and leaves the machine safe; the run's outcome says how it went.</summary>
    /// <param name="reason">Who or what called it off, for the record.</param>
    /// <param name="cancellationToken">Ends waiting for the session to take the request.</param>
    /// <returns>Null if it was accepted, otherwise why not.</returns>
    Task<string?> CancelAsync(string reason, CancellationToken cancellationToken = default);

    /// <summary>Stops the machine at once, ahead of everything queued. Position is lost.</summary>
    /// <exception cref="MachineLinkException">The order could not be written: the message says to use the machine's own switch.</exception>
    Task EmergencyStopAsync(CancellationToken cancellationToken = default);

    /// <summary>Sends one command of a person's console and waits for its answer.</summary>
    Task<CommandReply> SendAsync(string command, CancellationToken cancellationToken = default);

    /// <summary>Does something by hand: jogs, homes, probes, or changes a speed. All but overrides and stopping a jog need a machine at rest.</summary>
    /// <returns>The firmware's answer: for jogging, that it began; for homing and probing, that it is done.</returns>
    Task<CommandReply> OperateAsync(ManualOperation operation, CancellationToken cancellationToken = default);

    /// <summary>Answers the prompt that is showing.</summary>
    /// <param name="choice">The index of the chosen button, from 0.</param>
    /// <param name="cancellationToken">Ends waiting for the session to take the request.</param>
    /// <returns>Null if it was accepted, otherwise why not.</returns>
    Task<string?> AnswerAsync(int choice, CancellationToken cancellationToken = default);

    /// <summary>A person says that the machine is clear for the next start.</summary>
    /// <returns>Null if it was accepted, otherwise why not.</returns>
    Task<string?> ClearAsync(CancellationToken cancellationToken = default);
}
