// The append-only log on SQLite: one file, one writer, every append synced to the disk before it returns.

using Microsoft.Data.Sqlite;

namespace FabNet.Journal;

/// <summary>A journal in a file.</summary>
/// <remarks>
/// Durability: SQLite in WAL mode with <c>synchronous=FULL</c>, so an append that returned survives kill -9 and a power cut. Reading has a
/// connection of its own, so that it waits for no disk. A second process can't open the same journal: it gets <see cref="JournalException"/>.
/// </remarks>
public sealed class SqliteJournal : IJournal
{
    private const int SchemaVersion = 1;

    private const int SqliteIoError = 10;

    private const string Columns = "SELECT cursor, at, kind, payload, hash FROM entries";

    private readonly Lock _gate = new();
    private readonly Lock _readerGate = new();
    private readonly SqliteConnection _connection;
    private readonly SqliteConnection _reader;
    private readonly SqliteCommand _insert;
    private readonly FileStream _lock;
    private readonly TimeProvider _time;
    private readonly string _path;
    private long _head;
    private byte[] _headHash;

    private SqliteJournal(string path, FileStream fileLock, SqliteConnection connection, SqliteConnection reader, TimeProvider time)
    {
        _path = path;
        _lock = fileLock;
        _connection = connection;
        _reader = reader;
        _time = time;
        _insert = connection.CreateCommand();
        _insert.CommandText = "INSERT INTO entries (cursor, at, kind, payload, hash) VALUES ($cursor, $at, $kind, $payload, $hash)";
        foreach (var name in (ReadOnlySpan<string>)["$cursor", "$at", "$kind", "$payload", "$hash"])
        {
            _insert.Parameters.Add(new SqliteParameter { ParameterName = name });
        }

        (_head, _headHash) = ReadHead(connection);
    }

    /// <inheritdoc />
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
        SqliteConnection? reader = null;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            fileLock = new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            connection = Connect(path);
            Execute(connection, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000;");
            CreateOrCheckSchema(connection, path);
            if (maxPages is { } limit)
            {
                Execute(connection, $"PRAGMA max_page_count={limit}");
            }

            reader = Connect(path);
            Execute(reader, "PRAGMA query_only=1; PRAGMA busy_timeout=5000;");
            return new SqliteJournal(path, fileLock, connection, reader, time);
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException or JournalException)
        {
            reader?.Dispose();
            connection?.Dispose();
            fileLock?.Dispose();
            throw e as JournalException ?? new JournalException(e is IOException
                ? $"The journal {path} can't be opened: {e.Message} If another fabnet process uses this data folder, stop it or choose another folder with --data."
                : $"The journal {path} can't be opened: {e.Message}", e);
        }
    }

    /// <inheritdoc />
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
                    hash = JournalChain.HashOf(hash, head, at, record);
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

    /// <inheritdoc />
    public IEnumerable<JournalEntry> Read(long after = 0) => JournalChain.ReadPages(after, cursor => Select($"{Columns} WHERE cursor > $cursor ORDER BY cursor LIMIT 512", cursor));

    /// <inheritdoc />
    public JournalEntry? Find(long cursor) => Select($"{Columns} WHERE cursor = $cursor", cursor) is [var entry] ? entry : null;

    /// <inheritdoc />
    public void Dispose()
    {
        lock (_gate)
        {
            lock (_readerGate)
            {
                _insert.Dispose();
                _reader.Dispose();
                _connection.Dispose();
                _lock.Dispose();
            }
        }
    }

    private List<JournalEntry> Select(string sql, long cursor)
    {
        lock (_readerGate)
        {
            try
            {
                using var command = _reader.CreateCommand();
                command.CommandText = sql;
                command.Parameters.AddWithValue("$cursor", cursor);
                using var reader = command.ExecuteReader();
                return JournalChain.TakePage(reader);
            }
            catch (SqliteException e)
            {
                throw new JournalException($"The journal {_path} can't be read: {e.Message} Look at its disk; restore the file from a copy if it is damaged.", e);
            }
        }
    }

    private static SqliteConnection Connect(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 5 }.ToString());
        connection.Open();
        return connection;
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
