// What the caller of a run decides, and the hooks by which a journal follows it.

namespace FabNet.FirmwareBridge;

/// <summary>How one program is run.</summary>
public sealed record RunOptions
{
    /// <summary>The name of the run in events and messages, such as the job's id. Default <c>program</c>.</summary>
    public string Name { get; init; } = "program";

    /// <summary>
    /// Awaited before any byte of the program is sent: the place to journal and sync the start. If it throws, nothing is sent and the run fails with its message.
    /// </summary>
    public Func<CancellationToken, Task>? BeforeFirstMotion { get; init; }

    /// <summary>
    /// The moment after which the program may no longer be started; null for none. Checked after <see cref="BeforeFirstMotion"/>; a machine that takes whole files gets it too.
    /// </summary>
    public DateTimeOffset? StartBefore { get; init; }

    /// <summary>A key of this start, unique for ever (job and lease epoch): a machine that sees a key twice does not start twice. Default: none.</summary>
    public string? StartKey { get; init; }

    /// <summary>True (the default) if the run leaves a part that somebody must take away before the next start.</summary>
    public bool LeavesPart { get; init; } = true;
}
