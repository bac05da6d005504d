// The journal and its projection together: what is recorded is on the disk first, and applied afterwards.

using FabNet.Journal;

namespace FabNet.Coordinator.State;

/// <summary>Records facts. Owned by the coordinator's loop.</summary>
internal sealed class Chronicle : IDisposable
{
    private readonly IJournal _journal;
    private readonly Action<long, CoordinatorRecord> _applied;
    private bool _isBroken;

    /// <summary>Opens the journal and replays it.</summary>
    /// <param name="journal">The journal; this owns it.</param>
    /// <param name="state">The projection, empty.</param>
    /// <param name="applied">Told of each fact with its place in the journal, once the projection has it; at replay as when it is new.</param>
    /// <exception cref="JournalException">It can't be opened, read or replayed.</exception>
    public Chronicle(IJournal journal, CoordinatorState state, Action<long, CoordinatorRecord> applied)
    {
        (_journal, State, _applied) = (journal, state, applied);
        foreach (var entry in journal.Read())
        {
            try
            {
                var record = RecordFormat.Read(entry);
                State.Apply(record, entry.At);
                applied(entry.Cursor, record);
            }
            catch (Exception e) when (e is InvalidOperationException or KeyNotFoundException or ArgumentException)
            {
                throw new JournalException($"Entry {entry.Cursor} ({entry.Kind}) of the coordinator's journal does not follow from those before it: {e.Message} Restore the journal from a copy.", e);
            }
        }

        State.TakeTouched();
    }

    public CoordinatorState State { get; }

    /// <summary>Appends facts as one unit, then applies them.</summary>
    /// <exception cref="JournalException">Nothing was appended and nothing applied.</exception>
    public void Record(params ReadOnlySpan<CoordinatorRecord> records)
    {
        if (_isBroken)
        {
            throw new JournalException("The coordinator's state no longer follows its journal after an earlier error. Restart it: it goes on from the journal.");
        }

        var journaled = new JournalRecord[records.Length];
        for (var i = 0; i < records.Length; i++)
        {
            journaled[i] = RecordFormat.Write(records[i]);
        }

        var last = _journal.Append(journaled);
        _isBroken = true;

        // The journal's own moment, so that replay sees the same.
        var at = _journal.Find(last)?.At ?? throw new JournalException($"Entry {last} was appended and is not there.");
        var cursor = last - journaled.Length;
        foreach (var record in records)
        {
            State.Apply(record, at);
            _applied(++cursor, record);
        }

        _isBroken = false;
    }

    public void Dispose() => _journal.Dispose();
}
