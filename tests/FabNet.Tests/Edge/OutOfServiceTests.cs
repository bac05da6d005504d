// Machines that can't go on by themselves: whose work goes elsewhere, and which takes no more.

using FabNet.Edge.Configuration;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using Xunit;
using JobState = FabNet.Model.Jobs.JobState;
using MachineState = FabNet.Model.Machines.MachineState;

namespace FabNet.Tests.Edge;

public sealed class OutOfServiceTests
{
    [Fact(Timeout = 120_000)]
    public async Task Work_that_waits_for_a_machine_goes_back_to_the_network_when_a_person_takes_it_out_of_service()
    {
        await using var bench = await AgentBench.StartAsync();
        var running = bench.Grant(moves: AgentBench.Endless, number: 1);
        var waiting = bench.Grant(moves: 50, number: 2);
        await bench.Coordinator.WaitForStateAsync(running.Id, JobState.Running);
        await bench.Coordinator.WaitForStateAsync(waiting.Id, JobState.Ready);
        await bench.AskAsync(l => l.SetMaintenance(Bench.Machine, inMaintenance: true, "a new belt"));
        await bench.Agent!.HostOf(Bench.Machine).EmergencyStopAsync(Bench.Token);
        await bench.Coordinator.WaitForStateAsync(running.Id, JobState.Failed);
        await bench.Coordinator.WaitForStateAsync(waiting.Id, JobState.Planned);
        Assert.Equal("lab-test/mk3 is out of service: a new belt", Assert.Single(bench.Coordinator.EventsOf(waiting.Id).OfType<JobReleased>()).Reason);
    }

    [Fact(Timeout = 120_000)]
    public async Task What_waits_for_a_machine_in_alarm_waits_five_minutes_and_then_goes_elsewhere()
    {
        var time = new JumpingTime();
        await using var bench = await AgentBench.CreateAsync();
        bench.Time = time;
        await bench.StartAgentAsync();
        await bench.WaitForMachineAsync(MachineState.Idle);
        await bench.Agent!.HostOf(Bench.Machine).EmergencyStopAsync(Bench.Token);
        await bench.WaitForMachineAsync(MachineState.Alarm);
        var job = bench.Grant(moves: 50, lease: TimeSpan.FromDays(1));
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Ready);
        time.Skip(TimeSpan.FromMinutes(4));
        await bench.AskAsync(static _ => "");
        Assert.DoesNotContain(bench.Coordinator.EventsOf(job.Id), e => e is JobReleased);
        time.Skip(TimeSpan.FromMinutes(2));
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Planned);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_machine_on_which_two_runs_in_a_row_fail_takes_no_more_until_a_person_has_looked()
    {
        await using var bench = await AgentBench.StartAsync(new SitePolicy { Clear = ClearPolicy.Automatic });
        for (var run = 1; run <= 2; run++)
        {
            var job = bench.Grant(moves: AgentBench.Endless, number: run);
            await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Running);
            bench.Marlin.Faults.Reset();
            await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Failed);
        }

        await bench.WaitForMachineAsync(MachineState.Maintenance, "2 runs in a row failed on it");
        var next = bench.Grant(moves: 50, number: 3);
        await bench.Coordinator.WaitForStateAsync(next.Id, JobState.Planned);
        Assert.Contains("back in service", await bench.AskAsync(l => l.SetMaintenance(Bench.Machine, inMaintenance: false, "")), StringComparison.Ordinal);
        var good = bench.Grant(moves: 50, number: 4);
        await bench.Coordinator.WaitForStateAsync(good.Id, JobState.Completed);
    }
}
