// The index after kills and damage: whatever lies on the disk, it ends up saying what the journal says.

using FabNet.Catalogue.Search;
using Microsoft.Data.Sqlite;
using Xunit;

namespace FabNet.Tests.Catalogue;

public sealed class IndexRecoveryTests : IDisposable
{
    private static readonly string[] IndexFiles = ["index.db", "index.db-wal"];

    private static readonly string[] JournalFiles = ["journal.db", "journal.db-wal"];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_kill_between_any_two_steps_leaves_what_the_next_start_goes_on_with()
    {
        // Journal and index as they are after each step: appended, applied, appended, applied …
        var steps = new List<string>();
        using (var bench = new IndexBench(_folder.Sub("live")))
        {
            Keep(bench, steps);
            for (var i = 0; i < 5; i++)
            {
                bench.Journal.Append(IndexBench.Published(SampleDesign.Of($"thing-{i % 3}", $"1.{i}.0", title: $"Thing {(char)('a' + i)}")));
                Keep(bench, steps);
                bench.Index.CatchUp();
                Keep(bench, steps);
            }
        }

        // A kill loses nothing of the journal, and of the index what was not committed: any older index beside any newer journal.
        for (var journal = 0; journal < steps.Count; journal++)
        {
            var expected = Open(steps[journal], null);
            for (var index = 0; index < steps.Count; index++)
            {
                Assert.Equal(expected, Open(steps[journal], steps[index]));
            }
        }
    }

    [Fact]
    public void An_index_of_another_journal_is_made_anew()
    {
        using (var other = new IndexBench(_folder.Sub("other")))
        {
            other.Add(SampleDesign.Of("foreign"));
        }

        using var bench = new IndexBench(_folder.Sub("live"));
        bench.Add(SampleDesign.Of("own"));
        bench.Reopen(() => File.Copy(Path.Combine(_folder.Path, "other", "index.db"), bench.IndexPath, overwrite: true));
        Assert.Equal(["own@1.0.0"], bench.Find(""));
        Assert.Contains("it belongs to another journal", bench.Rebuilt);
    }

    [Fact]
    public void An_index_that_is_missing_damaged_cut_or_of_another_version_is_made_anew()
    {
        using var bench = new IndexBench(_folder.Sub("live"));
        for (var i = 0; i < 30; i++)
        {
            bench.Add(SampleDesign.Of($"box-{i}", title: "Box"));
        }

        bench.Reopen();
        Assert.Single(bench.Rebuilt);
        foreach (var harm in (Action[])[
            () => DesignIndex.Delete(bench.IndexPath),
            () => File.WriteAllText(bench.IndexPath, new string('x', 9000)),
            () => File.WriteAllBytes(bench.IndexPath, []),
            () => Cut(bench.IndexPath, 5000),
            () => Execute(bench.IndexPath, $"PRAGMA user_version = {IndexSchema.Version + 1}"),
            () => Execute(bench.IndexPath, "UPDATE applied SET hash = x'00'")])
        {
            var before = bench.Rebuilt.Count;
            bench.Reopen(harm);
            Assert.Equal(before + 1, bench.Rebuilt.Count);
            Assert.Equal(30, bench.Find("box").Count);
        }
    }

    private void Keep(IndexBench bench, List<string> steps)
    {
        steps.Add(_folder.Sub($"step-{steps.Count}"));
        Copy(bench.Folder, steps[^1], [.. IndexFiles, .. JournalFiles]);
    }

    // The names and versions that a start with these files knows.
    private List<string> Open(string journal, string? index)
    {
        var folder = _folder.Sub("again");
        Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        Copy(journal, folder, JournalFiles);
        if (index is not null)
        {
            Copy(index, folder, IndexFiles);
        }

        using var bench = new IndexBench(folder);
        Assert.Equal(bench.Journal.Head, bench.Index.Applied);
        return [.. bench.Find(""), .. bench.Find("thing"), .. bench.Index.Read(r => r.Versions("thing-0", 10)).Select(v => v.Ref.Version)];
    }

    private static void Copy(string from, string to, string[] files)
    {
        foreach (var file in files.Where(f => File.Exists(Path.Combine(from, f))))
        {
            // The journal holds its file open; reading beside it is what cp does too.
            using var source = new FileStream(Path.Combine(from, file), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var target = File.Create(Path.Combine(to, file));
            source.CopyTo(target);
        }
    }

    private static void Cut(string path, long bytes)
    {
        using var file = File.OpenWrite(path);
        file.SetLength(bytes);
    }

    private static void Execute(string path, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
