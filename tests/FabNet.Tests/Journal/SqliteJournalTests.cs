// The journal: what was appended is there, whole, in order and unchanged; and it says so when it is not.

using System.Diagnostics;
using FabNet.Journal;
using Microsoft.Data.Sqlite;
using Xunit;

namespace FabNet.Tests.Journal;

public sealed class SqliteJournalTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fabnet-journal-").FullName;
    private readonly ManualTimeProvider _time = new();

    private string File => Path.Combine(_folder, "data", "journal.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_was_appended_is_read_in_order_with_its_cursor_and_moment()
    {
        using var journal = SqliteJournal.Open(File, _time);
        Assert.Equal(0, journal.Head);
        Assert.Equal(2, journal.Append(Record("a", 1), Record("b", 2)));
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(3, journal.Append(Record("c", 3)));

        var entries = journal.Read().ToList();
        Assert.Equal(["a", "b", "c"], entries.Select(e => e.Kind));
        Assert.Equal([1, 2, 3], entries.Select(e => e.Cursor));
        Assert.Equal([1, 2, 3], entries.Select(e => (int)e.Payload[0]));
        Assert.Equal(TimeSpan.FromSeconds(3), entries[2].At - entries[0].At);
    }

    [Fact]
    public void A_reader_goes_on_from_its_cursor_over_many_pages()
    {
        using var journal = SqliteJournal.Open(File, _time);
        journal.Append([.. Enumerable.Range(0, 1500).Select(i => Record("n", i))]);
        Assert.Equal(Enumerable.Range(701, 800).Select(i => (long)i), journal.Read(after: 700).Select(e => e.Cursor));
    }

    [Fact]
    public void Appending_nothing_changes_nothing()
    {
        using var journal = SqliteJournal.Open(File, _time);
        Assert.Equal(0, journal.Append());
        Assert.Empty(journal.Read());
    }

    [Fact]
    public void After_reopening_it_goes_on_where_it_was()
    {
        using (var journal = SqliteJournal.Open(File, _time))
        {
            journal.Append(Record("a", 1));
        }

        using var again = SqliteJournal.Open(File, _time);
        Assert.Equal(1, again.Head);
        Assert.Equal(2, again.Append(Record("b", 2)));
        Assert.Null(again.FindTampering());
    }

    [Fact]
    public void The_files_of_a_process_that_was_killed_hold_all_that_was_appended()
    {
        // What kill -9 leaves: the database and its write-ahead log as they are, without the clean close.
        using var journal = SqliteJournal.Open(File, _time);
        journal.Append(Record("a", 1), Record("b", 2));
        var left = Path.Combine(_folder, "left");
        Directory.CreateDirectory(left);
        foreach (var file in new[] { "journal.db", "journal.db-wal" })
        {
            System.IO.File.Copy(Path.Combine(_folder, "data", file), Path.Combine(left, file));
        }

        using var found = SqliteJournal.Open(Path.Combine(left, "journal.db"), _time);
        Assert.Equal(2, found.Head);
        Assert.Null(found.FindTampering());
    }

    [Fact]
    public void A_second_opener_in_this_process_is_refused()
    {
        using var journal = SqliteJournal.Open(File, _time);
        Assert.Contains("--data", Assert.Throws<JournalException>(() => SqliteJournal.Open(File, _time)).Message);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_journal_that_another_process_holds_is_refused_and_can_be_opened_once_it_has_ended()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        using var holder = Process.Start(new ProcessStartInfo("flock", [File + ".lock", "sh", "-c", "echo held; read line"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        try
        {
            Assert.Equal("held", await holder.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
            Assert.Contains("another fabnet process", Assert.Throws<JournalException>(() => SqliteJournal.Open(File, _time)).Message);
        }
        finally
        {
            holder.StandardInput.Close();
            await holder.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        using var journal = SqliteJournal.Open(File, _time);
        Assert.Equal(0, journal.Head);
    }

    [Theory]
    [InlineData("UPDATE entries SET payload = x'07' WHERE cursor = 2", 2L)]
    [InlineData("UPDATE entries SET kind = 'z' WHERE cursor = 3", 3L)]
    [InlineData("UPDATE entries SET at = at + 1 WHERE cursor = 1", 1L)]
    [InlineData("DELETE FROM entries WHERE cursor = 2", 3L)]
    [InlineData("UPDATE entries SET cursor = 9 WHERE cursor = 4", 9L)]
    public void Tampering_is_found_at_the_first_entry_that_does_not_match(string sql, long expected)
    {
        using (var journal = SqliteJournal.Open(File, _time))
        {
            journal.Append([.. Enumerable.Range(0, 4).Select(i => Record("k", i))]);
            Assert.Null(journal.FindTampering());
        }

        using (var connection = new SqliteConnection($"Data Source={File};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            Assert.Equal(1, command.ExecuteNonQuery());
        }

        using var again = SqliteJournal.Open(File, _time);
        Assert.Equal(expected, again.FindTampering());
    }

    [Fact]
    public void A_full_disk_is_said_and_nothing_of_the_unit_is_there()
    {
        long head;
        using (var journal = SqliteJournal.Open(File, _time, maxPages: 40))
        {
            head = journal.Append(Record("fits", 1));
            var e = Assert.Throws<JournalException>(() => journal.Append(Record("small", 2), new JournalRecord("big", new byte[300_000])));
            Assert.True(e.IsOutOfSpace);
            Assert.Contains("Free some space", e.Message);
            Assert.Equal(head, journal.Head);
            Assert.Single(journal.Read());

            // What does fit can be appended afterwards, and the chain is whole.
            Assert.Equal(head + 1, journal.Append(Record("fits too", 3)));
            Assert.Null(journal.FindTampering());
        }

        using var again = SqliteJournal.Open(File, _time);
        Assert.Equal(["fits", "fits too"], again.Read().Select(e => e.Kind));
    }

    [Fact]
    public void A_journal_of_a_newer_format_is_refused()
    {
        SqliteJournal.Open(File, _time).Dispose();
        using (var connection = new SqliteConnection($"Data Source={File};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA user_version = 7";
            command.ExecuteNonQuery();
        }

        Assert.Contains("format 7", Assert.Throws<JournalException>(() => SqliteJournal.Open(File, _time)).Message);
    }

    [Fact]
    public void A_file_that_is_no_journal_is_refused()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        System.IO.File.WriteAllText(File, new string('x', 5000));
        Assert.Throws<JournalException>(() => SqliteJournal.Open(File, _time));
    }

    [Fact(Timeout = 30_000)]
    public async Task Appends_from_many_threads_get_cursors_without_gaps()
    {
        using var journal = SqliteJournal.Open(File, _time);
        var cursors = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Enumerable.Range(0, 10).Select(i => journal.Append(Record("t", i))).ToList())));
        Assert.Equal(Enumerable.Range(1, 80).Select(i => (long)i), cursors.SelectMany(c => c).Order());
        Assert.Null(journal.FindTampering());
    }

    private static JournalRecord Record(string kind, int value) => new(kind, [unchecked((byte)value)]);
}
