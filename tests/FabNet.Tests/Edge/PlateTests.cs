// Several jobs on one bed, at a whole site: a fake slicer, simulated Marlin behind a pty.

using System.Text;
using System.Text.RegularExpressions;
using FabNet.Edge;
using FabNet.Edge.Configuration;
using FabNet.Edge.Leasing;
using FabNet.Edge.Queue;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Model.Licensing;
using FabNet.Model.Machines;
using FabNet.Protocol;
using FabNet.Protocol.Statements;
using FabNet.Protocol.V1;
using Xunit;
using BedPlace = FabNet.Model.Jobs.BedPlace;
using Job = FabNet.Model.Jobs.Job;
using JobEvent = FabNet.Model.Jobs.JobEvent;
using JobState = FabNet.Model.Jobs.JobState;
using LoadedMaterial = FabNet.Model.Sites.LoadedMaterial;
using MachineState = FabNet.Model.Machines.MachineState;

namespace FabNet.Tests.Edge;

public sealed partial class PlateTests
{
    [Fact(Timeout = 120_000)]
    public async Task Jobs_of_one_bed_wait_for_one_another_start_at_once_and_divide_what_was_measured()
    {
        await using var bench = await StartAsync(moves: 3000);
        Job[] jobs = [JobOf(bench, 1, plannedSeconds: 600), JobOf(bench, 2, plannedSeconds: 1800)];
        foreach (var job in jobs)
        {
            bench.Coordinator.Say(new EdgeDown { Offer = new() { Job = (job with { State = JobState.Offered, Epoch = 0 }).ToWire(), Machine = Bench.Machine.ToString() } });
        }

        await bench.Coordinator.WaitForAsync(m => m.Claim?.JobId == jobs[1].Id.Value, "the claim of the second");
        bench.Coordinator.Grant(jobs[0]);
        bench.Coordinator.Grant(jobs[1]);
        await bench.Coordinator.WaitForAsync(m => m.MachineStatus is { MoreJobs: 1, State: FabNet.Protocol.V1.MachineState.Running } s && s.JobId == jobs[0].Id.Value, "the machine to make both");
        await bench.Coordinator.WaitForStateAsync(jobs[1].Id, JobState.Completed);

        Assert.Equal(["2"], FakeSlicer.Slices(bench.Folder));
        Assert.All(jobs, j => Assert.Equal(
            [typeof(JobPreparing), typeof(JobReady), typeof(JobStarted), typeof(JobCompleted)], bench.Coordinator.EventsOf(j.Id).Select(e => e.GetType())));
        var ready = jobs.Select(j => bench.Coordinator.EventsOf(j.Id).OfType<JobReady>().Single()).ToList();
        Assert.Equal(ready[0].Program, ready[1].Program);
        Assert.Equal([0.25, 0.75], ready.Select(r => r.Share!.Value));
        Assert.Equal(3 * ready[0].EstimatedSeconds, ready[1].EstimatedSeconds, 6);
        var ends = jobs.Select(j => bench.Coordinator.EventsOf(j.Id).OfType<JobCompleted>().Single()).ToList();
        Assert.Equal(3 * ends[0].Seconds, ends[1].Seconds, 6);
        Assert.Equal(Bench.Mk3.Power.RunningW * (ends[0].Seconds + ends[1].Seconds) / 3_600_000, ends[0].EnergyKwh + ends[1].EnergyKwh, 9);
        var starts = bench.Coordinator.Applied.Where(a => a.Event is JobStarted).ToList();
        Assert.Equal(starts[0].Sequence + 1, starts[1].Sequence);
        Assert.Equal(starts[0].Event.At, starts[1].Event.At);
        Assert.Equal(AgentBench.MovesOf(Bench.Program(3000)), bench.ExecutedMoves());
        await bench.WaitForMachineAsync(MachineState.NeedsClearing, "The parts of o-7.1, o-7.2 are on it");
        Assert.Empty(bench.Coordinator.Refused);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_mate_that_comes_before_the_start_joins_and_one_that_is_called_off_leaves()
    {
        await using var bench = await StartAsync();
        Job[] jobs = [.. Enumerable.Range(1, 3).Select(n => JobOf(bench, n, material: "PETG"))];
        bench.Coordinator.Grant(jobs[0]);
        await bench.Coordinator.WaitForStateAsync(jobs[0].Id, JobState.Ready);
        Assert.Null(bench.Coordinator.Job(jobs[0].Id).Share);
        bench.Coordinator.Grant(jobs[1]);
        await bench.Coordinator.WaitForStateAsync(jobs[1].Id, JobState.Ready);
        bench.Coordinator.Grant(jobs[2]);
        await bench.Coordinator.WaitAsync(() => jobs.All(j => bench.Coordinator.Job(j.Id) is { State: JobState.Ready, Share: not null and < 0.4 }), "three to share");
        bench.Coordinator.Say(new EdgeDown { CancelIntent = new() { JobId = jobs[0].Id.Value, Epoch = 1, Reason = "not wanted" } });
        await bench.Coordinator.WaitForStateAsync(jobs[0].Id, JobState.Cancelled);
        await bench.Coordinator.WaitAsync(() => jobs.Skip(1).All(j => bench.Coordinator.Job(j.Id) is { State: JobState.Ready, Share: 0.5 }), "two to share");

        await bench.AskAsync(l => l.Load(Bench.Machine, new LoadedMaterial("PETG", "black")));
        await bench.Coordinator.WaitForStateAsync(jobs[2].Id, JobState.Completed);
        Assert.Equal(JobState.Completed, bench.Coordinator.Job(jobs[1].Id).State);
        Assert.Equal(["1", "2", "3", "2"], FakeSlicer.Slices(bench.Folder));
        Assert.DoesNotContain(bench.Coordinator.EventsOf(jobs[0].Id), e => e is JobStarted);
    }

    [Fact(Timeout = 120_000)]
    public async Task Jobs_that_can_not_be_sliced_together_are_made_one_after_another()
    {
        await using var bench = await StartAsync(most: 1, clear: ClearPolicy.Automatic);
        Job[] jobs = [JobOf(bench, 1), JobOf(bench, 2)];
        await GrantAsync(bench, jobs);
        await bench.Coordinator.WaitForStateAsync(jobs[0].Id, JobState.Completed);
        await bench.Coordinator.WaitForStateAsync(jobs[1].Id, JobState.Completed);
        Assert.Equal(["2", "1", "1"], FakeSlicer.Slices(bench.Folder));
        Assert.All(jobs, j => Assert.Null(bench.Coordinator.Job(j.Id).Share));
        Assert.NotEqual(bench.Coordinator.Job(jobs[0].Id).StartedAt, bench.Coordinator.Job(jobs[1].Id).StartedAt);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_job_whose_own_fault_it_is_is_rejected_and_its_mates_are_made_together()
    {
        await using var bench = await StartAsync();
        Job[] jobs = [JobOf(bench, 1), JobOf(bench, 2) with { Part = "lid" }, JobOf(bench, 3)];
        await GrantAsync(bench, jobs);
        await bench.Coordinator.WaitForStateAsync(jobs[1].Id, JobState.Rejected);
        await bench.Coordinator.WaitForStateAsync(jobs[2].Id, JobState.Completed);
        Assert.Equal(["2"], FakeSlicer.Slices(bench.Folder));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_job_that_is_called_off_while_the_plate_runs_ends_with_it_and_the_others_are_made()
    {
        await using var bench = await StartAsync(moves: 2000);
        Job[] jobs = [JobOf(bench, 1), JobOf(bench, 2)];
        await GrantAsync(bench, jobs);
        await bench.Coordinator.WaitForStateAsync(jobs[1].Id, JobState.Running);
        await bench.Agent!.HostOf(Bench.Machine).PauseAsync(Bench.Token);
        await bench.Coordinator.WaitForStateAsync(jobs[0].Id, JobState.Paused);
        await bench.Coordinator.WaitForStateAsync(jobs[1].Id, JobState.Paused);
        await CallOffAsync(bench, jobs[0]);
        await bench.Agent.HostOf(Bench.Machine).ResumeAsync(Bench.Token);
        await bench.Coordinator.WaitForStateAsync(jobs[1].Id, JobState.Completed);
        var cancelled = bench.Coordinator.Job(jobs[0].Id);
        Assert.Equal(JobState.Cancelled, cancelled.State);
        Assert.Contains("on one bed with o-7.2", cancelled.Reason, StringComparison.Ordinal);
        Assert.Equal(AgentBench.MovesOf(Bench.Program(2000)), bench.ExecutedMoves());
    }

    [Fact(Timeout = 120_000)]
    public async Task A_plate_of_which_nobody_wants_anything_any_more_is_stopped()
    {
        await using var bench = await StartAsync(moves: AgentBench.Endless);
        Job[] jobs = [JobOf(bench, 1), JobOf(bench, 2)];
        await GrantAsync(bench, jobs);
        await bench.Coordinator.WaitForStateAsync(jobs[1].Id, JobState.Running);
        await CallOffAsync(bench, jobs[1]);
        bench.Coordinator.Say(new EdgeDown { CancelIntent = new() { JobId = jobs[0].Id.Value, Epoch = 1, Reason = "nobody wants it" } });
        await bench.Coordinator.WaitForStateAsync(jobs[0].Id, JobState.Cancelled);
        await bench.Coordinator.WaitForStateAsync(jobs[1].Id, JobState.Cancelled);
        await bench.WaitForMachineAsync(MachineState.NeedsClearing, "o-7.1, o-7.2 did not finish");
    }

    [Theory(Timeout = 120_000)]
    [InlineData(InterruptionPolicy.Fail)]
    [InlineData(InterruptionPolicy.Ask)]
    public async Task After_a_kill_between_the_start_and_the_first_byte_all_of_a_plate_is_decided_on_at_once(InterruptionPolicy policy)
    {
        await using var bench = await AgentBench.CreateAsync();
        bench.Config = bench.Config with { Machines = [bench.Config.Machines[0] with { OnInterruption = policy }] };
        Job[] jobs = [.. Enumerable.Range(1, 3).Select(n => JobOf(bench, n))];
        var at = TimeProvider.System.GetUtcNow();
        using (var book = EdgeBook.Open(bench.Folder.In("data/journal.db"), TimeProvider.System))
        {
            foreach (var job in jobs)
            {
                book.Grant(job);
                book.Append(new JobPreparing { Job = job.Id, Epoch = 1, At = at });
                book.Append(new JobReady { Job = job.Id, Epoch = 1, At = at, Program = job.Design.Manifest, EstimatedSeconds = 60, Share = 1 / 3.0 });
            }

            Assert.Null(book.Append([.. jobs.Select(j => new JobStarted { Job = j.Id, Epoch = 1, At = at })], []));
        }

        foreach (var job in jobs)
        {
            bench.Coordinator.Know(job);
        }

        await bench.StartAgentAsync();
        if (policy is InterruptionPolicy.Ask)
        {
            await bench.WaitForMachineAsync(MachineState.Attention, "o-7.1, o-7.2, o-7.3");
            await Task.WhenAll(jobs.Select(j => bench.Coordinator.WaitForStateAsync(j.Id, JobState.Paused)));
            await CallOffAsync(bench, jobs[1]);
            Assert.Contains("o-7.1, o-7.2, o-7.3 have failed", await bench.AskAsync(l => l.GiveUp(Bench.Machine, "")), StringComparison.Ordinal);
        }

        await bench.Coordinator.WaitForStateAsync(jobs[0].Id, JobState.Failed);
        await bench.Coordinator.WaitForStateAsync(jobs[1].Id, policy is InterruptionPolicy.Ask ? JobState.Cancelled : JobState.Failed);
        await bench.Coordinator.WaitForStateAsync(jobs[2].Id, JobState.Failed);
        Assert.Empty(bench.ExecutedMoves());
        await bench.WaitForMachineAsync(MachineState.NeedsClearing, "o-7.1, o-7.2, o-7.3");
    }

    [Fact(Timeout = 120_000)]
    public async Task Scrap_of_a_plate_of_different_parts_is_counted_for_the_job_that_a_person_names()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The fake slicer is a shell script.");
        await using var bench = await AgentBench.CreateAsync();
        PublisherFolder.Create(bench.Folder.In("keys"), "lab-test", "Test lab", OrganisationKind.Person);
        bench.Config = bench.Config with
        {
            Publisher = new SitePublisherConfig { Name = "lab-test", Folder = bench.Folder.In("keys"), SharesRuns = true },
            Slicer = new SlicerConfig { Path = FakeSlicer.Write(bench.Folder, Bench.Program(60)) },
        };
        await bench.StartAgentAsync();
        await bench.WaitForMachineAsync(MachineState.Idle);
        Job[] jobs = [JobOf(bench, 1), JobOf(bench, 2)];
        await GrantAsync(bench, jobs);
        await bench.Coordinator.WaitForStateAsync(jobs[1].Id, JobState.Completed);
        await bench.WaitForMachineAsync(MachineState.NeedsClearing);
        var unnamed = await Assert.ThrowsAsync<OperatorException>(() => bench.AskAsync(l => l.Clear(Bench.Machine, 1)));
        Assert.Contains("--scrap 1 --job o-7.1", unnamed.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<OperatorException>(() => bench.AskAsync(l => l.Clear(Bench.Machine, 2, jobs[1].Id)));
        Assert.EndsWith("Scrap: o-7.2, to be planned again.", await bench.AskAsync(l => l.Clear(Bench.Machine, 1, jobs[1].Id)), StringComparison.Ordinal);
        await bench.Coordinator.WaitForStateAsync(jobs[1].Id, JobState.Failed);
        Assert.Equal(JobState.Completed, bench.Coordinator.Job(jobs[0].Id).State);
        while (bench.Catalogue.Put.Select(e => Encoding.UTF8.GetString(e.Payload.Span)).Count(static p => p.Contains("\"good\":", StringComparison.Ordinal)) < 2)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Bench.Token);
        }

        Assert.Equal(["\"good\":0", "\"good\":1"], bench.Catalogue.Put.Select(e => GoodText().Match(Encoding.UTF8.GetString(e.Payload.Span)).Value).Where(static g => g.Length > 0).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_starts_of_a_plate_are_in_the_journal_all_or_none()
    {
        using var folder = new TestFolder();
        using var book = EdgeBook.Open(folder.In("journal.db"), TimeProvider.System);
        Job[] jobs = [.. Enumerable.Range(1, 2).Select(n => Bench.Leased(Bench.AnyDesign, number: n))];
        Array.ForEach(jobs, j => book.Grant(j));
        Append(new JobPreparing { Job = jobs[0].Id, Epoch = 1, At = Bench.Noon }, new JobPreparing { Job = jobs[1].Id, Epoch = 1, At = Bench.Noon });
        Append(new JobReady { Job = jobs[0].Id, Epoch = 1, At = Bench.Noon, Program = Bench.AnyDesign.Manifest, EstimatedSeconds = 60 });
        var before = book.Outbox.NextSequence;
        Assert.Contains("o-7.2", book.Append([.. jobs.Select(j => new JobStarted { Job = j.Id, Epoch = 1, At = Bench.Noon })], []), StringComparison.Ordinal);
        Assert.Equal(before, book.Outbox.NextSequence);
        Assert.All(jobs, j => Assert.Null(book.Leases.Find(j.Id)!.Job.StartedAt));

        void Append(params JobEvent[] events) => Assert.Null(book.Append(events, []));
    }

    [Fact]
    public void Shares_follow_what_was_planned_and_are_equal_where_that_is_not_known()
    {
        Job[] jobs = [.. Enumerable.Range(1, 3).Select(n => Bench.Leased(Bench.AnyDesign, number: n) with { Bed = new BedPlace("bed", n) })];
        var plate = new Plate(jobs);
        Assert.Equal([1 / 6.0, 2 / 6.0, 3 / 6.0], jobs.Select(j => plate.ShareOf(j)!.Value));
        var unknown = new Plate([jobs[0], jobs[1] with { Bed = null }]);
        Assert.Equal([0.5, 0.5], unknown.Jobs.Select(j => unknown.ShareOf(j)!.Value));
        Assert.Null(new Plate([jobs[0]]).ShareOf(jobs[0]));
        var held = jobs.Select(j => new HeldJob(j, 0)).ToList();
        Assert.Equal(3, Assert.Single(Plate.Of(held, new HashSet<string>())).Jobs.Count);
        Assert.Equal(3, Plate.Of(held, new HashSet<string> { "bed" }).Count());
    }

    [GeneratedRegex("\"good\":[0-9]+")]
    private static partial Regex GoodText();

    private static async Task<AgentBench> StartAsync(int moves = 60, int most = 100, ClearPolicy clear = ClearPolicy.Operator)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The fake slicer is a shell script.");
        var bench = await AgentBench.CreateAsync();
        bench.Config = bench.Config with { Policy = new SitePolicy { Clear = clear }, Slicer = new SlicerConfig { Path = FakeSlicer.Write(bench.Folder, Bench.Program(moves), most) } };
        await bench.StartAgentAsync();
        await bench.WaitForMachineAsync(MachineState.Idle);
        return bench;
    }

    private static Job JobOf(AgentBench bench, int number, double plannedSeconds = 600, string material = "PLA") =>
        Bench.Leased(bench.Catalogue.PublishMesh($"clip-{number}", Bench.Box(10 + number, 10, 5)).Ref, number: number, material: material, color: "black") with { Bed = new BedPlace("bed-1", plannedSeconds) };

    /// <summary>Leases them in one breath: the first is not prepared before the last has come, because all are awaited.</summary>
    private static async Task GrantAsync(AgentBench bench, Job[] jobs)
    {
        foreach (var job in jobs)
        {
            bench.Coordinator.Say(new EdgeDown { Offer = new() { Job = (job with { State = JobState.Offered, Epoch = 0 }).ToWire(), Machine = Bench.Machine.ToString() } });
        }

        await bench.Coordinator.WaitForAsync(m => m.Claim?.JobId == jobs[^1].Id.Value, "the claims");
        Array.ForEach(jobs, bench.Coordinator.Grant);
    }

    private static async Task CallOffAsync(AgentBench bench, Job job)
    {
        bench.Coordinator.Say(new EdgeDown { CancelIntent = new() { JobId = job.Id.Value, Epoch = 1, Reason = "not wanted" } });
        while (!await bench.Agent!.Loop.AskAsync(() => bench.Agent.Loop.DeskOf(Bench.Machine).CalledOff.ContainsKey(job.Id), Bench.Token))
        {
            await Task.Yield();
        }
    }
}
