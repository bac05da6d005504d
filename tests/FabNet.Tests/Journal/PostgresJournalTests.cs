// The journal in PostgreSQL: what a lost connection, a second process and a forger do to it.

using FabNet.Journal;
using Xunit;

namespace FabNet.Tests.Journal;

public sealed class PostgresJournalTests(PostgresServer server) : JournalTests, IAsyncLifetime
{
    private string _database = "";
    private PostgresAddress? _address;

    public async ValueTask InitializeAsync()
    {
        var url = await server.CreateDatabaseUrlAsync();
        _database = new Uri(url).AbsolutePath[1..];
        _address = PostgresAddress.Parse(url);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact(Timeout = 60_000)]
    public async Task A_lost_connection_is_taken_up_again_by_the_next_append()
    {
        using var journal = Open();
        journal.Append(Record("a", 1));
        await LoseConnectionsAsync();

        // The first append may find out only by failing; it says then that nothing was appended.
        var cursor = AppendTwice(journal, Record("b", 2));
        Assert.Equal(2, cursor);
        Assert.Equal(["a", "b"], journal.Read().Select(e => e.Kind));
        Assert.Null(journal.FindTampering());
    }

    [Fact(Timeout = 60_000)]
    public async Task Whoever_lost_the_lock_and_finds_that_somebody_else_wrote_appends_nothing_more()
    {
        using var first = Open();
        first.Append(Record("a", 1));
        await LoseConnectionsAsync();
        using (var second = Open())
        {
            second.Append(Record("b", 2));
            Assert.Throws<JournalException>(() => AppendTwice(first, Record("c", 3)));
        }

        Assert.Throws<JournalException>(() => AppendTwice(first, Record("c", 3)));
        Assert.Equal(["a", "b"], first.Read().Select(e => e.Kind));
        Assert.Null(first.FindTampering());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_journal_that_cannot_be_written_says_why_and_goes_on_when_it_can()
    {
        using var journal = Open();
        journal.Append(Record("a", 1));
        await server.ExecuteAsync(_database, "ALTER TABLE fabnet_test.entries ADD CONSTRAINT no_more CHECK (cursor < 2)");
        Assert.Contains("no_more", Assert.Throws<JournalException>(() => journal.Append(Record("b", 2))).Message, StringComparison.Ordinal);
        Assert.Equal(1, journal.Head);
        await server.ExecuteAsync(_database, "ALTER TABLE fabnet_test.entries DROP CONSTRAINT no_more");
        Assert.Equal(2, journal.Append(Record("b", 2)));
        Assert.Null(journal.FindTampering());
    }

    [Theory(Timeout = 60_000)]
    [InlineData("UPDATE fabnet_test.entries SET payload = '\\x07' WHERE cursor = 2", 2L)]
    [InlineData("DELETE FROM fabnet_test.entries WHERE cursor = 2", 3L)]
    public async Task Tampering_is_found_at_the_first_entry_that_does_not_match(string sql, long expected)
    {
        using var journal = Open();
        journal.Append([.. Enumerable.Range(0, 4).Select(i => Record("k", i))]);
        await server.ExecuteAsync(_database, sql);
        Assert.Equal(expected, journal.FindTampering());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_journal_of_a_newer_format_is_refused()
    {
        Open().Dispose();
        await server.ExecuteAsync(_database, "UPDATE fabnet_test.format SET version = 7");
        Assert.Contains("format 7", Assert.Throws<JournalException>(Open).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_that_is_not_there_is_said_without_the_password()
    {
        var away = PostgresAddress.Parse("postgres://maker:secret@127.0.0.1:1/fabnet");
        var e = Assert.Throws<JournalException>(() => PostgresJournal.Open(away, "test", Time));
        Assert.Contains("127.0.0.1:1/fabnet", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", e.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mysql://x/y")]
    [InlineData("postgres://host")]
    [InlineData("postgres:///fabnet")]
    [InlineData("postgres://host/fabnet?pool=1")]
    [InlineData("nonsense")]
    public void What_is_no_address_is_refused(string text) => Assert.Throws<FormatException>(() => PostgresAddress.Parse(text));

    private protected override IJournal Open() => PostgresJournal.Open(_address!, "test", Time);

    private Task<object?> LoseConnectionsAsync() =>
        server.ExecuteAsync("postgres", $"SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE datname = '{_database}'");

    private static long AppendTwice(IJournal journal, JournalRecord record)
    {
        try
        {
            return journal.Append(record);
        }
        catch (JournalException e) when (e.Message.Contains("try again", StringComparison.Ordinal))
        {
            return journal.Append(record);
        }
    }
}
