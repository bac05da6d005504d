// The chain of hashes over a journal's entries: the same in every store.

using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace FabNet.Journal;

/// <summary>Chains entries by SHA-256, so that a change to any of them shows.</summary>
public static class JournalChain
{
    /// <summary>Recomputes the hash chain.</summary>
    /// <returns>The cursor of the first entry that does not match what was appended; null if all do.</returns>
    public static long? FindTampering(this IJournal journal)
    {
        ArgumentNullException.ThrowIfNull(journal);
        byte[] hash = [];
        long expected = 0;
        foreach (var entry in journal.Read())
        {
            hash = HashOf(hash, entry.Cursor, entry.At.ToUnixTimeMilliseconds(), new JournalRecord(entry.Kind, entry.Payload));
            if (entry.Cursor != ++expected || !hash.AsSpan().SequenceEqual(entry.Hash))
            {
                return entry.Cursor;
            }
        }

        return null;
    }

    /// <summary>The hash of an entry: over the hash before it (empty for the first), cursor and moment (8 bytes each, big-endian), the kind, a zero byte, and the payload.</summary>
    internal static byte[] HashOf(ReadOnlySpan<byte> previous, long cursor, long at, JournalRecord record)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> numbers = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(numbers, cursor);
        BinaryPrimitives.WriteInt64BigEndian(numbers[8..], at);
        hash.AppendData(previous);
        hash.AppendData(numbers);
        hash.AppendData(Encoding.UTF8.GetBytes(record.Kind));
        hash.AppendData([0]);
        hash.AppendData(record.Payload);
        return hash.GetHashAndReset();
    }

    /// <summary>Reads page after page. A page is bounded in entries and bytes, so that reading a long journal takes little memory.</summary>
    /// <param name="after">The cursor after which to begin.</param>
    /// <param name="readPage">Reads the entries after a cursor that go onto one page; none at the end.</param>
    internal static IEnumerable<JournalEntry> ReadPages(long after, Func<long, List<JournalEntry>> readPage)
    {
        List<JournalEntry> page;
        while ((page = readPage(after)).Count > 0)
        {
            foreach (var entry in page)
            {
                yield return entry;
            }

            after = page[^1].Cursor;
        }
    }

    /// <summary>Takes the entries of one page from a reader over cursor, moment, kind, payload and hash.</summary>
    internal static List<JournalEntry> TakePage(System.Data.Common.DbDataReader reader)
    {
        const long MaxPageBytes = 4 << 20;
        var page = new List<JournalEntry>();
        var bytes = 0L;
        while (bytes < MaxPageBytes && reader.Read())
        {
            var entry = Take(reader);
            bytes += entry.Payload.Length;
            page.Add(entry);
        }

        return page;
    }

    private static JournalEntry Take(System.Data.Common.DbDataReader reader) => new(
        reader.GetInt64(0),
        DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(1)),
        reader.GetString(2),
        reader.GetFieldValue<byte[]>(3),
        reader.GetFieldValue<byte[]>(4));
}
