// Applies the journal's entries to the index, each batch with its cursor in one transaction.

using FabNet.Journal;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Protocol;
using Google.Protobuf;
using Microsoft.Data.Sqlite;

namespace FabNet.Catalogue.Search;

/// <summary>The one writer of <c>index.db</c>. A batch is there whole or not at all, so that a kill at any moment costs nothing but the work.</summary>
/// <remarks>Owned by one loop.</remarks>
internal sealed class IndexWriter : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly IJournal _journal;
    private readonly ReadStatement _read;
    private readonly StatementIndex _statements;
    private readonly LexiconWriter _lexicon;
    private readonly SqliteCommand _addStatement;
    private readonly SqliteCommand _addAgain;
    private readonly SqliteCommand _addKey;
    private readonly SqliteCommand _addSigned;
    private readonly SqliteCommand _addDesign;
    private readonly SqliteCommand _findDesign;
    private readonly SqliteCommand _relist;
    private readonly SqliteCommand _setStanding;
    private readonly SqliteCommand _setDesignStanding;
    private readonly SqliteCommand _findLine;
    private readonly SqliteCommand _newest;
    private readonly SqliteCommand _ranked;
    private readonly SqliteCommand _isTaken;
    private readonly SqliteCommand _unrank;
    private readonly SqliteCommand _rank;
    private readonly SqliteCommand _forgetTerms;
    private readonly SqliteCommand _addTerms;
    private readonly SqliteCommand _setApplied;

    // Of the batch under way: the designs that came with it, and the lines (name and publisher) whose newest version may be another now.
    private readonly Dictionary<long, DesignDocument> _documents = [];
    private readonly HashSet<(string Name, string Publisher)> _touched = [];

    public IndexWriter(SqliteConnection connection, IJournal journal, ReadStatement read)
    {
        (_connection, _journal, _read) = (connection, journal, read);
        _statements = new StatementIndex(connection);
        _lexicon = new LexiconWriter(connection);
        _addStatement = connection.Prepare("INSERT INTO statements (id, kind, publisher, subject, cursor) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING");
        _addAgain = connection.Prepare("INSERT INTO signatures (id, kind, cursor) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING");
        _addKey = connection.Prepare("INSERT INTO keys (key, publisher, info) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING");
        _addSigned = connection.Prepare("INSERT INTO signed (key, name, version_key, digest) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING");
        _addDesign = connection.Prepare("""
            INSERT INTO designs (digest, name, publisher, version, version_key, cursor, validated, hidden, proven, summary)
            SELECT $1, $2, $3, $4, $5, $6, coalesce(max(validated), 0), coalesce(max(hidden), 0), $7, $8 FROM standings WHERE digest = $1
            """);
        _findDesign = connection.Prepare("SELECT publisher, cursor FROM designs WHERE digest = $1");
        _relist = connection.Prepare("UPDATE designs SET publisher = $2, summary = $3 WHERE digest = $1");
        _setStanding = connection.Prepare("INSERT OR REPLACE INTO standings (digest, validated, hidden) VALUES ($1, $2, $3)");
        _setDesignStanding = connection.Prepare("UPDATE designs SET validated = $2, hidden = $3 WHERE digest = $1");
        _findLine = connection.Prepare("SELECT name, publisher FROM designs WHERE digest = $1");
        _newest = connection.Prepare("SELECT id, cursor, validated, proven FROM designs WHERE name = $1 AND publisher = $2 AND hidden = 0 ORDER BY version_key DESC, digest DESC LIMIT 1");
        _ranked = connection.Prepare("SELECT r.rank, r.design, d.cursor FROM ranked r JOIN designs d ON d.id = r.design WHERE r.name = $1 AND r.publisher = $2");
        _isTaken = connection.Prepare("SELECT 1 FROM ranked WHERE rank = $1");
        _unrank = connection.Prepare("DELETE FROM ranked WHERE rank = $1");
        _rank = connection.Prepare("INSERT INTO ranked (rank, design, name, publisher, width, depth, height) VALUES ($1, $2, $3, $4, $5, $6, $7)");
        _forgetTerms = connection.Prepare("DELETE FROM words WHERE rowid = $1");
        _addTerms = connection.Prepare("INSERT INTO words (rowid, terms) VALUES ($1, $2)");
        _setApplied = connection.Prepare("UPDATE applied SET cursor = $1, hash = $2");
        using var applied = connection.Prepare("SELECT cursor FROM applied");
        Applied = applied.First(row => row.GetInt64(0));
    }

    /// <summary>The cursor up to which the journal was applied.</summary>
    public long Applied { get; private set; }

    /// <summary>Applies the entries that follow <see cref="Applied"/>.</summary>
    /// <exception cref="JournalException">An entry is not of a form that this version knows, or the journal can't be read.</exception>
    /// <exception cref="SqliteException">The index can't be written; it is as it was before.</exception>
    public void Apply(IReadOnlyList<JournalEntry> entries)
    {
        _connection.Execute("BEGIN IMMEDIATE");
        try
        {
            foreach (var entry in entries)
            {
                Apply(entry);
            }

            Rank();
            _lexicon.Write();
            _setApplied.Bind(entries[^1].Cursor, entries[^1].Hash).ExecuteNonQuery();
            _connection.Execute("COMMIT");
            Applied = entries[^1].Cursor;
        }
        finally
        {
            _documents.Clear();
            _touched.Clear();
            _lexicon.Clear();

            // True unless it was committed, or SQLite has taken it back by itself.
            if (SQLitePCL.raw.sqlite3_get_autocommit(_connection.Handle) == 0)
            {
                _connection.Execute("ROLLBACK");
            }
        }
    }

    /// <summary>Makes one sorted piece of each term's list; takes some seconds for a million designs.</summary>
    public void Merge() => _connection.Execute("INSERT INTO words (words) VALUES ('optimize')");

    public void Dispose()
    {
        _statements.Dispose();
        _lexicon.Dispose();
        foreach (var command in (ReadOnlySpan<SqliteCommand>)[_addStatement, _addAgain, _addKey, _addSigned, _addDesign, _findDesign, _relist, _setStanding, _setDesignStanding, _findLine, _newest, _ranked, _isTaken, _unrank, _rank, _forgetTerms, _addTerms, _setApplied])
        {
            command.Dispose();
        }

        _connection.Dispose();
    }

    private void Apply(JournalEntry entry)
    {
        StatementEffect? effect;
        try
        {
            effect = _read(entry, _statements);
        }
        catch (FormatException e)
        {
            throw new JournalException($"Entry {entry.Cursor} ({entry.Kind}) of the catalogue's journal can't be read: {e.Message} Use the FabNet that wrote it, or a newer one.", e);
        }

        if (effect is null)
        {
            return;
        }

        var statement = effect.Statement;
        var isNew = _addStatement.Bind(StatementIndex.KeyOf(statement.Id), statement.Kind, statement.Publisher, statement.Subject, statement.Cursor).ExecuteNonQuery() > 0;
        if (isNew && effect.Design is { } design)
        {
            Add(design, statement);
        }

        if (!isNew)
        {
            _addAgain.Bind(StatementIndex.KeyOf(statement.Id), statement.Kind, statement.Cursor).ExecuteNonQuery();
            if (effect.Design is { } again)
            {
                Relist(again, statement.Publisher);
            }
        }

        foreach (var (key, publisher, info) in effect.Keys)
        {
            _addKey.Bind(StatementIndex.KeyOf(key), StatementIndex.KeyOf(publisher), info).ExecuteNonQuery();
        }

        if (effect.Design is { Ref: var signed })
        {
            foreach (var key in effect.SignedBy)
            {
                _addSigned.Bind(StatementIndex.KeyOf(key), signed.Name, DesignVersions.KeyOf(signed.Version), StatementIndex.KeyOf(signed.Manifest)).ExecuteNonQuery();
            }
        }

        foreach (var (manifest, standing) in effect.Judge?.Invoke(_statements) ?? effect.Standings)
        {
            Set(manifest, standing);
        }
    }

    private void Add(Design design, StatementEntry statement)
    {
        var document = DesignDocument.Of(design, statement.Publisher);
        _addDesign.Bind(
            StatementIndex.KeyOf(design.Ref.Manifest), design.Ref.Name, statement.Publisher, design.Ref.Version, DesignVersions.KeyOf(design.Ref.Version),
            statement.Cursor, document.IsProven ? 1 : 0, Summary(design, statement.Publisher)).ExecuteNonQuery();
        _documents[statement.Cursor] = document;
        _touched.Add((design.Ref.Name, statement.Publisher));
    }

    // Of all who signed a design it stands under the first by name, whichever signature came first.
    private void Relist(Design design, string publisher)
    {
        var key = StatementIndex.KeyOf(design.Ref.Manifest);
        if (publisher.Length > 0 && _findDesign.Bind(key).First(row => new Listed(row.GetString(0), row.GetInt64(1))) is { } listed
            && (listed.Publisher.Length == 0 || string.CompareOrdinal(publisher, listed.Publisher) < 0))
        {
            _relist.Bind(key, publisher, Summary(design, publisher)).ExecuteNonQuery();
            _documents.Remove(listed.Cursor);
            _touched.Add((design.Ref.Name, listed.Publisher));
            _touched.Add((design.Ref.Name, publisher));
        }
    }

    private static byte[] Summary(Design design, string publisher)
    {
        var summary = design.ToSummary();
        summary.Publisher = publisher;
        return summary.ToByteArray();
    }

    // Kept beside the designs too: what is held of a design may come before the design.
    private void Set(Digest manifest, DesignStanding standing)
    {
        var key = StatementIndex.KeyOf(manifest);
        var (validated, hidden) = (standing.IsValidated ? 1 : 0, standing.IsHidden ? 1 : 0);
        _setStanding.Bind(key, validated, hidden).ExecuteNonQuery();
        if (_setDesignStanding.Bind(key, validated, hidden).ExecuteNonQuery() > 0)
        {
            _touched.Add(_findLine.Bind(key).First(row => (row.GetString(0), row.GetString(1))));
        }
    }

    // Gives each line that was touched the place of its newest version. Terms go in by rising rank: FTS5 writes such a batch at once.
    private void Rank()
    {
        var added = new List<(long Rank, DesignDocument Document)>();
        foreach (var (name, publisher) in _touched)
        {
            var ranked = _ranked.Bind(name, publisher).First(row => new Place(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2)));
            var newest = _newest.Bind(name, publisher).First(row => new Newest(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2) != 0, row.GetInt64(3) != 0));
            if (ranked?.Design == newest?.Design && (ranked is null || DesignDocument.IsOfQuality(ranked.Rank, newest!.IsValidated, newest.IsProven)))
            {
                continue;
            }

            if (ranked is not null)
            {
                _unrank.Bind(ranked.Rank).ExecuteNonQuery();
                _forgetTerms.Bind(ranked.Rank).ExecuteNonQuery();
                _lexicon.Count(DocumentAt(ranked.Cursor, publisher).Words, -1);
            }

            if (newest is not null)
            {
                var document = DocumentAt(newest.Cursor, publisher);
                added.Add((Add(newest, document, name, publisher), document));
                _lexicon.Count(document.Words, +1);
            }
        }

        foreach (var (rank, document) in added.OrderBy(a => a.Rank))
        {
            _addTerms.Bind(rank, string.Join(' ', document.Terms)).ExecuteNonQuery();
        }
    }

    private long Add(Newest newest, DesignDocument document, string name, string publisher)
    {
        var rank = document.Rank(newest.IsValidated);
        while (_isTaken.Bind(rank).ExecuteScalar() is not null)
        {
            rank++;
        }

        _rank.Bind(rank, newest.Design, name, publisher, document.Extent?.Width, document.Extent?.Depth, document.Extent?.Height).ExecuteNonQuery();
        return rank;
    }

    // One that came with this batch is at hand; an older one is read from the journal again.
    private DesignDocument DocumentAt(long cursor, string publisher)
    {
        if (!_documents.TryGetValue(cursor, out var document))
        {
            var entry = _journal.Find(cursor) ?? throw new JournalException($"Entry {cursor} of the catalogue's journal is gone. Restore the journal from a copy.");
            document = _read(entry, _statements) is { Design: { } design }
                ? DesignDocument.Of(design, publisher)
                : throw new JournalException($"Entry {cursor} of the catalogue's journal is no design any more. Restore the journal from a copy.");
        }

        return document;
    }

    private sealed record Listed(string Publisher, long Cursor);

    private sealed record Place(long Rank, long Design, long Cursor);

    private sealed record Newest(long Design, long Cursor, bool IsValidated, bool IsProven);
}
