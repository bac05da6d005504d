// The words of all designs: which of them somebody means who types something like them.

using System.Globalization;
using Microsoft.Data.Sqlite;

namespace FabNet.Catalogue.Search;

/// <summary>What a word of a search stands for.</summary>
/// <param name="Word">As it was typed.</param>
/// <param name="IsKnown">True if some design has it.</param>
/// <param name="Others">Words that it begins, or, if there are none and it is not known, that it may be a misspelling of; best first.</param>
internal sealed record WordMeaning(string Word, bool IsKnown, IReadOnlyList<string> Others)
{
    /// <summary>All words that it stands for.</summary>
    public IEnumerable<string> All => IsKnown ? Others.Prepend(Word) : Others;
}

/// <summary>Reads the dictionary, which counts the designs that each word finds.</summary>
/// <remarks>Belongs to one connection.</remarks>
internal sealed class Lexicon(SqliteConnection connection) : IDisposable
{
    /// <summary>The most words that a beginning stands for: those of most designs.</summary>
    public const int MaxCompletions = 8;

    /// <summary>The same for a beginning that is a word by itself.</summary>
    public const int MaxCompletionsOfWord = 3;

    /// <summary>The most words that a misspelling stands for: the nearest, then those of most designs.</summary>
    public const int MaxCorrections = 4;

    /// <summary>A single letter begins too much to mean anything.</summary>
    public const int MinCompleted = 2;

    private readonly SqliteCommand _known = connection.Prepare("SELECT 1 FROM terms WHERE term = $1 AND designs > 0");
    private readonly SqliteCommand _completions = connection.Prepare("SELECT term FROM terms WHERE term > $1 AND term < $2 AND designs > 0 ORDER BY designs DESC, term LIMIT $3");
    private readonly SqliteCommand _near = connection.Prepare(
        "SELECT t.term, t.designs FROM terms t WHERE t.designs > 0 AND t.id IN (SELECT s.term FROM spellings s WHERE s.key IN (SELECT value FROM json_each($1)))");

    /// <summary>What a word stands for.</summary>
    public WordMeaning Find(string word)
    {
        var isKnown = _known.Bind(word).ExecuteScalar() is not null;
        var others = word.Length < MinCompleted ? [] : _completions.Bind(word, word + "\U0010FFFF", isKnown ? MaxCompletionsOfWord : MaxCompletions).List(row => row.GetString(0));
        return new WordMeaning(word, isKnown, isKnown || others.Count > 0 ? others : Corrections(word));
    }

    public void Dispose()
    {
        _known.Dispose();
        _completions.Dispose();
        _near.Dispose();
    }

    private List<string> Corrections(string word)
    {
        var mistakes = Spelling.MistakesIn(word);
        if (mistakes == 0)
        {
            return [];
        }

        var keys = string.Join(',', Spelling.KeysOfSearch(word).Select(k => k.ToString(CultureInfo.InvariantCulture)));
        return [.. _near.Bind($"[{keys}]").List(row => (Term: row.GetString(0), Designs: row.GetInt64(1)))
            .Select(t => (t.Term, t.Designs, Distance: Spelling.Distance(word, t.Term)))
            .Where(t => t.Distance <= mistakes)
            .OrderBy(t => t.Distance).ThenByDescending(t => t.Designs).ThenBy(t => t.Term, StringComparer.Ordinal)
            .Take(MaxCorrections)
            .Select(t => t.Term)];
    }
}
