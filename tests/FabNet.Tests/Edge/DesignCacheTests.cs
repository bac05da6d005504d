using FabNet.Edge.Designs;
using FabNet.Edge.Storage;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Protocol.V1;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using Artefact = FabNet.Model.Designs.Artefact;

namespace FabNet.Tests.Edge;

public sealed class DesignCacheTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_pull_that_is_cut_goes_on_where_it_stopped()
    {
        using var folder = new TestFolder();
        await using var catalogue = await TestCatalogue.StartAsync();
        var (design, bytes) = Publish(catalogue, 300_000);
        catalogue.CutAfter.Enqueue(100_000);
        catalogue.CutAfter.Enqueue(50_000);
        using var channel = GrpcChannel.ForAddress(catalogue.Address);
        var cache = Cache(folder, channel);
        await using var file = await cache.OpenAsync(design, Only(design), Bench.Token);
        Assert.Equal(bytes, await ReadAsync(file));
        Assert.Equal([0L, 100_000L, 150_000L], catalogue.Offsets);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_pull_is_taken_up_by_a_later_process()
    {
        using var folder = new TestFolder();
        await using var catalogue = await TestCatalogue.StartAsync();
        var (design, bytes) = Publish(catalogue, 200_000);
        for (var i = 0; i < 2; i++)
        {
            catalogue.CutAfter.Enqueue(60_000);
        }

        using var channel = GrpcChannel.ForAddress(catalogue.Address);
        var first = Cache(folder, channel, retries: 1);
        var refusal = await Assert.ThrowsAsync<DesignException>(() => first.OpenAsync(design, Only(design), Bench.Token));
        Assert.Equal(DesignFault.Unreachable, refusal.Fault);
        var later = Cache(folder, channel);
        await using var file = await later.OpenAsync(design, Only(design), Bench.Token);
        Assert.Equal(bytes, await ReadAsync(file));
        Assert.Equal(120_000, catalogue.Offsets.Last());
    }

    [Fact(Timeout = 60_000)]
    public async Task Wrong_bytes_are_thrown_away_and_named()
    {
        using var folder = new TestFolder();
        await using var catalogue = await TestCatalogue.StartAsync();
        var (design, _) = Publish(catalogue, 40_000);
        catalogue.Tampers = true;
        using var channel = GrpcChannel.ForAddress(catalogue.Address);
        var refusal = await Assert.ThrowsAsync<DesignException>(() => Cache(folder, channel).OpenAsync(design, Only(design), Bench.Token));
        Assert.Equal(DesignFault.Corrupt, refusal.Fault);
        Assert.Contains("clip.stl of cable-clip@1.0.0", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories));
    }

    [Fact(Timeout = 60_000)]
    public async Task More_bytes_than_the_manifest_says_are_refused_while_they_come()
    {
        using var folder = new TestFolder();
        await using var catalogue = await TestCatalogue.StartAsync();
        var (design, _) = Publish(catalogue, 40_000);
        catalogue.Pads = true;
        using var channel = GrpcChannel.ForAddress(catalogue.Address);
        var refusal = await Assert.ThrowsAsync<DesignException>(() => Cache(folder, channel).OpenAsync(design, Only(design), Bench.Token));
        Assert.Contains("40001 bytes", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_damaged_partial_file_costs_one_more_pull_and_no_error()
    {
        using var folder = new TestFolder();
        await using var catalogue = await TestCatalogue.StartAsync();
        var (design, bytes) = Publish(catalogue, 80_000);
        var blobs = Directory.CreateDirectory(folder.In("blobs")).FullName;
        File.WriteAllBytes(Path.Combine(blobs, Only(design).Digest.Hex + ".partial"), new byte[30_000]);
        using var channel = GrpcChannel.ForAddress(catalogue.Address);
        await using var file = await Cache(folder, channel).OpenAsync(design, Only(design), Bench.Token);
        Assert.Equal(bytes, await ReadAsync(file));
        Assert.Equal([30_000L, 0L], catalogue.Offsets);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_manifest_that_was_changed_is_refused()
    {
        using var folder = new TestFolder();
        await using var catalogue = await TestCatalogue.StartAsync();
        var (design, _) = Publish(catalogue, 10);
        catalogue.Tampers = true;
        using var channel = GrpcChannel.ForAddress(catalogue.Address);
        var refusal = await Assert.ThrowsAsync<DesignException>(() => Cache(folder, channel).GetAsync(design.Ref, Bench.Token));
        Assert.Equal(DesignFault.Corrupt, refusal.Fault);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_was_pulled_once_serves_without_a_network()
    {
        using var folder = new TestFolder();
        Design design;
        byte[] bytes;
        Uri address;
        await using (var catalogue = await TestCatalogue.StartAsync())
        {
            (design, bytes) = Publish(catalogue, 50_000);
            address = catalogue.Address;
            using var channel = GrpcChannel.ForAddress(address);
            var cache = Cache(folder, channel);
            Assert.Equal(design.Ref, (await cache.GetAsync(design.Ref, Bench.Token)).Ref);
            await using var pulled = await cache.OpenAsync(design, Only(design), Bench.Token);
        }

        using var dead = GrpcChannel.ForAddress(address);
        var offline = Cache(folder, dead, retries: 1);
        var again = await offline.GetAsync(design.Ref, Bench.Token);
        Assert.Equal(design.PublishedAt, again.PublishedAt);
        await using var file = await offline.OpenAsync(again, Only(again), Bench.Token);
        Assert.Equal(bytes, await ReadAsync(file));
        var other = design.Ref with { Manifest = Digest.Of("other"u8) };
        Assert.Equal(DesignFault.Unreachable, (await Assert.ThrowsAsync<DesignException>(() => offline.GetAsync(other, Bench.Token))).Fault);
    }

    [Fact(Timeout = 60_000)]
    public async Task Concurrent_pulls_of_one_file_share_the_work()
    {
        using var folder = new TestFolder();
        await using var catalogue = await TestCatalogue.StartAsync();
        var (design, bytes) = Publish(catalogue, 90_000);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        catalogue.Gate = gate.Task;
        using var channel = GrpcChannel.ForAddress(catalogue.Address);
        var cache = Cache(folder, channel);
        var pulls = Enumerable.Range(0, 8).Select(_ => cache.OpenAsync(design, Only(design), Bench.Token)).ToList();
        gate.SetResult();
        foreach (var file in await Task.WhenAll(pulls))
        {
            await using (file)
            {
                Assert.Equal(bytes, await ReadAsync(file));
            }
        }

        Assert.Single(catalogue.Offsets);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_least_recently_used_files_go_when_the_cache_is_full()
    {
        using var folder = new TestFolder();
        await using var catalogue = await TestCatalogue.StartAsync();
        using var channel = GrpcChannel.ForAddress(catalogue.Address);
        var time = new SteppedTime();
        var cache = new DesignCache(
            new DesignCatalogue.DesignCatalogueClient(channel),
            new DesignCacheOptions { Folder = folder.Path, MaxBytes = 250_000, CatalogueName = "The test catalogue" },
            time,
            NullLogger<DesignCache>.Instance);
        var designs = Enumerable.Range(0, 4).Select(i => Publish(catalogue, 100_000, $"design-{i}").Design).ToList();
        foreach (var index in (int[])[0, 1, 0, 2])
        {
            time.Step(TimeSpan.FromMinutes(1));
            await using var file = await cache.OpenAsync(designs[index], Only(designs[index]), Bench.Token);
        }

        Assert.Equal(3, catalogue.Offsets.Count);
        await using (var kept = await cache.OpenAsync(designs[0], Only(designs[0]), Bench.Token))
        {
            Assert.Equal(3, catalogue.Offsets.Count);
        }

        await using var evicted = await cache.OpenAsync(designs[1], Only(designs[1]), Bench.Token);
        Assert.Equal(4, catalogue.Offsets.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_full_disk_is_named()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has /dev/full.");
        using var folder = new TestFolder();
        await using var catalogue = await TestCatalogue.StartAsync();
        var (design, _) = Publish(catalogue, 300_000);
        var blobs = Directory.CreateDirectory(folder.In("blobs")).FullName;
        File.CreateSymbolicLink(Path.Combine(blobs, Only(design).Digest.Hex + ".partial"), "/dev/full");
        using var channel = GrpcChannel.ForAddress(catalogue.Address);
        var refusal = await Assert.ThrowsAsync<DiskFullException>(() => Cache(folder, channel).OpenAsync(design, Only(design), Bench.Token));
        Assert.Contains(folder.Path, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("no space left", refusal.Message, StringComparison.Ordinal);
    }

    private static (Design Design, byte[] Bytes) Publish(TestCatalogue catalogue, int size, string name = "cable-clip")
    {
        var bytes = new byte[size];
        new Random(name.Length + size + name[^1]).NextBytes(bytes);
        return (catalogue.Publish(name, ("clip.stl", ArtefactKind.Mesh, bytes, null, null)), bytes);
    }

    private static Artefact Only(Design design) => design.Parts[0].Artefacts[0];

    private static DesignCache Cache(TestFolder folder, GrpcChannel channel, int retries = 5) => new(
        new DesignCatalogue.DesignCatalogueClient(channel),
        new DesignCacheOptions { Folder = folder.Path, CatalogueName = "The test catalogue", Retries = retries },
        TimeProvider.System,
        NullLogger<DesignCache>.Instance);

    private static async Task<byte[]> ReadAsync(Stream file)
    {
        var copy = new MemoryStream();
        await file.CopyToAsync(copy, Bench.Token);
        return copy.ToArray();
    }
}
