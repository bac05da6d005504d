// Job events on their way up: kept until acknowledged, never dropped.

using FabNet.Journal;

namespace FabNet.Edge.Leasing;

/// <summary>
/// Events by sequence. Those not acknowledged are in memory; should a coordinator have lost some that it acknowledged (it was set back to a
/// backup), they are read from the journal again. A projection of the journal: only <see cref="EdgeBook"/> changes it.
/// </summary>
internal sealed class JobOutbox(SqliteJournal journal)
{
    private readonly Queue<EventRecord> _pending = new();
    private long _journaledAcknowledgement;

    /// <summary>The sequence that the next event gets; counts from 1.</summary>
    public long NextSequence { get; private set; } = 1;

    /// <summary>The last sequence known to be journaled at the coordinator.</summary>
    public long Acknowledged { get; private set; }

    /// <summary>How many events wait.</summary>
    public int Count => _pending.Count;

    /// <summary>The acknowledgement, where the journal does not hold it yet.</summary>
    public long? UnjournaledAcknowledgement => Acknowledged > _journaledAcknowledgement ? Acknowledged : null;

    /// <summary>Events after a sequence, oldest first.</summary>
    public IReadOnlyList<EventRecord> After(long sequence, int max)
    {
        if (sequence >= Acknowledged)
        {
            return [.. _pending.Where(e => e.Sequence > sequence).Take(max)];
        }

        return [.. journal.Read().Where(e => e.Kind == "event").Select(EdgeRecords.Read).OfType<EventRecord>().Where(e => e.Sequence > sequence).Take(max)];
    }

    internal void Add(EventRecord happened)
    {
        _pending.Enqueue(happened);
        NextSequence = happened.Sequence + 1;
    }

    internal void Acknowledge(long sequence)
    {
        Acknowledged = Math.Max(Acknowledged, sequence);
        while (_pending.TryPeek(out var oldest) && oldest.Sequence <= Acknowledged)
        {
            _pending.Dequeue();
        }

        // The coordinator has events of ours that this journal lost (it was set back to a backup): their numbers are not given twice.
        NextSequence = Math.Max(NextSequence, Acknowledged + 1);
    }

    internal void ApplyAcknowledged(long sequence)
    {
        Acknowledge(sequence);
        _journaledAcknowledgement = sequence;
    }
}
