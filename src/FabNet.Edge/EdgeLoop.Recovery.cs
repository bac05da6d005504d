// Jobs that were interrupted: they fail, or wait for a person, who goes on with them or gives them up. Nothing here goes on by itself.

using System.Globalization;
using FabNet.Edge.Leasing;
using FabNet.Edge.Machines;
using FabNet.Edge.Queue;
using FabNet.Edge.Recovering;
using FabNet.Edge.Storage;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using Microsoft.Extensions.Logging;

namespace FabNet.Edge;

internal sealed partial class EdgeLoop
{
    // A machine that was idle when a person confirmed takes its first line at once. One that went away and came back may not be as it was.
    private static readonly TimeSpan ConfirmationLimit = TimeSpan.FromSeconds(60);

    /// <summary>The job that waits for a person on a machine. Runs in the loop.</summary>
    /// <exception cref="OperatorException">None does.</exception>
    public Interrupted InterruptedOn(MachineId machine)
    {
        var desk = DeskOf(machine);
        if (desk.Run is { } run)
        {
            throw new OperatorException($"{machine} is running {run.Plate}{(run.Prepared.From is null ? "" : ": it goes on already")}.");
        }

        return desk.Waiting is { } waiting && _book.Leases.Find(waiting.Job) is { } held
            ? new Interrupted(held.Job, waiting, desk.Profile) { CountedMm = desk.Host.Report.CountedMm }
            : throw new OperatorException($"No job waits for a decision on {machine}.");
    }

    /// <summary>Goes on with a job, as a person has confirmed. Runs in the loop, which owns the plan's program from then on.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="key">The interruption that the person was shown.</param>
    /// <param name="plan">What was shown.</param>
    /// <returns>Null once it is journaled and the machine may move, or why it was not started.</returns>
    /// <exception cref="OperatorException">It can't be gone on with now; the program is still the caller's.</exception>
    public Task<string?> GoOn(MachineId machine, string key, RecoveryPlan plan)
    {
        var (job, interruption, _) = InterruptedOn(machine);
        var desk = DeskOf(machine);
        var refusal = key != interruption.Key || plan.Interruption.Key != key ? $"What was confirmed is over: {machine} waits for another decision now. Look again: fabnet site recover {machine}"
            : _handOver is not null ? "The agent is being stopped."
            : _trouble ?? (desk.Facts.Maintenance is { } reason ? $"{machine} is out of service ({reason}). Take it back first: fabnet site maintenance {machine} --done"
            : desk.Host.Report is { State: not MachineState.Idle } report ? $"{machine} is {report.State}, and must be idle and homed. {report.Detail} {NextStep(machine, report.State)}"
            : null);
        if (refusal is not null)
        {
            throw new OperatorException(refusal);
        }

        desk.Run = new ActiveRun(StartedOn(desk) ?? new Plate([job]), plan.Rest, _time.GetTimestamp());
        desk.Host.Run(new RunOrder(job.Id, job.Epoch, plan.Rest.Program, plan.Rest.From));
        LogGoesOn(job.Id, machine, plan.Rest.From!.FirstLine, plan.Rest.Whole.LineCount);
        return desk.Run.Begun.Task;
    }

    /// <summary>A person gives up what waits on a machine: its jobs fail, and are made again. Runs in the loop.</summary>
    public string GiveUp(MachineId machine, string reason)
    {
        var (job, interruption, _) = InterruptedOn(machine);
        var desk = DeskOf(machine);
        var plate = StartedOn(desk) ?? new Plate([job]);
        EndWaiting(desk, plate, j => new JobFailed
        {
            Job = j.Id,
            Epoch = j.Epoch,
            At = _time.GetUtcNow(),
            LastLine = interruption.LastLine,
            Reason = $"It was interrupted after line {Number(interruption.LastLine)}, and a person gave it up{(reason.Length > 0 ? $": {reason}" : "")}. It is made again from the start.",
        });
        return plate.Jobs.Count == 1 ? $"{plate} has failed, and its work is planned again. Take the part off {machine}, then: fabnet site clear {machine}"
            : $"{plate} have failed, and their work is planned again. Take the parts off {machine}, then: fabnet site clear {machine}";
    }

    private static string NextStep(MachineId machine, MachineState state) => state switch
    {
        MachineState.Alarm => $"Look at it, then: fabnet site clear {machine}; to home it: fabnet site maintenance {machine}, and fabnet site operate {machine} home",
        MachineState.Offline => "See to its power and its cable.",
        _ => "Try again once it is.",
    };

    /// <summary>An earlier process had started these jobs, at once.</summary>
    private void TakeUpStarted(Plate plate, MachineDesk? desk)
    {
        var job = plate.Lead;
        var last = _book.Interruption(job);
        var isWaiting = last is { FromLine: null };
        if (desk is { AsksWhenInterrupted: true } && isWaiting)
        {
            desk.Waiting = last;
            return;
        }

        // No mark is left of a run that went on and died at once: then the place where it went on holds.
        var marked = isWaiting ? new MarkedLine(last!.LastLine, last.LineCount)
            : desk?.Host.LastLineLeftBehind(job.Id, job.Epoch) ?? new MarkedLine((last?.FromLine ?? 1) - 1, last?.LineCount ?? 0);
        if (desk is { AsksWhenInterrupted: true })
        {
            Interrupt(desk, plate, marked, $"The agent was interrupted, by a crash or a power cut, while {desk.Id} ran it.");
            return;
        }

        if (desk is not null)
        {
            RequireClearing(desk, $"{plate} {(plate.Jobs.Count == 1 ? "was interrupted; its part is incomplete." : "were interrupted; their parts are incomplete.")}");
        }

        AppendEnds(
            plate.Jobs,
            j => new JobFailed
            {
                Job = j.Id,
                Epoch = j.Epoch,
                At = _time.GetUtcNow(),
                LastLine = marked.Line,
                Reason = $"The agent was interrupted while {j.Machine} ran it, at or after line {Number(marked.Line)}; the part on the machine is incomplete. It is made again from the start.",
            },
            j => EstimateUpTo(j, marked));
        RemoveProgram(job);
    }

    /// <summary>A run that a person did not call off, on a machine where a person decides.</summary>
    private bool WaitsForDecision(MachineDesk desk, ActiveRun run, RunEnd end) => desk.AsksWhenInterrupted && run.CancelReason is null
        && (end.Kind is RunEndKind.Failed || (end.Kind is RunEndKind.Cancelled && _handOver is not null));

    private void Interrupt(MachineDesk desk, Plate plate, MarkedLine last, string what)
    {
        var job = plate.Lead;
        var of = last.LineCount > 0 ? $" of {Number(last.LineCount)}" : "";
        var record = new InterruptionRecord
        {
            Job = job.Id,
            Epoch = job.Epoch,
            Number = (_book.Interruption(job)?.Number ?? 0) + 1,
            LastLine = last.Line,
            LineCount = last.LineCount,
            Words = $"{what.TrimEnd('.')}. The last line of {plate} that was surely executed is {Number(last.Line)}{of}. Look at the machine, then go on (fabnet site recover {desk.Id}) or have it made again from the start (fabnet site give-up {desk.Id}).",
        };
        var now = _time.GetUtcNow();
        if (_book.Append([.. plate.Jobs.Select(j => new JobPaused { Job = j.Id, Epoch = j.Epoch, At = now, Reason = record.Words })], [record]) is { } refusal)
        {
            LogRefused(refusal);
            return;
        }

        desk.Waiting = record;
        LogInterrupted(plate.ToString(), desk.Id, last.Line, what);
    }

    /// <summary>The last word before motion: nothing moves unless the decision is on the disk.</summary>
    private string? JournalGoingOn(MachineDesk desk, ActiveRun run, Continuation from)
    {
        if (desk.Waiting is not { } waiting || waiting.Key != from.Key || _time.GetElapsedTime(run.HandedOver) > ConfirmationLimit)
        {
            return $"What was confirmed on {desk.Id} is over. Look again: fabnet site recover {desk.Id}";
        }

        var now = _time.GetUtcNow();
        var refusal = _book.Append([.. HeldOf(run.Plate).Select(job => new JobResumed { Job = job.Id, Epoch = job.Epoch, At = now })], [waiting with { FromLine = from.FirstLine }]);
        desk.Waiting = refusal is null ? null : waiting;
        return refusal;
    }

    /// <summary>Going on ended before anything moved: its jobs wait on, unless somebody called all of them off meanwhile.</summary>
    /// <returns>True if the program is needed on.</returns>
    private bool OnNotGoneOn(MachineDesk desk, ActiveRun run)
    {
        var jobs = HeldOf(run.Plate);
        if (jobs.Count == 0)
        {
            return false;
        }

        if (run.CancelReason is not { } reason)
        {
            return true;
        }

        EndWaiting(desk, new Plate(jobs), job => new JobCancelled { Job = job.Id, Epoch = job.Epoch, At = _time.GetUtcNow(), Reason = reason });
        return false;
    }

    private void EndWaiting(MachineDesk desk, Plate plate, Func<Job, JobEvent> end)
    {
        RequireClearing(desk, WhatIsOn(plate, isComplete: false));
        AppendEnds(
            plate.Jobs,
            job => desk.CalledOff.TryGetValue(job.Id, out var reason) ? new JobCancelled { Job = job.Id, Epoch = job.Epoch, At = _time.GetUtcNow(), Reason = reason } : end(job),
            job => desk.Waiting is { } waiting ? EstimateUpTo(job, new MarkedLine(waiting.LastLine, waiting.LineCount)) : 0);
        plate.Jobs.ToList().ForEach(job => desk.CalledOff.Remove(job.Id));
        desk.Waiting = null;
        RemoveProgram(plate.Lead);
    }

    private void RemoveProgram(Job job)
    {
        if (job.Program is { } program)
        {
            Disk.TryDelete(_programs.PathOf(job, program));
        }
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    [LoggerMessage(LogLevel.Warning, "{Job} was interrupted on {Machine} after line {Line} and waits for a person: {What}")]
    private partial void LogInterrupted(string job, MachineId machine, int line, string what);

    [LoggerMessage(LogLevel.Information, "A person lets {Job} go on, on {Machine}, with line {Line} of {Lines}.")]
    private partial void LogGoesOn(JobId job, MachineId machine, int line, int lines);
}
