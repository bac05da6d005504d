using FabNet.Edge.Configuration;
using FabNet.Edge.Leasing;
using FabNet.Edge.Machines;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using FabNet.Model.Sites;
using FabNet.Protocol;
using FabNet.Protocol.V1;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Data.Sqlite;
using Xunit;
using JobState = FabNet.Model.Jobs.JobState;
using LoadedMaterial = FabNet.Model.Sites.LoadedMaterial;
using MachineState = FabNet.Model.Machines.MachineState;

namespace FabNet.Tests.Edge;

public sealed class AgentTests
{
    [Fact(Timeout = 120_000)]
    public async Task A_job_travels_from_the_offer_to_the_last_line_on_the_machine()
    {
        await using var bench = await AgentBench.StartAsync();
        var design = bench.Catalogue.PublishToolpath("clip", Bench.Program(120));
        var job = Bench.Leased(design.Ref);
        bench.Coordinator.Say(new EdgeDown { Offer = new() { Job = (job with { State = JobState.Offered, Epoch = 0 }).ToWire(), Machine = Bench.Machine.ToString() } });
        await bench.Coordinator.WaitForAsync(m => m.Claim?.JobId == job.Id.Value, "the claim");
        bench.Coordinator.Grant(job);
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Completed);
        await bench.WaitForMachineAsync(MachineState.NeedsClearing, "fabnet site clear lab-test/mk3");

        Assert.Equal(AgentBench.MovesOf(Bench.Program(120)), bench.ExecutedMoves());
        Assert.Equal(
            [typeof(JobPreparing), typeof(JobReady), typeof(JobStarted), typeof(JobCompleted)],
            bench.Coordinator.EventsOf(job.Id).Select(e => e.GetType()));
        var completed = (JobCompleted)bench.Coordinator.EventsOf(job.Id)[^1];
        Assert.True(completed.Seconds > 1, $"{completed.Seconds} s");
        Assert.Equal(Bench.Mk3.Power.RunningW * completed.Seconds / 3_600_000, completed.EnergyKwh, 9);
        Assert.Empty(bench.Coordinator.Refused);
        Assert.Empty(Directory.EnumerateFiles(bench.Folder.In("data/programs")));
    }

    [Fact(Timeout = 120_000)]
    public async Task The_next_job_is_prepared_while_the_first_runs_and_waits_for_a_clear_bed()
    {
        await using var bench = await AgentBench.StartAsync();
        var first = bench.Grant(moves: 400, number: 1);
        var second = bench.Grant(moves: 60, number: 2);
        await bench.Coordinator.WaitForStateAsync(first.Id, JobState.Completed);
        await bench.Coordinator.WaitForStateAsync(second.Id, JobState.Ready);
        await bench.WaitForMachineAsync(MachineState.NeedsClearing);
        Assert.Equal("lab-test/mk3 is clear: its next job may start.", await bench.AskAsync(l => l.Clear(Bench.Machine)));
        await bench.Coordinator.WaitForStateAsync(second.Id, JobState.Completed);
        Assert.Equal([.. AgentBench.MovesOf(Bench.Program(400)), .. AgentBench.MovesOf(Bench.Program(60))], bench.ExecutedMoves());
    }

    [Fact(Timeout = 120_000)]
    public async Task Another_material_asks_the_operator_and_starts_once_it_is_loaded()
    {
        await using var bench = await AgentBench.StartAsync();
        var job = bench.Grant(material: "PETG", color: "white");
        await bench.WaitForMachineAsync(MachineState.Attention, "fabnet site load lab-test/mk3 PETG white");
        await bench.AskAsync(l => l.Load(Bench.Machine, new LoadedMaterial("PETG", "white")));
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Completed);
        await bench.Coordinator.WaitForAsync(m => m.Site?.Machines[0].Loaded.Material == "PETG", "the site to announce what is loaded");
    }

    [Fact(Timeout = 120_000)]
    public async Task An_automatic_site_changes_material_and_clears_by_itself()
    {
        await using var bench = await AgentBench.StartAsync(new SitePolicy { Clear = ClearPolicy.Automatic });
        var first = bench.Grant(moves: 30, number: 1, material: "PETG");
        var second = bench.Grant(moves: 31, number: 2, material: "PLA", color: "red");
        await bench.Coordinator.WaitForStateAsync(first.Id, JobState.Completed);
        await bench.Coordinator.WaitForStateAsync(second.Id, JobState.Completed);
        await bench.Coordinator.WaitForAsync(m => m.MachineStatus is { Loaded: { Material: "PLA", Color: "red" } }, "what is loaded");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_job_is_not_started_at_the_end_of_its_lease_and_starts_when_it_is_renewed()
    {
        await using var bench = await AgentBench.StartAsync();
        var job = bench.Grant(lease: TimeSpan.FromSeconds(2));
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Ready);
        await bench.WaitForMachineAsync(MachineState.Idle, "has to be renewed");
        Assert.Empty(bench.ExecutedMoves());
        bench.Coordinator.Say(new EdgeDown
        {
            LeaseRenewed = new() { JobId = job.Id.Value, Epoch = 1, ExpiresAt = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow().AddMinutes(1)) },
        });
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Completed);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_running_job_is_cancelled_safely_and_reported()
    {
        await using var bench = await AgentBench.StartAsync(speed: 20);
        var job = bench.Grant(moves: AgentBench.Endless);
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Running);
        bench.Coordinator.Say(new EdgeDown { CancelIntent = new() { JobId = job.Id.Value, Epoch = 1, Reason = "The order was cancelled." } });
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Cancelled);
        Assert.Equal("The order was cancelled.", bench.Coordinator.Job(job.Id).Reason);
        await bench.WaitForMachineAsync(MachineState.NeedsClearing, "did not finish");
        Assert.Contains(bench.Marlin.Log.Snapshot(), c => c.Text.StartsWith("M140 S0", StringComparison.Ordinal));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_job_that_waits_is_cancelled_at_once_and_never_moves()
    {
        await using var bench = await AgentBench.StartAsync();
        var job = bench.Grant(material: "PETG");
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Ready);
        bench.Coordinator.Say(new EdgeDown { CancelIntent = new() { JobId = job.Id.Value, Epoch = 1, Reason = "changed my mind" } });
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Cancelled);
        Assert.Empty(bench.ExecutedMoves());
    }

    [Fact(Timeout = 120_000)]
    public async Task Stopping_the_agent_hands_over_what_runs_and_what_waits()
    {
        await using var bench = await AgentBench.StartAsync(speed: 20);
        var running = bench.Grant(moves: AgentBench.Endless, number: 1);
        var waiting = bench.Grant(moves: 40, number: 2);
        await bench.Coordinator.WaitForStateAsync(running.Id, JobState.Running);
        await bench.Coordinator.WaitForStateAsync(waiting.Id, JobState.Ready);
        await bench.StopAgentAsync();

        var failed = bench.Coordinator.Job(running.Id);
        Assert.Equal(JobState.Failed, failed.State);
        Assert.Contains("The agent was stopped", failed.Reason, StringComparison.Ordinal);
        Assert.Equal(JobState.Planned, bench.Coordinator.Job(waiting.Id).State);
        var executed = bench.Marlin.Log.Count;
        await bench.StartAgentAsync();
        await bench.WaitForMachineAsync(MachineState.NeedsClearing, "o-7.1 did not finish");
        Assert.DoesNotContain(bench.Marlin.Log.Snapshot().Skip((int)executed), c => c.Text.StartsWith("G1", StringComparison.Ordinal));
    }

    [Fact(Timeout = 120_000)]
    public async Task After_a_crash_a_started_job_has_failed_the_machine_is_safe_and_nothing_goes_on_by_itself()
    {
        await using var bench = await AgentBench.CreateAsync();
        var design = bench.Catalogue.PublishToolpath("part", Bench.Program(500));
        var job = Bench.Leased(design.Ref);
        var at = TimeProvider.System.GetUtcNow();
        using (var book = EdgeBook.Open(bench.Folder.In("data/journal.db"), TimeProvider.System))
        {
            book.Grant(job);
            book.Append(new JobPreparing { Job = job.Id, Epoch = 1, At = at });
            book.Append(new JobReady { Job = job.Id, Epoch = 1, At = at, Program = design.Ref.Manifest, EstimatedSeconds = 60 });
            book.Append(new JobStarted { Job = job.Id, Epoch = 1, At = at });
        }

        Directory.CreateDirectory(bench.Folder.In("data/running"));
        new RunMark(bench.Folder.In("data/running/mk3"), TimeProvider.System).Begin(job.Id, 1, new MarkedLine(321, 500));
        await bench.StartAgentAsync();
        await bench.WaitForMachineAsync(MachineState.NeedsClearing, "was interrupted");
        bench.Coordinator.Grant(job with { State = JobState.Running, StartedAt = at });

        var texts = bench.Marlin.Log.Snapshot().Select(c => c.Text).ToList();
        Assert.Contains("M104 T0 S0", texts);
        Assert.Contains("M140 S0", texts);
        Assert.Empty(bench.ExecutedMoves());
        var failed = await bench.Coordinator.WaitForAsync(m => m.JobEvent?.Event.Failed is not null, "the failure");
        Assert.Equal(321, failed.JobEvent.Event.Failed.LastLine);
        Assert.Contains("at or after line 321", failed.JobEvent.Event.Failed.Reason, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_machine_that_is_not_there_is_offline_with_a_reason_and_the_job_waits_ready()
    {
        await using var bench = await AgentBench.CreateAsync();
        bench.Config = bench.Config with { Machines = [bench.Config.Machines[0] with { Port = bench.Folder.In("nothing") }] };
        await bench.StartAgentAsync();
        await bench.WaitForMachineAsync(MachineState.Offline, "nothing");
        var job = bench.Grant();
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Ready);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_program_that_admission_refuses_is_reported_and_the_next_job_goes_on()
    {
        await using var bench = await AgentBench.StartAsync();
        var hot = bench.Catalogue.PublishToolpath("oven", Bench.Program(5, hotEndC: 400));
        var job = Bench.Leased(hot.Ref);
        bench.Coordinator.Grant(job);
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Rejected);
        Assert.Contains("line 5", bench.Coordinator.Job(job.Id).Reason, StringComparison.Ordinal);
        var good = bench.Grant(number: 2);
        await bench.Coordinator.WaitForStateAsync(good.Id, JobState.Completed);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_journal_that_can_not_be_written_stops_starts_and_loses_no_fact()
    {
        await using var bench = await AgentBench.StartAsync();
        var job = bench.Grant(material: "PETG");
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Ready);
        using (var intruder = new SqliteConnection($"Data Source={bench.Folder.In("data/journal.db")};Pooling=false"))
        {
            intruder.Open();
            using var hold = intruder.CreateCommand();
            hold.CommandText = "ALTER TABLE entries RENAME TO taken_away";
            hold.ExecuteNonQuery();
            bench.Coordinator.Say(new EdgeDown { CancelIntent = new() { JobId = job.Id.Value, Epoch = 1, Reason = "called off" } });
            await bench.Coordinator.WaitForAsync(m => m.MachineStatus is { HasDetail: true } s && s.Detail.Contains("can't be written", StringComparison.Ordinal), "the trouble to be told");
            Assert.Equal(JobState.Ready, bench.Coordinator.Job(job.Id).State);
            hold.CommandText = "ALTER TABLE taken_away RENAME TO entries";
            hold.ExecuteNonQuery();
        }

        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Cancelled);
    }

    [Fact(Timeout = 120_000)]
    public async Task Telemetry_reaches_the_coordinator_and_stays_on_disk_while_it_is_away()
    {
        await using var bench = await AgentBench.StartAsync();
        var job = bench.Grant(moves: AgentBench.Endless);
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Running);
        await bench.Coordinator.WaitAsync(() => bench.Coordinator.Samples > 0, "samples");
        await bench.Coordinator.GoAwayAsync();
        var before = bench.Coordinator.Samples;
        var spool = Directory.GetDirectories(bench.Folder.In("data/telemetry")).Single();
        var bytes = SizeOf(spool);
        while (SizeOf(spool) <= bytes)
        {
            await bench.Marlin.Log.WaitForCountAsync(bench.Marlin.Log.Count + 50, Bench.Token);
        }

        await bench.Coordinator.ComeBackAsync();
        await bench.Coordinator.WaitAsync(() => bench.Coordinator.Samples > before, "the samples that were taken meanwhile");

        static long SizeOf(string folder) => Directory.GetFiles(folder).Sum(f => new FileInfo(f).Length);
    }
}
