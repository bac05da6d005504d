// A pull into a folder: whole files under their names, and never one beside the folder.

using FabNet.Catalogue.Client;
using FabNet.Model.Designs;
using FabNet.Protocol.Catalogue;
using FabNet.Protocol.V1;
using FabNet.Tests.Edge;
using Grpc.Core;
using Grpc.Net.Client;
using Polly;
using Xunit;

namespace FabNet.Tests.Catalogue;

public sealed class DesignPullerTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task A_pull_to_a_folder_writes_every_file_keeps_equal_ones_and_overwrites_nothing()
    {
        await using var catalogue = await TestCatalogue.StartAsync();
        var design = catalogue.Publish("bracket", ("src/clip.scad", ArtefactKind.Source, "cube(1);"u8.ToArray(), null, null), ("clip.stl", ArtefactKind.Mesh, "solid"u8.ToArray(), null, null));
        using var client = CatalogueClient.Connect(catalogue.Address);
        var target = _folder.Sub("pulled");
        await client.Puller.PullAsync(design, target, cancellationToken: Stop);
        Assert.Equal("cube(1);", File.ReadAllText(Path.Combine(target, "src", "clip.scad")));
        await client.Puller.PullAsync(design, target, cancellationToken: Stop);
        Assert.Equal(2, catalogue.Offsets.Count);
        File.WriteAllText(Path.Combine(target, "clip.stl"), "mine!");
        await Assert.ThrowsAsync<IOException>(() => client.Puller.PullAsync(design, target, cancellationToken: Stop));
        Assert.Equal("mine!", File.ReadAllText(Path.Combine(target, "clip.stl")));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("../out.stl")]
    [InlineData("/etc/out.stl")]
    [InlineData("a/../../out.stl")]
    [InlineData("a\\..\\out.stl")]
    [InlineData("link/out.stl")]
    public async Task A_path_that_would_leave_the_folder_is_never_written(string path)
    {
        await using var catalogue = await TestCatalogue.StartAsync();
        var design = catalogue.Publish("bracket", ("clip.stl", ArtefactKind.Mesh, "solid"u8.ToArray(), null, null));
        var hostile = design with { Parts = [design.Parts[0] with { Artefacts = [design.Parts[0].Artefacts[0] with { Path = path }] }] };
        var target = _folder.Sub("target");
        Directory.CreateSymbolicLink(Path.Combine(target, "link"), _folder.Sub("outside"));
        using var client = CatalogueClient.Connect(catalogue.Address);
        var refusal = await Assert.ThrowsAnyAsync<Exception>(() => client.Puller.PullAsync(hostile, target, cancellationToken: Stop));
        Assert.True(refusal is FormatException or IOException, refusal.ToString());
        Assert.Empty(Directory.EnumerateFiles(_folder.Path, "out.stl", SearchOption.AllDirectories));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_catalogue_that_falls_silent_counts_as_away_and_what_came_is_kept()
    {
        await using var catalogue = await TestCatalogue.StartAsync();
        var design = catalogue.Publish("bracket", ("clip.stl", ArtefactKind.Mesh, new byte[100_000], null, null));
        var blob = design.Parts[0].Artefacts[0];
        using var channel = GrpcChannel.ForAddress(catalogue.Address);
        var time = new ManualTimeProvider();
        var download = new BlobDownload(new DesignCatalogue.DesignCatalogueClient(channel), ResiliencePipeline.Empty, time) { SilenceLimit = TimeSpan.FromSeconds(30) };
        var path = Path.Combine(_folder.Path, "blob");
        var before = new byte[1000];
        File.WriteAllBytes(path, before);

        catalogue.Gate = new TaskCompletionSource().Task;
        var pull = download.RunAsync(blob.Digest, blob.Size, path, cancellationToken: Stop);
        await catalogue.Asked.WaitAsync(Stop);
        time.Advance(TimeSpan.FromSeconds(31));
        var error = await Assert.ThrowsAsync<RpcException>(() => pull);
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Contains("nothing came for 30 s", error.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(path));

        catalogue.Gate = Task.CompletedTask;
        await download.RunAsync(blob.Digest, blob.Size, path, cancellationToken: Stop);
        Assert.Equal(new byte[100_000], File.ReadAllBytes(path));
        Assert.Equal([1000L, 1000L], catalogue.Offsets);
    }
}
