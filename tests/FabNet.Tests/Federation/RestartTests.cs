// Either coordinator is stopped at each step of a guest's job, and the job ends as it would have, once.

using FabNet.Protocol.V1;
using FabNet.Tests.Coordinator;
using Xunit;

namespace FabNet.Tests.Federation;

public sealed class RestartTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Steps
    {
        get
        {
            var steps = new TheoryData<string, string>();
            foreach (var who in (ReadOnlySpan<string>)["a", "b"])
            {
                foreach (var when in (ReadOnlySpan<string>)["offered", "leased", "ready", "running", "completed"])
                {
                    steps.Add(who, when);
                }
            }

            return steps;
        }
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Steps))]
    public async Task A_job_of_a_guest_goes_on_where_it_was(string who, string when)
    {
        await using var two = await TwoCommunities.StartAsync();
        var north = await two.B.ConnectAsync("north");
        try
        {
            await two.OrderAtAAsync();
            Job? lease = null;
            var sequence = 0L;
            foreach (var step in (string[])["offered", "leased", "ready", "running", "completed"])
            {
                switch (step)
                {
                    case "offered":
                        // Nothing is answered: after a restart it is offered again.
                        await TwoCommunities.JobAsync(two.B, "o-1.1", JobState.Offered);
                        break;
                    case "leased":
                        lease = await TwoCommunities.ClaimNextAsync(north);
                        break;
                    case "ready":
                        await TwoCommunities.ReadyAsync(north, lease!, ++sequence);
                        sequence++;
                        break;
                    case "running":
                        await north.ReportAsync(++sequence, new() { Started = new() }, lease!.Id, lease.Epoch);
                        break;
                    default:
                        await north.ReportAsync(++sequence, new() { Completed = new() { Seconds = 640, Grams = 4.2, EnergyKwh = 0.02 } }, lease!.Id, lease.Epoch);
                        break;
                }

                if (step == when && who is "a")
                {
                    await two.RestartAAsync();
                }
                else if (step == when)
                {
                    await two.B.StopAsync();
                    await north.DisposeAsync();
                    await two.StartBAsync();
                    north = await two.B.ConnectAsync("north");
                }
            }

            await TwoCommunities.JobAsync(two.A, "o-1.1", JobState.Completed);
            var history = await two.A.Coordination.GetJobAsync(new() { Id = "o-1.1" }, cancellationToken: Cancel);
            Assert.Single(history.Events, static e => e.HappenedCase is JobEvent.HappenedOneofCase.Started);
            Assert.Single(history.Events, static e => e.HappenedCase is JobEvent.HappenedOneofCase.Completed);
            Assert.Single((await two.A.Coordination.GetOrderAsync(new() { Id = "o-1" }, cancellationToken: Cancel)).Jobs);
            Assert.Single((await two.B.Coordination.ListOrdersAsync(new(), cancellationToken: Cancel)).Orders);
        }
        finally
        {
            await north.DisposeAsync();
        }
    }
}
