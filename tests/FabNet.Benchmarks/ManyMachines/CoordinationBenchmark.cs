// A thousand machines on one coordinator: orders in, all of it made, and how long a person waits for an answer meanwhile.

using System.Diagnostics;
using System.Globalization;
using FabNet.Catalogue.Client;
using FabNet.Catalogue.Designs;
using FabNet.Model.Licensing;
using FabNet.Protocol.Statements;
using FabNet.Protocol.V1;
using Grpc.Net.Client;

namespace FabNet.Benchmarks.ManyMachines;

internal static class CoordinationBenchmark
{
    private const int Sites = 200;
    private const int MachinesEach = 5;
    private const int JobsEach = 5;
    private const int Callers = 8;
    private const int DefaultOrders = 1_000;

    private static readonly TimeSpan Run = TimeSpan.FromSeconds(5);

    private static readonly string[] Headings = ["what", "figure"];

    public static async Task RunAsync(BenchmarkOptions options)
    {
        var data = Directory.CreateTempSubdirectory("fabnet-benchmark-").FullName;
        var orders = options.Name == "all" ? DefaultOrders : Math.Min(options.Orders, 100_000);
        try
        {
            var rows = new List<string[]>();
            await using var server = ChildProcess.Start(ChildProcess.Coordinator, data);
            var address = await server.ReadLineAsync();
            await PublishAsync(data, new Uri(address));
            await MeasureAsync(address, server, orders, rows);
            Table.Print(string.Create(CultureInfo.InvariantCulture, $"{Sites * MachinesEach:N0} machines of {Sites} sites, {orders * JobsEach:N0} jobs of {Run.TotalSeconds:0} s"), Headings, rows);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static async Task MeasureAsync(string address, ChildProcess server, int orders, List<string[]> rows)
    {
        var (idle, started) = (await server.UsageAsync(), Stopwatch.GetTimestamp());
        var links = Enumerable.Range(0, 8).Select(_ => GrpcChannel.ForAddress(address)).ToList();
        var sites = Enumerable.Range(0, Sites).Select(n => new PlayedSite(new EdgeLink.EdgeLinkClient(links[n % links.Count]), PlayedSite.Of(n, MachinesEach), Run)).ToList();
        foreach (var site in sites)
        {
            await site.JoinAsync();
        }

        using var channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { MaxReceiveMessageSize = 64 * 1024 * 1024 });
        var client = new Coordination.CoordinationClient(channel);
        while (sites.Sum(static s => s.Made) == 0 && (await client.GetNetworkAsync(new GetNetworkRequest())).Sites.Sum(static s => s.Machines.Count) < Sites * MachinesEach)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }

        rows.Add(["all sites joined after", Text($"{Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s")]);
        (var begun, started) = (await server.UsageAsync(), Stopwatch.GetTimestamp());
        var waits = (await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(() => OrderAsync(client, caller, orders / Callers))))).SelectMany(static w => w).Order().ToList();
        rows.Add([Text($"orders of {JobsEach}, {Callers} at once, while they are made"), Text($"{waits.Count / Stopwatch.GetElapsedTime(started).TotalSeconds:N0} orders/s; {Percentiles(waits)}")]);
        var (views, quotes, boards) = (new List<double>(), new List<double>(), new List<double>());
        var jobs = waits.Count * JobsEach;
        while (sites.Sum(static s => s.Made) < jobs)
        {
            await TimeAsync(views, async () => await client.GetNetworkAsync(new GetNetworkRequest()));
            await TimeAsync(quotes, async () => await client.QuoteOrderAsync(new PlaceOrderRequest { Design = "bench-part", Quantity = 1, Customer = "bench" }));
            await TimeAsync(boards, async () => await client.GetBoardAsync(new GetBoardRequest()));
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        }

        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var ended = await server.UsageAsync();
        rows.Add(["all made after", Text($"{seconds:0.0} s ({jobs / seconds:N0} jobs/s; the machines alone would need {(double)jobs / (Sites * MachinesEach) * Run.TotalSeconds:0.0} s)")]);
        rows.Add(["meanwhile, the whole network", Percentiles([.. views.Order()])]);
        rows.Add(["a quote", Percentiles([.. quotes.Order()])]);
        rows.Add(["the board", Percentiles([.. boards.Order()])]);
        rows.Add(["CPU of the coordinator", Text($"{(ended.CpuSeconds - begun.CpuSeconds) * 1000 / jobs:0.0} ms a job ({ended.CpuSeconds - begun.CpuSeconds:0.0} s)")]);
        rows.Add(["resident before; with the sites; at the end", $"{idle.Megabytes}; {begun.Megabytes}; {ended.Megabytes} MB"]);
        foreach (var site in sites)
        {
            await site.DisposeAsync();
        }

        links.ForEach(static link => link.Dispose());
    }

    private static async Task<List<double>> OrderAsync(Coordination.CoordinationClient client, int caller, int orders)
    {
        var waits = new List<double>();
        for (var order = 0; order < orders; order++)
        {
            await TimeAsync(waits, async () => await client.PlaceOrderAsync(new PlaceOrderRequest
            {
                Key = string.Create(CultureInfo.InvariantCulture, $"{caller}-{order}"), Design = "bench-part", Quantity = JobsEach, Material = "PLA", Color = order % 2 == 0 ? "black" : "white", Customer = "bench",
            }));
        }

        return waits;
    }

    private static async Task TimeAsync(List<double> times, Func<Task> call)
    {
        var started = Stopwatch.GetTimestamp();
        await call();
        times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }

    private static async Task PublishAsync(string data, Uri address)
    {
        var source = Directory.CreateDirectory(Path.Combine(data, "source")).FullName;
        await File.WriteAllTextAsync(Path.Combine(source, "okh.toml"), """
            okhv = "2.4"
            name = "Bench part"
            repo = "https://example.org/bench"
            version = "1.0.0"
            license = "MIT"
            licensor = "Nobody"
            function = "Is made often."

            [[part]]
            name = "Part"
            export = "part.stl"
            tsdc = "3DP"
            quantity = 1

            [part.outer-dimensions]
            width = 20
            depth = 20
            height = 10
            """);
        await File.WriteAllTextAsync(Path.Combine(source, "part.stl"), "solid part\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 20 0 0\nvertex 0 20 10\nendloop\nendfacet\nendsolid part\n");
        using var client = CatalogueClient.Connect(address, publisher: PublisherFolder.Create(Path.Combine(data, "keys"), "bench", "Bench", OrganisationKind.Person));
        await client.Publisher.PublishAsync(await DesignImporter.ImportAsync(source));
    }

    private static string Percentiles(List<double> sorted) => sorted.Count == 0 ? "-"
        : Text($"p50 {sorted[sorted.Count / 2]:0.0} ms, p99 {sorted[Math.Min(sorted.Count - 1, sorted.Count * 99 / 100)]:0.0} ms, greatest {sorted[^1]:0.0} ms ({sorted.Count:N0})");

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
