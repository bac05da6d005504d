using FabNet.Edge;
using FabNet.Edge.Configuration;
using FabNet.Model.Jobs;
using FabNet.Protocol;
using FabNet.Protocol.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using JobState = FabNet.Model.Jobs.JobState;
using MachineState = FabNet.Model.Machines.MachineState;

namespace FabNet.Tests.Edge;

public sealed class ConsoleTests
{
    [Fact(Timeout = 120_000)]
    public async Task An_operator_decides_on_offers_clears_loads_and_takes_out_of_service()
    {
        await using var bench = await AgentBench.CreateAsync();
        bench.Config = bench.Config with { Policy = new SitePolicy { Claim = ClaimPolicy.None } };
        await using var server = await ServeAsync(bench);
        using var channel = GrpcChannel.ForAddress(server.Address);
        var console = new SiteConsole.SiteConsoleClient(channel);

        var design = bench.Catalogue.PublishToolpath("clip", Bench.Program(30));
        var job = Bench.Leased(design.Ref);
        Offer(bench, job);
        var other = Bench.Leased(design.Ref, number: 2);
        Offer(bench, other);
        await bench.Coordinator.WaitForAsync(m => m.KeepAlive is not null, "the link");
        ListOffersReply offers;
        do
        {
            offers = await console.ListOffersAsync(new ListOffersRequest { Site = "lab-test" }, cancellationToken: Bench.Token);
        }
        while (offers.Offers.Count < 2);

        await console.DeclineAsync(new OperatorDecline { JobId = other.Id.Value, Reason = "no time" }, cancellationToken: Bench.Token);
        await bench.Coordinator.WaitForAsync(m => m.Decline is { Reason: "no time" }, "the decline");
        var claiming = console.ClaimAsync(new OperatorClaim { JobId = job.Id.Value, Machine = "lab-test/mk3" }, cancellationToken: Bench.Token);
        await bench.Coordinator.WaitForAsync(m => m.Claim?.JobId == job.Id.Value, "the claim");
        bench.Coordinator.Grant(job);
        Assert.Contains("o-7.1 is leased to lab-test/mk3", (await claiming).Message, StringComparison.Ordinal);
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Completed);
        await bench.WaitForMachineAsync(MachineState.NeedsClearing);

        var mk3 = new MachineRequest { Machine = "lab-test/mk3" };
        Assert.Contains("is clear", (await console.ClearMachineAsync(new ClearMachineRequest { Machine = "lab-test/mk3" }, cancellationToken: Bench.Token)).Message, StringComparison.Ordinal);
        await console.LoadMaterialAsync(
            new LoadMaterialRequest { Machine = "lab-test/mk3", Loaded = new LoadedMaterial { Material = "petg", Color = "White" } }, cancellationToken: Bench.Token);
        await console.SetMaintenanceAsync(new SetMaintenanceRequest { Machine = "lab-test/mk3", InMaintenance = true, Reason = "belt" }, cancellationToken: Bench.Token);
        var machine = Assert.Single((await console.ListMachinesAsync(new ListMachinesRequest(), cancellationToken: Bench.Token)).Machines).ToModel();
        Assert.Equal((FabNet.Model.Machines.MachineState.Maintenance, "belt"), (machine.State, machine.Detail));
        Assert.Equal(new FabNet.Model.Sites.LoadedMaterial("PETG", "white"), machine.Loaded);

        var jog = new OperateRequest { Machine = "lab-test/mk3", Operation = "jog X10 F3000" };
        Assert.Contains("done", (await console.OperateAsync(jog, cancellationToken: Bench.Token)).Message, StringComparison.Ordinal);
        Assert.Equal(StatusCode.InvalidArgument, await FailAsync(() => console.OperateAsync(new OperateRequest { Machine = "lab-test/mk3", Operation = "fly" }, cancellationToken: Bench.Token)));
        await console.SetMaintenanceAsync(new SetMaintenanceRequest { Machine = "lab-test/mk3" }, cancellationToken: Bench.Token);
        Assert.Equal(StatusCode.FailedPrecondition, await FailAsync(() => console.OperateAsync(jog, cancellationToken: Bench.Token)));
        Assert.Equal(StatusCode.FailedPrecondition, await FailAsync(() => console.PauseAsync(mk3, cancellationToken: Bench.Token)));
        Assert.Equal(StatusCode.NotFound, await FailAsync(() => console.ClearMachineAsync(new ClearMachineRequest { Machine = "lab-test/mk9" }, cancellationToken: Bench.Token)));
        Assert.Equal(StatusCode.NotFound, await FailAsync(() => console.ClearMachineAsync(new ClearMachineRequest { Machine = "elsewhere/mk3" }, cancellationToken: Bench.Token)));
        Assert.Equal(StatusCode.InvalidArgument, await FailAsync(() => console.ClearMachineAsync(new ClearMachineRequest { Machine = "mk3" }, cancellationToken: Bench.Token)));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_claim_that_the_coordinator_refuses_says_why()
    {
        await using var bench = await AgentBench.StartAsync(new SitePolicy { Claim = ClaimPolicy.None });
        var job = Bench.Leased(Bench.AnyDesign);
        var answer = await bench.Agent!.Loop.AskAsync(() => bench.Agent.Loop.Claim(job.Id, Bench.Machine), Bench.Token);
        bench.Coordinator.Say(new EdgeDown { ClaimRefused = new() { JobId = job.Id.Value, Reason = "It is leased to lab-porto." } });
        Assert.Contains("lab-porto", (await Assert.ThrowsAsync<OperatorException>(() => answer)).Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_running_machine_is_held_and_goes_on_and_both_are_facts_of_the_job()
    {
        await using var bench = await AgentBench.StartAsync(speed: 20);
        var job = bench.Grant(moves: 800);
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Running);
        await bench.WaitForMachineAsync(MachineState.Running);
        await bench.Agent!.HostOf(Bench.Machine).PauseAsync(Bench.Token);
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Paused);
        await bench.Agent.HostOf(Bench.Machine).ResumeAsync(Bench.Token);
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Completed);
        Assert.Equal(AgentBench.MovesOf(Bench.Program(800)), bench.ExecutedMoves());
    }

    [Fact(Timeout = 120_000)]
    public async Task After_an_emergency_stop_nothing_starts_before_a_person_has_looked_even_where_machines_clear_themselves()
    {
        await using var bench = await AgentBench.CreateAsync();
        bench.Config = bench.Config with { Policy = new SitePolicy { Clear = ClearPolicy.Automatic } };
        await using var server = await ServeAsync(bench);
        using var channel = GrpcChannel.ForAddress(server.Address);
        var console = new SiteConsole.SiteConsoleClient(channel);
        var running = bench.Grant(moves: AgentBench.Endless, number: 1);
        var next = bench.Grant(moves: 50, number: 2);
        await bench.Coordinator.WaitForStateAsync(running.Id, JobState.Running);
        await bench.Coordinator.WaitForStateAsync(next.Id, JobState.Ready);
        await console.EmergencyStopAsync(new MachineRequest { Machine = "lab-test/mk3" }, cancellationToken: Bench.Token);
        await bench.Coordinator.WaitForStateAsync(running.Id, JobState.Failed);
        bench.Marlin.Faults.Reset(); // Its button.
        await bench.WaitForMachineAsync(MachineState.NeedsClearing, "It was stopped in an emergency.");
        Assert.DoesNotContain(bench.Coordinator.EventsOf(next.Id), e => e is FabNet.Model.Jobs.JobStarted);
        await console.ClearMachineAsync(new ClearMachineRequest { Machine = "lab-test/mk3" }, cancellationToken: Bench.Token);
        await bench.Coordinator.WaitForStateAsync(next.Id, JobState.Completed);
    }

    [Fact]
    public async Task What_is_cleared_in_alarm_is_not_said_to_start_its_next_job()
    {
        await using var bench = await AgentBench.CreateAsync();
        await using var server = await ServeAsync(bench);
        using var channel = GrpcChannel.ForAddress(server.Address);
        var console = new SiteConsole.SiteConsoleClient(channel);
        await console.EmergencyStopAsync(new MachineRequest { Machine = "lab-test/mk3" }, cancellationToken: Bench.Token);
        await bench.WaitForMachineAsync(MachineState.Alarm);
        var reply = await console.ClearMachineAsync(new ClearMachineRequest { Machine = "lab-test/mk3" }, cancellationToken: Bench.Token);
        Assert.Contains("is clear; its alarm was reset as far as its firmware lets one", reply.Message, StringComparison.Ordinal);
    }

    /// <summary>The agent in a server of its own, as the program has it.</summary>
    private static async Task<GrpcHost> ServeAsync(AgentBench bench)
    {
        var server = await GrpcHost.StartAsync(s => s.AddEdge([bench.Config], new EdgeAgentOptions { ReconnectDelay = TimeSpan.FromMilliseconds(100) }), a => a.MapSiteConsole());
        await bench.WaitForMachineAsync(MachineState.Idle);
        return server;
    }

    private static void Offer(AgentBench bench, FabNet.Model.Jobs.Job job) => bench.Coordinator.Say(new EdgeDown
    {
        Offer = new()
        {
            Job = (job with { State = JobState.Offered, Epoch = 0 }).ToWire(),
            Machine = Bench.Machine.ToString(),
            AnswerBy = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow().AddMinutes(5)),
        },
    });

    private static async Task<StatusCode> FailAsync(Func<AsyncUnaryCall<OperatorReply>> call) =>
        (await Assert.ThrowsAsync<RpcException>(async () => await call())).StatusCode;
}
