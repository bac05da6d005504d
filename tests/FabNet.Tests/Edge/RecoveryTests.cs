using FabNet.Edge;
using FabNet.Edge.Configuration;
using FabNet.Edge.Leasing;
using FabNet.FirmwareSimulator;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using FabNet.Protocol.V1;
using Xunit;
using Job = FabNet.Model.Jobs.Job;
using JobState = FabNet.Model.Jobs.JobState;
using MachineState = FabNet.Model.Machines.MachineState;

namespace FabNet.Tests.Edge;

public sealed class RecoveryTests
{
    // What goes to a GRBL ahead of every program.
    private const string StartModes = "G0G17G21G40G90G94M5M9S0";

    [Fact(Timeout = 120_000)]
    public async Task A_job_that_a_stop_interrupts_waits_and_goes_on_once_when_a_person_says_so()
    {
        const int Moves = 2500;
        await using var bench = await AgentBench.CreateAsync();
        bench.Asks();
        await bench.StartAgentAsync();
        await bench.WaitForMachineAsync(MachineState.Idle);
        var job = bench.Grant(moves: Moves);
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Running);
        await bench.Marlin.Log.WaitForCountAsync(300, Bench.Token);
        await bench.StopAgentAsync();
        Assert.Equal(JobState.Paused, bench.Coordinator.Job(job.Id).State);
        Assert.Contains("The agent was stopped", bench.Coordinator.Job(job.Id).Reason, StringComparison.Ordinal);
        var moved = bench.ExecutedMoves();
        var whole = RecoveryBench.LinesOf(Bench.Program(Moves), Bench.Mk3);
        Assert.Equal(whole.Where(l => l.StartsWith("G1", StringComparison.Ordinal)).Take(moved.Count), moved);

        await bench.StartAgentAsync();
        await UntilAsync(bench, s => s is { State: MachineState.Attention } && s.Job == job.Id && s.Detail!.Contains("fabnet site recover lab-test/mk3", StringComparison.Ordinal));
        await bench.Coordinator.WaitAsync(() => bench.Coordinator.Connections >= 2, "the second agent's connection");
        bench.Coordinator.BreakStream();
        await bench.Coordinator.WaitAsync(() => bench.Coordinator.Connections >= 3, "another connection");
        Assert.Equal(JobState.Paused, bench.Coordinator.Job(job.Id).State);
        Assert.Equal(moved, bench.ExecutedMoves());

        var shown = await bench.Agent!.Loop.AskAsync(() => bench.Agent.Loop.InterruptedOn(Bench.Machine), Bench.Token);
        Assert.InRange(shown.Interruption.LastLine, 0, whole.Count - 1);
        Assert.True(moved.Count >= shown.Interruption.LastLine - (whole.Count - Moves), "The last line surely executed was not.");
        await UntilAsync(bench, s => bench.Agent!.HostOf(Bench.Machine).Report.State is MachineState.Idle);
        var (preamble, from) = await bench.Agent.RecoverAsync();
        Assert.Equal(shown.Interruption.LastLine + 1, from);
        await Assert.ThrowsAsync<OperatorException>(() => bench.Agent.RecoverAsync());
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Completed);
        await Assert.ThrowsAsync<OperatorException>(() => bench.Agent.RecoverAsync());

        List<string> rest = [.. preamble, .. whole.Skip(from - 1)];
        Assert.Equal(rest, bench.Marlin.Executed().TakeLast(rest.Count));
        Assert.Equal(moved.Count + rest.Count(l => l.StartsWith("G1", StringComparison.Ordinal)), bench.ExecutedMoves().Count);
        Assert.Equal(
            [typeof(JobPreparing), typeof(JobReady), typeof(JobStarted), typeof(JobPaused), typeof(JobResumed), typeof(JobCompleted)],
            bench.Coordinator.EventsOf(job.Id).Select(e => e.GetType()));
        Assert.Empty(bench.Coordinator.Refused);
        Assert.Empty(Directory.EnumerateFiles(bench.Folder.In("data/programs")));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_lost_link_interrupts_and_a_second_one_too_in_lines_of_the_whole_program()
    {
        const int Moves = 6000;
        await using var bench = await AgentBench.CreateAsync();
        bench.Asks();
        await bench.StartAgentAsync();
        await bench.WaitForMachineAsync(MachineState.Idle);
        var job = bench.Grant(moves: Moves);
        await bench.Marlin.Log.WaitForCountAsync(600, Bench.Token);
        var first = await UnplugAsync(bench);
        Assert.Contains("Offline", (await Assert.ThrowsAsync<OperatorException>(() => bench.Agent!.RecoverAsync())).Message, StringComparison.Ordinal);
        bench.Marlin.Faults.Plug();
        await UntilAsync(bench, s => bench.Agent!.HostOf(Bench.Machine).Report.State is MachineState.Idle);
        var executed = bench.Marlin.Log.Count;
        var (_, from) = await bench.Agent!.RecoverAsync();
        await bench.Marlin.Log.WaitForCountAsync(executed + 400, Bench.Token);

        var second = await UnplugAsync(bench);
        Assert.True(second.Interruption.LastLine >= from - 1, $"{second.Interruption.LastLine} after going on with {from}");
        Assert.Equal((2, first.Interruption.LineCount), (second.Interruption.Number, second.Interruption.LineCount));
        Assert.True(second.Interruption.LastLine < from + (bench.Marlin.Log.Count - executed), "A line that was not executed counts as executed.");
        Assert.Equal(job.Id, second.Job.Id);
        bench.Marlin.Faults.Plug();
        await UntilAsync(bench, s => bench.Agent!.HostOf(Bench.Machine).Report.State is MachineState.Idle);
        var stale = await bench.Agent!.Recovery.PlanAsync(first, null, Bench.Token);
        using (stale)
        {
            await Assert.ThrowsAsync<OperatorException>(() => bench.Agent.Loop.AskAsync(() => bench.Agent.Loop.GoOn(Bench.Machine, first.Interruption.Key, stale), Bench.Token));
        }

        var (preamble, again) = await bench.Agent.RecoverAsync();
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Completed);
        List<string> rest = [.. preamble, .. RecoveryBench.LinesOf(Bench.Program(Moves), Bench.Mk3).Skip(again - 1)];
        Assert.Equal(rest, bench.Marlin.Executed().TakeLast(rest.Count));
        Assert.Equal(1, bench.Coordinator.EventsOf(job.Id).Count(e => e is JobStarted));
        Assert.Equal(2, bench.Coordinator.EventsOf(job.Id).Count(e => e is JobResumed));
    }

    [Fact(Timeout = 120_000)]
    public async Task After_a_crash_nothing_moves_by_itself_and_a_job_given_up_fails_with_its_line()
    {
        await using var bench = await AgentBench.CreateAsync();
        bench.Asks();
        var (job, path) = LeaveBehind(bench, lastLine: 321);
        await bench.StartAgentAsync();
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Paused);
        Assert.Contains("The last line of o-7.1 that was surely executed is 321 of 5", bench.Coordinator.Job(job.Id).Reason, StringComparison.Ordinal);
        var next = bench.Grant(moves: 40, number: 2);
        await bench.Coordinator.WaitForStateAsync(next.Id, JobState.Ready);
        await bench.WaitForMachineAsync(MachineState.Attention, "fabnet site give-up lab-test/mk3");
        Assert.Empty(bench.ExecutedMoves());

        // The lease lapsed while nobody was there: the job is paused again as soon as its site is back.
        bench.Coordinator.Set(job.Id, j => j with { State = JobState.Lost });
        bench.Coordinator.BreakStream();
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Paused);
        Assert.Contains("surely executed is 321", bench.Coordinator.Job(job.Id).Reason, StringComparison.Ordinal);
        Assert.Contains("still waits", await bench.AskAsync(l => l.Clear(Bench.Machine)), StringComparison.Ordinal);

        await bench.AskAsync(l => l.GiveUp(Bench.Machine, "it came off the bed"));
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Failed);
        var failed = Assert.IsType<JobFailed>(bench.Coordinator.EventsOf(job.Id)[^1]);
        Assert.Equal(321, failed.LastLine);
        Assert.Contains("it came off the bed", failed.Reason, StringComparison.Ordinal);
        Assert.False(File.Exists(path));
        await bench.WaitForMachineAsync(MachineState.NeedsClearing, "o-7.1 did not finish");
        await bench.AskAsync(l => l.Clear(Bench.Machine));
        await bench.Coordinator.WaitForStateAsync(next.Id, JobState.Completed);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_job_that_a_person_held_before_the_crash_waits_for_the_crash_now()
    {
        await using var bench = await AgentBench.CreateAsync();
        bench.Asks();
        var (job, _) = LeaveBehind(bench, lastLine: 100);
        using (var book = EdgeBook.Open(bench.Folder.In("data/journal.db"), TimeProvider.System))
        {
            Assert.Null(book.Append(new JobPaused { Job = job.Id, Epoch = 1, At = TimeProvider.System.GetUtcNow(), Reason = "A person held it." }));
        }

        await bench.StartAgentAsync();
        await bench.WaitForMachineAsync(MachineState.Attention, "surely executed is 100");
        await bench.Coordinator.WaitAsync(() => bench.Coordinator.Job(job.Id).Reason?.Contains("surely executed is 100", StringComparison.Ordinal) ?? false, "the reason");
        Assert.Empty(bench.Coordinator.Refused);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_job_that_waits_is_cancelled_like_any_other()
    {
        await using var bench = await AgentBench.CreateAsync();
        bench.Asks();
        var (job, path) = LeaveBehind(bench, lastLine: 100);
        await bench.StartAgentAsync();
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Paused);
        bench.Coordinator.Say(new EdgeDown { CancelIntent = new() { JobId = job.Id.Value, Epoch = 1, Reason = "not wanted any more" } });
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Cancelled);
        await bench.WaitForMachineAsync(MachineState.NeedsClearing);
        Assert.False(File.Exists(path));
        Assert.Empty(bench.ExecutedMoves());
    }

    [Fact(Timeout = 120_000)]
    public async Task What_can_not_be_gone_on_with_is_refused_with_the_reason_and_goes_on_waiting()
    {
        await using var bench = await AgentBench.CreateAsync();
        bench.Asks();
        var (job, path) = LeaveBehind(bench, lastLine: 0);
        await bench.StartAgentAsync();
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Paused);
        await UntilAsync(bench, s => bench.Agent!.HostOf(Bench.Machine).Report.State is MachineState.Idle);
        Assert.Contains("does not tell where X, Y and Z are", await RefusalAsync(bench, null), StringComparison.Ordinal);
        using (var plan = await PlanAsync(bench, 200))
        {
            Assert.Contains("at Z5, as before line 200", plan.Precondition, StringComparison.Ordinal);
            Assert.Contains("Lines 1 to 199 are left out", plan.Precondition, StringComparison.Ordinal);
        }

        Assert.Contains("the program has lines 1 to", await RefusalAsync(bench, 100_000), StringComparison.Ordinal);
        await bench.AskAsync(l => l.SetMaintenance(Bench.Machine, inMaintenance: true, "belt"));
        Assert.Contains("belt", await RefusalAsync(bench, 200), StringComparison.Ordinal);
        await bench.AskAsync(l => l.SetMaintenance(Bench.Machine, inMaintenance: false, ""));

        using (var file = File.OpenWrite(path))
        {
            file.Position = 200;
            file.WriteByte((byte)'7');
        }

        Assert.Contains("was damaged on the disk", await RefusalAsync(bench, 200), StringComparison.Ordinal);
        File.Delete(path);
        Assert.Contains("is gone", await RefusalAsync(bench, 200), StringComparison.Ordinal);
        Assert.Equal(JobState.Paused, bench.Coordinator.Job(job.Id).State);
        Assert.Empty(bench.ExecutedMoves());
        Assert.Empty(Directory.EnumerateFiles(bench.Folder.In("data/programs")));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_crash_right_after_going_on_tells_the_line_where_it_went_on()
    {
        await using var bench = await AgentBench.CreateAsync();
        bench.Asks();
        var (job, _) = LeaveBehind(bench, lastLine: 300);
        var at = TimeProvider.System.GetUtcNow();
        using (var book = EdgeBook.Open(bench.Folder.In("data/journal.db"), TimeProvider.System))
        {
            var stopped = new InterruptionRecord { Job = job.Id, Epoch = 1, Number = 1, LastLine = 300, LineCount = 508, Words = "It stopped." };
            Assert.Null(book.Append(new JobPaused { Job = job.Id, Epoch = 1, At = at, Reason = "It stopped." }, stopped));
            Assert.Null(book.Append(new JobResumed { Job = job.Id, Epoch = 1, At = at }, stopped with { FromLine = 250 }));
        }

        File.Delete(bench.Folder.In("data/running/mk3"));
        await bench.StartAgentAsync();
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Paused);
        var waiting = await bench.Agent!.Loop.AskAsync(() => bench.Agent.Loop.InterruptedOn(Bench.Machine), Bench.Token);
        Assert.Equal((2, 249, 508), (waiting.Interruption.Number, waiting.Interruption.LastLine, waiting.Interruption.LineCount));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_site_that_does_not_ask_fails_the_job_and_keeps_nothing_of_it()
    {
        await using var bench = await AgentBench.CreateAsync();
        var (job, path) = LeaveBehind(bench, lastLine: 321);
        await bench.StartAgentAsync();
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Failed);
        await bench.WaitForMachineAsync(MachineState.NeedsClearing, "was interrupted");
        Assert.Equal(321, Assert.IsType<JobFailed>(bench.Coordinator.EventsOf(job.Id)[^1]).LastLine);
        Assert.False(File.Exists(path));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_router_goes_on_from_a_line_with_the_tool_from_above()
    {
        const string Engraving = "G21 G90 G17\nG0 X1 Y1 Z5\nM3 S12000\nG1 Z-0.5 F300\nG1 X11 F900\nG1 Y11\nG1 X1\nG1 Y1\nG0 Z5\nM5\nM2\n";
        var profile = MachineProfiles.Find("shapeoko-3");
        using var folder = new TestFolder();
        await using var catalogue = await TestCatalogue.StartAsync();
        await using var coordinator = await TestCoordinator.StartAsync();
        await using var router = SimulatedMachine.Start(new SimulatorOptions { Profile = profile, Speed = AgentBench.Quick, Link = folder.In("port") });
        var (job, _) = RecoveryBench.LeaveBehind(folder.In("data"), coordinator, Bench.Leased(Bench.AnyDesign), Engraving, profile, lastLine: 5);
        await using var agent = await EdgeAgent.StartAsync(
            new EdgeConfig
            {
                Site = Bench.Site,
                Title = "Test lab",
                Coordinator = coordinator.Address,
                Catalogue = catalogue.Address,
                DataFolder = folder.In("data"),
                Machines = [new MachineConfig { Name = "mk3", Profile = profile, Port = router.PortPath, SimulatedSpeed = AgentBench.Quick, OnInterruption = InterruptionPolicy.Ask }],
            },
            null,
            Bench.Token);
        await coordinator.WaitForStateAsync(job.Id, JobState.Paused);
        await coordinator.WaitAsync(() => agent.HostOf(Bench.Machine).Report.State is MachineState.Idle, "the router to be idle");

        // It was switched off and on, and counts from zero; then a person brings it back to where it stopped.
        await coordinator.WaitAsync(() => agent.HostOf(Bench.Machine).Report.CountedMm is { X: 0 }, "the router to say where it is");
        using (var plan = await PlanAsync(agent))
        {
            Assert.Contains("The firmware says X0 Y0 Z0: 1 mm on X from where the program stopped.", plan.Precondition, StringComparison.Ordinal);
        }

        await agent.HostOf(Bench.Machine).OperateAsync(new ManualOperation.Jog(11, 4, 0, 3000), Bench.Token);
        await coordinator.WaitAsync(() => agent.HostOf(Bench.Machine).Report.CountedMm is { X: > 10.99, Y: > 3.99 }, "the router to be there");
        using (var plan = await PlanAsync(agent))
        {
            Assert.Contains("which is where the program stopped", plan.Precondition, StringComparison.Ordinal);
        }

        await coordinator.WaitAsync(() => agent.HostOf(Bench.Machine).Report.State is MachineState.Idle, "the router to be idle");
        var (preamble, from) = await agent.RecoverAsync();
        await coordinator.WaitForStateAsync(job.Id, JobState.Completed);
        Assert.Equal(6, from);
        List<string> expected = ["M5", "M9", StartModes, .. preamble, .. RecoveryBench.LinesOf(Engraving, profile).Skip(5)];
        Assert.Equal(expected.Select(l => l.Replace(" ", "", StringComparison.Ordinal)), router.Executed().TakeLast(expected.Count));
    }

    private static (Job Job, string Path) LeaveBehind(AgentBench bench, int lastLine) => RecoveryBench.LeaveBehind(
        bench.Folder.In("data"), bench.Coordinator, Bench.Leased(Bench.AnyDesign), Bench.Program(500), Bench.Mk3, lastLine);

    [Fact(Timeout = 60_000)]
    public async Task A_height_that_may_have_changed_before_the_stop_is_told_with_its_line()
    {
        const string Layers = "G21\nG90\nM82\nG28\nG1 Z5 F600\nG1 X20 Y20 F6000\nG1 X30\nG1 Z5.2 F600\nG1 X40 F6000\nM84\n";
        await using var bench = await AgentBench.CreateAsync();
        bench.Asks();
        var (job, _) = RecoveryBench.LeaveBehind(bench.Folder.In("data"), bench.Coordinator, Bench.Leased(Bench.AnyDesign), Layers, Bench.Mk3, lastLine: 6);
        await bench.StartAgentAsync();
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Paused);
        using var plan = await PlanAsync(bench, null);
        Assert.Contains("at Z5, as before line 7. Line 8 goes to another height", plan.Precondition, StringComparison.Ordinal);
        using var above = await PlanAsync(bench, 9);
        Assert.Contains("at Z5.2, as before line 9.", above.Precondition, StringComparison.Ordinal);
        Assert.Contains("Lines 7 to 8 are left out", above.Precondition, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_the_firmware_says_of_the_height_is_told_with_what_is_taken_for_granted()
    {
        const string Layers = "G21\nG90\nM82\nG28\nG1 Z5 F600\nG1 X20 Y20 F6000\nG1 X30\nG1 X40\nM84\n";
        await using var bench = await AgentBench.CreateAsync();
        bench.Asks();
        RecoveryBench.LeaveBehind(bench.Folder.In("data"), bench.Coordinator, Bench.Leased(Bench.AnyDesign), Layers, Bench.Mk3, lastLine: 6);
        await bench.StartAgentAsync();
        await UntilAsync(bench, s => bench.Agent!.HostOf(Bench.Machine).Report is { State: MachineState.Idle, CountedMm.Z: 0 });
        using (var plan = await PlanAsync(bench, null))
        {
            // The board was switched on again: it counts from zero.
            Assert.Contains("The firmware says Z0: it stopped at another line, or was reset", plan.Precondition, StringComparison.Ordinal);
        }

        await bench.Agent!.HostOf(Bench.Machine).OperateAsync(new ManualOperation.Jog(0, 0, 5, 600), Bench.Token);
        await UntilAsync(bench, s => bench.Agent!.HostOf(Bench.Machine).Report.CountedMm?.Z is 5);
        using var again = await PlanAsync(bench, null);
        Assert.Contains("The firmware says Z5, too.", again.Precondition, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_router_that_wakes_up_locked_is_homed_first_and_then_goes_on()
    {
        const string Engraving = "G21 G90 G17\nG0 X1 Y1 Z5\nM3 S12000\nG1 Z-0.5 F300\nG1 X11 F900\nG1 Y11\nG1 X1\nG1 Y1\nG0 Z5\nM5\nM2\n";
        var profile = MachineProfiles.Find("shapeoko-3");
        using var folder = new TestFolder();
        await using var catalogue = await TestCatalogue.StartAsync();
        await using var coordinator = await TestCoordinator.StartAsync();
        await using var router = SimulatedMachine.Start(
            new SimulatorOptions { Profile = profile, Speed = AgentBench.Quick, Link = folder.In("port"), Grbl = new FabNet.FirmwareSimulator.Grbl.GrblBuild { Homing = true } });
        var (job, _) = RecoveryBench.LeaveBehind(folder.In("data"), coordinator, Bench.Leased(Bench.AnyDesign), Engraving, profile, lastLine: 5);
        await using var agent = await EdgeAgent.StartAsync(
            new EdgeConfig
            {
                Site = Bench.Site,
                Title = "Test lab",
                Coordinator = coordinator.Address,
                Catalogue = catalogue.Address,
                DataFolder = folder.In("data"),
                Machines = [new MachineConfig { Name = "mk3", Profile = profile, Port = router.PortPath, SimulatedSpeed = AgentBench.Quick, OnInterruption = InterruptionPolicy.Ask }],
            },
            null,
            Bench.Token);
        await coordinator.WaitForStateAsync(job.Id, JobState.Paused);
        await coordinator.WaitAsync(() => agent.HostOf(Bench.Machine).Report.State is MachineState.Alarm, "the router to wake up locked");
        var refused = await Assert.ThrowsAsync<OperatorException>(() => agent.RecoverAsync());
        Assert.Contains("must be idle and homed", refused.Message, StringComparison.Ordinal);
        Assert.Contains("operate lab-test/mk3 home", refused.Message, StringComparison.Ordinal);
        Assert.Empty(router.Executed());
        await agent.HostOf(Bench.Machine).OperateAsync(new ManualOperation.Home(""), Bench.Token);
        await coordinator.WaitAsync(() => agent.HostOf(Bench.Machine).Report.State is MachineState.Idle, "the router to be homed");
        var (preamble, from) = await agent.RecoverAsync();
        await coordinator.WaitForStateAsync(job.Id, JobState.Completed);
        Assert.Equal(6, from);
        List<string> expected = ["$H", "M5", "M9", StartModes, .. preamble, .. RecoveryBench.LinesOf(Engraving, profile).Skip(5)];
        Assert.Equal(expected.Select(l => l.Replace(" ", "", StringComparison.Ordinal)), router.Executed().TakeLast(expected.Count));
    }

    private static Task<FabNet.Edge.Recovering.RecoveryPlan> PlanAsync(AgentBench bench, int? fromLine) => PlanAsync(bench.Agent!, fromLine);

    private static async Task<FabNet.Edge.Recovering.RecoveryPlan> PlanAsync(EdgeAgent agent, int? fromLine = null)
    {
        var stopped = await agent.Loop.AskAsync(() => agent.Loop.InterruptedOn(Bench.Machine), Bench.Token);
        return await agent.Recovery.PlanAsync(stopped, fromLine, Bench.Token);
    }

    private static async Task<string> RefusalAsync(AgentBench bench, int? fromLine) =>
        (await Assert.ThrowsAsync<OperatorException>(() => bench.Agent!.RecoverAsync(fromLine))).Message;

    private static async Task<FabNet.Edge.Recovering.Interrupted> UnplugAsync(AgentBench bench)
    {
        bench.Marlin.Faults.Unplug();
        await UntilAsync(bench, s => s is { State: MachineState.Attention });
        return await bench.Agent!.Loop.AskAsync(() => bench.Agent.Loop.InterruptedOn(Bench.Machine), Bench.Token);
    }

    /// <summary>Asks the agent itself until its machine is as wanted; the test's own limit ends it.</summary>
    private static async Task UntilAsync(AgentBench bench, Func<FabNet.Model.Sites.MachineStatus, bool> wanted)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (bench.Agent!.Machines is not [var status] || !wanted(status))
        {
            await timer.WaitForNextTickAsync(Bench.Token);
        }
    }
}
