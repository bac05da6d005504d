// The wall clock is set by hours while a machine runs, while a lease is held, and while something waits to be tried again.

using FabNet.Edge.Configuration;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using FabNet.Protocol;
using FabNet.Protocol.V1;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Data.Sqlite;
using Xunit;
using JobState = FabNet.Model.Jobs.JobState;
using LoadedMaterial = FabNet.Model.Sites.LoadedMaterial;
using MachineState = FabNet.Model.Machines.MachineState;

namespace FabNet.Tests.Edge;

public sealed class ClockJumpTests
{
    [Theory(Timeout = 120_000)]
    [InlineData(5)]
    [InlineData(-5)]
    public async Task A_clock_that_is_set_during_a_run_changes_nothing_that_moves_and_silences_nothing(int hours)
    {
        const int Moves = 1200;
        var (bench, time) = await StartAsync();
        await using var _ = bench;
        var job = bench.Grant(moves: Moves);
        await bench.Marlin.Log.WaitForCountAsync(200, Bench.Token);
        time.Jump(TimeSpan.FromHours(hours));
        var after = time.GetUtcNow();
        await bench.Coordinator.WaitForAsync(
            m => m.MachineStatus is { } s && s.ToModel() is { State: MachineState.Running } told && (told.At - after).Duration() < TimeSpan.FromHours(1), "the machine's state by the new time");
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Completed);

        Assert.Equal(AgentBench.MovesOf(Bench.Program(Moves)), bench.ExecutedMoves());
        Assert.Equal([typeof(JobPreparing), typeof(JobReady), typeof(JobStarted), typeof(JobCompleted)], bench.Coordinator.EventsOf(job.Id).Select(e => e.GetType()));
        Assert.InRange(((JobCompleted)bench.Coordinator.EventsOf(job.Id)[^1]).Seconds, 1, TimeSpan.FromHours(2).TotalSeconds);
        Assert.Empty(bench.Coordinator.Refused);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_clock_that_is_set_back_prolongs_no_lease()
    {
        var (bench, time) = await StartAsync();
        await using var _ = bench;
        time.Jump(TimeSpan.FromHours(-10));
        var job = bench.Grant(material: "PETG", lease: TimeSpan.FromMinutes(1));
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Ready);
        time.Skip(TimeSpan.FromMinutes(1));
        await bench.AskAsync(l => l.Load(Bench.Machine, new LoadedMaterial("PETG", "black")));
        await bench.WaitForMachineAsync(MachineState.Idle, "has to be renewed");
        Assert.Empty(bench.ExecutedMoves());
    }

    [Fact(Timeout = 120_000)]
    public async Task A_clock_that_is_set_forward_ends_no_lease_and_no_offer()
    {
        var (bench, time) = await StartAsync(new SitePolicy { Claim = ClaimPolicy.None });
        await using var _ = bench;
        var waiting = Bench.Leased(Bench.AnyDesign, number: 9);
        bench.Coordinator.Say(new EdgeDown
        {
            Offer = new()
            {
                Job = (waiting with { State = JobState.Offered, Epoch = 0 }).ToWire(),
                Machine = Bench.Machine.ToString(),
                AnswerBy = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow().AddMinutes(10)),
            },
        });
        var job = bench.Grant(material: "PETG");
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Ready);
        time.Jump(TimeSpan.FromHours(10));
        await bench.AskAsync(l => l.Load(Bench.Machine, new LoadedMaterial("PETG", "black")));
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Completed);
        Assert.Equal("1", await bench.AskAsync(l => $"{l.WaitingOffers().Count}"));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_welcome_that_waits_for_the_disk_does_not_make_its_time_new()
    {
        var (bench, time) = await StartAsync();
        await using var _ = bench;
        var taken = bench.Grant(number: 1, material: "PETG");
        var job = bench.Grant(number: 2, moves: 60, material: "ABS", lease: TimeSpan.FromMinutes(1));
        await bench.Coordinator.WaitForStateAsync(taken.Id, JobState.Ready);
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Ready);
        using (var intruder = new SqliteConnection($"Data Source={bench.Folder.In("data/journal.db")};Pooling=false"))
        {
            intruder.Open();
            using var hold = intruder.CreateCommand();
            hold.CommandText = "ALTER TABLE entries RENAME TO taken_away";
            hold.ExecuteNonQuery();

            // The coordinator took the first job back while the site was away; that can't be journaled.
            bench.Coordinator.Set(taken.Id, j => j with { State = JobState.Planned, Machine = null });
            bench.Coordinator.BreakStream();
            await bench.Coordinator.WaitForAsync(m => m.MachineStatus is { HasDetail: true } s && s.Detail.Contains("can't be written", StringComparison.Ordinal), "the trouble to be told");
            time.Skip(TimeSpan.FromMinutes(1));
            hold.CommandText = "ALTER TABLE taken_away RENAME TO entries";
            hold.ExecuteNonQuery();
        }

        await bench.AskAsync(l => l.Load(Bench.Machine, new LoadedMaterial("ABS", "black")));
        await bench.WaitForMachineAsync(MachineState.Idle, $"The lease of {job.Id} has to be renewed");
        Assert.Empty(bench.ExecutedMoves());
    }

    private static async Task<(AgentBench Bench, JumpingTime Time)> StartAsync(SitePolicy? policy = null)
    {
        var time = new JumpingTime();
        var bench = await AgentBench.CreateAsync();
        bench.Time = time;
        bench.Config = bench.Config with { Policy = policy ?? new SitePolicy() };
        await bench.StartAgentAsync();
        await bench.WaitForMachineAsync(MachineState.Idle);
        return (bench, time);
    }
}
