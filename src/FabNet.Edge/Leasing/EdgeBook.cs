// The edge's journal and what follows from it: leases, the outbox, and what people said about machines.

using FabNet.Edge.Commons;
using FabNet.Edge.Queue;
using FabNet.Journal;
using FabNet.Model;
using FabNet.Model.Jobs;

namespace FabNet.Edge.Leasing;

/// <summary>
/// Everything that an edge must know after a crash. Each change is journaled and synced, then applied; opening reads the same records and
/// applies them by the same code. Owned by the edge's loop; not thread safe.
/// </summary>
internal sealed class EdgeBook : IDisposable
{
    private readonly SqliteJournal _journal;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, MachineRecord> _machines = new(StringComparer.Ordinal);
    private readonly Dictionary<JobId, InterruptionRecord> _interruptions = [];
    private string? _bootId;

    private EdgeBook(SqliteJournal journal, TimeProvider time)
    {
        _journal = journal;
        _time = time;
        Outbox = new JobOutbox(journal);
        foreach (var entry in journal.Read())
        {
            Apply(EdgeRecords.Read(entry));
        }

        if (_bootId is null)
        {
            Commit(new BootRecord { BootId = Guid.NewGuid().ToString("N") });
        }

        Leases.ForgetEnded(Outbox.Acknowledged);
    }

    /// <summary>The leases of this site.</summary>
    public LeaseBook Leases { get; } = new();

    /// <summary>What was made and the commons does not know yet.</summary>
    public ProductionBook Productions { get; } = new();

    /// <summary>When machines take no jobs.</summary>
    public ReservationBook Reservations { get; } = new();

    /// <summary>Events that the coordinator may not have yet.</summary>
    public JobOutbox Outbox { get; }

    /// <summary>The id under which event sequences count: new only with a new journal.</summary>
    public string BootId => _bootId!;

    /// <summary>Every job event of this journal, for readers in other threads.</summary>
    public JobEventLog Events => new(_journal, BootId);

    /// <summary>Opens the journal of a data folder.</summary>
    /// <exception cref="JournalException">It can't be opened, or was written by something else.</exception>
    public static EdgeBook Open(string path, TimeProvider time)
    {
        var journal = SqliteJournal.Open(path, time);
        try
        {
            return new EdgeBook(journal, time);
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    /// <summary>Takes a lease that the coordinator granted.</summary>
    /// <returns>Null; or why it is not taken: this site has already held the job under this epoch or a later one.</returns>
    /// <exception cref="JournalException">The journal can't be written; nothing changed.</exception>
    public string? Grant(Job job)
    {
        if (Leases.KnownEpoch(job.Id) is { } known && known >= job.Epoch)
        {
            return $"Job {job.Id} was already held here under epoch {known}.";
        }

        Commit(new LeaseRecord { Job = job });
        return null;
    }

    /// <summary>Appends an event of a job that this site holds, under the next sequence.</summary>
    /// <returns>The refusal, if the job's state or epoch does not allow it: then nothing was written.</returns>
    /// <exception cref="JournalException">The journal can't be written; nothing changed.</exception>
    public string? Append(JobEvent happened) => Append(happened, []);

    /// <summary>Appends an event with what belongs to it: an interruption, a production. All records are in the journal, or none.</summary>
    /// <returns>The refusal, as of every event.</returns>
    /// <exception cref="JournalException">The journal can't be written; nothing changed.</exception>
    public string? Append(JobEvent happened, params IReadOnlyList<EdgeRecord> beside) => Append([happened], beside);

    /// <summary>Appends events of jobs that are made at once, one for each job, with what belongs to them. All records are in the journal, or none.</summary>
    /// <returns>The first refusal: then nothing was written.</returns>
    /// <exception cref="JournalException">The journal can't be written; nothing changed.</exception>
    public string? Append(IReadOnlyList<JobEvent> together, IReadOnlyList<EdgeRecord> beside)
    {
        var records = new List<EdgeRecord>(together.Count + beside.Count);
        foreach (var happened in together)
        {
            if (Leases.Known(happened.Job) is not { } job)
            {
                return $"Job {happened.Job} is not held here.";
            }

            var transition = JobLifecycle.Apply(job, happened);
            if (!transition.IsApplied)
            {
                return transition.Refusal;
            }

            records.Add(new EventRecord { Sequence = Outbox.NextSequence + records.Count, Event = happened, Machine = job.Machine });
        }

        Commit([.. records, .. beside]);
        return null;
    }

    /// <summary>The coordinator holds a job for lost; ours to answer with what is really so.</summary>
    public void MarkLost(JobId job, int epoch, string reason)
    {
        if (Leases.Find(job) is { Job: { IsFinal: false, State: not JobState.Lost } held } && held.Epoch == epoch)
        {
            Commit(new LostRecord { Event = new JobLost { Job = job, Epoch = epoch, At = _time.GetUtcNow(), Reason = reason } });
        }
    }

    /// <summary>The coordinator took a lease back.</summary>
    public void EndLease(JobId job, int epoch, string reason) => Commit(new LeaseEndedRecord { Job = job, Epoch = epoch, Reason = reason });

    /// <summary>Everything up to a sequence is journaled at the coordinator. Kept in memory, and journaled beside the next event.</summary>
    public void Acknowledge(long sequence)
    {
        Outbox.Acknowledge(sequence);
        Leases.ForgetEnded(Outbox.Acknowledged);
    }

    /// <summary>The last interruption of a job that is held; null if it had none under its epoch.</summary>
    public InterruptionRecord? Interruption(Job job) => _interruptions.GetValueOrDefault(job.Id) is { } last && last.Epoch == job.Epoch ? last : null;

    /// <summary>What people said about a machine; a blank record if nothing yet.</summary>
    public MachineRecord? Machine(string name) => _machines.GetValueOrDefault(name);

    /// <summary>Remembers what a person said about a machine.</summary>
    public void SetMachine(MachineRecord record) => Commit(record);

    /// <summary>A machine is kept from jobs for a time.</summary>
    public void Reserve(ReservationRecord reservation) => Commit(reservation);

    /// <summary>A reservation is cancelled.</summary>
    public void Unreserve(string id) => Commit(new ReservationCancelledRecord { Id = id });

    /// <summary>A weekly reservation does not come on one day.</summary>
    public void Skip(string id, DateOnly on) => Commit(new ReservationSkippedRecord { Id = id, On = on });

    /// <summary>Somebody has looked at what was made.</summary>
    public void Judge(IReadOnlyList<ProductionRecord> judged) => Commit(judged);

    /// <summary>What is said about a production is signed.</summary>
    public void Sign(SignedRecord signed) => Commit(signed);

    /// <summary>Nothing more is to be said about a production.</summary>
    public void Tell(ToldRecord told) => Commit(told);

    /// <inheritdoc />
    public void Dispose() => _journal.Dispose();

    private void Commit(params IReadOnlyList<EdgeRecord> records)
    {
        if (Outbox.UnjournaledAcknowledgement is { } sequence)
        {
            records = [new AcknowledgedRecord { Sequence = sequence }, .. records];
        }

        _journal.Append([.. records.Select(static record => record.ToJournal())]);
        foreach (var record in records)
        {
            Apply(record);
        }
    }

    private void Apply(EdgeRecord record)
    {
        switch (record)
        {
            case BootRecord boot:
                _bootId = boot.BootId;
                break;
            case LeaseRecord lease:
                Leases.Grant(lease.Job);
                break;
            case LeaseEndedRecord ended:
                Leases.End(ended.Job, ended.Epoch);
                Productions.Forget(ended.Job);
                break;
            case LostRecord lost:
                Leases.Apply(lost.Event, 0);
                break;
            case EventRecord happened:
                Leases.Apply(happened.Event, happened.Sequence);
                Outbox.Add(happened);
                if (happened.Event is JobCompleted or JobFailed or JobCancelled)
                {
                    _interruptions.Remove(happened.Event.Job);
                }

                if (happened.Event is JobCompleted or JobFailed or JobCancelled or JobRejected or JobReleased)
                {
                    Productions.Forget(happened.Event.Job);
                }

                break;
            case AcknowledgedRecord acknowledged:
                Outbox.ApplyAcknowledged(acknowledged.Sequence);
                break;
            case MachineRecord machine:
                _machines[machine.Machine] = machine;
                if (machine.NeedsClearing is null)
                {
                    Leases.Clear(machine.Machine);
                }

                break;
            case InterruptionRecord interruption:
                _interruptions[interruption.Job] = interruption;
                break;
            case RecipeRecord or ProductionRecord or SignedRecord or ToldRecord:
                Productions.Apply(record);
                break;
            case ReservationRecord reservation:
                Reservations.Apply(reservation);
                break;
            case ReservationCancelledRecord cancelled:
                Reservations.Apply(cancelled);
                break;
            case ReservationSkippedRecord skipped:
                Reservations.Apply(skipped);
                break;
            default:
                throw new NotSupportedException($"{record.GetType().Name} can't be applied.");
        }
    }
}
