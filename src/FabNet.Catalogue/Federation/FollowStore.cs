// The file follows.db: what is followed, how far, what waits, and which files are still to come.

using FabNet.Catalogue.Search;
using FabNet.Catalogue.Trust;
using FabNet.Journal;
using FabNet.Model;
using FabNet.Protocol.V1;
using Microsoft.Data.Sqlite;
using Envelope = FabNet.Protocol.Statements.Envelope;

namespace FabNet.Catalogue.Federation;

/// <summary>A statement that waits for what it builds on.</summary>
internal sealed record WaitingStatement(long Follow, Envelope Envelope, Need Need);

/// <summary>A file that a design here names and that is not here.</summary>
internal sealed record WantedBlob(long Follow, Digest Digest, long Size);

/// <summary>
/// The configuration of what is followed. Statements are put into the journal first and the cursor is moved afterwards, in one transaction with all else that the page brought: a kill between the two has the page
/// asked for again, and what was put is found to be there.
/// </summary>
/// <remarks>Thread safe. Beside the journal's folder also where the journal is in PostgreSQL.</remarks>
internal sealed class FollowStore : IDisposable
{
    private const int SchemaVersion = 1;

    private readonly Lock _gate = new();
    private readonly SqliteConnection _connection;

    private FollowStore(SqliteConnection connection) => _connection = connection;

    /// <summary>Opens the file, and creates it where it is missing.</summary>
    /// <exception cref="JournalException">It is damaged, or of a newer version.</exception>
    public static FollowStore Open(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            connection.Open();
            connection.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000;");
            using var version = connection.Prepare("PRAGMA user_version");
            switch ((long)version.ExecuteScalar()!)
            {
                case 0: connection.Execute($"BEGIN; {Tables} PRAGMA user_version = {SchemaVersion}; COMMIT;"); break;
                case SchemaVersion: break;
                case var other: throw new JournalException($"{path} has format {other}; this FabNet knows {SchemaVersion}. Use the FabNet that wrote it, or a newer one.");
            }

            return new FollowStore(connection);
        }
        catch (Exception e) when (e is SqliteException or JournalException)
        {
            connection.Dispose();
            throw e as JournalException ?? new JournalException($"{path}, which says what this catalogue follows, can't be opened: {e.Message} Move it away and follow again; what was pulled stays.", e);
        }
    }

    private const string Tables = """
        CREATE TABLE follows (
            id        INTEGER PRIMARY KEY AUTOINCREMENT,
            address   TEXT NOT NULL,
            scope     BLOB NOT NULL,
            has_blobs INTEGER NOT NULL,
            cursor    INTEGER NOT NULL DEFAULT 0,
            mark      TEXT NOT NULL DEFAULT '',
            identity  BLOB,
            taken     INTEGER NOT NULL DEFAULT 0,
            refused   INTEGER NOT NULL DEFAULT 0,
            has_gaps  INTEGER NOT NULL DEFAULT 0,
            synced_at INTEGER,
            UNIQUE (address, scope)
        ) STRICT;
        CREATE TABLE members (follow INTEGER NOT NULL, manifest BLOB NOT NULL, PRIMARY KEY (follow, manifest)) STRICT, WITHOUT ROWID;
        CREATE TABLE waiting (
            id       BLOB NOT NULL,
            follow   INTEGER NOT NULL,
            kind     INTEGER NOT NULL,
            need     BLOB NOT NULL,
            envelope BLOB NOT NULL,
            PRIMARY KEY (follow, id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX waiting_for ON waiting (need);
        CREATE TABLE blobs (
            digest    BLOB NOT NULL,
            follow    INTEGER NOT NULL,
            size      INTEGER NOT NULL,
            is_wanted INTEGER NOT NULL,
            tries     INTEGER NOT NULL DEFAULT 0,
            left_out  TEXT,
            PRIMARY KEY (digest, follow)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX blobs_of ON blobs (follow, is_wanted, tries);
        """;

    /// <summary>Everything that is followed, in the order in which it was begun.</summary>
    public IReadOnlyList<Follow> List() => Run("SELECT id, address, scope, has_blobs FROM follows ORDER BY id", c => c.List(ReadFollow));

    /// <summary>Begins to follow, or changes whether files are kept.</summary>
    public Follow Add(Uri address, FollowScope scope, bool hasBlobs)
    {
        var follow = Run("INSERT INTO follows (address, scope, has_blobs) VALUES ($1, $2, $3) ON CONFLICT DO UPDATE SET has_blobs = $3 RETURNING id, address, scope, has_blobs",
            c => c.First(ReadFollow), address.AbsoluteUri, Follow.KeyOf(scope), hasBlobs ? 1 : 0)!;
        Change("UPDATE blobs SET is_wanted = $2 WHERE follow = $1 AND left_out IS NULL", follow.Id, hasBlobs ? 1 : 0);
        return follow;
    }

    /// <summary>Ends it; what came stays, what waited is forgotten.</summary>
    public void Remove(long id) => Transact(() =>
    {
        foreach (var table in (ReadOnlySpan<string>)["members WHERE follow", "waiting WHERE follow", "blobs WHERE follow", "follows WHERE id"])
        {
            Change($"DELETE FROM {table} = $1", id);
        }
    });

    /// <summary>How far it is.</summary>
    public FollowProgress Progress(long id) => Run("SELECT cursor, mark, identity, taken, refused, has_gaps, synced_at FROM follows WHERE id = $1", c => c.First(row => new FollowProgress
    {
        Cursor = row.GetInt64(0),
        Mark = row.GetString(1),
        Identity = row.IsDBNull(2) ? null : Digest.FromHash(row.Bytes(2)),
        Taken = row.GetInt64(3),
        Refused = row.GetInt64(4),
        HasGaps = row.GetInt64(5) != 0,
        SyncedAt = row.IsDBNull(6) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(6)),
    }), id) ?? throw new CatalogueException(CatalogueFault.NotFound, "It is not followed any more.");

    /// <summary>Keeps what a page brought besides what went into the journal.</summary>
    /// <param name="follow">Whose page it was.</param>
    /// <param name="page">What came of it.</param>
    /// <param name="place">How far the other's log was taken with it; null if no further than before.</param>
    /// <param name="blobs">Files that its designs name and that are not here.</param>
    /// <param name="areWanted">True if they are to be pulled without being asked for.</param>
    public void Keep(Follow follow, TakenPage page, (long Cursor, string Mark)? place, IEnumerable<(Digest Digest, long Size)> blobs, bool areWanted) => Transact(() =>
    {
        foreach (var (envelope, need) in page.Waiting)
        {
            Change("INSERT INTO waiting (id, follow, kind, need, envelope) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO UPDATE SET kind = $3, need = $4",
                StatementIndex.KeyOf(envelope.Id), follow.Id, (int)need.Kind, StatementIndex.KeyOf(need.Id), envelope.Write());
        }

        foreach (var (digest, size) in blobs)
        {
            Change("INSERT INTO blobs (digest, follow, size, is_wanted) VALUES ($1, $2, $3, $4) ON CONFLICT DO UPDATE SET is_wanted = max(is_wanted, $4)", StatementIndex.KeyOf(digest), follow.Id, size, areWanted ? 1 : 0);
        }

        Change("UPDATE follows SET taken = taken + $2, refused = refused + $3, has_gaps = max(has_gaps, $4) WHERE id = $1", follow.Id, page.Added, page.Refused, page.Refused > 0 ? 1 : 0);
        if (place is { } reached)
        {
            Change("UPDATE follows SET cursor = $2, mark = $3 WHERE id = $1", follow.Id, reached.Cursor, reached.Mark);
        }
    });

    /// <summary>The other's log is read from its beginning again; what is here stays, and is not asked for twice.</summary>
    public void Rewind(long id) => Transact(() =>
    {
        Change("UPDATE follows SET cursor = 0, mark = '', has_gaps = 0 WHERE id = $1", id);
        Change("DELETE FROM members WHERE follow = $1", id);
    });

    public void SetIdentity(long id, Digest identity) => Change("UPDATE follows SET identity = $2 WHERE id = $1", id, StatementIndex.KeyOf(identity));

    public void SetSynced(long id, DateTimeOffset at) => Change("UPDATE follows SET synced_at = $2 WHERE id = $1", id, at.ToUnixTimeMilliseconds());

    /// <summary>The designs that a part of a catalogue has, as far as all about them was pulled once.</summary>
    public IReadOnlyList<Digest> Members(long id) => Run("SELECT manifest FROM members WHERE follow = $1", c => c.List(row => Digest.FromHash(row.Bytes(0))), id);

    public void AddMembers(long id, IEnumerable<Digest> manifests) => Transact(() =>
    {
        foreach (var manifest in manifests)
        {
            Change("INSERT INTO members (follow, manifest) VALUES ($1, $2) ON CONFLICT DO NOTHING", id, StatementIndex.KeyOf(manifest));
        }
    });

    /// <summary>How many statements of a follow wait, and how many bytes they have.</summary>
    public (long Count, long Bytes) WaitingOf(long id) => Run("SELECT count(*), coalesce(sum(length(envelope)), 0) FROM waiting WHERE follow = $1", c => c.First(row => (row.GetInt64(0), row.GetInt64(1))), id);

    /// <summary>True if nothing waits.</summary>
    public bool IsNothingWaiting => Run("SELECT 1 FROM waiting LIMIT 1", c => c.ExecuteScalar()) is null;

    /// <summary>Statements that wait for one of these digests; for any, if null.</summary>
    public IReadOnlyList<WaitingStatement> WaitingFor(IReadOnlyCollection<Digest>? needs) => needs is null
        ? Run("SELECT follow, kind, need, envelope FROM waiting", c => c.List(ReadWaiting))
        : [.. needs.SelectMany(n => Run("SELECT follow, kind, need, envelope FROM waiting WHERE need = $1", c => c.List(ReadWaiting), StatementIndex.KeyOf(n)))];

    /// <summary>A statement waits no more; or for something else.</summary>
    public void SetWaiting(WaitingStatement waiting, Need? need)
    {
        var id = StatementIndex.KeyOf(waiting.Envelope.Id);
        if (need is { } other)
        {
            Change("UPDATE waiting SET kind = $3, need = $4 WHERE follow = $1 AND id = $2", waiting.Follow, id, (int)other.Kind, StatementIndex.KeyOf(other.Id));
        }
        else
        {
            Change("DELETE FROM waiting WHERE follow = $1 AND id = $2", waiting.Follow, id);
        }
    }

    /// <summary>Files that are to be pulled for a follow, those first that were tried least.</summary>
    public IReadOnlyList<WantedBlob> Wanted(long id, int limit) =>
        Run("SELECT follow, digest, size FROM blobs WHERE follow = $1 AND is_wanted = 1 ORDER BY tries LIMIT $2", c => c.List(ReadBlob), id, limit);

    public long CountWanted(long id) => Run("SELECT count(*) FROM blobs WHERE follow = $1 AND is_wanted = 1", c => c.First(row => row.GetInt64(0)), id);

    /// <summary>Where a file can be had that a design names.</summary>
    public IReadOnlyList<WantedBlob> SourcesOf(Digest blob) => Run("SELECT follow, digest, size FROM blobs WHERE digest = $1", c => c.List(ReadBlob), StatementIndex.KeyOf(blob));

    /// <summary>The file is here.</summary>
    public void Forget(Digest blob) => Change("DELETE FROM blobs WHERE digest = $1", StatementIndex.KeyOf(blob));

    /// <summary>It did not come this time.</summary>
    public void Postpone(WantedBlob blob) => Change("UPDATE blobs SET tries = tries + 1 WHERE digest = $1 AND follow = $2", StatementIndex.KeyOf(blob.Digest), blob.Follow);

    /// <summary>It is not kept here, and why.</summary>
    public void LeaveOut(WantedBlob blob, string reason) => Change("UPDATE blobs SET is_wanted = 0, left_out = $3 WHERE digest = $1 AND follow = $2", StatementIndex.KeyOf(blob.Digest), blob.Follow, reason);

    /// <summary>Why files of a follow are not kept.</summary>
    public IReadOnlyList<string> LeftOut(long id, int limit) => Run("SELECT left_out FROM blobs WHERE follow = $1 AND left_out IS NOT NULL LIMIT $2", c => c.List(row => row.GetString(0)), id, limit);

    public void Dispose()
    {
        lock (_gate)
        {
            _connection.Dispose();
        }
    }

    private void Change(string sql, params ReadOnlySpan<object?> values) => Run(sql, c => c.ExecuteNonQuery(), values);

    private T Run<T>(string sql, Func<SqliteCommand, T> run, params ReadOnlySpan<object?> values)
    {
        lock (_gate)
        {
            try
            {
                using var command = _connection.Prepare(sql);
                return run(command.Bind(values));
            }
            catch (SqliteException e)
            {
                throw Failure(e);
            }
        }
    }

    private void Transact(Action change)
    {
        lock (_gate)
        {
            try
            {
                _connection.Execute("BEGIN IMMEDIATE");
                change();
                _connection.Execute("COMMIT");
            }
            catch (SqliteException e)
            {
                throw Failure(e);
            }
            finally
            {
                if (SQLitePCL.raw.sqlite3_get_autocommit(_connection.Handle) == 0)
                {
                    _connection.Execute("ROLLBACK");
                }
            }
        }
    }

    private static JournalException Failure(SqliteException e) => new($"What this catalogue follows can't be kept: {e.Message} Look at its disk; nothing is lost, and it goes on once it can be written.", e)
    {
        IsOutOfSpace = FullDisk.IsCauseOf(e),
    };

    private static Follow ReadFollow(SqliteDataReader row) => new(row.GetInt64(0), new Uri(row.GetString(1)), FollowScope.Parser.ParseFrom(row.Bytes(2)), row.GetInt64(3) != 0);

    private static WaitingStatement ReadWaiting(SqliteDataReader row) => new(row.GetInt64(0), Envelope.Read(row.Bytes(3)), new Need((NeedKind)row.GetInt64(1), Digest.FromHash(row.Bytes(2))));

    private static WantedBlob ReadBlob(SqliteDataReader row) => new(row.GetInt64(0), Digest.FromHash(row.Bytes(1)), row.GetInt64(2));
}
