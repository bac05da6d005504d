// The job events of a site's journal, read by cursor: for those who must hear each of them, however late.

using FabNet.Journal;

namespace FabNet.Edge.Leasing;

/// <summary>A job event and where it is in the journal.</summary>
internal sealed record JournaledEvent(long Cursor, EventRecord Record);

/// <summary>Reads events from the journal. Thread safe.</summary>
/// <param name="journal">The journal.</param>
/// <param name="bootId">The id of its event sequences; another journal has another.</param>
internal sealed class JobEventLog(SqliteJournal journal, string bootId)
{
    public string BootId => bootId;

    /// <summary>The cursor of the newest entry, of whatever kind.</summary>
    public long Head => journal.Head;

    /// <summary>The next events after a cursor, oldest first.</summary>
    /// <exception cref="JournalException">An entry can't be read.</exception>
    public IReadOnlyList<JournaledEvent> After(long cursor, int max) =>
        [.. journal.Read(cursor).Where(e => e.Kind == "event").Take(max).Select(e => new JournaledEvent(e.Cursor, (EventRecord)EdgeRecords.Read(e)))];
}
