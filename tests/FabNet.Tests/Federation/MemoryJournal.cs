// A journal in memory, for worlds that live for seconds and are begun by the hundred.

using FabNet.Journal;

namespace FabNet.Tests.Federation;

/// <summary>What was appended stays, also when whoever had it open is gone.</summary>
internal sealed class MemoryJournal(TimeProvider time) : IJournal
{
    private readonly Lock _gate = new();
    private readonly List<JournalEntry> _entries = [];

    public long Head
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    public long Append(params ReadOnlySpan<JournalRecord> records)
    {
        lock (_gate)
        {
            foreach (var record in records)
            {
                _entries.Add(new JournalEntry(_entries.Count + 1, time.GetUtcNow(), record.Kind, record.Payload, []));
            }

            return _entries.Count;
        }
    }

    public IEnumerable<JournalEntry> Read(long after = 0)
    {
        lock (_gate)
        {
            return [.. _entries.Skip((int)after)];
        }
    }

    public JournalEntry? Find(long cursor)
    {
        lock (_gate)
        {
            return _entries.ElementAtOrDefault((int)cursor - 1);
        }
    }

    public void Dispose()
    {
    }
}
