// A catalogue of a million designs: how fast it searches and publishes, what it takes to start, and how fast a large design is pulled.

using System.Diagnostics;
using System.Globalization;
using FabNet.Catalogue.Client;
using FabNet.Catalogue.Designs;
using FabNet.Catalogue.Search;
using FabNet.Catalogue.Trust;
using FabNet.Journal;
using FabNet.Model.Licensing;
using FabNet.Protocol;
using FabNet.Protocol.Statements;
using FabNet.Protocol.V1;
using Grpc.Net.Client;

namespace FabNet.Benchmarks.Catalogue;

internal static class CatalogueBenchmark
{
    private const int AppendedAtOnce = 2_000;
    private const int LargeMegabytes = 500;
    private static readonly string[] Headings = ["what", "figure"];

    public static async Task RunAsync(BenchmarkOptions options)
    {
        var data = Directory.CreateTempSubdirectory("fabnet-benchmark-").FullName;
        try
        {
            var rows = new List<string[]>();
            Build(data, options.Designs, rows);
            await MeasureAsync(data, options, rows);
            Table.Print(string.Create(CultureInfo.InvariantCulture, $"Catalogue of {options.Designs:N0} designs"), Headings, rows);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    // Through the journal's own calls, in batches: a million publications one by one would take the better part of an hour.
    public static void Fill(string data, int designs)
    {
        using var journal = SqliteJournal.Open(Path.Combine(data, "journal.db"), TimeProvider.System);
        using var publisher = new SyntheticPublisher();
        journal.Append(new JournalRecord(JournaledStatements.Kind, publisher.Introduction.Write()));
        for (var number = 0; number < designs; number += AppendedAtOnce)
            journal.Append([.. Enumerable.Range(number, Math.Min(AppendedAtOnce, designs - number)).AsParallel().AsOrdered().Select(n => new JournalRecord(JournaledStatements.Kind, publisher.Sign(SyntheticDesigns.Manifest(n)).Write()))]);
    }

    private static void Build(string data, int designs, List<string[]> rows)
    {
        Fill(data, designs);
        using var journal = SqliteJournal.Open(Path.Combine(data, "journal.db"), TimeProvider.System);
        var path = Path.Combine(data, "index.db");
        var started = Stopwatch.GetTimestamp();
        var rules = new CommonsRules(journal, heeded: null);
        using (var index = DesignIndex.Open(path, journal, rules.Read, basis: rules.Basis))
        {
        }

        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        using var self = Process.GetCurrentProcess();
        rows.Add(["index made from the journal", Text($"{seconds:0} s ({designs / seconds:N0} designs/s), peak resident {self.PeakWorkingSet64 / 1e6:0} MB")]);
        rows.Add(["on the disk", Text($"journal {new FileInfo(Path.Combine(data, "journal.db")).Length / 1e6:N0} MB, index {new FileInfo(path).Length / 1e6:N0} MB")]);
    }

    private static async Task MeasureAsync(string data, BenchmarkOptions options, List<string[]> rows)
    {
        var started = Stopwatch.GetTimestamp();
        await using var server = ChildProcess.Start(ChildProcess.Catalogue, data);
        var address = await server.ReadLineAsync();
        rows.Add(["start", Text($"{Stopwatch.GetElapsedTime(started).TotalSeconds:0.00} s, resident {(await server.UsageAsync()).Megabytes} MB")]);
        using var channel = GrpcChannel.ForAddress(address);
        var client = new DesignCatalogue.DesignCatalogueClient(channel);
        await SearchAsync(client, options, callers: 1, seed: 0);
        foreach (var callers in (int[])[1, 2])
            rows.Add([Text($"search, {callers} at once"), await SearchAsync(client, options, callers, seed: callers)]);
        rows.Add(["resident after the searches", (await server.UsageAsync()).Megabytes + " MB"]);
        var published = options.Designs;
        foreach (var callers in (int[])[1, 8, 64])
            published += await PublishAsync(client, options, published, callers, rows);
        rows.Add(["resident after the publications", (await server.UsageAsync()).Megabytes + " MB"]);
        await PullAsync(data, new Uri(address), server, options, rows);
        rows.Add(["resident after the pulls", (await server.UsageAsync()).Megabytes + " MB"]);
    }

    private static async Task<string> SearchAsync(DesignCatalogue.DesignCatalogueClient client, BenchmarkOptions options, int callers, int seed)
    {
        var times = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            var random = new Random(seed * 100 + caller);
            var own = new List<(double Ms, string Text, int Found)>();
            for (var i = 0; i < 2_000; i++)
            {
                var request = new SearchDesignsRequest { Text = SyntheticDesigns.Query(random, options.Designs), Filter = Filter(random) };
                var started = Stopwatch.GetTimestamp();
                var reply = await client.SearchDesignsAsync(request);
                own.Add((Stopwatch.GetElapsedTime(started).TotalMilliseconds, $"'{request.Text}' {request.Filter}", reply.Designs.Count));
            }

            return own;
        })));
        var sorted = times.SelectMany(static t => t).OrderBy(static t => t.Ms).ToList();
        var slowest = sorted[^1];
        return Text($"p50 {sorted[sorted.Count / 2].Ms:0.0} ms, p90 {sorted[sorted.Count * 9 / 10].Ms:0.0} ms, p99 {sorted[sorted.Count * 99 / 100].Ms:0.0} ms, greatest {slowest.Ms:0.0} ms ({slowest.Text}); {sorted.Count(static t => t.Found == 0) * 100.0 / sorted.Count:0.0} % find nothing");
    }

    // Half of the searches have no filter; the others one or two.
    private static DesignFilter Filter(Random random)
    {
        var filter = new DesignFilter();
        for (var count = random.Next(4) - 1; count > 0; count--)
        {
            switch (random.Next(6))
            {
                case 0: filter.Process = random.Next(2) == 0 ? "3DP" : "LAS"; break;
                case 1: filter.Material = random.Next(2) == 0 ? "PETG" : "OAK"; break;
                case 2: filter.License = "CERN-OHL-S-2.0"; break;
                case 3: filter.Fits.Add(new MachineEnvelope { WidthMm = 250, DepthMm = 210, HeightMm = 210 }); break;
                case 4: filter.Fits.Add(new MachineEnvelope { WidthMm = 60, DepthMm = 60, HeightMm = 12 }); break;
                default: filter.ValidatedOnly = random.Next(4) == 0; break;
            }
        }

        return filter;
    }

    private static async Task<int> PublishAsync(DesignCatalogue.DesignCatalogueClient client, BenchmarkOptions options, int first, int callers, List<string[]> rows)
    {
        var next = first;
        var rate = new Figure();
        var duration = TimeSpan.FromSeconds(options.Seconds ?? 10);
        using var publisher = new SyntheticPublisher();
        await client.PutStatementAsync(new PutStatementRequest { Envelope = publisher.Introduction.ToWire() });
        var started = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            var count = 0;
            while (Stopwatch.GetElapsedTime(started) < duration)
            {
                await client.PutStatementAsync(new PutStatementRequest { Envelope = publisher.Sign(SyntheticDesigns.ManifestWithoutFiles(Interlocked.Increment(ref next))).ToWire() });
                count++;
            }

            return count;
        })));
        rate.Add(counts.Sum() / Stopwatch.GetElapsedTime(started).TotalSeconds);
        rows.Add([Text($"publish, {callers} at once"), $"{rate.Text("N0")} designs/s"]);
        return counts.Sum() + 1;
    }

    private static async Task PullAsync(string data, Uri address, ChildProcess server, BenchmarkOptions options, List<string[]> rows)
    {
        var source = Directory.CreateDirectory(Path.Combine(data, "source")).FullName;
        await File.WriteAllTextAsync(Path.Combine(source, "okh.toml"), """
            okhv = "2.4"
            name = "Large"
            repo = "https://example.org/large"
            version = "1.0.0"
            license = "MIT"
            licensor = "Nobody"
            function = "Is large."
            """);
        await WriteRandomAsync(Path.Combine(source, "large.bin"));
        File.Copy(Path.Combine(source, "large.bin"), Path.Combine(data, "large.bin"));
        var publisher = PublisherFolder.Create(Path.Combine(data, "keys"), "large", "Large", OrganisationKind.Person);
        using var client = CatalogueClient.Connect(address, publisher: publisher);
        using var http = new HttpClient { BaseAddress = address, DefaultRequestVersion = new Version(2, 0), DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        var imported = await DesignImporter.ImportAsync(source);
        var started = Stopwatch.GetTimestamp();
        var design = await client.Publisher.PublishAsync(imported);
        rows.Add([Text($"push of {LargeMegabytes} MB"), Text($"{LargeMegabytes / Stopwatch.GetElapsedTime(started).TotalSeconds:N0} MB/s")]);
        var (pull, copy, share) = (new Transfer(), new Transfer(), new Figure());

        // In turn, so that both see the same machine; the first round is for the compiler and the page cache.
        for (var round = 0; round <= options.Repeat; round++)
        {
            var target = Path.Combine(data, "target");
            var copied = await TakeAsync(server, () => CopyAsync(http, Path.Combine(data, "copy.bin")));
            File.Delete(Path.Combine(data, "copy.bin"));
            var pulled = await TakeAsync(server, () => client.Puller.PullAsync(design, target));
            Directory.Delete(target, recursive: true);
            if (round == 0)
                continue;
            copy.Add(copied);
            pull.Add(pulled);
            share.Add(copied.Seconds / pulled.Seconds * 100);
        }

        rows.Add([Text($"pull of {LargeMegabytes} MB, verified and synced"), pull.Text()]);
        rows.Add([Text($"plain copy of {LargeMegabytes} MB, synced"), copy.Text()]);
        rows.Add(["pull as a share of the plain copy", $"{share.Text("0")} %"]);
    }

    private static async Task<(double Seconds, double ClientCpu, double ServerCpu)> TakeAsync(ChildProcess server, Func<Task> transfer)
    {
        var (before, own, started) = ((await server.UsageAsync()).CpuSeconds, Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        await transfer();
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return (seconds, (Environment.CpuUsage.TotalTime - own).TotalSeconds, (await server.UsageAsync()).CpuSeconds - before);
    }

    // What curl --http2-prior-knowledge would do, and then fsync.
    private static async Task CopyAsync(HttpClient http, string path)
    {
        using var response = await http.GetAsync("/plain/large.bin", HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        await using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.Asynchronous);
        await using var body = await response.Content.ReadAsStreamAsync();
        await body.CopyToAsync(file, 256 * 1024);
        file.Flush(flushToDisk: true);
    }

    private static async Task WriteRandomAsync(string path)
    {
        await using var file = File.Create(path);
        var block = new byte[1_000_000];
        var random = new Random(1);
        for (var megabyte = 0; megabyte < LargeMegabytes; megabyte++)
        {
            random.NextBytes(block);
            await file.WriteAsync(block);
        }
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);

    /// <summary>What transfers of the large file took.</summary>
    private sealed class Transfer
    {
        private readonly Figure _rate = new();
        private readonly Figure _client = new();
        private readonly Figure _server = new();

        public void Add((double Seconds, double ClientCpu, double ServerCpu) taken)
        {
            _rate.Add(LargeMegabytes / taken.Seconds);
            _client.Add(taken.ClientCpu);
            _server.Add(taken.ServerCpu);
        }

        public string Text() => $"{_rate.Text("N0")} MB/s; CPU s of the client {_client.Text("0.00")}, of the server {_server.Text("0.00")}";
    }
}
