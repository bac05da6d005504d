// The file index.db: what the journal says, in the form in which it is asked.

using System.Collections.Concurrent;
using FabNet.Journal;
using Microsoft.Data.Sqlite;

namespace FabNet.Catalogue.Search;

/// <summary>
/// A projection of the journal on the disk. It holds nothing that the journal does not say, and is made anew where it is missing, damaged,
/// of another version, or of another journal. Nothing in memory grows with the number of designs.
/// </summary>
/// <remarks>Reading is thread safe, <see cref="CatchUp"/> belongs to one loop. Readers don't wait for the writer.</remarks>
internal sealed class DesignIndex : IDisposable
{
    private const int MaxBatch = 4_000;

    private const long MaxBatchBytes = 16L << 20;

    // From so many entries at once on, the lists of terms are put in order afterwards: a search then reads one piece of each.
    private const int MergedFrom = 50_000;

    private const int SqliteCorrupt = 11;

    private const int SqliteNotADatabase = 26;

    // Each keeps at most 8 MiB of pages; the system's page cache keeps the rest.
    private static readonly int MaxReaders = Math.Clamp(Environment.ProcessorCount, 2, 8);

    private readonly ConcurrentBag<IndexReader> _idle = [];
    private readonly SemaphoreSlim _free = new(MaxReaders);
    private readonly string _path;
    private readonly IJournal _journal;
    private readonly IndexWriter _writer;

    private DesignIndex(string path, IJournal journal, IndexWriter writer) => (_path, _journal, _writer) = (path, journal, writer);

    /// <summary>Opens the index beside a journal and applies what it does not have yet.</summary>
    /// <param name="path">The file; created where it is missing.</param>
    /// <param name="journal">What decides.</param>
    /// <param name="read">What its entries mean.</param>
    /// <param name="rebuilding">Told why the index is made anew from the journal, where it had to be.</param>
    /// <param name="basis">What their meaning depends on besides; where it changed, the index is made anew.</param>
    /// <exception cref="JournalException">The journal can't be read.</exception>
    /// <exception cref="SqliteException">The index can't be written, because of its disk or the rights on it.</exception>
    public static DesignIndex Open(string path, IJournal journal, ReadStatement read, Action<string>? rebuilding = null, string basis = "")
    {
        try
        {
            var connection = Connect(path, SqliteOpenMode.ReadWriteCreate);
            var fault = FindFault(connection, journal, basis);
            if (fault is null)
            {
                return OpenWriter(path, journal, read, connection);
            }

            connection.Dispose();
            rebuilding?.Invoke(fault);
        }
        catch (SqliteException e) when (IsDamage(e))
        {
            rebuilding?.Invoke($"it is damaged ({e.Message})");
        }

        Delete(path);
        return OpenWriter(path, journal, read, Create(path, basis));
    }

    /// <summary>True if the file is not, or no longer, what SQLite wrote.</summary>
    public static bool IsDamage(SqliteException e) => e.SqliteErrorCode is SqliteCorrupt or SqliteNotADatabase;

    /// <summary>Throws the file away.</summary>
    public static void Delete(string path)
    {
        foreach (var file in (ReadOnlySpan<string>)[path, path + "-wal", path + "-shm"])
        {
            File.Delete(file);
        }
    }

    /// <summary>The cursor up to which the journal was applied. Belongs to the loop of <see cref="CatchUp"/>.</summary>
    public long Applied => _writer.Applied;

    /// <summary>Applies what the journal has and the index has not.</summary>
    public void CatchUp()
    {
        var batch = new List<JournalEntry>();
        var bytes = 0L;
        var before = _writer.Applied;
        foreach (var entry in _journal.Read(_writer.Applied))
        {
            batch.Add(entry);
            bytes += entry.Payload.Length;
            if (batch.Count == MaxBatch || bytes > MaxBatchBytes)
            {
                _writer.Apply(batch);
                batch.Clear();
                bytes = 0;
            }
        }

        if (batch.Count > 0)
        {
            _writer.Apply(batch);
        }

        if (_writer.Applied - before >= MergedFrom)
        {
            _writer.Merge();
        }
    }

    /// <summary>Runs a function on a reader, which it must not keep; waits while all readers are in use.</summary>
    public T Read<T>(Func<IndexReader, T> read)
    {
        _free.Wait();
        IndexReader? reader = null;
        try
        {
            if (!_idle.TryTake(out reader))
            {
                reader = new IndexReader(ConnectReader(_path));
            }

            var result = reader.Read(read);
            _idle.Add(reader);
            reader = null;
            return result;
        }
        catch (Exception e) when (e is not SqliteException && reader is not null)
        {
            // A refusal says nothing against the connection: thousands of them must not cost a new one each.
            _idle.Add(reader);
            reader = null;
            throw;
        }
        finally
        {
            reader?.Dispose();
            _free.Release();
        }
    }

    /// <summary>Closes the file once nobody reads any more.</summary>
    public void Dispose()
    {
        for (var i = 0; i < MaxReaders; i++)
        {
            _free.Wait();
        }

        while (_idle.TryTake(out var reader))
        {
            reader.Dispose();
        }

        _writer.Dispose();
        _free.Dispose();
    }

    private static DesignIndex OpenWriter(string path, IJournal journal, ReadStatement read, SqliteConnection connection)
    {
        var index = new DesignIndex(path, journal, new IndexWriter(connection, journal, read));
        try
        {
            index.CatchUp();
            return index;
        }
        catch
        {
            index.Dispose();
            throw;
        }
    }

    // Why the file can't be gone on with; null if it can.
    private static string? FindFault(SqliteConnection connection, IJournal journal, string basis)
    {
        using var version = connection.Prepare("PRAGMA user_version");
        switch ((long)version.ExecuteScalar()!)
        {
            case IndexSchema.Version: break;
            case 0: return "there is none yet";
            case var other: return $"it is of version {other}, and this FabNet's is {IndexSchema.Version}";
        }

        using var command = connection.Prepare("SELECT cursor, hash, basis FROM applied");
        var (cursor, hash, made) = command.First(row => (row.GetInt64(0), row.Bytes(1), row.GetString(2)));
        return made != basis ? "the collections whose verdicts count here are others"
            : cursor == 0 || journal.Find(cursor)?.Hash.AsSpan().SequenceEqual(hash) == true ? null : "it belongs to another journal";
    }

    private static SqliteConnection Create(string path, string basis)
    {
        var connection = Connect(path, SqliteOpenMode.ReadWriteCreate);
        connection.Execute($"BEGIN; {IndexSchema.Tables} COMMIT;");
        using var applied = connection.Prepare("INSERT INTO applied VALUES (0, x'', $1)");
        applied.Bind(basis).ExecuteNonQuery();
        return connection;
    }

    // A power cut may take the last transactions of the index, never a part of one: they are in the journal.
    private static SqliteConnection Connect(string path, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, Mode = mode }.ToString());
        try
        {
            connection.Open();
            connection.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=10000; PRAGMA cache_size=-32768; PRAGMA journal_size_limit=67108864; PRAGMA temp_store=MEMORY;");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static SqliteConnection ConnectReader(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, Mode = SqliteOpenMode.ReadOnly }.ToString());
        connection.Open();
        connection.Execute("PRAGMA busy_timeout=10000; PRAGMA cache_size=-8192; PRAGMA temp_store=MEMORY;");
        return connection;
    }
}
