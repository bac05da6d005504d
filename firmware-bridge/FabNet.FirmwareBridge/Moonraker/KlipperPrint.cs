// One run on a Klipper machine: begun, followed by what Klipper says of it, and ended truthfully.

using System.Globalization;
using FabNet.GCode;

namespace FabNet.FirmwareBridge.Moonraker;

/// <summary>
/// One run. Owned by the session's loop; decides from Klipper's own status, by the file's name, which no other run has. Klipper says <c>complete</c> when it has taken the last
/// line, not when the machine stands still: M400 tells that. Sources: Klipper klippy/extras/virtual_sdcard.py and print_stats.py; Moonraker components/history.py.
/// </summary>
internal sealed class KlipperPrint : IDisposable
{
    /// <summary>Seconds of motion by which what is executed may be behind, and what was taken ahead of, the last position told: Klipper plans about 2 s ahead and tells it every 250 ms.</summary>
    private const double PlannedSeconds = 5;

    private const long ProgressMs = 1000;

    private readonly MoonrakerLink _link;
    private readonly KlipperView _view;
    private readonly MoonrakerMachineOptions _options;
    private readonly EventOutbox _events;
    private readonly TimeProvider _time;
    private readonly ProgramCursor _cursor;
    private readonly KlipperQuestions _questions;
    private readonly KlipperStart _start;
    private Step _step;
    private SafeStop? _stop;
    private bool _isPauseAsked;
    private bool _isEmergency;
    private bool _isTraced;
    private bool _isDone;
    private RunOutcome? _outcome;
    private long _heardAt;

    /// <summary>A run that begins to upload now.</summary>
    public KlipperPrint(ActiveRun run, MoonrakerLink link, MoonrakerFiles files, KlipperView view, MoonrakerMachineOptions options, EventOutbox events, TimeProvider time)
    {
        Run = run;
        _link = link;
        _view = view;
        _options = options;
        _events = events;
        _time = time;
        _heardAt = time.GetTimestamp();
        _cursor = new ProgramCursor(run.Program);
        Name = RunFiles.NameOf(run);
        _questions = new KlipperQuestions(link, options, time);
        _start = new KlipperStart(run, Name, File, link, files, _questions, view, options, events, time);
    }

    private enum Step
    {
        /// <summary>It is prepared and started.</summary>
        Beginning,

        /// <summary>Klipper executes it.</summary>
        Following,

        /// <summary>Klipper has taken the last line; the machine comes to rest.</summary>
        Settling,

        /// <summary>Klipper no longer names the file: its history is asked.</summary>
        Tracing,

        /// <summary>It is stopped, or has ended, and is made safe.</summary>
        Stopping,
    }

    /// <summary>The run.</summary>
    public ActiveRun Run { get; }

    /// <summary>The file's name in <see cref="MoonrakerFiles.Folder"/>.</summary>
    public string Name { get; }

    /// <summary>The file's name as Klipper has it.</summary>
    public string File => $"{MoonrakerFiles.Folder}/{Name}";

    /// <summary>Completes when the upload and the caller's consent are there; the loop looks again then.</summary>
    public Task Prepared => _start.Prepared;

    /// <summary>True until the start is sent.</summary>
    public bool IsPreparing => !_start.IsSent;

    /// <summary>True while it is stopped before its end.</summary>
    public bool IsStopping => _step == Step.Stopping && !_isDone;

    /// <summary>True while it is executed, and can be paused.</summary>
    public bool IsFollowing => _step == Step.Following;

    /// <summary>True if Klipper holds it although nobody asked for that here.</summary>
    public bool IsHeldByMachine { get; private set; }

    /// <summary>True once Klipper took it.</summary>
    public bool IsStarted { get; private set; }

    /// <summary>A pause was asked for, or refused.</summary>
    public void NotePause(bool isAsked) => _isPauseAsked = isAsked;

    /// <summary>Stops it for good.</summary>
    public void BreakOff(string reason, bool isCalledOff)
    {
        Run.BreakReason ??= reason;
        Run.IsCalledOff = isCalledOff;
        if (IsPreparing)
            _start.CallOff();
        else if (_step is Step.Following or Step.Settling or Step.Tracing)
            BeginStop();
    }

    /// <summary>An emergency stop is under way: what follows is Klipper's shutdown.</summary>
    public void OnEmergencyStop()
    {
        _isEmergency = true;
        if (IsPreparing)
            BreakOff("emergency stop", isCalledOff: false);
    }

    /// <summary>Takes the next step, if there is one to take.</summary>
    /// <returns>The outcome once it is over; null before.</returns>
    public RunOutcome? Advance()
    {
        if (_view.IsReady)
            _heardAt = _time.GetTimestamp();
        if (_outcome is not null)
            return _outcome;
        if (!IsPreparing && _view.HasStopped)
            EndShutDown();
        else if (!IsPreparing && _step != Step.Stopping && _time.GetElapsedTime(_heardAt) > _options.Lost)
            End($"the machine has not been heard of for {_options.Lost.TotalMinutes:0} min. It may be printing: go to it. {Where()}", SafeState.LinkLost);
        else if (_step == Step.Stopping)
            Stop();
        else if (_step == Step.Beginning)
            Begin();
        else if (_view.IsReady && _questions.MayAsk)
            AdvancePrint();
        return _outcome;
    }

    /// <summary>How far it is; null while there is nothing new to tell.</summary>
    /// <param name="isLast">True at the end, however shortly the last one was told.</param>
    public ProgressReported? Progress(bool isLast)
    {
        var nowMs = NowMs();
        if (!IsStarted || !_view.IsReady || (!isLast && nowMs - Run.ProgressToldMs < ProgressMs))
            return null;
        Run.ProgressToldMs = nowMs;
        var (fraction, remaining) = Run.Estimate(Run.AcknowledgedLine, plannerBlocks: 0, nowMs);
        return new ProgressReported
        {
            At = _events.Now,
            Line = Run.AcknowledgedLine,
            LineCount = Run.Program.LineCount,
            Fraction = fraction,
            Elapsed = TimeSpan.FromMilliseconds(nowMs - Run.StartedMs),
            Remaining = remaining,
        };
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _start.Dispose();
        _cursor.Dispose();
    }

    private void AdvancePrint()
    {
        switch (_step)
        {
            case Step.Following:
                Follow();
                break;
            case Step.Settling:
                Settle();
                break;
            case Step.Tracing:
                Trace();
                break;
        }
    }

    private void Begin()
    {
        if (_start.Advance() is { } failure)
        {
            End(failure, SafeState.NotNeeded);
            return;
        }

        if (!_start.HasBegun)
            return;
        IsStarted = true;
        _step = Step.Following;
        if (Run.BreakReason is not null)
            BeginStop();
    }

    private void Follow()
    {
        var status = _view.Status;
        if (status.FileName != File)
        {
            _step = Step.Tracing;
            return;
        }

        NotePosition();
        switch (status.Print)
        {
            case "printing" or "paused":
                MarkPaused(status.Print == "paused");
                if (status.FileSize > 0 && status.FileSize != Run.Program.ByteCount)
                    BreakOff($"the file on the machine has {Number(status.FileSize)} bytes, and the program has {Number(Run.Program.ByteCount)}: somebody changed it. {Where()}", isCalledOff: false);
                break;
            case "complete":
                MarkPaused(false);
                _step = Step.Settling;
                break;
            case "cancelled":
                BreakOff($"it was cancelled at the machine. {Where()}", isCalledOff: true);
                break;
            case "error":
                BreakOff($"Klipper broke it off: {status.PrintMessage}. {Where()}", isCalledOff: false);
                break;
        }
    }

    private void Settle()
    {
        if (_view.Status.FileName != File)
        {
            _step = Step.Tracing;
            return;
        }

        Run.AcknowledgedLine = Run.Program.LineCount;
        _questions.AskScript("M400", answer =>
        {
            if (answer.IsDone && _step == Step.Settling)
                BeginEnd();
        });
    }

    private void Trace()
    {
        if (_view.Status.FileName == File)
        {
            _step = Step.Following;
            return;
        }

        _questions.AskHistory(File, said =>
        {
            if (_step != Step.Tracing)
                return;
            _isTraced = true;
            if (said == "completed")
            {
                Run.AcknowledgedLine = Run.Program.LineCount;
                if (_view.Status.IsPrintActive)
                    End(null, SafeState.NotNeeded); // Another print has the machine now, and its heaters.
                else
                    BeginEnd();
                return;
            }

            var reason = $"Klipper no longer knows of it: it was restarted, or another file was loaded{(said is null ? "" : $"; Moonraker's history calls it {said}")}. {Where()}";
            if (_view.Status.IsPrintActive)
                End($"{reason}. The machine prints {_view.Status.FileName} now", SafeState.Unconfirmed);
            else
                BreakOff(reason, said == "cancelled");
        });
    }

    private void Stop()
    {
        if (_view.IsReady && _view.Status.FileName == File)
            NotePosition();
        if (_stop!.Advance() is not { } safe)
            return;
        if (!_isDone)
            End(Run.BreakReason, safe);
        else
            End(safe == SafeState.Confirmed ? null : "every line was executed, and then the machine did not confirm that its heaters are off", safe);
    }

    private void EndShutDown()
    {
        var status = _view.Status;
        if (status.FileName == File)
        {
            IsStarted = true;
            NotePosition();
        }

        if (_isEmergency)
            (Run.BreakReason, Run.IsCalledOff) = ($"emergency stop. {Where()}", false);
        Run.BreakReason ??= $"Klipper has shut down: {(status.KlippyMessage.Length > 0 ? status.KlippyMessage : "it gives no reason")} {Where()}";
        End(Run.BreakReason, SafeState.FirmwareStopped);
    }

    private void End(string? reason, SafeState safe)
    {
        if (reason is null)
            Run.BreakReason = null;
        else
            Run.BreakReason ??= reason;
        var taken = Run.AcknowledgedLine;
        // Confirmed, the machine stands still: then all that Klipper took has been executed, unless Klipper itself was gone in between.
        var isExact = safe == SafeState.Confirmed && !_isTraced;
        if (!IsStarted && safe == SafeState.NotNeeded)
            Run.StartedMs = -1;
        else if (safe == SafeState.LinkLost)
            Run.SentLine = Run.Program.LineCount;
        else
            Run.SentLine = Math.Min(Run.Program.LineCount, Math.Max(taken + 1, isExact ? 0 : _cursor.LineNear(taken, PlannedSeconds)));
        _outcome = Run.Outcome(safe, isExact ? taken : Math.Min(taken, _cursor.LineNear(taken, -PlannedSeconds)), NowMs());
    }

    // A program may leave heat on, and nobody may come to switch it off.
    private void BeginEnd()
    {
        _isDone = true;
        BeginStop();
    }

    private void BeginStop()
    {
        MarkPaused(false);
        _step = Step.Stopping;
        _stop = new SafeStop(_link, _view, _options, _time, File);
    }

    private void NotePosition()
    {
        if (_view.Status.FileSize == Run.Program.ByteCount)
            Run.AcknowledgedLine = _cursor.LineAt(_view.Status.FilePosition);
    }

    private void MarkPaused(bool isPaused)
    {
        if (isPaused == Run.IsPaused)
            return;
        Run.IsPaused = isPaused;
        IsHeldByMachine = isPaused && !_isPauseAsked;
        _isPauseAsked &= isPaused;
        if (isPaused)
            Run.PausedSinceMs = NowMs();
        else
            Run.PausedMs += NowMs() - Run.PausedSinceMs;
    }

    private string Where() => $"The last line that Klipper took is {Number(Run.AcknowledgedLine)}";

    private long NowMs() => IsPreparing ? 0 : (long)_time.GetElapsedTime(_start.SentAt).TotalMilliseconds;

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
