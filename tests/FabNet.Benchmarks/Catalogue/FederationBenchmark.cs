// One catalogue follows another: how fast its log comes over, and what a poll costs that finds nothing new.

using System.Diagnostics;
using System.Globalization;
using FabNet.Catalogue.Trust;
using FabNet.Journal;
using FabNet.Protocol.V1;
using Grpc.Net.Client;

namespace FabNet.Benchmarks.Catalogue;

internal static class FederationBenchmark
{
    private const int DefaultDesigns = 20_000;

    private const int Polls = 500;

    private static readonly string[] Headings = ["what", "figure"];

    public static async Task RunAsync(BenchmarkOptions options)
    {
        var data = Directory.CreateTempSubdirectory("fabnet-benchmark-").FullName;
        var designs = options.Name == "all" ? DefaultDesigns : Math.Min(options.Designs, 1_000_000);
        try
        {
            var rows = new List<string[]>();
            var (from, to) = (Directory.CreateDirectory(Path.Combine(data, "from")).FullName, Directory.CreateDirectory(Path.Combine(data, "to")).FullName);
            CatalogueBenchmark.Fill(from, designs);
            await using var first = ChildProcess.Start(ChildProcess.Catalogue, from);
            await using var second = ChildProcess.Start(ChildProcess.Catalogue, to);
            var (address, follower) = (await first.ReadLineAsync(), await second.ReadLineAsync());
            await FollowAsync(address, follower, designs, second, rows);
            await PollAsync(address, rows);
            Table.Print(string.Create(CultureInfo.InvariantCulture, $"A catalogue of {designs:N0} designs, followed"), Headings, rows);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static async Task FollowAsync(string address, string follower, int designs, ChildProcess second, List<string[]> rows)
    {
        using var channel = GrpcChannel.ForAddress(follower);
        var client = new CatalogueFederation.CatalogueFederationClient(channel);
        var before = await second.UsageAsync();
        var started = Stopwatch.GetTimestamp();
        await client.FollowAsync(new FollowRequest { Address = address, NoBlobs = true });
        while ((await client.ListFollowedAsync(new ListFollowedRequest())).Followed is not [{ SyncedAt: not null }])
            await Task.Delay(100);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var after = await second.UsageAsync();
        rows.Add(["first sync, without files", Text($"{seconds:0.0} s ({designs / seconds:N0} designs/s, each verified), CPU {after.CpuSeconds - before.CpuSeconds:0.0} s, resident {after.Megabytes} MB")]);
    }

    private static async Task PollAsync(string address, List<string[]> rows)
    {
        using var channel = GrpcChannel.ForAddress(address);
        var client = new DesignCatalogue.DesignCatalogueClient(channel);
        foreach (var (name, kinds) in new (string, string[])[] { ("poll at the head, all kinds", []), ("poll from the beginning, verdicts and collections only", ["attestation", "collection"]) })
        {
            var times = new List<double>();
            for (var poll = 0; poll < Polls; poll++)
            {
                var request = new ListStatementsRequest { Limit = 1_000 };
                request.Kinds.AddRange(kinds);
                request.After = kinds.Length == 0 ? int.MaxValue : 0;
                var started = Stopwatch.GetTimestamp();
                await client.ListStatementsAsync(request);
                times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }

            times.Sort();
            rows.Add([name, Text($"p50 {times[Polls / 2]:0.00} ms, p99 {times[Polls * 99 / 100]:0.00} ms")]);
        }
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
