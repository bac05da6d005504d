// Kill -9 at any moment: the ledger goes on from what is on the disk, and comes out the same to the byte.

using FabNet.Coordinator.Ledger;
using FabNet.Journal;
using FabNet.Model;
using FabNet.Model.Orders;
using FabNet.Protocol.Ledger;
using FabNet.Tests.Coordinator;
using Xunit;
using static FabNet.Tests.Coordinator.PlayedSite;

namespace FabNet.Tests.Ledger;

public sealed class LedgerReplayTests
{
    [Fact(Timeout = 120_000)]
    public async Task Wherever_it_is_killed_the_ledger_comes_out_the_same_to_the_byte()
    {
        await using var network = new CoordinatorHarness();
        await PlayAsync(network);
        var whole = await LinesAsync(network);
        var facts = network.Journal.Read().ToList();
        var entries = whole.Where(l => !LedgerCheckpoint.Is(l)).ToList();
        Assert.True(entries.Count > 30, $"{entries.Count} lines");

        // The journal is whole; the ledger ends after any of its batches, or was never written.
        for (var batches = 0; batches <= whole.Count(l => LedgerCheckpoint.Is(l)); batches++)
        {
            await using var restarted = StartFrom(network, facts, Kept(whole, batches));
            var again = await LinesAsync(restarted);
            Assert.Equal(entries, again.Where(l => !LedgerCheckpoint.Is(l)));
            Assert.Empty(Verify(again).Findings);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task Wherever_the_journal_ends_the_ledger_is_the_beginning_of_the_same_one()
    {
        await using var network = new CoordinatorHarness();
        await PlayAsync(network);
        var whole = (await LinesAsync(network)).Where(l => !LedgerCheckpoint.Is(l)).ToList();
        var facts = network.Journal.Read().ToList();
        for (var count = 1; count <= facts.Count; count += 7)
        {
            await using var restarted = StartFrom(network, facts.Take(count), []);
            var lines = (await LinesAsync(restarted)).Where(l => !LedgerCheckpoint.Is(l)).ToList();
            var said = lines.Skip(1).Select(l => LedgerFormat.Read(l)).TakeWhile(l => l.Entry.Fact <= count).Count();
            Assert.Equal(whole.Take(said + 1), lines.Take(said + 1));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_ledger_that_knows_more_than_the_journal_is_refused_with_what_to_do()
    {
        await using var network = new CoordinatorHarness();
        await PlayAsync(network);
        var whole = await LinesAsync(network);
        var error = Assert.Throws<JournalException>(() => StartFrom(network, network.Journal.Read().Take(3), whole));
        Assert.Contains("copies of the same moment", error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_missing_or_foreign_key_is_refused_with_what_to_do()
    {
        await using var network = new CoordinatorHarness();
        await PlayAsync(network);
        var whole = await LinesAsync(network);
        Assert.Contains("key", Assert.Throws<JournalException>(() => StartFrom(network, network.Journal.Read(), whole, File.Delete)).Message, StringComparison.Ordinal);
        Assert.Contains("begun with", Assert.Throws<JournalException>(() => StartFrom(network, network.Journal.Read(), whole, path =>
        {
            File.Delete(path);
            using var other = FabNet.Protocol.Statements.SigningKey.Create();
            other.WriteFile(path);
        })).Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_order_is_delivered_once_its_receiver_accepted_all_of_it_and_refused_work_is_made_again()
    {
        await using var network = new CoordinatorHarness();
        var site = await network.JoinAsync();
        var jobs = await network.OrderAsync(quantity: 2);
        var order = OrderId.Parse("o-1");
        await Assert.ThrowsAsync<FabNet.Coordinator.RefusedException>(() => network.Do(() => network.Node.Orders.Accept(network.Node.Orders.Order("o-1"), "ana", [])));
        foreach (var job in jobs)
        {
            await site.ClaimAsync(job);
            await site.RunAsync(job, 1, [.. UntilRunning, Completed]);
        }

        Assert.Equal(OrderStatus.Completed, await network.Ask(() => network.Node.State.Orders[order].Status));
        await network.Do(() => network.Node.Orders.Accept(network.Node.Orders.Order("o-1"), "ana", [new(jobs[1], "warped")]));
        Assert.Equal(OrderStatus.InProduction, await network.Ask(() => network.Node.State.Orders[order].Status));
        var again = JobId.Parse("o-1.3");
        await site.ClaimAsync(again);
        await site.RunAsync(again, 1, [.. UntilRunning, Completed]);
        await network.Do(() => network.Node.Orders.Accept(network.Node.Orders.Order("o-1"), "ana", []));
        Assert.Equal(OrderStatus.Delivered, await network.Ask(() => network.Node.State.Orders[order].Status));

        var verifier = Verify(await LinesAsync(network));
        Assert.Empty(verifier.Findings);
        Assert.Equal(0, Assert.Single(verifier.Books.Orders()).Open);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_disk_that_is_full_loses_nothing_of_the_ledger()
    {
        var folder = Directory.CreateTempSubdirectory("fabnet-ledger-");
        try
        {
            using var book = new LedgerBook(new FullJournal(), Path.Combine(folder.FullName, "ledger.key"));
            var life = LedgerLife.Of(3);
            foreach (var entry in life.Entries)
            {
                book.Take(entry);
            }

            Assert.Throws<JournalException>(book.Flush);
            book.Flush();
            var lines = book.Read(0).Select(l => l.Line).ToList();
            Assert.Empty(Verify(lines).Findings);
            Assert.Equal(life.Entries.Count, Verify(lines).Entries);
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        await Task.CompletedTask;
    }

    private static List<byte[]> Kept(List<byte[]> lines, int batches) =>
        batches == 0 ? [] : [.. lines.Take(lines.Select((l, i) => (l, i)).Where(l => LedgerCheckpoint.Is(l.l)).ElementAt(batches - 1).i + 1)];

    private static LedgerVerifier Verify(IEnumerable<byte[]> lines)
    {
        var verifier = new LedgerVerifier();
        foreach (var line in lines)
        {
            verifier.Take(line);
        }

        verifier.Finish();
        return verifier;
    }

    private static Task<List<byte[]>> LinesAsync(CoordinatorHarness network) => network.Ask(() =>
    {
        network.Node.Ledger.Flush();
        return network.Node.Ledger.Read(0).Select(l => l.Line).ToList();
    });

    private static CoordinatorHarness StartFrom(CoordinatorHarness origin, IEnumerable<JournalEntry> facts, List<byte[]> ledger, Action<string>? withKey = null)
    {
        var folder = Path.Combine(origin.Folder, "restarts", Guid.NewGuid().ToString("N"));
        using (var journal = SqliteJournal.Open(Path.Combine(folder, "journal.db"), origin.Time))
        {
            journal.Append([.. facts.Select(e => new JournalRecord(e.Kind, e.Payload))]);
        }

        if (ledger.Count > 0)
        {
            using var store = SqliteJournal.Open(Path.Combine(folder, "ledger.db"), origin.Time);
            store.Append([.. ledger.Select((l, i) => new JournalRecord(i == 0 ? "ledger.head/1" : LedgerCheckpoint.Is(l) ? "ledger.checkpoint/1" : "ledger.entry/1", l))]);
        }

        var key = Path.Combine(folder, "ledger.key");
        File.Copy(Path.Combine(origin.Folder, "ledger.key"), key);
        withKey?.Invoke(key);
        return new CoordinatorHarness(folder, origin.Time);
    }

    /// <summary>Two sites, shared set-ups, a failure, a loss, acceptances; and time that passes, so that batches are written in between.</summary>
    private static async Task PlayAsync(CoordinatorHarness network)
    {
        var first = await network.JoinAsync("lab-a", machines: ["left", "right"]);
        var second = await network.JoinAsync("lab-b");
        var one = await network.OrderAsync(quantity: 3, material: "PETG");
        var two = await network.OrderAsync(quantity: 2, material: "PETG");
        await first.ClaimAsync(one[0], "left");
        await first.RunAsync(one[0], 1, UntilRunning);
        await first.ClaimAsync(two[0], "left");
        await network.PassAsync(TimeSpan.FromSeconds(2));
        await first.RunAsync(one[0], 1, Completed);
        await first.RunAsync(two[0], 1, [.. UntilRunning, Completed]);
        await network.PassAsync(TimeSpan.FromSeconds(2));
        await second.ClaimAsync(one[1]);
        await second.RunAsync(one[1], 1, [.. UntilRunning, Failed]);
        await network.PassAsync(TimeSpan.FromSeconds(2));
        await network.Do(() => network.Node.Orders.Accept(network.Node.Orders.Order("o-2"), "ana", []));
        await second.ClaimAsync(JobId.Parse("o-1.4"));
        await second.RunAsync(JobId.Parse("o-1.4"), 1, [.. UntilRunning, Completed]);
        await network.PassAsync(TimeSpan.FromSeconds(2));
        await network.Do(() => network.Node.Orders.Accept(network.Node.Orders.Order("o-1"), "ana", [new(one[0], "warped")]));
    }

    /// <summary>A store that has no room once.</summary>
    private sealed class FullJournal : IJournal
    {
        private readonly List<JournalEntry> _entries = [];
        private int _appends;

        public long Head => _entries.Count;

        public long Append(params ReadOnlySpan<JournalRecord> records)
        {
            if (++_appends == 2)
            {
                throw new JournalException("There is no room.") { IsOutOfSpace = true };
            }

            foreach (var record in records)
            {
                _entries.Add(new JournalEntry(_entries.Count + 1, default, record.Kind, record.Payload, []));
            }

            return Head;
        }

        public IEnumerable<JournalEntry> Read(long after = 0) => _entries.Skip((int)after);

        public JournalEntry? Find(long cursor) => _entries[(int)cursor - 1];

        public void Dispose()
        {
        }
    }
}
