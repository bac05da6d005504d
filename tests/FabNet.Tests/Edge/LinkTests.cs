using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using FabNet.Protocol.V1;
using Google.Protobuf.WellKnownTypes;
using Xunit;
using JobState = FabNet.Model.Jobs.JobState;
using MachineState = FabNet.Model.Machines.MachineState;

namespace FabNet.Tests.Edge;

public sealed class LinkTests
{
    [Fact(Timeout = 120_000)]
    public async Task Work_goes_on_while_the_coordinator_is_away_and_every_event_arrives_once_in_order()
    {
        await using var bench = await AgentBench.StartAsync();
        var job = bench.Grant(moves: 1500);
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Running);
        await bench.Coordinator.GoAwayAsync();
        await bench.Marlin.Log.WaitForCountAsync(1500, Bench.Token);
        await bench.Coordinator.ComeBackAsync();
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Completed);
        var sequences = bench.Coordinator.Applied.Select(a => a.Sequence).ToList();
        Assert.Equal(Enumerable.Range(1, sequences.Count).Select(n => (long)n), sequences);
        Assert.Equal(AgentBench.MovesOf(Bench.Program(1500)), bench.ExecutedMoves());
    }

    [Fact(Timeout = 120_000)]
    public async Task A_stream_that_breaks_in_the_middle_of_the_events_loses_none()
    {
        await using var bench = await AgentBench.StartAsync();
        bench.Coordinator.BreakAfterEvents = 2;
        var job = bench.Grant();
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Completed);
        Assert.True(bench.Coordinator.Connections >= 2);
        Assert.Equal(
            [typeof(JobPreparing), typeof(JobReady), typeof(JobStarted), typeof(JobCompleted)],
            bench.Coordinator.EventsOf(job.Id).Select(e => e.GetType()));
    }

    [Fact(Timeout = 120_000)]
    public async Task Events_that_were_not_acknowledged_go_up_again_after_a_restart_under_the_same_boot_id()
    {
        await using var bench = await AgentBench.CreateAsync();
        bench.DeliveryLimit = TimeSpan.FromMilliseconds(200);
        await bench.StartAgentAsync();
        await bench.WaitForMachineAsync(MachineState.Idle);
        var boot = bench.Coordinator.Boot;
        var job = bench.Grant(moves: 1500);
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Running);
        await bench.Coordinator.GoAwayAsync();
        await UntilDoneAsync(bench);
        await bench.StopAgentAsync();
        await bench.Coordinator.ComeBackAsync();
        await bench.StartAgentAsync();
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Completed);
        Assert.Equal(boot, bench.Coordinator.Boot);
        Assert.All(bench.Coordinator.Applied, a => Assert.Equal(boot, a.Boot));
    }

    [Fact(Timeout = 120_000)]
    public async Task Repeated_and_set_back_acknowledgements_do_no_harm()
    {
        await using var bench = await AgentBench.StartAsync();
        var first = bench.Grant(number: 1);
        await bench.Coordinator.WaitForStateAsync(first.Id, JobState.Completed);
        foreach (var sequence in (long[])[4, 4, 1, 4])
        {
            bench.Coordinator.Say(new EdgeDown { Acknowledged = new() { JobEventSequence = sequence } });
        }

        await bench.Coordinator.WaitAsync(() => bench.Coordinator.Duplicates >= 3, "the events after the one set back to");
        await bench.AskAsync(l => l.Clear(Bench.Machine));
        var second = bench.Grant(number: 2);
        await bench.Coordinator.WaitForStateAsync(second.Id, JobState.Completed);
        Assert.Empty(bench.Coordinator.Refused);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_lease_granted_twice_starts_once()
    {
        await using var bench = await AgentBench.StartAsync();
        var job = bench.Grant(moves: 80);
        bench.Coordinator.Say(new EdgeDown { LeaseGranted = new() { Job = FabNet.Protocol.Vocabulary.ToWire(job) } });
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Completed);
        await bench.AskAsync(l => l.Clear(Bench.Machine));
        bench.Coordinator.Say(new EdgeDown { LeaseGranted = new() { Job = FabNet.Protocol.Vocabulary.ToWire(job) } });
        var next = bench.Grant(moves: 81, number: 2);
        await bench.Coordinator.WaitForStateAsync(next.Id, JobState.Completed);
        Assert.Equal([.. AgentBench.MovesOf(Bench.Program(80)), .. AgentBench.MovesOf(Bench.Program(81))], bench.ExecutedMoves());
    }

    [Fact(Timeout = 120_000)]
    public async Task A_stale_epoch_is_not_obeyed()
    {
        await using var bench = await AgentBench.StartAsync();
        var job = bench.Grant(material: "PETG");
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Ready);
        bench.Coordinator.Say(new EdgeDown { CancelIntent = new() { JobId = job.Id.Value, Epoch = 7, Reason = "stale" } });
        bench.Coordinator.Say(new EdgeDown { LeaseEnded = new() { JobId = job.Id.Value, Epoch = 0, Reason = "stale" } });
        await bench.AskAsync(l => l.Load(Bench.Machine, new FabNet.Model.Sites.LoadedMaterial("PETG", null)));
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Completed);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_lease_that_ended_before_the_start_is_dropped()
    {
        await using var bench = await AgentBench.StartAsync();
        var job = bench.Grant(material: "PETG");
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Ready);
        await bench.WaitForMachineAsync(MachineState.Attention);
        bench.Coordinator.Say(new EdgeDown { LeaseEnded = new() { JobId = job.Id.Value, Epoch = 1, Reason = "planned elsewhere" } });
        bench.Coordinator.Set(job.Id, j => j with { State = JobState.Planned });
        var next = bench.Grant(number: 2);
        await bench.Coordinator.WaitForStateAsync(next.Id, JobState.Completed);
        Assert.Equal(AgentBench.MovesOf(Bench.Program(50)), bench.ExecutedMoves());
    }

    [Fact(Timeout = 120_000)]
    public async Task A_running_job_that_the_coordinator_lost_is_said_to_run_and_ends_well()
    {
        await using var bench = await AgentBench.StartAsync(speed: 20);
        var job = bench.Grant(moves: 1000);
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Running);
        bench.Coordinator.Set(job.Id, j => j with { State = JobState.Lost });
        bench.Coordinator.BreakStream();
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Completed);
        Assert.Contains(bench.Coordinator.EventsOf(job.Id), e => e is JobResumed);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(-3)]
    [InlineData(3)]
    public async Task Leases_hold_when_the_clocks_of_site_and_coordinator_differ_by_hours(int hours)
    {
        await using var bench = await AgentBench.CreateAsync();
        bench.Coordinator.ClockOffset = TimeSpan.FromHours(hours);
        await bench.StartAgentAsync();
        await bench.WaitForMachineAsync(MachineState.Idle);
        var lapsed = bench.Grant(number: 1, lease: TimeSpan.FromHours(hours) + TimeSpan.FromSeconds(2));
        await bench.Coordinator.WaitForStateAsync(lapsed.Id, JobState.Ready);
        await bench.WaitForMachineAsync(MachineState.Idle, "has to be renewed");
        Assert.Empty(bench.ExecutedMoves());
        bench.Coordinator.Say(new EdgeDown
        {
            LeaseRenewed = new() { JobId = lapsed.Id.Value, Epoch = 1, ExpiresAt = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow().AddHours(hours).AddMinutes(1)) },
        });
        await bench.Coordinator.WaitForStateAsync(lapsed.Id, JobState.Completed);
    }

    [Fact(Timeout = 120_000)]
    public async Task Held_jobs_are_named_in_the_keep_alive_with_their_epoch()
    {
        await using var bench = await AgentBench.StartAsync();
        var job = bench.Grant(material: "PETG");
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Ready);
        bench.Coordinator.BreakStream();
        await bench.Coordinator.WaitForAsync(m => m.KeepAlive?.Held.Any(h => h.JobId == job.Id.Value && h.Epoch == 1) ?? false, "a keep-alive");
    }

    /// <summary>Nobody hears of it but the agent itself: the coordinator is away.</summary>
    private static async Task UntilDoneAsync(AgentBench bench)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (bench.Agent!.Machines is not [{ State: MachineState.NeedsClearing }])
        {
            await timer.WaitForNextTickAsync(Bench.Token);
        }
    }
}
