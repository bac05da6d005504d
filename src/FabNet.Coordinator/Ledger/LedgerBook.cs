// The ledger as it is kept: lines in a store of their own, each batch sealed with the node's signature.

using FabNet.Coordinator.State;
using FabNet.Journal;
using FabNet.Model;
using FabNet.Model.Ledger;
using FabNet.Protocol.Ledger;
using FabNet.Protocol.Statements;

namespace FabNet.Coordinator.Ledger;

/// <summary>
/// Keeps the ledger. What is derived waits in memory until <see cref="Flush"/> writes it as one unit with its checkpoint; what a crash lost of that is derived again from the journal at
/// the next start, to the byte. Lines that were written are never derived anew, so that a later FabNet changes nothing of what was signed. <see cref="Take"/> and <see cref="Flush"/>
/// belong to the coordinator's loop; reading is thread safe.
/// </summary>
internal sealed class LedgerBook : IDisposable
{
    private const string HeadKind = "ledger.head/1";
    private const string EntryKind = "ledger.entry/1";
    private const string CheckpointKind = "ledger.checkpoint/1";
    private const int BatchSize = 512;

    private readonly IJournal _store;
    private readonly SigningKey _key;
    private readonly Queue<LedgerEntry> _waiting = new();
    private TaskCompletionSource _grown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isClosed;
    private long _sequence;
    private Digest _last;

    /// <summary>Goes on with a store, or begins one.</summary>
    /// <param name="store">The store; this owns it.</param>
    /// <param name="keyFile">The node's signing key; made where there is none.</param>
    /// <exception cref="JournalException">The store or the key can't be used; the message says why.</exception>
    public LedgerBook(IJournal store, string keyFile)
    {
        _store = store;
        _key = OpenKey(keyFile, isNew: store.Head == 0);
        try
        {
            GoOn(keyFile);
        }
        catch (FormatException e)
        {
            _key.Dispose();
            throw new JournalException($"The ledger can't be read: {e.Message} Restore it from a copy of the same moment as the coordinator's journal.", e);
        }
        catch
        {
            _key.Dispose();
            throw;
        }
    }

    /// <summary>The last fact that the ledger holds entries of; 0 for an empty one.</summary>
    public long LastFact { get; private set; }

    /// <summary>Opens the ledger of a coordinator, beside its journal.</summary>
    /// <exception cref="JournalException">It can't be used; the message says why.</exception>
    public static LedgerBook Open(CoordinatorOptions options, TimeProvider time)
    {
        Directory.CreateDirectory(options.DataFolder);
        IJournal store = options.Store is { } address ? PostgresJournal.Open(address, "ledger", time) : SqliteJournal.Open(Path.Combine(options.DataFolder, "ledger.db"), time);
        try
        {
            return new LedgerBook(store, Path.Combine(options.DataFolder, "ledger.key"));
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>Takes an entry, unless it is written already.</summary>
    public void Take(LedgerEntry entry)
    {
        if (entry.Fact > LastFact)
        {
            _waiting.Enqueue(entry);
        }
    }

    /// <summary>Writes what waits, and seals it.</summary>
    /// <exception cref="JournalException">It could not be written; what waits goes on waiting.</exception>
    public void Flush()
    {
        while (_waiting.Count > 0)
        {
            List<JournalRecord> records = [];
            var (sequence, last, fact) = (_sequence, _last, LastFact);
            foreach (var entry in _waiting)
            {
                // A fact's entries stay together: at the next start, what the last line's fact led to is all there.
                if (records.Count >= BatchSize && entry.Fact != fact)
                {
                    break;
                }

                var line = LedgerFormat.Write(new LedgerLine(++sequence, last, entry));
                (last, fact) = (Digest.Of(line), entry.Fact);
                records.Add(new JournalRecord(EntryKind, line));
            }

            records.Add(new JournalRecord(CheckpointKind, LedgerCheckpoint.Sign(sequence, last, _key).Write()));
            _store.Append([.. records]);
            for (var i = 0; i < records.Count - 1; i++)
            {
                _waiting.Dequeue();
            }

            (_sequence, _last, LastFact) = (sequence, last, fact);
            Interlocked.Exchange(ref _grown, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        }
    }

    /// <summary>The lines after a cursor: the head line has cursor 1, then entries and checkpoints as they were written.</summary>
    /// <exception cref="JournalException">They can't be read.</exception>
    public IEnumerable<(long Cursor, byte[] Line)> Read(long after) => _store.Read(after).Select(e => (e.Cursor, e.Payload));

    /// <summary>Completes when there is more to read than when it was asked for.</summary>
    public Task WhenGrownAsync() => Volatile.Read(ref _grown).Task;

    /// <summary>True once the coordinator stops: nothing more comes.</summary>
    public bool IsClosed => Volatile.Read(ref _isClosed);

    /// <summary>The coordinator stops: whoever waits for more waits no longer.</summary>
    public void Close()
    {
        Volatile.Write(ref _isClosed, true);
        Volatile.Read(ref _grown).TrySetResult();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _key.Dispose();
        _store.Dispose();
    }

    private void GoOn(string keyFile)
    {
        var head = new LedgerHead(_key.Public).Write();
        if (_store.Head == 0)
        {
            _store.Append(new JournalRecord(HeadKind, head));
        }
        else if (!_store.Find(1)!.Payload.AsSpan().SequenceEqual(head))
        {
            throw new JournalException($"The key {keyFile} is not the one that this ledger was begun with. Put that one back.");
        }

        (_sequence, _last) = (0, Digest.Of(head));
        if (_store.Head > 1)
        {
            // Every batch ends with its checkpoint.
            var checkpoint = LedgerCheckpoint.Read(_store.Find(_store.Head)!.Payload);
            (_sequence, _last, LastFact) = (checkpoint.Entries, checkpoint.Last, LedgerFormat.Read(_store.Find(_store.Head - 1)!.Payload).Entry.Fact);
        }
    }

    private static SigningKey OpenKey(string path, bool isNew)
    {
        try
        {
            if (File.Exists(path))
            {
                return SigningKey.ReadFile(path);
            }

            if (!isNew)
            {
                throw new JournalException($"The ledger's key {path} is missing. Put it back from a copy: without it nothing can be added to what it signed.");
            }

            var key = SigningKey.Create();
            key.WriteFile(path);
            return key;
        }
        catch (FormatException e)
        {
            throw new JournalException(e.Message, e);
        }
        catch (IOException e) when (e is not JournalException)
        {
            throw new JournalException(e.Message, e);
        }
    }
}
