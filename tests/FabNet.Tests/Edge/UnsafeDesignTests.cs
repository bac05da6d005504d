// A design that is found unsafe after its job was leased: the machine does not move.

using FabNet.Model.Jobs;
using Xunit;
using JobState = FabNet.Model.Jobs.JobState;
using MachineState = FabNet.Model.Machines.MachineState;

namespace FabNet.Tests.Edge;

public sealed class UnsafeDesignTests
{
    [Fact(Timeout = 120_000)]
    public async Task A_job_that_waits_at_its_machine_is_called_off_with_the_reason()
    {
        await using var bench = await AgentBench.StartAsync();
        var job = bench.Grant(material: "PETG", color: "white");
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Ready);
        await bench.WaitForMachineAsync(MachineState.Attention, "fabnet site load");

        bench.Catalogue.Stop(job.Design.Manifest, "carol/safe-tools found it unsafe: it breaks.");
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Cancelled);
        Assert.Contains("must not be made: carol/safe-tools found it unsafe: it breaks.", bench.Coordinator.Job(job.Id).Reason, StringComparison.Ordinal);
        await bench.WaitForMachineAsync(MachineState.Idle);
        Assert.Empty(bench.ExecutedMoves());
    }

    [Fact(Timeout = 120_000)]
    public async Task A_job_leased_after_the_verdict_is_never_prepared()
    {
        await using var bench = await AgentBench.StartAsync();
        var design = bench.Catalogue.PublishToolpath("part-77", Bench.Program(77));
        bench.Catalogue.Stop(design.Ref.Manifest, "its key was revoked: stolen");
        var job = bench.Grant(moves: 77);
        await bench.Coordinator.WaitAsync(() => bench.Coordinator.Job(job.Id).State is JobState.Rejected or JobState.Cancelled, "the job to be refused");
        Assert.Contains("its key was revoked: stolen", bench.Coordinator.Job(job.Id).Reason, StringComparison.Ordinal);
        Assert.DoesNotContain(bench.Coordinator.EventsOf(job.Id), e => e is JobReady or JobStarted);
        Assert.Empty(bench.ExecutedMoves());
    }
}
