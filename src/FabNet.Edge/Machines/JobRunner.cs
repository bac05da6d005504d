// Runs one program on one machine's session, with the journal between the decision and the first motion.

using System.Globalization;
using System.Threading.Channels;
using FabNet.FirmwareBridge;
using FabNet.GCode;
using FabNet.Model;
using FabNet.Model.Machines;

namespace FabNet.Edge.Machines;

/// <summary>One run. The machine's loop awaits it; cancelling and hearing are thread safe.</summary>
internal sealed class JobRunner(MachineId machine, RunOrder order, IMachineSession session, RunMark mark, ChannelWriter<EdgeMessage> inbox, double speed) : IDisposable
{
    private readonly CancellationTokenSource _cancel = new();
    private readonly ExecutedLines _executed = new(order.Program, session.Info?.PlannerBlocks ?? 0);
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

    /// <summary>The firmware has acknowledged lines of the program that runs, up to this one.</summary>
    /// <returns>The last line of the whole program that was surely executed.</returns>
    public int Acknowledge(int line)
    {
        lock (_gate)
        {
            try
            {
                return order.ToWhole(_isOver ? _executed.Line : _executed.Acknowledge(line));
            }
            catch (IOException)
            {
                // The program's file is broken: the session, which reads it too, ends the run for that. What was known holds.
                return order.ToWhole(_executed.Line);
            }
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _cancel.Dispose();
        _executed.Dispose();
    }

    /// <summary>Runs to the end, however it ends, and posts it.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        RunEnd end;
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(_cancel.Token, cancellationToken);
            Mark();
            if (order.From is not null)
            {
                // Whatever became of it since: nothing is hot or turns before the first line sets it again.
                await SafeCommands.SendAsync(machine, order.Program.Profile, session, either.Token);
            }

            var options = new RunOptions
            {
                Name = order.Name,
                BeforeFirstMotion = AskForStartAsync,
                StartKey = order.From?.Key ?? $"{order.Job}/{order.Epoch}",
                LeavesPart = false, // What lies on the machine is in the edge's journal, which outlives the session.
            };
            end = EndOf(await session.RunAsync(order.Program, options, either.Token));
        }
        catch (Exception e) when (e is MachineLinkException or IOException or UnauthorizedAccessException or OperationCanceledException or ObjectDisposedException)
        {
            end = new RunEnd(_cancel.IsCancellationRequested ? RunEndKind.Cancelled : RunEndKind.Failed, e.Message, Acknowledge(0), 0);
        }

        lock (_gate)
        {
            _isOver = true;
        }

        await inbox.WriteAsync(new RunEnded(machine, order.Job, order.Epoch, end), CancellationToken.None);
    }

    private void Mark()
    {
        try
        {
            mark.Begin(order.Job, order.Epoch, new MarkedLine(order.ToWhole(0), order.Whole.LineCount));
        }
        catch (Exception e) when (order.From is null && (e is IOException or UnauthorizedAccessException))
        {
            // A new run has no mark that could be wrong. What the disk says is told with the first line that can't be marked.
        }
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

    /// <summary>The session counts the lines that it sends.</summary>
    private string InWholeLines(string reason) => order.From is { } from
        ? string.Create(CultureInfo.InvariantCulture, $"{reason} (there, line {from.PreambleLines + 1} is line {from.FirstLine} of the whole program).")
        : reason;

    private RunEnd EndOf(RunOutcome outcome)
    {
        var seconds = outcome.Duration.TotalSeconds * speed;
        var line = order.ToWhole(outcome.LastExecutedLine);
        return outcome switch
        {
            RunOutcome.Completed => new RunEnd(RunEndKind.Completed, "", line, seconds),
            RunOutcome.Cancelled cancelled => new RunEnd(RunEndKind.Cancelled, (_cancelReason ?? InWholeLines(cancelled.Reason)) + Warning(cancelled.SafeState), line, seconds),
            RunOutcome.Failed failed => new RunEnd(
                _cancelReason is not null ? RunEndKind.Cancelled : RunEndKind.Failed, InWholeLines(failed.Reason) + Warning(failed.SafeState), line, seconds),
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
