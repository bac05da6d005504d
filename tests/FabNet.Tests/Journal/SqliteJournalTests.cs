// The journal in a file: what a kill, a full disk, a second process and a forger do to it.

using System.Diagnostics;
using FabNet.Journal;
using Microsoft.Data.Sqlite;
using Xunit;

namespace FabNet.Tests.Journal;

public sealed class SqliteJournalTests : JournalTests, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fabnet-journal-").FullName;

    private string File => Path.Combine(_folder, "data", "journal.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_files_of_a_process_that_was_killed_hold_all_that_was_appended()
    {
        // What kill -9 leaves: the database and its write-ahead log as they are, without the clean close.
        using var journal = SqliteJournal.Open(File, Time);
        journal.Append(Record("a", 1), Record("b", 2));
        var left = Path.Combine(_folder, "left");
        Directory.CreateDirectory(left);
        foreach (var file in new[] { "journal.db", "journal.db-wal" })
        {
            System.IO.File.Copy(Path.Combine(_folder, "data", file), Path.Combine(left, file));
        }

        using var found = SqliteJournal.Open(Path.Combine(left, "journal.db"), Time);
        Assert.Equal(2, found.Head);
        Assert.Null(found.FindTampering());
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
            Assert.Contains("another fabnet process", Assert.Throws<JournalException>(() => SqliteJournal.Open(File, Time)).Message);
        }
        finally
        {
            holder.StandardInput.Close();
            await holder.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        using var journal = SqliteJournal.Open(File, Time);
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
        using (var journal = SqliteJournal.Open(File, Time))
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

        using var again = SqliteJournal.Open(File, Time);
        Assert.Equal(expected, again.FindTampering());
    }

    [Fact]
    public void A_full_disk_is_said_and_nothing_of_the_unit_is_there()
    {
        long head;
        using (var journal = SqliteJournal.Open(File, Time, maxPages: 40))
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

        using var again = SqliteJournal.Open(File, Time);
        Assert.Equal(["fits", "fits too"], again.Read().Select(e => e.Kind));
    }

    [Fact]
    public void A_journal_of_a_newer_format_is_refused()
    {
        SqliteJournal.Open(File, Time).Dispose();
        using (var connection = new SqliteConnection($"Data Source={File};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA user_version = 7";
            command.ExecuteNonQuery();
        }

        Assert.Contains("format 7", Assert.Throws<JournalException>(() => SqliteJournal.Open(File, Time)).Message);
    }

    [Fact]
    public void A_file_that_is_no_journal_is_refused()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        System.IO.File.WriteAllText(File, new string('x', 5000));
        Assert.Throws<JournalException>(() => SqliteJournal.Open(File, Time));
    }

    private protected override IJournal Open() => SqliteJournal.Open(File, Time);
}
