// What happens to the jobs that a site holds: taken up, prepared, started, held, ended, handed over.

using FabNet.Edge.Configuration;
using FabNet.Edge.Leasing;
using FabNet.Edge.Machines;
using FabNet.Edge.Preparing;
using FabNet.Edge.Queue;
using FabNet.Model;
using FabNet.Model.Jobs;
using Microsoft.Extensions.Logging;

namespace FabNet.Edge;

internal sealed partial class EdgeLoop
{
    private const int MaxAttempts = 3;
    private const int MaxPreparationAttempts = 20;

    /// <summary>Takes up what an earlier process left. A job that it had started is never continued by itself.</summary>
    private void OnTakeUp()
    {
        foreach (var held in _book.Leases.Open.ToList())
        {
            var job = held.Job;
            var desk = job.Machine is { } machine ? _desks.GetValueOrDefault(machine) : null;
            if (held.IsStarted)
            {
                TakeUpStarted(job, desk);
            }
            else if (desk is null)
            {
                Append(new JobReleased { Job = job.Id, Epoch = job.Epoch, At = _time.GetUtcNow(), Reason = $"{job.Machine} is no longer a machine of this site." });
            }
        }

        _isTakenUp = true;
    }

    private void OnPrepared(PreparationEnded ended)
    {
        var desk = _desks[ended.Machine];
        if (desk.Preparation?.Job == ended.Job && desk.Preparation.Epoch == ended.Epoch)
        {
            desk.Preparation.Cancellation.Dispose();
            desk.Preparation = null;
        }

        var job = _book.Leases.Find(ended.Job)?.Job;
        if (job is null || job.Epoch != ended.Epoch || job.IsFinal || _handOver is not null)
        {
            if (ended.Outcome is Prepared late)
            {
                ProgramFolder.Remove(late);
            }

            return;
        }

        switch (ended.Outcome)
        {
            case Prepared prepared:
                desk.PreparationNotice = null;
                desk.Attempts.Remove(job.Id);
                AppendReady(job, prepared);
                desk.Prepared[job.Id] = prepared;
                break;
            case Refused refused:
                desk.PreparationNotice = null;
                Append(new JobRejected { Job = job.Id, Epoch = job.Epoch, At = _time.GetUtcNow(), Reason = refused.Reason, Everywhere = refused.Everywhere });
                desk.Forget(job.Id);
                break;
            case Postponed postponed when desk.CountAttempt(job.Id) < MaxPreparationAttempts:
                desk.PreparationNotice = $"{job.Id} waits: {postponed.Reason}";
                desk.RetryPreparationAt = StampIn(TimeSpan.FromSeconds(15));
                LogPostponed(job.Id, postponed.Reason);
                break;
            case Postponed postponed:
                desk.PreparationNotice = null;
                Release(job, $"It could not be prepared for five minutes: {postponed.Reason}");
                break;
            default:
                throw new NotSupportedException($"{ended.Outcome.GetType().Name} is no outcome.");
        }
    }

    private void AppendReady(Job job, Prepared prepared) => Append(RecipeOf(job, prepared), new JobReady
    {
        Job = job.Id,
        Epoch = job.Epoch,
        At = _time.GetUtcNow(),
        Program = prepared.Program.Digest,
        EstimatedSeconds = prepared.Program.Summary.TimeSeconds + prepared.Program.Summary.HeatUpSeconds,
        EstimatedGrams = prepared.Program.Summary.FilamentGrams,
    });

    /// <summary>The last word before motion: the rule is asked again, the start is journaled and synced, and only then the machine may move.</summary>
    private void OnStartAsked(StartAsked asked)
    {
        var desk = _desks[asked.Machine];
        var run = desk.Run;
        var job = _book.Leases.Find(asked.Job)?.Job;
        var now = _time.GetUtcNow();
        var recovery = run?.Prepared.From;
        var refusal = run is null || run.Job != asked.Job || run.Epoch != asked.Epoch ? $"{asked.Job} is not the job of {asked.Machine}."
            : run.CancelReason ?? (_handOver is not null ? "The agent is being stopped."
            : _trouble ?? (job is null ? $"{asked.Job} is no longer held by this site."
            : recovery is not null ? JournalGoingOn(desk, run, recovery)
            : StartRule.CheckLease(job, LeaseClock())
            ?? StartRule.CheckReservation(job, desk.ForRule(now))
            ?? _book.Append(new JobStarted { Job = asked.Job, Epoch = asked.Epoch, At = now })));
        if (refusal is null)
        {
            run!.IsStarted = true;
            run.Begun.TrySetResult(null);
        }

        asked.Refusal.TrySetResult(refusal);
    }

    private void OnRunPaused(RunPaused paused) =>
        Append(new JobPaused { Job = paused.Job, Epoch = paused.Epoch, At = _time.GetUtcNow(), Reason = paused.Reason });

    private void OnRunResumed(RunResumed resumed) => Append(new JobResumed { Job = resumed.Job, Epoch = resumed.Epoch, At = _time.GetUtcNow() });

    private void OnRunEnded(RunEnded ended)
    {
        var desk = _desks[ended.Machine];
        if (desk.Run is not { } run || run.Job != ended.Job || run.Epoch != ended.Epoch)
        {
            return;
        }

        var job = _book.Leases.Find(ended.Job)?.Job;
        var isProgramKept = false;
        if (run.IsStarted && job is not null && WaitsForDecision(desk, run, ended.End))
        {
            Interrupt(desk, job, new MarkedLine(ended.End.LastLine, run.Prepared.Whole.LineCount), _handOver is not null ? $"The agent was stopped and took {desk.Id} to its safe state." : ended.End.Reason);
            isProgramKept = true;
        }
        else if (run.IsStarted)
        {
            RequireClearing(desk, ended.End.Kind is RunEndKind.Completed ? $"The part of {run.Job} is on it." : $"{run.Job} did not finish; its part is incomplete.");
            if (job is not null)
            {
                AppendEnd(EndOf(job, run, ended.End, desk), SecondsOf(run, ended.End));
            }
        }
        else if (run.Prepared.From is not null)
        {
            isProgramKept = OnNotGoneOn(desk, run);
        }
        else if (job is not null)
        {
            OnNotStarted(desk, job, run, ended.End);
        }

        run.Begun.TrySetResult(ended.End.Reason);
        desk.Host.ForgetRun();
        if (isProgramKept)
        {
            run.Prepared.Dispose();
        }
        else if (job is { IsFinal: false } && !run.IsStarted && _book.Leases.Find(run.Job) is { Job.IsFinal: false })
        {
            desk.Prepared[run.Job] = run.Prepared;
        }
        else
        {
            ProgramFolder.Remove(run.Prepared);
            desk.Attempts.Remove(run.Job);
        }

        desk.Run = null;
        LogEnded(run.Job, desk.Id, ended.End.Kind, ended.End.LastLine, ended.End.Reason);
        CompleteHandOver();
    }

    private JobEvent EndOf(Job job, ActiveRun run, RunEnd end, MachineDesk desk) => end.Kind switch
    {
        RunEndKind.Completed => new JobCompleted
        {
            Job = job.Id,
            Epoch = job.Epoch,
            At = _time.GetUtcNow(),
            Seconds = SecondsOf(run, end),
            Grams = run.Prepared.Whole.Summary.FilamentGrams,
            EnergyKwh = desk.Profile.Power.RunningW * SecondsOf(run, end) / 3_600_000,
        },
        RunEndKind.Cancelled when run.CancelReason is { } reason => new JobCancelled { Job = job.Id, Epoch = job.Epoch, At = _time.GetUtcNow(), Reason = reason },
        RunEndKind.Cancelled when _handOver is not null => new JobFailed
        {
            Job = job.Id,
            Epoch = job.Epoch,
            At = _time.GetUtcNow(),
            LastLine = end.LastLine,
            Reason = $"The agent was stopped at line {end.LastLine} and took {desk.Id} to its safe state; the part on it is incomplete.",
        },
        _ => new JobFailed { Job = job.Id, Epoch = job.Epoch, At = _time.GetUtcNow(), LastLine = end.LastLine, Reason = end.Reason },
    };

    /// <summary>What came before an interruption counts by the program's time model: nobody measured it to the end.</summary>
    private static double SecondsOf(ActiveRun run, RunEnd end) => end.Seconds + (run.Prepared.From?.SecondsBefore ?? 0);

    /// <summary>The run ended before anything moved: the job may be tried again, unless somebody called it off.</summary>
    private void OnNotStarted(MachineDesk desk, Job job, ActiveRun run, RunEnd end)
    {
        if (run.CancelReason is { } reason)
        {
            Append(new JobCancelled { Job = job.Id, Epoch = job.Epoch, At = _time.GetUtcNow(), Reason = reason });
        }
        else if (_handOver is not null)
        {
            Release(job, "The agent was stopped before it was started.");
        }
        else if (_trouble is null && StartRule.CheckLease(job, LeaseClock()) is null && desk.CountAttempt(job.Id) >= MaxAttempts)
        {
            Append(new JobRejected { Job = job.Id, Epoch = job.Epoch, At = _time.GetUtcNow(), Reason = $"{desk.Id} could not start it: {end.Reason}" });
        }
        else
        {
            desk.RetryStartAt = StampIn(TimeSpan.FromSeconds(5));
        }
    }

    /// <summary>Somebody called a job off, or the coordinator took its lease back.</summary>
    private void CallOff(HeldJob held, string reason)
    {
        var desk = held.Job.Machine is { } machine ? _desks.GetValueOrDefault(machine) : null;
        if (desk?.Run is { } run && run.Job == held.Job.Id)
        {
            run.CancelReason ??= reason;
            desk.Host.CancelRun(reason);
            return;
        }

        var cancelled = new JobCancelled { Job = held.Job.Id, Epoch = held.Job.Epoch, At = _time.GetUtcNow(), Reason = reason };
        if (desk?.Waiting?.Job == held.Job.Id)
        {
            EndWaiting(desk, held.Job, cancelled);
            return;
        }

        Append(cancelled);
        desk?.Forget(held.Job.Id);
    }

    /// <summary>Designs turned out not to be made: their jobs end here, unless they have moved a machine already.</summary>
    private void OnDesignsStopped(IReadOnlyDictionary<Digest, string> reasons)
    {
        foreach (var held in _book.Leases.Open.Where(h => !h.IsStarted && reasons.ContainsKey(h.Job.Design.Manifest)).ToList())
        {
            CallOff(held, $"{held.Job.Design} must not be made: {reasons[held.Job.Design.Manifest]}");
        }
    }

    private void Release(Job job, string reason)
    {
        Append(new JobReleased { Job = job.Id, Epoch = job.Epoch, At = _time.GetUtcNow(), Reason = reason });
        if (job.Machine is { } machine && _desks.TryGetValue(machine, out var desk))
        {
            desk.Forget(job.Id);
        }
    }

    /// <summary>
    /// The agent is being stopped: jobs that were not started go back to the network, running programs are cancelled safely and fail, so that they
    /// are made again elsewhere, or wait for a person's decision. The journal holds all of it, so the next start goes on.
    /// </summary>
    private void OnHandOver(TaskCompletionSource done)
    {
        _handOver = done;
        foreach (var desk in _desks.Values.Where(d => d.Run is not null))
        {
            desk.Host.CancelRun("The agent is being stopped.");
        }

        foreach (var held in _book.Leases.Open.Where(h => !h.IsStarted && !_desks.Values.Any(d => d.Run?.Job == h.Job.Id)).ToList())
        {
            Release(held.Job, "The agent was stopped before it was started.");
        }

        CompleteHandOver();
    }

    private void CompleteHandOver()
    {
        if (_handOver is not null && _desks.Values.All(d => d.Run is null))
        {
            _handOver.TrySetResult();
        }
    }

    private void RequireClearing(MachineDesk desk, string why)
    {
        if (_config.Policy.Clear is ClearPolicy.Operator)
        {
            SetFacts(desk, desk.Facts with { NeedsClearing = why });
        }
    }

    private long StampIn(TimeSpan span) => _time.GetTimestamp() + (long)(span.TotalSeconds * _time.TimestampFrequency);

    private void Append(JobEvent happened) => Append([], happened);

    /// <summary>Appends the end of a started job, with what it teaches.</summary>
    private void AppendEnd(JobEvent happened, double seconds) => Append(ProductionOf(happened, seconds), happened);

    private void Append(IReadOnlyList<EdgeRecord> beside, JobEvent happened)
    {
        if (_book.Append(happened, beside) is { } refusal)
        {
            LogRefused(refusal);
        }
        else
        {
            LogHappened(happened.Job, happened.GetType().Name);
        }
    }

    [LoggerMessage(LogLevel.Information, "{Job}: {Event}.")]
    private partial void LogHappened(JobId job, string @event);

    [LoggerMessage(LogLevel.Debug, "{Refusal}")]
    private partial void LogRefused(string refusal);

    [LoggerMessage(LogLevel.Warning, "{Job} can't be prepared yet: {Reason}")]
    private partial void LogPostponed(JobId job, string reason);

    [LoggerMessage(LogLevel.Information, "{Job} ended on {Machine}: {Kind} after line {Line}. {Reason}")]
    private partial void LogEnded(JobId job, MachineId machine, RunEndKind kind, int line, string reason);
}
