// Keeps the dictionary: how many designs each word finds, and under which misspellings it is looked for.

using Microsoft.Data.Sqlite;

namespace FabNet.Catalogue.Search;

/// <summary>Gathers the words of designs that come and go, and writes them once for a whole batch.</summary>
/// <remarks>Owned by the index's writer.</remarks>
internal sealed class LexiconWriter(SqliteConnection connection) : IDisposable
{
    private readonly Dictionary<string, long> _changes = new(StringComparer.Ordinal);
    private readonly SqliteCommand _count = connection.Prepare("UPDATE terms SET designs = designs + $2 WHERE term = $1");
    private readonly SqliteCommand _nextId = connection.Prepare("SELECT coalesce(max(id), 0) + 1 FROM terms");
    private readonly SqliteCommand _add = connection.Prepare("INSERT INTO terms (term, id, designs) VALUES ($1, $2, $3)");
    private readonly SqliteCommand _addSpelling = connection.Prepare("INSERT INTO spellings (key, term) VALUES ($1, $2)");

    /// <summary>Designs with these words were added (+1) or taken away (-1).</summary>
    public void Count(IEnumerable<string> words, int designs)
    {
        foreach (var word in words)
        {
            _changes[word] = _changes.GetValueOrDefault(word) + designs;
        }
    }

    /// <summary>Forgets what was not written.</summary>
    public void Clear() => _changes.Clear();

    /// <summary>Writes what was gathered.</summary>
    public void Write()
    {
        foreach (var (word, designs) in _changes.Where(c => c.Value != 0).OrderBy(c => c.Key, StringComparer.Ordinal))
        {
            if (_count.Bind(word, designs).ExecuteNonQuery() == 0)
            {
                var id = (long)_nextId.ExecuteScalar()!;
                _add.Bind(word, id, designs).ExecuteNonQuery();
                foreach (var key in Spelling.KeysOfEntry(word))
                {
                    _addSpelling.Bind(key, id).ExecuteNonQuery();
                }
            }
        }

        _changes.Clear();
    }

    public void Dispose()
    {
        foreach (var command in (ReadOnlySpan<SqliteCommand>)[_count, _nextId, _add, _addSpelling])
        {
            command.Dispose();
        }
    }
}
