// An index beside a journal, for a test.

using System.Text;
using FabNet.Catalogue.Search;
using FabNet.Journal;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Protocol;

namespace FabNet.Tests.Catalogue;

/// <summary>A journal whose entries are designs, or say in the test's own kind <c>standing</c> how a design stands.</summary>
internal sealed class IndexBench : IDisposable
{
    public const string Standing = "standing";

    public IndexBench(string folder)
    {
        (Folder, Journal) = (folder, SqliteJournal.Open(Path.Combine(folder, "journal.db"), TimeProvider.System));
        Index = OpenIndex();
    }

    public string Folder { get; }

    public SqliteJournal Journal { get; }

    public DesignIndex Index { get; private set; }

    public List<string> Rebuilt { get; } = [];

    public string IndexPath => Path.Combine(Folder, "index.db");

    public static JournalRecord Published(Design design) => new(JournalRules.DesignPublished, DesignManifest.Write(design));

    public static JournalRecord Stands(Digest manifest, bool isValidated, bool isHidden) => new(Standing, Encoding.UTF8.GetBytes($"{manifest} {isValidated} {isHidden}"));

    public static StatementEffect? Read(JournalEntry entry, StatementIndex statements)
    {
        if (entry.Kind != Standing)
        {
            return JournalRules.Read(entry, statements);
        }

        var words = Encoding.UTF8.GetString(entry.Payload).Split(' ');
        return new StatementEffect
        {
            Statement = new StatementEntry(Digest.Of(entry.Hash), Standing, "tester", words[0], entry.Cursor),
            Standings = [(Digest.Parse(words[0]), new DesignStanding(bool.Parse(words[1]), bool.Parse(words[2])))],
        };
    }

    /// <summary>Appends, and applies at once.</summary>
    public void Add(params ReadOnlySpan<JournalRecord> records)
    {
        Journal.Append(records);
        Index.CatchUp();
    }

    public void Add(params ReadOnlySpan<Design> designs)
    {
        foreach (var design in designs)
        {
            Add(Published(design));
        }
    }

    /// <summary>Every name found, over pages of a size.</summary>
    public List<string> Find(string text, SearchFilter? filter = null, int pageSize = 7)
    {
        var (found, token) = (new List<string>(), "");
        do
        {
            var page = Index.Read(reader => reader.Designs.Find(SearchRequest.Parse(text, filter), pageSize, token));
            found.AddRange(page.Designs.Select(d => $"{d.Ref.Name}@{d.Ref.Version}"));
            token = page.NextPageToken;
        }
        while (token.Length > 0);
        return found;
    }

    /// <summary>What a process that starts anew does.</summary>
    public void Reopen(Action? meanwhile = null)
    {
        Index.Dispose();
        meanwhile?.Invoke();
        Index = OpenIndex();
    }

    public void Dispose()
    {
        Index.Dispose();
        Journal.Dispose();
    }

    private DesignIndex OpenIndex() => DesignIndex.Open(IndexPath, Journal, Read, Rebuilt.Add);
}
