// A person has a machine for a time, or maintenance is planned: kept by the site, told to the network without the name, respected by every start.

using FabNet.Edge;
using FabNet.Edge.Configuration;
using FabNet.Edge.Leasing;
using FabNet.Edge.Queue;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using FabNet.Model.Sites;
using FabNet.Protocol;
using FabNet.Protocol.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;
using Xunit;
using JobState = FabNet.Model.Jobs.JobState;
using MachineState = FabNet.Model.Machines.MachineState;

namespace FabNet.Tests.Edge;

public sealed class ReservationTests
{
    private static readonly DateTimeOffset Noon = Bench.Noon;

    [Theory]
    [InlineData(0, 0, "Ana", "Swap them")]
    [InlineData(60, 30, "Ana", "Swap them")]
    [InlineData(-90, -30, "Ana", "has passed")]
    [InlineData(-90, 30, "Ana", "has passed")]
    [InlineData(0, 0.5, "Ana", "shortest reservation")]
    [InlineData(0, 60 * 24 * 32, "Ana", "longest reservation is 31 days")]
    [InlineData(60 * 24 * 400, (60 * 24 * 400) + 60, "Ana", "more than 366 days ahead")]
    [InlineData(0, 60, "", "is for somebody")]
    [InlineData(0, 60, "A\nB", "is for somebody")]
    [InlineData(290, 310, "Ana", "reserved from 2026-03-01 17:00 UTC to 2026-03-01 18:00 UTC already (r-1, for Ben)")]
    [InlineData(310, 320, "Ana", "already (r-1")]
    [InlineData(200, 400, "Ana", "already (r-1")]
    [InlineData(360, 420, "Ana", null)]
    [InlineData(240, 300, "Ana", null)]
    [InlineData(-0.5, 60, "Ana", null)]
    public void A_reservation_that_can_not_be_is_refused_with_the_reason(double fromMinutes, double toMinutes, string who, string? words)
    {
        var book = new ReservationBook();
        book.Apply(Reservation("r-1", 300, 360) with { For = "Ben" });
        var refusal = book.Refusal(Reservation("r-2", fromMinutes, toMinutes) with { For = who }, Bench.Machine, Noon);
        if (words is null)
        {
            Assert.Null(refusal);
        }
        else
        {
            Assert.Contains(words, refusal, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_is_ahead_is_in_its_order_and_what_is_over_is_not_whatever_the_clock_did()
    {
        var book = new ReservationBook();
        book.Apply(Reservation("r-1", 300, 360));
        book.Apply(Reservation("r-2", 60, 120));
        book.Apply(Reservation("r-3", 120, 180));
        book.Apply(new ReservationCancelledRecord { Id = "r-3" });
        Assert.Equal(["r-2", "r-1"], Ahead(Noon));
        Assert.Equal(["r-1"], Ahead(Noon.AddMinutes(120)));
        Assert.Empty(Ahead(Noon.AddYears(5)));

        // The clock was wrong, and is set back: nothing was forgotten.
        Assert.Equal(["r-2", "r-1"], Ahead(Noon.AddYears(-50)));
        Assert.Equal("r-4", book.NextId);
        Assert.Null(book.Find("r-3"));

        IEnumerable<string> Ahead(DateTimeOffset now) => book.Ahead("mk3", now).Select(static r => r.Id);
    }

    [Theory]
    [InlineData(3600, 1, 60, 120, true)]
    [InlineData(3601, 1, 60, 120, false)]
    [InlineData(3601, 10, 60, 120, true)]
    [InlineData(60, 1, -10, 10, false)]
    [InlineData(60, 1, -10, 0, true)]
    [InlineData(1e300, 1, 60, 120, false)]
    public void A_job_that_would_run_into_a_reservation_is_not_started_and_says_why(double seconds, double speedUp, double fromMinutes, double toMinutes, bool starts)
    {
        var job = Bench.Leased(Bench.AnyDesign) with { State = JobState.Ready, EstimatedSeconds = seconds, LeaseExpiresAt = Noon.AddMinutes(5) };
        var facts = new MachineFacts(Bench.Machine, Bench.Mk3, MachineState.Idle, new MachineRecord { Machine = "mk3" }) { Next = Reservation("r-1", fromMinutes, toMinutes), Now = Noon, SpeedUp = speedUp };
        var verdict = StartRule.Check(job, new ProgramNeeds(facts.Profile, null, null), facts, Noon);
        Assert.Equal(starts, verdict.Obstacle is Obstacle.None);
        if (!starts)
        {
            Assert.Contains("starts after it", verdict.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("Ana", verdict.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Of_a_shared_bed_the_whole_run_has_to_fit_and_not_one_jobs_part_of_it()
    {
        var job = Bench.Leased(Bench.AnyDesign) with { State = JobState.Ready, EstimatedSeconds = 1800, Share = 0.25, LeaseExpiresAt = Noon.AddMinutes(5) };
        var facts = new MachineFacts(Bench.Machine, Bench.Mk3, MachineState.Idle, new MachineRecord { Machine = "mk3" }) { Next = Reservation("r-1", 119, 180), Now = Noon };
        Assert.Contains("takes about 120 min", StartRule.CheckReservation(job, facts), StringComparison.Ordinal);
        Assert.Null(StartRule.CheckReservation(job, facts with { Next = Reservation("r-1", 120, 180) }));
    }

    [Fact]
    public void Reservations_are_there_after_a_restart()
    {
        using var folder = new TestFolder();
        using (var book = EdgeBook.Open(folder.In("journal.db"), TimeProvider.System))
        {
            book.Reserve(Reservation("r-1", 60, 120));
            book.Reserve(Reservation("r-2", 120, 180));
            book.Unreserve("r-1");
        }

        using var reopened = EdgeBook.Open(folder.In("journal.db"), TimeProvider.System);
        Assert.Equal([Reservation("r-2", 120, 180)], reopened.Reservations.Ahead("mk3", Noon));
        Assert.Equal("r-3", reopened.Reservations.NextId);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_reserved_machine_starts_nothing_tells_the_network_when_and_not_for_whom_and_goes_on_after_it()
    {
        await using var bench = await AgentBench.CreateAsync();
        await using var server = await GrpcHost.StartAsync(
            s => s.AddEdge([bench.Config], new EdgeAgentOptions { ReconnectDelay = TimeSpan.FromMilliseconds(100) }), a => a.MapSiteConsole());
        await bench.WaitForMachineAsync(MachineState.Idle);
        using var channel = GrpcChannel.ForAddress(server.Address);
        var console = new SiteConsole.SiteConsoleClient(channel);
        var reserve = new ReserveRequest { Machine = "lab-test/mk3", To = In(60), For = "Ana Sousa", Reason = "class" };
        var reply = await console.ReserveAsync(reserve, cancellationToken: Bench.Token);
        Assert.Equal(("r-1", "Ana Sousa"), (reply.Reservation.Id, reply.Reservation.For));
        await bench.WaitForMachineAsync(MachineState.Reserved, "class");
        var told = (await bench.Coordinator.WaitForAsync(static m => m.Site?.Machines[0].Reserved.Count == 1, "the reservation")).Site;
        Assert.Equal("class", told.Machines[0].Reserved[0].Reason);
        Assert.DoesNotContain("Ana", told.ToString(), StringComparison.Ordinal);

        var job = bench.Grant();
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Ready);
        Assert.Equal(StatusCode.FailedPrecondition, (await Assert.ThrowsAsync<RpcException>(async () => await console.ReserveAsync(reserve, cancellationToken: Bench.Token))).StatusCode);
        Assert.Equal("lab-test/mk3", Assert.Single((await console.ListReservationsAsync(new(), cancellationToken: Bench.Token)).Reservations).Machine);

        // Who has it may work it by hand.
        Assert.Contains("done", (await console.OperateAsync(new() { Machine = "lab-test/mk3", Operation = "jog X10 F3000" }, cancellationToken: Bench.Token)).Message, StringComparison.Ordinal);
        Assert.Equal(JobState.Ready, bench.Coordinator.Job(job.Id).State);
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(async () => await console.CancelReservationAsync(new() { Id = "r-9" }, cancellationToken: Bench.Token))).StatusCode);
        await console.CancelReservationAsync(new() { Id = "r-1" }, cancellationToken: Bench.Token);
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Completed);
        await bench.Coordinator.WaitForAsync(static m => m.Site?.Machines[0].Reserved.Count == 0, "the end of the reservation");
        Assert.Empty((await console.ListReservationsAsync(new(), cancellationToken: Bench.Token)).Reservations);
    }

    [Fact(Timeout = 120_000)]
    public async Task What_was_taken_and_does_not_fit_before_a_reservation_goes_back_to_the_network()
    {
        await using var bench = await AgentBench.StartAsync();
        var job = bench.Grant(material: "PETG");
        await bench.WaitForMachineAsync(MachineState.Attention, "PETG");
        var words = await bench.AskAsync(static loop => loop.Reserve(Bench.Machine, null, TimeProvider.System.GetUtcNow().AddHours(1), "Ana", null, isMaintenance: true).Words);
        Assert.Contains($"{job.Id} would have run into it", words, StringComparison.Ordinal);
        await bench.Coordinator.WaitForAsync(static m => m.JobEvent?.Event.Released is { } released && released.Reason.Contains("was reserved", StringComparison.Ordinal), "the job given back");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_machine_that_asks_for_a_training_is_reserved_operated_and_claimed_for_only_by_who_has_it()
    {
        await using var bench = await AgentBench.CreateAsync();
        bench.Config = bench.Config with
        {
            Machines = [bench.Config.Machines[0] with { Training = "laser-basics" }],
            People = [new SitePerson("Ana Sousa", ["laser-basics"], IsStaff: false), new SitePerson("Ben", ["cnc"], IsStaff: true)],
            Policy = new SitePolicy { Claim = ClaimPolicy.None },
        };
        await bench.StartAgentAsync();
        await bench.WaitForMachineAsync(MachineState.Idle);
        Assert.Contains("Say who you are", await RefusedAsync(bench, static l => l.Claim(Bench.Leased(Bench.AnyDesign).Id, Bench.Machine).ToString()!), StringComparison.Ordinal);
        Assert.Contains("which Ben does not have. Who has it: Ana Sousa.", await RefusedAsync(bench, static l => Reserve(l, "ben")), StringComparison.Ordinal);
        Assert.Contains("'Eve' is not among this site's people", await RefusedAsync(bench, static l => Reserve(l, "Eve")), StringComparison.Ordinal);
        Assert.Contains("does not have", await RefusedAsync(bench, static l =>
        {
            l.RequireTraining(Bench.Machine, "Ben");
            return "";
        }), StringComparison.Ordinal);
        Assert.Contains("is reserved from", await bench.AskAsync(static l => Reserve(l, "ana sousa")), StringComparison.Ordinal);
    }

    private static string Reserve(EdgeLoop loop, string who) => loop.Reserve(Bench.Machine, null, TimeProvider.System.GetUtcNow().AddHours(1), who, null, isMaintenance: false).Words;

    private static async Task<string> RefusedAsync(AgentBench bench, Func<EdgeLoop, string> question) => (await Assert.ThrowsAsync<OperatorException>(() => bench.AskAsync(question))).Message;

    private static Timestamp In(double minutes) => Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow().AddMinutes(minutes));

    private static ReservationRecord Reservation(string id, double fromMinutes, double toMinutes) =>
        new() { Id = id, Machine = "mk3", From = Noon.AddMinutes(fromMinutes), To = Noon.AddMinutes(toMinutes), For = "Ana" };
}
