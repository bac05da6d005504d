// What every store of a journal promises.

namespace FabNet.Journal;

/// <summary>
/// An append-only, hash-chained log with cursors. It is the database of an edge, a catalogue or a coordinator: what is appended is
/// applied afterwards, and after a crash the same records are read again and applied by the same code. <see cref="SqliteJournal"/> keeps
/// it in a file, <see cref="PostgresJournal"/> in a database.
/// </summary>
/// <remarks>Thread safe; appends are serialised, and reading does not wait for them. One process at a time has a journal open.</remarks>
public interface IJournal : IDisposable
{
    /// <summary>The cursor of the newest entry; 0 if there is none.</summary>
    long Head { get; }

    /// <summary>Appends records as one unit, and returns when they are on the disk: all of them or none are there after a crash.</summary>
    /// <returns>The cursor of the last one.</returns>
    /// <exception cref="JournalException">It could not be written (the disk is full, say); nothing was appended.</exception>
    long Append(params ReadOnlySpan<JournalRecord> records);

    /// <summary>Reads entries in order.</summary>
    /// <param name="after">The cursor after which to begin; 0 for the beginning.</param>
    /// <returns>Entries that were there when each page of them was read; appending meanwhile is allowed.</returns>
    /// <exception cref="JournalException">It can't be read.</exception>
    IEnumerable<JournalEntry> Read(long after = 0);

    /// <summary>The entry at a cursor; null if there is none.</summary>
    /// <exception cref="JournalException">It can't be read.</exception>
    JournalEntry? Find(long cursor);
}
