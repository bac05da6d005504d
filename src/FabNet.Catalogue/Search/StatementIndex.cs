// Who said what about what: the statements of the journal, to look up.

using FabNet.Model;
using Microsoft.Data.Sqlite;

namespace FabNet.Catalogue.Search;

/// <summary>A statement, as far as it can be looked up.</summary>
/// <param name="Id">The SHA-256 of its payload; a design's is its manifest digest.</param>
/// <param name="Kind">What is said, such as <c>design</c> or <c>attestation</c>.</param>
/// <param name="Publisher">Who says it; empty where nobody is named.</param>
/// <param name="Subject">What it is about, such as a manifest digest; empty where it is about nothing else.</param>
/// <param name="Cursor">Where it stands in the journal, whose entry has all of it.</param>
internal sealed record StatementEntry(Digest Id, string Kind, string Publisher, string Subject, long Cursor);

/// <summary>Looks statements up by id, by kind and subject, and by publisher. Lists are in the order of the journal, and paged: they can be long.</summary>
/// <remarks>Belongs to one connection, and is used where that is: what the writer sees includes what it has not committed yet.</remarks>
internal sealed class StatementIndex(SqliteConnection connection) : IDisposable
{
    private const string Columns = "SELECT id, kind, publisher, subject, cursor FROM statements";

    // Without "<> ''" SQLite does not see that the partial indexes serve: it would read every statement of the kind.
    private readonly SqliteCommand _find = connection.Prepare($"{Columns} WHERE id = $1");
    private readonly SqliteCommand _bySubject = connection.Prepare($"{Columns} WHERE kind = $1 AND subject = $2 AND subject <> '' AND cursor > $3 ORDER BY cursor LIMIT $4");
    private readonly SqliteCommand _byPublisher = connection.Prepare($"{Columns} WHERE publisher = $1 AND publisher <> '' AND kind = $2 AND cursor > $3 ORDER BY cursor LIMIT $4");
    private readonly SqliteCommand _again = connection.Prepare("SELECT cursor FROM signatures WHERE id = $1 ORDER BY cursor");
    private readonly SqliteCommand _key = connection.Prepare("SELECT info FROM keys WHERE key = $1 LIMIT 1");
    private readonly SqliteCommand _owners = connection.Prepare("SELECT publisher FROM keys WHERE key = $1");
    private readonly SqliteCommand _publishersOf = connection.Prepare("SELECT DISTINCT k.publisher FROM signed s JOIN keys k ON k.key = s.key WHERE s.name = $1 LIMIT $2");
    private readonly SqliteCommand _versions = connection.Prepare("""
        SELECT DISTINCT s.version_key, s.digest FROM keys k CROSS JOIN signed s ON s.name = $1 AND s.key = k.key
        WHERE k.publisher = $2 ORDER BY s.version_key DESC, s.digest
        """);
    private readonly SqliteCommand _version = connection.Prepare("""
        SELECT DISTINCT s.version_key, s.digest FROM keys k CROSS JOIN signed s ON s.name = $1 AND s.key = k.key AND s.version_key = $3
        WHERE k.publisher = $2 ORDER BY s.digest
        """);
    private readonly SqliteCommand _signedWith = connection.Prepare("SELECT DISTINCT digest FROM signed WHERE key = $1");
    private readonly SqliteCommand _designs = connection.Prepare("SELECT DISTINCT s.digest FROM keys k CROSS JOIN signed s ON s.key = k.key WHERE k.publisher = $1");
    private readonly SqliteCommand _byKind = connection.Prepare($"{Columns} WHERE kind = $1 AND cursor > $2 ORDER BY cursor LIMIT $3");
    private readonly SqliteCommand _againByKind = connection.Prepare("""
        SELECT g.id, g.kind, s.publisher, s.subject, g.cursor FROM signatures g CROSS JOIN statements s ON s.id = g.id
        WHERE g.kind = $1 AND g.cursor > $2 ORDER BY g.cursor LIMIT $3
        """);
    private readonly SqliteCommand _designsAfter = connection.Prepare("""
        SELECT DISTINCT t.id, t.kind, t.publisher, t.subject, t.cursor FROM keys k CROSS JOIN signed s ON s.key = k.key CROSS JOIN statements t ON t.id = s.digest
        WHERE k.publisher = $1 AND t.cursor > $2 ORDER BY t.cursor LIMIT $3
        """);
    private readonly SqliteCommand _isSigned = connection.Prepare("SELECT 1 FROM keys k CROSS JOIN signed s ON s.key = k.key AND s.digest = $2 WHERE k.publisher = $1 LIMIT 1");

    /// <summary>A statement by its id; null if it is not here.</summary>
    public StatementEntry? Find(Digest id) => _find.Bind(KeyOf(id)).First(Read);

    /// <summary>The statements of a kind about a subject.</summary>
    /// <param name="kind">What is said.</param>
    /// <param name="subject">What it is about.</param>
    /// <param name="after">The cursor after which to begin; 0 for the beginning.</param>
    /// <param name="limit">How many at most.</param>
    public IReadOnlyList<StatementEntry> BySubject(string kind, string subject, long after = 0, int limit = 1000) => _bySubject.Bind(kind, subject, after, limit).List(Read);

    /// <summary>The statements of a kind by a publisher.</summary>
    public IReadOnlyList<StatementEntry> ByPublisher(string publisher, string kind, long after = 0, int limit = 1000) => _byPublisher.Bind(publisher, kind, after, limit).List(Read);

    /// <summary>The statements of a kind.</summary>
    public IReadOnlyList<StatementEntry> ByKind(string kind, long after = 0, int limit = 1000) => _byKind.Bind(kind, after, limit).List(Read);

    /// <summary>The entries that brought statements of a kind again with another signature.</summary>
    public IReadOnlyList<StatementEntry> AgainByKind(string kind, long after, int limit) => _againByKind.Bind(kind, after, limit).List(Read);

    /// <summary>The designs that a publisher's keys signed, each where it came first.</summary>
    public IReadOnlyList<StatementEntry> DesignsAfter(Digest publisher, long after, int limit) => _designsAfter.Bind(KeyOf(publisher), after, limit).List(Read);

    /// <summary>True if a publisher's key signed a design.</summary>
    public bool IsSignedBy(Digest design, Digest publisher) => _isSigned.Bind(KeyOf(publisher), KeyOf(design)).ExecuteScalar() is not null;

    /// <summary>The entries that brought a statement again with another signature.</summary>
    public IReadOnlyList<long> Again(Digest id) => _again.Bind(KeyOf(id)).List(row => row.GetInt64(0));

    /// <summary>A key's SubjectPublicKeyInfo; null if no publisher named it.</summary>
    public byte[]? Key(Digest key) => _key.Bind(KeyOf(key)).First(row => row.Bytes(0));

    /// <summary>Identities of the publishers that named a key as theirs.</summary>
    public IReadOnlyList<Digest> Owners(Digest key) => _owners.Bind(KeyOf(key)).List(row => Digest.FromHash(row.Bytes(0)));

    /// <summary>Identities of the publishers with whose keys designs of a name were signed.</summary>
    public IReadOnlyList<Digest> PublishersOf(string name, int limit) => _publishersOf.Bind(name, limit).List(row => Digest.FromHash(row.Bytes(0)));

    /// <summary>The versions of a name that a publisher's keys signed: newest first, equally new ones by digest; with a version only those that are as new as it. Read as far as they are asked for.</summary>
    public IEnumerable<Digest> Versions(string name, Digest publisher, string? version) =>
        (version is null ? _versions.Bind(name, KeyOf(publisher)) : _version.Bind(name, KeyOf(publisher), DesignVersions.KeyOf(version))).Stream(row => Digest.FromHash(row.Bytes(1)));

    /// <summary>The designs that a key signed.</summary>
    public IReadOnlyList<Digest> SignedWith(Digest key) => _signedWith.Bind(KeyOf(key)).List(row => Digest.FromHash(row.Bytes(0)));

    /// <summary>The designs that a publisher's keys signed. Read as far as they are asked for.</summary>
    public IEnumerable<Digest> Designs(Digest publisher) => _designs.Bind(KeyOf(publisher)).Stream(row => Digest.FromHash(row.Bytes(0)));

    public void Dispose()
    {
        foreach (var command in (ReadOnlySpan<SqliteCommand>)[_find, _bySubject, _byPublisher, _byKind, _againByKind, _designsAfter, _isSigned, _again, _key, _owners, _publishersOf, _versions, _version, _signedWith, _designs])
        {
            command.Dispose();
        }
    }

    /// <summary>A digest as the index stores it: its 32 bytes.</summary>
    internal static byte[] KeyOf(Digest id) => Convert.FromHexString(id.Hex);

    private static StatementEntry Read(SqliteDataReader row) => new(Digest.FromHash(row.Bytes(0)), row.GetString(1), row.GetString(2), row.GetString(3), row.GetInt64(4));
}
