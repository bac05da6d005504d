// `fabnet up` as a new user meets it: a network in one go, orders that survive its stop, and output that programs can read.

using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using FabNet.Protocol.V1;
using FabNet.SystemTests.Running;
using Grpc.Net.Client;

namespace FabNet.SystemTests;

[Collection(nameof(WholeMachine))]
public sealed class UpTests : IDisposable
{
    private const int TimeoutMs = 240_000;

    private readonly TemporaryFolder _data = new();
    private readonly string _address = $"http://127.0.0.1:{Loopback.FreePort()}";

    public void Dispose() => _data.Dispose();

    [Fact(Timeout = TimeoutMs)]
    public async Task Copies_of_a_part_are_made_in_one_run_on_one_bed_and_the_books_add_up()
    {
        Repository.RequirePrusaSlicer();
        var stop = TestContext.Current.CancellationToken;
        using var channel = GrpcChannel.ForAddress(_address);
        await using var up = Up("100");
        await up.WaitForLineAsync("The network is up", stop);
        var ordered = await AskAsync(stop, "order", "cable-clip", "--quantity", "4", "--material", "PLA", "--color", "black", "--wait");
        Assert.True(ordered.ExitCode == 0, $"{ordered.Said}\n{up.Said}");
        var order = await new Coordination.CoordinationClient(channel).GetOrderAsync(new GetOrderRequest { Id = "o-1" }, cancellationToken: stop);
        Assert.Single(order.Jobs.Select(j => (j.Machine, j.StartedAt, j.ProgramDigest)).Distinct());
        Assert.All(order.Jobs, j => Assert.Equal((JobState.Completed, 0.25), (j.State, Math.Round(j.Share, 9))));
        (await AskAsync(stop, "accept", "o-1")).Expect(0);
        var ledger = Path.Combine(_data.Path, "ledger.jsonl");
        do
        {
            File.Delete(ledger);
            (await AskAsync(stop, "ledger", "export", ledger)).Expect(0);
        }
        while (!(await File.ReadAllTextAsync(ledger, stop)).Contains("bed/o-1.1/1", StringComparison.Ordinal)); // It follows the facts within a second.

        (await FabNetProcess.RunAsync(stop, "ledger", "verify", ledger)).Expect(0);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_printer_that_was_stopped_in_an_emergency_can_be_used_again()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var up = Up("60");
        await up.WaitForLineAsync("The network is up", stop);
        await StateAsync("idle");
        (await AskAsync(stop, "site", "stop", "lab-south/ender")).Expect(0);
        await StateAsync("alarm");
        (await AskAsync(stop, "site", "clear", "lab-south/ender")).Expect(0);
        await StateAsync("idle");

        // Its session tells when it may; the test's timeout ends the wait.
        async Task StateAsync(string state)
        {
            while (!(await AskAsync(stop, "status")).Output.Split('\n').Any(line => line.StartsWith("lab-south/ender ", StringComparison.Ordinal) && line.Contains($" {state} ", StringComparison.Ordinal)))
            {
                stop.ThrowIfCancellationRequested();
            }
        }
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task It_goes_on_where_it_was_stopped_and_all_it_says_as_json_can_be_read()
    {
        Repository.RequirePrusaSlicer();
        var stop = TestContext.Current.CancellationToken;
        using var channel = GrpcChannel.ForAddress(_address);
        var coordination = new Coordination.CoordinationClient(channel);
        await using (var first = Up("30"))
        {
            await first.WaitForLineAsync("The network is up", stop);
            await first.WaitForLineAsync($"order cable-clip --quantity 3 --material PLA --color black --wait --server {_address}", stop);
            (await SecondAsync(stop)).ExpectRefusal(1, _data.Path, "being used by another process", "--data");
            (await AskAsync(stop, "order", "cable-clip", "--quantity", "2", "--material", "PLA")).Expect(0);
            await RunningAsync(coordination, stop);

            first.Terminate();

            (await first.FinishAsync(stop)).Expect(0);
            Assert.Contains(first.Output, line => line.Contains("'fabnet up' goes on from here", StringComparison.Ordinal));
        }

        // Not faster: the MQTT printer reports once a second, and a print that fits between two reports is one that nobody saw begin.
        await using var again = Up("200");
        await again.WaitForLineAsync("The network is up", stop);
        var order = await coordination.FollowAsync("o-1", stop);
        Assert.True(order.Status == OrderStatus.Completed, $"{order}\n{again.Said}");
        Assert.Equal(2, order.Jobs.Count(j => j.State == JobState.Completed));

        await AssertJsonAsync(stop, "status");
        await AssertJsonAsync(stop, "job", "show", "o-1");
        await AssertJsonAsync(stop, "job", "show", order.Jobs[^1].Id);
        await AssertJsonAsync(stop, "catalogue", "list");
        await AssertJsonAsync(stop, "catalogue", "show", "cable-clip");
        await AssertJsonAsync(stop, "site", "machines");
        await AssertJsonAsync(stop, "order", "bearing-spacer", "--wait");
        var refused = await AskAsync(stop, "job", "show", "o-99", "--json");
        refused.Expect(1);
        Assert.Contains("o-99", JsonDocument.Parse(refused.Errors).RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);

        // The second signal is Ctrl-C's, with nothing under way.
        again.Interrupt();
        (await again.FinishAsync(stop)).Expect(0);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Its_broker_ends_with_it_however_it_ends()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var up = Up("100");
        await up.WaitForLineAsync("The network is up", stop);
        await up.WaitForLineAsync("MQTT broker", stop);
        var broker = up.Output.First(static line => line.StartsWith("MQTT broker", StringComparison.Ordinal));
        var port = int.Parse(broker[(broker.LastIndexOf(':') + 1)..], System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(await AnswersAsync(port, stop));
        await up.KillAsync();
        await Eventually.TrueAsync(async () => !await AnswersAsync(port, stop), "nothing listens on the broker's port", stop);
    }

    private static async Task<bool> AnswersAsync(int port, CancellationToken stop)
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await probe.ConnectAsync(IPAddress.Loopback, port, stop);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private FabNetProcess Up(string speed) => FabNetProcess.Start("up", "--data", _data.Path, "--urls", _address, "--speed", speed);

    /// <summary>Another one on the same data, at another address.</summary>
    private Task<CommandResult> SecondAsync(CancellationToken stop) =>
        FabNetProcess.RunAsync(stop, "up", "--data", _data.Path, "--urls", $"http://127.0.0.1:{Loopback.FreePort()}");

    private Task<CommandResult> AskAsync(CancellationToken stop, params string[] words) => FabNetProcess.RunAsync(stop, [.. words, "--server", _address]);

    private async Task AssertJsonAsync(CancellationToken stop, params string[] words)
    {
        var said = (await AskAsync(stop, [.. words, "--json"])).Expect(0);
        Assert.NotEmpty(said.Output);
        Assert.All(said.Output.Split('\n'), line => JsonDocument.Parse(line).Dispose());
    }

    /// <summary>Completes when a machine runs one of the jobs.</summary>
    private static async Task RunningAsync(Coordination.CoordinationClient coordination, CancellationToken stop)
    {
        using var watch = coordination.WatchNetwork(new WatchNetworkRequest { OrderId = "o-1" }, cancellationToken: stop);
        while (await watch.ResponseStream.MoveNext(stop))
        {
            var change = watch.ResponseStream.Current;
            if ((change.Snapshot?.Jobs ?? []).Append(change.Job).Any(j => j?.State is JobState.Running or JobState.Completed))
            {
                return;
            }
        }

        Assert.Fail("The coordinator ended the stream.");
    }
}
