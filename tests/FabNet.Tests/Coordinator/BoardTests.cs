// The board: what every member sees of demand, offers, idle capacity and loaded set-ups.

using FabNet.Coordinator.Board;
using FabNet.Model;
using FabNet.Model.Plans;
using FabNet.Planning;
using FabNet.Protocol.V1;
using FabNet.Tests.Planning;
using Google.Protobuf;
using Grpc.Core;
using Xunit;
using MachineId = FabNet.Model.MachineId;

namespace FabNet.Tests.Coordinator;

public sealed class BoardTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task The_board_tells_what_waits_and_why_what_is_offered_what_is_loaded_and_what_is_idle()
    {
        await using var network = await NetworkServer.StartAsync();
        await network.PublishAsync();
        await network.Coordination.PlaceOrderAsync(new() { Design = "clip", Quantity = 4, Color = "black" }, cancellationToken: Cancel);
        var before = await network.Coordination.GetBoardAsync(new(), cancellationToken: Cancel);
        var demand = Assert.Single(before.Demand);
        Assert.Equal(("demand/o-1/clip", "PLA", "black", 4, 4), (demand.Key, demand.Material, demand.Color, demand.Jobs, before.OpenJobs));
        Assert.Equal(["o-1.1", "o-1.2", "o-1.3", "o-1.4"], demand.JobIds);
        Assert.Empty(before.Offers);

        await using var site = await network.ConnectAsync();
        await site.ExpectAsync(EdgeDown.MessageOneofCase.Offer);
        await site.ExpectAsync(EdgeDown.MessageOneofCase.Offer);
        var board = await network.Coordination.GetBoardAsync(new(), cancellationToken: Cancel);
        demand = Assert.Single(board.Demand);
        Assert.Equal((2, "lab-a/left"), (demand.Jobs, Assert.Single(demand.Machines)));
        Assert.NotNull(demand.StartsAt);
        Assert.StartsWith("shares", demand.Why, StringComparison.Ordinal);
        Assert.Equal(["o-1.1", "o-1.2"], board.Offers.Select(static o => o.JobId).Order(StringComparer.Ordinal));
        Assert.All(board.Offers, static o => Assert.True(o.Why.Length > 0 && o.Cost.Currency == "EUR" && o.AnswerBy.ToDateTimeOffset() > TimeProvider.System.GetUtcNow()));
        var setUp = Assert.Single(board.SetUps);
        Assert.Equal(("lab-a/left", "PLA", "black", 0.4, 2), (setUp.Machine, setUp.Loaded.Material, setUp.Loaded.Color, setUp.NozzleMm, setUp.Jobs));
        Assert.Equal(["o-1.3", "o-1.4"], setUp.JobIds.Order(StringComparer.Ordinal));
        var idle = Assert.Single(board.Capacity);
        Assert.Equal(("lab-a", "prusa-mk3s", 1, 1, 48), (idle.Site, idle.MachineClass, idle.Machines, idle.InService, idle.IdleMinutes.Count));
        Assert.Equal(60, idle.IdleMinutes[47]);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_watcher_is_told_all_of_it_and_then_what_changes_and_any_site_claims_from_it()
    {
        await using var network = await NetworkServer.StartAsync();
        await network.PublishAsync();
        await network.Coordination.PlaceOrderAsync(new() { Design = "clip", Quantity = 1, Color = "black" }, cancellationToken: Cancel);
        using var watch = network.Coordination.WatchBoard(new(), cancellationToken: Cancel);
        var rows = new Dictionary<string, IMessage>(StringComparer.Ordinal);
        Assert.True(await NextAsync(watch, rows));
        Assert.Equal("demand/o-1/clip", Assert.Single(rows).Key);

        // A site takes what is open without having been offered it.
        await using var site = await network.ConnectAsync();
        await site.SendAsync(new() { Claim = new() { JobId = "o-1.1", Machine = "lab-a/left" } });
        await site.ExpectAsync(EdgeDown.MessageOneofCase.LeaseGranted);
        while (rows.ContainsKey("demand/o-1/clip") || rows.ContainsKey("offer/o-1.1") || !rows.ContainsKey("set-up/lab-a/left"))
        {
            Assert.False(await NextAsync(watch, rows));
        }

        Assert.IsType<IdleCapacity>(rows["idle/lab-a/prusa-mk3s"]);
    }

    [Fact(Timeout = 60_000)]
    public async Task Watchers_of_the_board_are_told_when_the_coordinator_stops()
    {
        var network = await NetworkServer.StartAsync();
        using var watch = network.Coordination.WatchBoard(new(), cancellationToken: Cancel);
        Assert.True(await NextAsync(watch, []));
        var ending = Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await watch.ResponseStream.MoveNext(Cancel))
            {
            }
        });
        await network.Node.EndStreamsAsync();
        Assert.Equal(StatusCode.Unavailable, (await ending).StatusCode);
        await network.DisposeAsync();
    }

    [Fact]
    public void Ten_thousand_jobs_and_a_thousand_machines_are_told_in_small_pieces_and_a_change_in_one()
    {
        var machines = Enumerable.Range(0, 1000).Select(i => Plants.At($"lab-{i % 50}/m{i}", Plants.Printer(), i % 2 == 0 ? "PLA" : "PETG", i % 3 == 0 ? "black" : "white")).ToList();
        var jobs = Enumerable.Range(1, 10_000).Select(i => Plants.Job($"o-{i}.1", Plants.Work(Plants.Part($"clip{i % 100}"), i % 2 == 0 ? "PLA" : "PETG", i % 3 == 0 ? "black" : null))).ToArray();
        var facts = Facts(Plants.Snapshot(machines, jobs));
        var whole = BoardWriter.Write(facts, before: null);
        var pieces = whole.Since(null).ToList();
        Assert.Equal(10_000, pieces.Sum(static p => p.Demand.Count));
        Assert.Equal(1000, pieces.Sum(static p => p.SetUps.Count));
        Assert.Equal(50, pieces.Sum(static p => p.Capacity.Count));
        Assert.All(pieces, static p => Assert.True(p.CalculateSize() < 512 * 1024));
        Assert.True(pieces[0].Begin && pieces[^1].Complete && pieces.Count(static p => p.Begin || p.Complete) == 2);
        var board = whole.ToBoard();
        Assert.Equal((2000, 8000, 10_000), (board.Demand.Count, board.LeftOff, board.OpenJobs));
        Assert.True(board.CalculateSize() < 4 * 1024 * 1024);

        // One job is gone: its row is, and the set-ups that it would have fitted are told anew. Nothing else is.
        var after = BoardWriter.Write(Facts(Plants.Snapshot(machines, [.. jobs.Where(static j => j.Id.Value != "o-7.1")])), whole);
        var change = Assert.Single(after.Since(whole), static p => p.Demand.Count + p.Gone.Count > 0);
        Assert.Equal("demand/o-7/clip7", Assert.Single(change.Gone));
        Assert.Empty(after.Since(whole).SelectMany(static p => p.Demand));
        Assert.Empty(after.Since(whole).SelectMany(static p => p.Capacity));
        Assert.Empty(after.Since(after));
    }

    [Fact]
    public void A_machine_that_waits_for_work_tells_its_next_reservation()
    {
        var (over, next, later) = (Reserved(-5, -3), Reserved(2, 4), Reserved(24, 26));
        var machine = Plants.At("lab-a/m1", Plants.Printer(), "PLA", "black");
        var row = Assert.Single(Board(machine with { Machine = machine.Machine with { Reserved = [over, next, later] } }).SetUps);
        Assert.Equal((next.From, next.To, "course"), (row.Reserved.From.ToDateTimeOffset(), row.Reserved.To.ToDateTimeOffset(), row.Reserved.Reason));
        Assert.Null(Assert.Single(Board(machine with { Machine = machine.Machine with { Reserved = [over] } }).SetUps).Reserved);

        static FabNet.Protocol.V1.Board Board(PlantMachine machine) => BoardWriter.Write(Facts(Plants.Snapshot([machine])), before: null).ToBoard();

        static FabNet.Model.Sites.Reservation Reserved(int fromHours, int toHours) => new(Plants.Now.AddHours(fromHours), Plants.Now.AddHours(toHours), "course");
    }

    [Fact]
    public void A_slow_reader_is_told_the_newest_rows_and_not_those_between()
    {
        var first = BoardWriter.Write(Facts(Plants.Snapshot([], Plants.Job("o-1.1"), Plants.Job("o-2.1"))), before: null);
        var second = BoardWriter.Write(Facts(Plants.Snapshot([], Plants.Job("o-1.1"), Plants.Job("o-2.1"), Plants.Job("o-3.1"))), first);
        var third = BoardWriter.Write(Facts(Plants.Snapshot([], Plants.Job("o-1.1"), Plants.Job("o-4.1"))), second);
        var piece = Assert.Single(third.Since(first));
        Assert.Equal(["demand/o-4/clip"], piece.Demand.Select(static d => d.Key));
        Assert.Equal(["demand/o-2/clip"], piece.Gone);
        Assert.True(piece.Complete && !piece.Begin);
    }

    private static BoardFacts Facts(PlantSnapshot snapshot) => new()
    {
        Snapshot = snapshot,
        Planned = new Dictionary<JobId, Assignment>(),
        Waiting = snapshot.Jobs.ToDictionary(static j => j.Id, static _ => "It waits."),
        Offers = [],
        Deliveries = [],
    };

    // The next moment of a board, whole: true if it began anew.
    private static async Task<bool> NextAsync(AsyncServerStreamingCall<BoardChange> watch, Dictionary<string, IMessage> rows)
    {
        var begins = false;
        while (true)
        {
            Assert.True(await watch.ResponseStream.MoveNext(Cancel));
            var piece = watch.ResponseStream.Current;
            if (piece.Begin)
            {
                rows.Clear();
                begins = true;
            }

            foreach (var (key, row) in piece.Demand.Select(static r => (r.Key, (IMessage)r)).Concat(piece.Offers.Select(static r => (r.Key, (IMessage)r)))
                .Concat(piece.Capacity.Select(static r => (r.Key, (IMessage)r))).Concat(piece.SetUps.Select(static r => (r.Key, (IMessage)r)))
                .Concat(piece.Deliveries.Select(static r => ($"delivery/{r.Id}", (IMessage)r))))
            {
                rows[key] = row;
            }

            foreach (var key in piece.Gone)
            {
                Assert.True(rows.Remove(key));
            }

            if (piece.Complete)
            {
                return begins;
            }
        }
    }
}
