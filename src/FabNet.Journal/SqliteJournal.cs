// The append-only log on SQLite: one file, one writer, every append synced to the disk before it returns.

using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;

namespace FabNet.Journal;

/// <summary>
/// An append-only, hash-chained log with cursors. It is the database of an edge, a catalogue or a coordinator: what is appended is
/// applied afterwards, and after a crash the same records are read again and applied by the same code.
/// </summary>
/// <remarks>
/// Thread safe; appends are serialised. Durability: SQLite in WAL mode with <c>synchronous=FULL</c>, so an append that returned survives
/// kill -9 and a power cut. A second process can't open the same journal: it gets <see cref="JournalException"/>.
/// </remarks>
public sealed class SqliteJournal : IDisposable
{
    private const int SchemaVersion = 1;

    private const int SqliteIoError = 10;

    private readonly Lock _gate = new();
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _insert;
    private readonly FileStream _lock;
    private readonly TimeProvider _time;
    private readonly string _path;
    private long _head;
    private byte[] _headHash;

    private SqliteJournal(string path, FileStream fileLock, SqliteConnection connection, TimeProvider time)
    {
        _path = path;
        _lock = fileLock;
        _connection = connection;
        _time = time;
        _insert = connection.CreateCommand();
        _insert.CommandText = "INSERT INTO entries (cursor, at, kind, payload, hash) VALUES ($cursor, $at, $kind, $payload, $hash)";
        foreach (var name in (ReadOnlySpan<string>)["$cursor", "$at", "$kind", "$payload", "$hash"])
        {
            _insert.Parameters.Add(new SqliteParameter { ParameterName = name });
        }

        (_head, _headHash) = ReadHead(connection);
    }

    /// <summary>The cursor of the newest entry; 0 if there is none.</summary>
    public long Head
    {
        get
        {
            lock (_gate)
            {
                return _head;
            }
        }
    }

    /// <summary>Opens a journal, and creates it (with its folder) where there is none.</summary>
    /// <param name="path">The file, such as <c>~/.fabnet/coordinator/journal.db</c>.</param>
    /// <param name="time">The clock that stamps entries.</param>
    /// <exception cref="JournalException">Another process has it open, it is damaged, or it was written by a newer FabNet.</exception>
    public static SqliteJournal Open(string path, TimeProvider time) => Open(path, time, maxPages: null);

    /// <summary>Opens a journal that may not outgrow a number of pages of 4 KiB: beyond it, SQLite answers as on a full disk.</summary>
    internal static SqliteJournal Open(string path, TimeProvider time, int? maxPages)
    {
        ArgumentNullException.ThrowIfNull(time);
        path = Path.GetFullPath(path);
        FileStream? fileLock = null;
        SqliteConnection? connection = null;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            fileLock = new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 5 }.ToString());
            connection.Open();
            Execute(connection, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000;");
            CreateOrCheckSchema(connection, path);
            if (maxPages is { } limit)
            {
                Execute(connection, $"PRAGMA max_page_count={limit}");
            }

            return new SqliteJournal(path, fileLock, connection, time);
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException or JournalException)
        {
            connection?.Dispose();
            fileLock?.Dispose();
            throw e as JournalException ?? new JournalException(e is IOException
                ? $"The journal {path} can't be opened: {e.Message} If another fabnet process uses this data folder, stop it or choose another folder with --data."
                : $"The journal {path} can't be opened: {e.Message}", e);
        }
    }

    /// <summary>Appends records as one unit: all of them or none are there after a crash.</summary>
    /// <returns>The cursor of the last one.</returns>
    /// <exception cref="JournalException">It could not be written (the disk is full, say); nothing was appended.</exception>
    public long Append(params ReadOnlySpan<JournalRecord> records)
    {
        lock (_gate)
        {
            var (head, hash, at) = (_head, _headHash, _time.GetUtcNow().ToUnixTimeMilliseconds());
            try
            {
                using var transaction = _connection.BeginTransaction();
                _insert.Transaction = transaction;
                foreach (var record in records)
                {
                    head++;
                    hash = HashOf(hash, head, at, record);
                    _insert.Parameters[0].Value = head;
                    _insert.Parameters[1].Value = at;
                    _insert.Parameters[2].Value = record.Kind;
                    _insert.Parameters[3].Value = record.Payload;
                    _insert.Parameters[4].Value = hash;
                    _insert.ExecuteNonQuery();
                }

                transaction.Commit();
            }
            catch (SqliteException e)
            {
                var isFull = FullDisk.IsCauseOf(e);
                var advice = isFull || e.SqliteErrorCode is SqliteIoError ? " Free some space on its disk; nothing is lost, and work goes on once it can be written." : "";
                throw new JournalException($"The journal {_path} can't be written: {e.Message}{advice}", e) { IsOutOfSpace = isFull };
            }
            finally
            {
                _insert.Transaction = null;
            }

            (_head, _headHash) = (head, hash);
            return head;
        }
    }

    /// <summary>Reads entries in order.</summary>
    /// <param name="after">The cursor after which to begin; 0 for the beginning.</param>
    /// <returns>Entries that were there when each page of them was read; appending meanwhile is allowed.</returns>
    public IEnumerable<JournalEntry> Read(long after = 0)
    {
        const int PageSize = 512;
        while (true)
        {
            var page = ReadPage(after, PageSize);
            foreach (var entry in page)
            {
                yield return entry;
            }

            if (page.Count < PageSize)
            {
                yield break;
            }

            after = page[^1].Cursor;
        }
    }

    /// <summary>Recomputes the hash chain.</summary>
    /// <returns>The cursor of the first entry that does not match what was appended; null if all do.</returns>
    public long? FindTampering()
    {
        byte[] hash = [];
        long expected = 0;
        foreach (var entry in Read())
        {
            hash = HashOf(hash, entry.Cursor, entry.At.ToUnixTimeMilliseconds(), new JournalRecord(entry.Kind, entry.Payload));
            if (entry.Cursor != ++expected || !hash.AsSpan().SequenceEqual(entry.Hash))
            {
                return entry.Cursor;
            }
        }

        return null;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        lock (_gate)
        {
            _insert.Dispose();
            _connection.Dispose();
            _lock.Dispose();
        }
    }

    private List<JournalEntry> ReadPage(long after, int size)
    {
        lock (_gate)
        {
            using var command = _connection.CreateCommand();
            command.CommandText = "SELECT cursor, at, kind, payload, hash FROM entries WHERE cursor > $after ORDER BY cursor LIMIT $size";
            command.Parameters.AddWithValue("$after", after);
            command.Parameters.AddWithValue("$size", size);
            using var reader = command.ExecuteReader();
            var page = new List<JournalEntry>();
            while (reader.Read())
            {
                page.Add(new JournalEntry(
                    reader.GetInt64(0),
                    DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(1)),
                    reader.GetString(2),
                    reader.GetFieldValue<byte[]>(3),
                    reader.GetFieldValue<byte[]>(4)));
            }

            return page;
        }
    }

    private static byte[] HashOf(ReadOnlySpan<byte> previous, long cursor, long at, JournalRecord record)
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

    private static void CreateOrCheckSchema(SqliteConnection connection, string path)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA user_version";
        var version = (long)command.ExecuteScalar()!;
        if (version == 0)
        {
            Execute(connection, $"""
                BEGIN;
                CREATE TABLE entries (
                    cursor  INTEGER PRIMARY KEY,
                    at      INTEGER NOT NULL,
                    kind    TEXT NOT NULL,
                    payload BLOB NOT NULL,
                    hash    BLOB NOT NULL
                ) STRICT;
                PRAGMA user_version = {SchemaVersion};
                COMMIT;
                """);
        }
        else if (version != SchemaVersion)
        {
            throw new JournalException($"The journal {path} has format {version}; this FabNet knows {SchemaVersion}. Use the FabNet that wrote it, or a newer one.");
        }
    }

    private static (long Head, byte[] Hash) ReadHead(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT cursor, hash FROM entries ORDER BY cursor DESC LIMIT 1";
        using var reader = command.ExecuteReader();
        return reader.Read() ? (reader.GetInt64(0), reader.GetFieldValue<byte[]>(1)) : (0, []);
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
