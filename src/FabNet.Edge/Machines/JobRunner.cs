// Runs one program on one machine's session, with the journal between the decision and the first motion.

using System.Threading.Channels;
using FabNet.FirmwareBridge;
using FabNet.Model;
using FabNet.Model.Machines;

namespace FabNet.Edge.Machines;

/// <summary>One run. The machine's loop awaits it; cancelling and hearing are thread safe.</summary>
internal sealed class JobRunner(MachineId machine, RunOrder order, IMachineSession session, ChannelWriter<EdgeMessage> inbox, double speed) : IDisposable
{
    private readonly CancellationTokenSource _cancel = new();
    private readonly Lock _gate = new();
    private string? _cancelReason;
    private bool _isStarted;
    private bool _isHeld;
    private bool _isOver;

    public RunOrder Order => order;

    /// <summary>Stops the run safely; it ends with its outcome.</summary>
    public void Cancel(string reason)
    {
        lock (_gate)
        {
            if (!_isOver)
            {
                _cancelReason ??= reason;
                _cancel.Cancel();
            }
        }
    }

    /// <summary>The session changed its state: a hold and its end are facts of the job.</summary>
    public void Hear(MachineStateChanged changed)
    {
        lock (_gate)
        {
            var isHeld = changed.State is MachineState.Paused or MachineState.Attention;
            if (!_isStarted || _isOver || isHeld == _isHeld || (!isHeld && changed.State is not MachineState.Running))
            {
                return;
            }

            _isHeld = isHeld;
            Post(isHeld
                ? new RunPaused(machine, order.Job, order.Epoch, changed.Reason ?? "It was held.")
                : new RunResumed(machine, order.Job, order.Epoch));
        }
    }

    /// <inheritdoc />
    public void Dispose() => _cancel.Dispose();

    /// <summary>Runs to the end, however it ends, and posts it.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        RunEnd end;
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(_cancel.Token, cancellationToken);
            var options = new RunOptions
            {
                Name = order.Job.Value,
                BeforeFirstMotion = AskForStartAsync,
                StartKey = $"{order.Job}/{order.Epoch}",
                LeavesPart = false, // What lies on the machine is in the edge's journal, which outlives the session.
            };
            end = EndOf(await session.RunAsync(order.Program, options, either.Token));
        }
        catch (Exception e) when (e is MachineLinkException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            end = new RunEnd(_cancel.IsCancellationRequested ? RunEndKind.Cancelled : RunEndKind.Failed, e.Message, 0, 0);
        }

        lock (_gate)
        {
            _isOver = true;
        }

        await inbox.WriteAsync(new RunEnded(machine, order.Job, order.Epoch, end), CancellationToken.None);
    }

    private async Task AskForStartAsync(CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await inbox.WriteAsync(new StartAsked(machine, order.Job, order.Epoch, answer), cancellationToken);
        if (await answer.Task is { } refusal)
        {
            throw new OperatorException(refusal);
        }

        lock (_gate)
        {
            _isStarted = true;
        }
    }

    private RunEnd EndOf(RunOutcome outcome)
    {
        var seconds = outcome.Duration.TotalSeconds * speed;
        return outcome switch
        {
            RunOutcome.Completed => new RunEnd(RunEndKind.Completed, "", outcome.LastExecutedLine, seconds),
            RunOutcome.Cancelled cancelled => new RunEnd(RunEndKind.Cancelled, (_cancelReason ?? cancelled.Reason) + Warning(cancelled.SafeState), outcome.LastExecutedLine, seconds),
            RunOutcome.Failed failed => new RunEnd(
                _cancelReason is not null ? RunEndKind.Cancelled : RunEndKind.Failed, failed.Reason + Warning(failed.SafeState), outcome.LastExecutedLine, seconds),
            _ => throw new NotSupportedException($"{outcome.GetType().Name} is no outcome."),
        };
    }

    private static string Warning(SafeState state) => state switch
    {
        SafeState.Unconfirmed => " The machine did not confirm that its heaters and spindle are off: look at it.",
        SafeState.LinkLost => " The link is gone, so its heaters may still be on: go to the machine.",
        _ => "",
    };

    private void Post(EdgeMessage message)
    {
        if (!inbox.TryWrite(message))
        {
            _ = inbox.WriteAsync(message).AsTask();
        }
    }
}
