// Uploads that a kill or a crash cut off: gone on with, or found wrong by their digest; in time forgotten.

using System.Diagnostics;
using FabNet.Catalogue;
using FabNet.Catalogue.Blobs;
using FabNet.Model;
using Xunit;

namespace FabNet.Tests.Catalogue;

public sealed class BlobStoreTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task An_upload_cut_off_by_a_kill_goes_on_with_what_is_there()
    {
        var bytes = new byte[1_000_000];
        new Random(3).NextBytes(bytes);
        var digest = Digest.Of(bytes);
        var store = Blobs();
        await using var upload = await store.BeginUploadAsync(digest, bytes.Length, 0, Stop);
        await upload.WriteAsync(bytes.AsMemory(0, 600_000), Stop);

        // A copy of the folder, taken while everything is open, is what a kill would leave.
        await CopyAllAsync(Path.Combine(_folder.Path, "blobs"), Path.Combine(_folder.Path, "left"));
        var after = BlobStore.Open(Path.Combine(_folder.Path, "left"), Options(), TimeProvider.System);
        Assert.False(after.Has(digest, bytes.Length));
        var received = after.ReceivedOf(digest);
        Assert.InRange(received, 1, 600_000);

        await using (var rest = await after.BeginUploadAsync(digest, bytes.Length, received, Stop))
        {
            await rest.WriteAsync(bytes.AsMemory((int)received), Stop);
            Assert.True(await rest.CompleteAsync(Stop));
        }

        Assert.True(after.Has(digest, bytes.Length));
        await using var read = after.OpenRead(digest);
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

    private BlobStore Blobs(TimeProvider? time = null) => BlobStore.Open(Path.Combine(_folder.Path, "blobs"), Options(), time ?? TimeProvider.System);

    private CatalogueOptions Options() => new() { DataFolder = _folder.Path, MinFreeBytes = 0 };

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
