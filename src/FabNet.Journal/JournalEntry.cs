// What goes into a journal, what comes out of it, and how it says no.

namespace FabNet.Journal;

/// <summary>Something to append.</summary>
/// <param name="Kind">The type of the record in its room, such as <c>job</c> or <c>order</c>; part of the stored format.</param>
/// <param name="Payload">The record, as its room writes it (UTF-8 JSON everywhere today).</param>
public readonly record struct JournalRecord(string Kind, byte[] Payload);

/// <summary>Something that was appended.</summary>
/// <param name="Cursor">Its place, counted from 1 without gaps.</param>
/// <param name="At">When it was appended, by the journal's clock; milliseconds.</param>
/// <param name="Kind">The type of the record.</param>
/// <param name="Payload">The record.</param>
/// <param name="Hash">SHA-256 over the previous entry's hash and this entry: the chain that shows tampering.</param>
public sealed record JournalEntry(long Cursor, DateTimeOffset At, string Kind, byte[] Payload, byte[] Hash);

/// <summary>A journal can't be opened or written. The message says which, why, and what to do.</summary>
public sealed class JournalException : IOException
{
    /// <summary>Creates the exception.</summary>
    public JournalException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    /// <summary>True if there was no room on the disk: it can be tried again once there is.</summary>
    public bool IsOutOfSpace { get; init; }
}
