// What a kill leaves behind is taken up again.

using System.Diagnostics;
using FabNet.Catalogue;
using FabNet.Catalogue.Blobs;
using FabNet.Journal;
using FabNet.Model;
using FabNet.Protocol.Statements;
using Xunit;

namespace FabNet.Tests.Catalogue;

public sealed class CatalogueStoreTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task A_catalogue_killed_in_the_middle_of_an_upload_goes_on_with_what_it_has()
    {
        var bytes = new byte[1_000_000];
        new Random(3).NextBytes(bytes);
        var digest = Digest.Of(bytes);
        using var store = CatalogueStore.Open(Options("data"), TimeProvider.System);
        var publisher = new TestPublisher("tester");
        store.Put(publisher.Chain[0]);
        var published = store.Put(publisher.Sign(new DesignStatement(SampleDesign.Of("before-the-kill").Sealed()))).Statement.Said;
        await using var upload = await store.Blobs.BeginUploadAsync(digest, bytes.Length, 0, Stop);
        await upload.WriteAsync(bytes.AsMemory(0, 600_000), Stop);

        // A copy of the folder, taken while everything is open, is what a kill would leave.
        await CopyAllAsync(Path.Combine(_folder.Path, "data"), Path.Combine(_folder.Path, "left"));
        using var after = CatalogueStore.Open(Options("left"), TimeProvider.System);
        Assert.Equal(published.Id, after.Get(DesignName.Parse("tester/before-the-kill")).Design.Ref.Manifest);
        Assert.False(after.Blobs.Has(digest, bytes.Length));
        var received = after.Blobs.ReceivedOf(digest);
        Assert.InRange(received, 1, 600_000);

        await using (var rest = await after.Blobs.BeginUploadAsync(digest, bytes.Length, received, Stop))
        {
            await rest.WriteAsync(bytes.AsMemory((int)received), Stop);
            Assert.True(await rest.CompleteAsync(Stop));
        }

        Assert.True(after.Blobs.Has(digest, bytes.Length));
        await using var read = after.Blobs.OpenRead(digest);
        Assert.Equal(digest, await Digest.OfAsync(read, Stop));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_a_crash_garbled_in_a_partial_upload_is_found_by_the_digest()
    {
        var store = Blobs();
        var digest = Digest.Of("right"u8);
        Directory.CreateDirectory(Path.Combine(_folder.Path, "blobs", "partial"));
        _folder.Add($"blobs/partial/{digest.Hex}", "wri");
        await using (var upload = await store.BeginUploadAsync(digest, 5, 3, Stop))
        {
            await upload.WriteAsync("ht"u8.ToArray(), Stop);
            await Assert.ThrowsAsync<CatalogueException>(() => upload.CompleteAsync(Stop));
        }

        Assert.Equal(0, store.ReceivedOf(digest));
        Assert.False(store.Has(digest, 5));
    }

    [Fact(Timeout = 60_000)]
    public async Task Uploads_that_nobody_goes_on_with_are_forgotten_after_a_week()
    {
        var digest = Digest.Of("right"u8);
        await using (var upload = await Blobs().BeginUploadAsync(digest, 5, 0, Stop))
        {
            await upload.WriteAsync("rig"u8.ToArray(), Stop);
        }

        Assert.Equal(3, Blobs().ReceivedOf(digest));
        Assert.Equal(0, Blobs(new LaterTime(TimeSpan.FromDays(8))).ReceivedOf(digest));
    }

    [Fact]
    public void A_second_process_on_the_same_folder_is_refused()
    {
        using var store = CatalogueStore.Open(Options("data"), TimeProvider.System);
        Assert.Contains("another fabnet process", Assert.Throws<JournalException>(() => CatalogueStore.Open(Options("data"), TimeProvider.System)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Versions_published_at_the_same_time_are_all_kept_once()
    {
        using var store = CatalogueStore.Open(Options("data"), TimeProvider.System);
        var publisher = new TestPublisher("tester");
        store.Put(publisher.Chain[0]);
        Parallel.ForEach([.. Enumerable.Range(0, 40).Select(i => publisher.Sign(new DesignStatement(SampleDesign.Of("thing", $"1.{i / 4}.0").Sealed())))], envelope => store.Put(envelope));
        Assert.Equal(Enumerable.Range(0, 10).Reverse().Select(i => $"1.{i}.0"), store.Versions("thing").Select(d => d.Ref.Version));
    }

    private BlobStore Blobs(TimeProvider? time = null) => BlobStore.Open(Path.Combine(_folder.Path, "blobs"), Options("data"), time ?? TimeProvider.System);

    private CatalogueOptions Options(string folder) => new() { DataFolder = Path.Combine(_folder.Path, folder), MinFreeBytes = 0 };

    // With cp, for .NET keeps to the locks that a kill would have dropped.
    private static async Task CopyAllAsync(string from, string to)
    {
        using var copy = Process.Start("cp", ["-r", from, to]);
        await copy.WaitForExitAsync(Stop);
        Assert.Equal(0, copy.ExitCode);
    }

    private sealed class LaterTime(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
    }
}
