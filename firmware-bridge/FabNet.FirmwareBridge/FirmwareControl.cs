// How a machine is steered once its words are known: what Marlin and GRBL do differently in pausing, finishing, and being made safe.

using FabNet.FirmwareBridge.Serial;
using FabNet.FirmwareBridge.Streaming;
using FabNet.Model.Machines;

namespace FabNet.FirmwareBridge;

/// <summary>
/// Steers one connected machine. Owned by the session's loop, like its streamer; does no I/O: it sets the streamer and the urgent bytes to work and reads what the firmware said.
/// </summary>
internal abstract class FirmwareControl(MachineInfo info, SerialMachineOptions options, EventOutbox events)
{
    private readonly List<byte> _urgent = [];

    /// <summary>What the machine said of itself.</summary>
    public MachineInfo Info { get; } = info;

    /// <summary>The words of its family.</summary>
    public abstract IFirmwareDialect Dialect { get; }

    /// <summary>The stream of lines. Replaced when the firmware restarts.</summary>
    public abstract GCodeStreamer Streamer { get; }

    /// <summary>True while no line may be sent; urgent bytes may.</summary>
    public virtual bool HoldsLines => false;

    /// <summary>Why the running program can't go on, apart from the streamer's faults; null while it can. The session takes it by <see cref="TakeBreak"/>.</summary>
    public string? Break { get; private set; }

    /// <summary>The state of the machine while no program runs.</summary>
    public MachineState RestState { get; protected set; } = MachineState.Idle;

    /// <summary>Why it is in that state.</summary>
    public string? RestReason { get; protected set; }

    /// <summary>What a person is asked while a program runs; null if nothing.</summary>
    public string? Question { get; protected set; }

    /// <summary>True if the machine itself asked to pause the program.</summary>
    public bool WantsPause { get; protected set; }

    /// <summary>True if the link is open and nobody answers any more: it must be opened again.</summary>
    public bool IsDead { get; protected set; }

    /// <summary>True if the board is to be reset by its port when that is opened again.</summary>
    public bool WantsReset { get; protected set; }

    /// <summary>When a program last ran or somebody last asked something of the machine, in ms.</summary>
    public long ActiveMs { get; set; }

    /// <summary>The port and its settings.</summary>
    protected SerialMachineOptions Options { get; } = options;

    /// <summary>Where events go.</summary>
    protected EventOutbox Events { get; } = events;

    /// <summary>True while a program runs.</summary>
    protected ActiveRun? Run { get; private set; }

    /// <summary>Takes the reason to break off.</summary>
    public string? TakeBreak()
    {
        var reason = Break;
        Break = null;
        return reason;
    }

    /// <summary>A program begins or has ended.</summary>
    public virtual void SetRun(ActiveRun? run)
    {
        Run = run;
        Break = null;
        WantsPause = false;
        Question = null;
    }

    /// <summary>Bytes that go ahead of every line.</summary>
    public int FillUrgent(Span<byte> destination)
    {
        var count = Math.Min(_urgent.Count, destination.Length);
        for (var index = 0; index < count; index++)
            destination[index] = _urgent[index];
        _urgent.RemoveRange(0, count);
        return count;
    }

    /// <summary>Takes in what the firmware said.</summary>
    public abstract void On(in FirmwareMessage message, long nowMs);

    /// <summary>Looks at the clock.</summary>
    public abstract void Check(long nowMs);

    /// <summary>True if a person may move the machine though a program runs: it waits at a change of tool.</summary>
    public virtual bool AllowsHandwork => false;

    /// <summary>How a manual operation is said to this firmware.</summary>
    public abstract OperationPlan Plan(ManualOperation operation);

    /// <summary>Does a manual operation.</summary>
    public void Operate(OperationPlan plan, TaskCompletionSource<CommandReply> done)
    {
        SendUrgent(plan.Urgent);
        for (var index = 0; index < plan.Lines.Count; index++)
            Streamer.Submit(new Submission(plan.Lines[index]) { Waiter = index == plan.Answering ? done : null });
        if (plan.Lines.Count == 0)
            done.TrySetResult(new CommandReply(true, [], null));
    }

    /// <summary>A program is about to be streamed: the modes that another program or a person left are set to those that admission goes by, ahead of its first line.</summary>
    public abstract void BeginProgram(ActiveRun run);

    /// <summary>Holds the program.</summary>
    /// <returns>Null if it was accepted, otherwise why not.</returns>
    public abstract string? Pause();

    /// <summary>Goes on.</summary>
    /// <returns>Null if it was accepted, otherwise why not.</returns>
    public abstract string? Resume();

    /// <summary>All lines were taken: waits for the machine to come to rest.</summary>
    public abstract void BeginFinish(long nowMs);

    /// <summary>True once the machine has come to rest after <see cref="BeginFinish"/>.</summary>
    public abstract bool IsFinished(long nowMs);

    /// <summary>The run broke off: turns heaters and spindle off.</summary>
    public abstract void BeginSecure(ActiveRun run, long nowMs);

    /// <summary>What became of it, once it is known or the time is up; null before.</summary>
    public abstract SafeState? Secured(ActiveRun run, long nowMs);

    /// <summary>The session ends: what it had switched on for itself is switched off.</summary>
    public virtual void BeginClose(long nowMs)
    {
    }

    /// <summary>True once that is done, or can't be.</summary>
    public virtual bool IsClosed(long nowMs) => true;

    /// <summary>An emergency stop was written: the firmware is expected to halt.</summary>
    public abstract void OnEmergencyStop(long nowMs);

    /// <summary>A person answered the machine's prompt.</summary>
    /// <returns>Null if it was accepted, otherwise why not.</returns>
    public abstract string? Answer(int choice);

    /// <summary>A person says that the machine is clear.</summary>
    /// <returns>Null if it was accepted, otherwise why not.</returns>
    public abstract string? Clear(long nowMs);

    /// <summary>The program must break off.</summary>
    protected void BreakOff(string reason) => Break ??= reason;

    /// <summary>Sends bytes ahead of every line.</summary>
    protected void SendUrgent(ReadOnlySpan<byte> bytes) => _urgent.AddRange(bytes);

    /// <summary>Forgets urgent bytes that were not sent.</summary>
    protected void ForgetUrgent() => _urgent.Clear();

    /// <summary>Tells what the firmware said.</summary>
    protected void Say(in FirmwareMessage message) => Events.Add(new FirmwareSaid { At = Events.Now, Text = FirmwareText.Of(message.Text) });
}
