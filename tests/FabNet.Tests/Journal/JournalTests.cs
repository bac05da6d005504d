// The journal, whatever keeps it: what was appended is there, whole, in order and unchanged.

using FabNet.Journal;
using Xunit;

namespace FabNet.Tests.Journal;

/// <summary>What every journal does. Each store runs it.</summary>
public abstract class JournalTests
{
    private protected ManualTimeProvider Time { get; } = new();

    [Fact]
    public void What_was_appended_is_read_in_order_with_its_cursor_and_moment()
    {
        using var journal = Open();
        Assert.Equal(0, journal.Head);
        Assert.Equal(2, journal.Append(Record("a", 1), Record("b", 2)));
        Time.Advance(TimeSpan.FromSeconds(3));
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
        using var journal = Open();
        journal.Append([.. Enumerable.Range(0, 1500).Select(i => Record("n", i))]);
        Assert.Equal(Enumerable.Range(701, 800).Select(i => (long)i), journal.Read(after: 700).Select(e => e.Cursor));
    }

    [Fact]
    public void Appending_nothing_changes_nothing()
    {
        using var journal = Open();
        Assert.Equal(0, journal.Append());
        Assert.Empty(journal.Read());
    }

    [Fact]
    public void After_reopening_it_goes_on_where_it_was()
    {
        using (var journal = Open())
        {
            journal.Append(Record("a", 1));
        }

        using var again = Open();
        Assert.Equal(1, again.Head);
        Assert.Equal(2, again.Append(Record("b", 2)));
        Assert.Null(again.FindTampering());
    }

    [Fact(Timeout = 30_000)]
    public async Task Appends_from_many_threads_get_cursors_without_gaps()
    {
        using var journal = Open();
        var cursors = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Enumerable.Range(0, 10).Select(i => journal.Append(Record("t", i))).ToList())));
        Assert.Equal(Enumerable.Range(1, 80).Select(i => (long)i), cursors.SelectMany(c => c).Order());
        Assert.Null(journal.FindTampering());
    }

    [Fact]
    public void An_entry_is_found_by_its_cursor()
    {
        using var journal = Open();
        journal.Append(Record("a", 1), Record("b", 2));
        Assert.Equal(("b", 2), (journal.Find(2)!.Kind, journal.Find(2)!.Payload[0]));
        Assert.Null(journal.Find(0));
        Assert.Null(journal.Find(3));
    }

    [Fact]
    public void A_page_of_large_entries_is_read_in_parts()
    {
        using var journal = Open();
        for (var i = 0; i < 5; i++)
        {
            journal.Append(new JournalRecord("large", [(byte)i, .. new byte[3 << 20]]));
        }

        Assert.Equal([0, 1, 2, 3, 4], journal.Read().Select(e => (int)e.Payload[0]));
    }

    [Fact]
    public void A_second_opener_is_refused_while_the_first_has_it()
    {
        using (Open())
        {
            Assert.Contains("another fabnet process", Assert.Throws<JournalException>(Open).Message, StringComparison.Ordinal);
        }

        using var again = Open();
        Assert.Equal(0, again.Head);
    }

    [Fact]
    public void Bytes_and_text_of_every_kind_come_back_as_they_were()
    {
        using var journal = Open();
        var every = Enumerable.Range(0, 256).Select(i => (byte)i).ToArray();
        journal.Append(new JournalRecord("ünïcode 'quoted\" 漢字", every), new JournalRecord("empty", []));
        Assert.Equal(["ünïcode 'quoted\" 漢字", "empty"], journal.Read().Select(e => e.Kind));
        Assert.Equal(every, journal.Find(1)!.Payload);
        Assert.Empty(journal.Find(2)!.Payload);
        Assert.Null(journal.FindTampering());
    }

    private protected abstract IJournal Open();

    private protected static JournalRecord Record(string kind, int value) => new(kind, [unchecked((byte)value)]);
}
