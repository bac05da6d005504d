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

    /// <summary>Takes up what an earlier process left. A job that it had started is never continued by itself.</summary>
    private void OnTakeUp()
    {
        var open = _book.Leases.Open.ToList();
        foreach (var held in open.Where(h => !h.IsStarted && (h.Job.Machine is not { } machine || !_desks.ContainsKey(machine))))
        {
            Append(new JobReleased { Job = held.Job.Id, Epoch = held.Job.Epoch, At = _time.GetUtcNow(), Reason = $"{held.Job.Machine} is no longer a machine of this site." });
        }

        // A machine makes one program at a time, so what it had started is one plate.
        foreach (var started in open.Where(static h => h.IsStarted).GroupBy(static h => h.Job.Machine))
        {
            TakeUpStarted(new Plate([.. started.Select(static h => h.Job)]), started.Key is { } machine ? _desks.GetValueOrDefault(machine) : null);
        }

        _isTakenUp = true;
    }

    /// <summary>The jobs that a machine was started for and that have not ended, as the journal has them now; null if there are none.</summary>
    private Plate? StartedOn(MachineDesk desk) => _book.Leases.Open.Where(h => h.IsStarted && h.Job.Machine == desk.Id).Select(static h => h.Job).ToList() is { Count: > 0 } jobs ? new Plate(jobs) : null;

    /// <summary>The jobs of a plate that this site still holds under the same leases, as the journal has them now.</summary>
    private List<Job> HeldOf(Plate plate) => [.. plate.Jobs.Select(j => _book.Leases.Find(j.Id)?.Job).OfType<Job>().Where(j => !j.IsFinal && plate.Jobs.Any(p => p.Id == j.Id && p.Epoch == j.Epoch))];

    /// <summary>The last word before motion: the rule is asked again, the start of each job of the plate is journaled and synced in one append, and only then the machine may move.</summary>
    private void OnStartAsked(StartAsked asked)
    {
        var desk = _desks[asked.Machine];
        var run = desk.Run;
        var recovery = run?.Prepared.From;
        var refusal = run is null || run.Job != asked.Job || run.Epoch != asked.Epoch ? $"{asked.Job} is not the job of {asked.Machine}."
            : run.CancelReason ?? (_handOver is not null ? "The agent is being stopped."
            : _trouble ?? (HeldOf(run.Plate) is var jobs && jobs.Count < run.Plate.Jobs.Count ? $"{run.Plate}: not all of it is held by this site any more."
            : recovery is not null ? JournalGoingOn(desk, run, recovery)
            : jobs.Select(job => StartRule.CheckLease(job, LeaseClock()) ?? StartRule.CheckReservation(job, desk.ForRule(_time.GetUtcNow()))).FirstOrDefault(static refused => refused is not null) ?? JournalStart(jobs)));
        if (refusal is null)
        {
            run!.IsStarted = true;
            run.Begun.TrySetResult(null);
        }

        asked.Refusal.TrySetResult(refusal);
    }

    private string? JournalStart(List<Job> jobs)
    {
        var now = _time.GetUtcNow();
        return _book.Append([.. jobs.Select(job => new JobStarted { Job = job.Id, Epoch = job.Epoch, At = now })], []);
    }

    private void OnRunPaused(RunPaused paused) => OfRun(paused.Machine, paused.Job, paused.Epoch, job => new JobPaused { Job = job.Id, Epoch = job.Epoch, At = _time.GetUtcNow(), Reason = paused.Reason });

    private void OnRunResumed(RunResumed resumed) => OfRun(resumed.Machine, resumed.Job, resumed.Epoch, job => new JobResumed { Job = job.Id, Epoch = job.Epoch, At = _time.GetUtcNow() });

    /// <summary>Something happened to a run, and so to each of its jobs.</summary>
    private void OfRun(MachineId machine, JobId named, int epoch, Func<Job, JobEvent> happened)
    {
        if (_desks[machine].Run is { } run && run.Job == named && run.Epoch == epoch)
        {
            Append([], [.. HeldOf(run.Plate).Select(happened)]);
        }
    }

    private void OnRunEnded(RunEnded ended)
    {
        var desk = _desks[ended.Machine];
        if (desk.Run is not { } run || run.Job != ended.Job || run.Epoch != ended.Epoch)
        {
            return;
        }

        var jobs = HeldOf(run.Plate);
        var isProgramKept = false;
        if (run.IsStarted && jobs.Count > 0 && WaitsForDecision(desk, run, ended.End))
        {
            Interrupt(desk, new Plate(jobs), new MarkedLine(ended.End.LastLine, run.Prepared.Whole.LineCount), _handOver is not null ? $"The agent was stopped and took {desk.Id} to its safe state." : ended.End.Reason);
            isProgramKept = true;
        }
        else if (run.IsStarted)
        {
            RequireClearing(desk, WhatIsOn(run.Plate, ended.End.Kind is RunEndKind.Completed));
            AppendEnds(jobs, job => EndOf(job, run, ended.End, desk), job => SecondsOf(job, run, ended.End));
            run.Plate.Jobs.ToList().ForEach(job => desk.CalledOff.Remove(job.Id));
            CountFailures(desk, ended.End);
        }
        else if (run.Prepared.From is not null)
        {
            isProgramKept = OnNotGoneOn(desk, run);
        }
        else if (jobs.Count > 0)
        {
            OnNotStarted(desk, jobs, run, ended.End);
        }

        run.Begun.TrySetResult(ended.End.Reason);
        desk.Host.ForgetRun();
        if (isProgramKept)
        {
            run.Prepared.Dispose();
        }
        else if (jobs.Count == run.Plate.Jobs.Count && !run.IsStarted && HeldOf(run.Plate).Count == jobs.Count)
        {
            desk.Prepared[run.Job] = (run.Plate, run.Prepared);
        }
        else
        {
            ProgramFolder.Remove(run.Prepared);
            desk.Attempts.Remove(run.Job);
        }

        desk.Run = null;
        LogEnded(run.Plate.ToString(), desk.Id, ended.End.Kind, ended.End.LastLine, ended.End.Reason);
        CompleteHandOver();
    }

    private static string WhatIsOn(Plate plate, bool isComplete) => (plate.Jobs.Count > 1, isComplete) switch
    {
        (false, true) => $"The part of {plate} is on it.",
        (false, false) => $"{plate} did not finish; its part is incomplete.",
        (true, true) => $"The parts of {plate} are on it.",
        (true, false) => $"{plate} did not finish; their parts are incomplete.",
    };

    private JobEvent EndOf(Job job, ActiveRun run, RunEnd end, MachineDesk desk) => end.Kind switch
    {
        RunEndKind.Completed when run.Plate.Jobs.Count > 1 && desk.CalledOff.TryGetValue(job.Id, out var reason) => new JobCancelled
        {
            Job = job.Id,
            Epoch = job.Epoch,
            At = _time.GetUtcNow(),
            Reason = $"{reason.TrimEnd('.')}. It was being made on one bed with {new Plate([.. run.Plate.Jobs.Where(j => j.Id != job.Id)])}, whose run went on: its part lies with theirs.",
        },
        RunEndKind.Completed => new JobCompleted
        {
            Job = job.Id,
            Epoch = job.Epoch,
            At = _time.GetUtcNow(),
            Seconds = SecondsOf(job, run, end),
            Grams = run.Prepared.Whole.Summary.FilamentGrams * (job.Share ?? 1),
            EnergyKwh = desk.Profile.Power.RunningW * SecondsOf(job, run, end) / 3_600_000,
        },
        _ when (desk.CalledOff.TryGetValue(job.Id, out var own) ? own : end.Kind is RunEndKind.Cancelled ? run.CancelReason : null) is { } reason =>
            new JobCancelled { Job = job.Id, Epoch = job.Epoch, At = _time.GetUtcNow(), Reason = reason },
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

    /// <summary>A job's part of the machine's time. What came before an interruption counts by the program's time model: nobody measured it to the end.</summary>
    private static double SecondsOf(Job job, ActiveRun run, RunEnd end) => (end.Seconds + (run.Prepared.From?.SecondsBefore ?? 0)) * (job.Share ?? 1);

    /// <summary>The run ended before anything moved: its jobs may be tried again. One that was called off has left already.</summary>
    private void OnNotStarted(MachineDesk desk, List<Job> jobs, ActiveRun run, RunEnd end)
    {
        if (_handOver is not null)
        {
            jobs.ForEach(job => Release(job, "The agent was stopped before it was started."));
        }
        else if (run.CancelReason is null && _trouble is null && jobs.TrueForAll(job => StartRule.CheckLease(job, LeaseClock()) is null) && desk.CountAttempt(run.Job) >= MaxAttempts)
        {
            var now = _time.GetUtcNow();
            Append([], [.. jobs.Select(job => new JobRejected { Job = job.Id, Epoch = job.Epoch, At = now, Reason = $"{desk.Id} could not start it: {end.Reason}" })]);
        }
        else if (run.CancelReason is null)
        {
            desk.RetryStartAt = StampIn(TimeSpan.FromSeconds(5));
        }
    }

    /// <summary>
    /// Somebody called a job off, or the coordinator took its lease back. Before its start it leaves its plate, which is prepared without it. After it, the machine can't leave one part
    /// out: the run goes on while one of its jobs is wanted, and the job ends with it.
    /// </summary>
    private void CallOff(HeldJob held, string reason)
    {
        var (job, desk) = (held.Job, held.Job.Machine is { } machine ? _desks.GetValueOrDefault(machine) : null);
        if (desk is not null && held.IsStarted && StartedOn(desk) is { } plate)
        {
            desk.CalledOff[job.Id] = reason;
            if (!plate.Jobs.All(j => desk.CalledOff.ContainsKey(j.Id)))
            {
                LogGoesOnWithout(job.Id, plate.ToString(), reason);
            }
            else if (desk.Run is { } run)
            {
                run.CancelReason ??= reason;
                desk.Host.CancelRun(reason);
            }
            else if (desk.Waiting is not null)
            {
                EndWaiting(desk, plate, j => new JobCancelled { Job = j.Id, Epoch = j.Epoch, At = _time.GetUtcNow(), Reason = reason });
            }

            return;
        }

        Append(new JobCancelled { Job = job.Id, Epoch = job.Epoch, At = _time.GetUtcNow(), Reason = reason });
        Leave(desk, job.Id, reason);
    }

    /// <summary>A job that was not started is no longer this site's: its plate is made without it.</summary>
    private static void Leave(MachineDesk? desk, JobId job, string reason)
    {
        desk?.Forget(job);
        if (desk?.Run is { } run && run.Plate.Has(job))
        {
            run.CancelReason ??= reason; // Handed over, and nothing has moved.
            desk.Host.CancelRun(reason);
        }
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

        foreach (var held in _book.Leases.Open.Where(h => !h.IsStarted && !_desks.Values.Any(d => d.Run?.Plate.Has(h.Job.Id) == true)).ToList())
        {
            Release(held.Job, "The agent was stopped before it was started.");
        }

        CompleteHandOver();
    }

    // A machine whose end can't be journaled stands in its safe state all the same; the next start finds the run as after a crash.
    private void CompleteHandOver()
    {
        if (_handOver is not null && _desks.Values.All(d => d.Run is null || _stalled.Exists(m => m is RunEnded ended && ended.Machine == d.Id)))
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

    private void Append(JobEvent happened) => Append([], [happened]);

    /// <summary>Appends the ends of jobs that were made at once, with what they teach.</summary>
    private void AppendEnds(IReadOnlyList<Job> jobs, Func<Job, JobEvent> end, Func<Job, double> seconds)
    {
        var ends = jobs.Select(job => (Job: job, End: end(job))).ToList();
        Append(ProductionsOf([.. ends.Select(e => (e.End, seconds(e.Job)))]), [.. ends.Select(static e => e.End)]);
    }

    private void Append(IReadOnlyList<EdgeRecord> beside, List<JobEvent> together)
    {
        if (together.Count == 0)
        {
            return;
        }

        if (_book.Append(together, beside) is { } refusal)
        {
            LogRefused(refusal);
            return;
        }

        foreach (var happened in together)
        {
            LogHappened(happened.Job, happened.GetType().Name);
        }
    }

    [LoggerMessage(LogLevel.Information, "{Job}: {Event}.")]
    private partial void LogHappened(JobId job, string @event);

    [LoggerMessage(LogLevel.Debug, "{Refusal}")]
    private partial void LogRefused(string refusal);

    [LoggerMessage(LogLevel.Information, "{Job} ended on {Machine}: {Kind} after line {Line}. {Reason}")]
    private partial void LogEnded(string job, MachineId machine, RunEndKind kind, int line, string reason);

    [LoggerMessage(LogLevel.Information, "{Job} was called off ({Reason}) while it is made with others: the run of {Jobs} goes on.")]
    private partial void LogGoesOnWithout(JobId job, string jobs, string reason);
}
