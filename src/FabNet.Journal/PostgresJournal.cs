// The append-only log on PostgreSQL: one schema for each journal, one writer, which holds an advisory lock.

using Npgsql;

namespace FabNet.Journal;

/// <summary>A journal in a PostgreSQL database, as the tables <c>entries</c> and <c>format</c> of a schema of its own.</summary>
/// <remarks>
/// Durability: an append is one statement and commits with <c>synchronous_commit=on</c>. The writer's session holds an advisory lock, so a
/// second process is refused; if the session was lost and somebody else appended meanwhile, the primary key refuses what would fork the
/// chain. Where a connection breaks within an append, the journal asks afterwards whether it was committed.
/// </remarks>
public sealed class PostgresJournal : IJournal
{
    private const int SchemaVersion = 1;

    private readonly Lock _gate = new();
    private readonly NpgsqlDataSource _source;
    private readonly TimeProvider _time;
    private readonly string _schema;
    private readonly string _where;
    private NpgsqlConnection _connection;
    private bool _isUncertain;
    private long _head;
    private byte[] _headHash;

    private PostgresJournal(NpgsqlDataSource source, NpgsqlConnection connection, string schema, string where, TimeProvider time)
    {
        (_source, _connection, _schema, _where, _time) = (source, connection, schema, where, time);
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

    private string Columns => $"SELECT cursor, at, kind, payload, hash FROM {_schema}.entries";

    /// <summary>Opens a journal, and creates its schema where there is none.</summary>
    /// <param name="address">The database.</param>
    /// <param name="name">The journal's name in it, such as <c>catalogue</c>: lower-case letters and underscores. Its schema is <c>fabnet_</c> and this.</param>
    /// <param name="time">The clock that stamps entries.</param>
    /// <exception cref="JournalException">The database can't be reached, another process has the journal open, or it was written by a newer FabNet.</exception>
    public static PostgresJournal Open(PostgresAddress address, string name, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(time);
        if (name.Length is 0 or > 40 || !name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_'))
        {
            throw new ArgumentException($"'{name}' can't name a journal.", nameof(name));
        }

        var (schema, where) = ($"fabnet_{name}", $"{name} at {address}");
        var source = NpgsqlDataSource.Create(address.ConnectionString);
        NpgsqlConnection? connection = null;
        try
        {
            connection = OpenWriter(source, schema, where);
            CreateOrCheckSchema(connection, schema, where);
            return new PostgresJournal(source, connection, schema, where, time);
        }
        catch (Exception e) when (e is NpgsqlException or JournalException or TimeoutException)
        {
            connection?.Dispose();
            source.Dispose();
            throw e as JournalException ?? new JournalException($"The journal {where} can't be opened: {e.Message} Check that PostgreSQL runs there and that this user may create schemas.", e);
        }
    }

    /// <inheritdoc />
    public long Append(params ReadOnlySpan<JournalRecord> records)
    {
        lock (_gate)
        {
            if (records.IsEmpty)
            {
                return _head;
            }

            Reconnect();
            var (head, hash, at) = (_head, _headHash, _time.GetUtcNow().ToUnixTimeMilliseconds());
            var (cursors, kinds, payloads, hashes) = (new long[records.Length], new string[records.Length], new byte[records.Length][], new byte[records.Length][]);
            for (var i = 0; i < records.Length; i++)
            {
                hash = JournalChain.HashOf(hash, ++head, at, records[i]);
                (cursors[i], kinds[i], payloads[i], hashes[i]) = (head, records[i].Kind, records[i].Payload, hash);
            }

            try
            {
                using var command = _connection.CreateCommand();
                command.CommandText = $"INSERT INTO {_schema}.entries (cursor, at, kind, payload, hash) SELECT c, $2, k, p, h FROM unnest($1, $3, $4, $5) AS new (c, k, p, h)";
                foreach (var value in (ReadOnlySpan<object>)[cursors, at, kinds, payloads, hashes])
                {
                    command.Parameters.Add(new() { Value = value });
                }

                command.ExecuteNonQuery();
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
            {
                throw new JournalException($"The journal {_where} was written by another process meanwhile. Stop one of the two, then restart this one.", e);
            }
            catch (PostgresException e) when (_connection.State == System.Data.ConnectionState.Open)
            {
                throw new JournalException($"The journal {_where} can't be written: {e.MessageText}. Nothing is lost, and work goes on once it can be written.", e) { IsOutOfSpace = FullDisk.IsCauseOf(e) };
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException)
            {
                RequireCommitted(head, hash, e);
            }

            (_head, _headHash) = (head, hash);
            return head;
        }
    }

    /// <inheritdoc />
    public IEnumerable<JournalEntry> Read(long after = 0) => JournalChain.ReadPages(after, cursor => Select($"{Columns} WHERE cursor > $1 ORDER BY cursor LIMIT 512", cursor));

    /// <inheritdoc />
    public JournalEntry? Find(long cursor) => Select($"{Columns} WHERE cursor = $1", cursor) is [var entry] ? entry : null;

    /// <inheritdoc />
    public void Dispose()
    {
        lock (_gate)
        {
            _connection.Dispose();
            _source.Dispose();
        }
    }

    private List<JournalEntry> Select(string sql, long cursor)
    {
        try
        {
            using var connection = _source.OpenConnection();
            using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = cursor } } };
            using var reader = command.ExecuteReader();
            return JournalChain.TakePage(reader);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            throw new JournalException($"The journal {_where} can't be read: {e.Message} Check that PostgreSQL runs there.", e);
        }
    }

    // Takes up a lost session again: with the lock, and only if nobody appended meanwhile.
    private void Reconnect()
    {
        if (_isUncertain)
        {
            throw new JournalException($"The connection to the journal {_where} broke while it was written, and what became of that is not known. Restart this process: it goes on from what is there.");
        }

        if (_connection.State == System.Data.ConnectionState.Open)
        {
            return;
        }

        try
        {
            _connection.Dispose();
            _connection = OpenWriter(_source, _schema, _where);
            if (ReadHead(_connection).Head != _head)
            {
                _isUncertain = true;
                throw new JournalException($"The journal {_where} was written by another process while this one had lost its connection. Stop one of the two, then restart this one.");
            }
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            throw new JournalException($"The journal {_where} can't be written: {e.Message} Nothing is lost, and work goes on once PostgreSQL can be reached.", e);
        }
    }

    // The connection broke: were the entries committed before it did?
    private void RequireCommitted(long head, byte[] hash, Exception cause)
    {
        _isUncertain = true;
        try
        {
            _connection.Dispose();
            _connection = OpenWriter(_source, _schema, _where);
            var found = ReadHead(_connection);
            _isUncertain = found.Head != _head && !(found.Head == head && found.Hash.AsSpan().SequenceEqual(hash));
            if (!_isUncertain && found.Head == head)
            {
                return;
            }
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or JournalException)
        {
            throw new JournalException($"The connection to the journal {_where} broke while it was written: {cause.Message} It can't be reached again ({e.Message}). Restart this process once PostgreSQL runs.", cause);
        }

        throw new JournalException($"The connection to the journal {_where} broke: {cause.Message} Nothing was appended; try again.", cause);
    }

    private (long Head, byte[] Hash) ReadHead(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand($"SELECT cursor, hash FROM {_schema}.entries ORDER BY cursor DESC LIMIT 1", connection);
        using var reader = command.ExecuteReader();
        return reader.Read() ? (reader.GetInt64(0), reader.GetFieldValue<byte[]>(1)) : (0, []);
    }

    // The lock is the session's: it goes with the connection, however that ends.
    private static NpgsqlConnection OpenWriter(NpgsqlDataSource source, string schema, string where)
    {
        var connection = source.OpenConnection();
        try
        {
            using var command = new NpgsqlCommand("SET synchronous_commit = on", connection);
            command.ExecuteNonQuery();
            command.CommandText = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))";
            command.Parameters.Add(new() { Value = schema });
            return command.ExecuteScalar() is true ? connection
                : throw new JournalException($"The journal {where} is used by another fabnet process. Stop it, or choose another database with --store.");
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static void CreateOrCheckSchema(NpgsqlConnection connection, string schema, string where)
    {
        using var command = new NpgsqlCommand($"SELECT to_regclass('{schema}.format') IS NOT NULL", connection);
        if (command.ExecuteScalar() is not true)
        {
            command.CommandText = $"""
                CREATE SCHEMA IF NOT EXISTS {schema};
                CREATE TABLE {schema}.entries (
                    cursor  bigint PRIMARY KEY,
                    at      bigint NOT NULL,
                    kind    text NOT NULL,
                    payload bytea NOT NULL,
                    hash    bytea NOT NULL
                );
                CREATE TABLE {schema}.format (version integer NOT NULL);
                INSERT INTO {schema}.format VALUES ({SchemaVersion});
                """;
            command.ExecuteNonQuery();
        }

        command.CommandText = $"SELECT version FROM {schema}.format";
        if (command.ExecuteScalar() is not SchemaVersion and var version)
        {
            throw new JournalException($"The journal {where} has format {version}; this FabNet knows {SchemaVersion}. Use the FabNet that wrote it, or a newer one.");
        }
    }
}
