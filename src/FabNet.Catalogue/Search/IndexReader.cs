// Reads the index: designs by name and digest, statements, searches.

using FabNet.Model;
using FabNet.Protocol.V1;
using Microsoft.Data.Sqlite;

namespace FabNet.Catalogue.Search;

/// <summary>A version of a design, and where its manifest is.</summary>
/// <param name="Manifest">Its digest.</param>
/// <param name="Cursor">Its entry in the journal.</param>
internal sealed record DesignPlace(Digest Manifest, long Cursor);

/// <summary>One reading connection with its prepared statements.</summary>
/// <remarks>Used by one thread at a time; <see cref="DesignIndex"/> lends it.</remarks>
internal sealed class IndexReader : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _byDigest;
    private readonly SqliteCommand _byVersion;
    private readonly SqliteCommand _newest;
    private readonly SqliteCommand _versions;
    private readonly SqliteCommand _applied;

    public IndexReader(SqliteConnection connection)
    {
        _connection = connection;
        Statements = new StatementIndex(connection);
        Designs = new DesignSearch(connection);
        _byDigest = connection.Prepare("SELECT digest, cursor FROM designs WHERE digest = $1");
        _byVersion = connection.Prepare("SELECT digest, cursor FROM designs WHERE name = $1 AND version_key = $2 AND version = $3 ORDER BY publisher, digest LIMIT 1");
        _newest = connection.Prepare("SELECT digest, cursor FROM designs WHERE name = $1 ORDER BY hidden, version_key DESC, digest DESC LIMIT 1");
        _versions = connection.Prepare("SELECT summary, validated, proven FROM designs WHERE name = $1 ORDER BY version_key DESC, digest DESC LIMIT $2");
        _applied = connection.Prepare("SELECT cursor FROM applied");
    }

    public StatementIndex Statements { get; }

    public DesignSearch Designs { get; }

    /// <summary>The cursor up to which the journal is in the index as this reader sees it.</summary>
    public long Applied => _applied.First(row => row.GetInt64(0));

    public DesignPlace? Find(Digest manifest) => _byDigest.Bind(StatementIndex.KeyOf(manifest)).First(Read);

    /// <summary>A version of a name; the newest if none is asked for: of those that searches leave out only if there is no other.</summary>
    public DesignPlace? Find(string name, string? version) => version is null
        ? _newest.Bind(name).First(Read)
        : _byVersion.Bind(name, DesignVersions.KeyOf(version), version).First(Read);

    /// <summary>The newest versions of a name, newest first; none if the name is not taken.</summary>
    public IReadOnlyList<DesignSummary> Versions(string name, int limit) => _versions.Bind(name, limit).List(row =>
    {
        var design = DesignSummary.Parser.ParseFrom(row.Bytes(0));
        (design.Validated, design.Proven) = (row.GetInt64(1) != 0, row.GetInt64(2) != 0);
        return design;
    });

    /// <summary>Runs a function that sees the index as it is now, whatever is written meanwhile.</summary>
    public T Read<T>(Func<IndexReader, T> read)
    {
        _connection.Execute("BEGIN");
        try
        {
            return read(this);
        }
        finally
        {
            _connection.Execute("COMMIT");
        }
    }

    public void Dispose()
    {
        Statements.Dispose();
        Designs.Dispose();
        foreach (var command in (ReadOnlySpan<SqliteCommand>)[_byDigest, _byVersion, _newest, _versions, _applied])
        {
            command.Dispose();
        }

        _connection.Dispose();
    }

    private static DesignPlace Read(SqliteDataReader row) => new(Digest.FromHash(row.Bytes(0)), row.GetInt64(1));
}
