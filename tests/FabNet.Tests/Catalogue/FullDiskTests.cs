// A disk that is really full: said in clear words, and the upload goes on once there is space.

using System.Diagnostics;
using FabNet.Catalogue;
using FabNet.Catalogue.Federation;
using FabNet.Journal;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace FabNet.Tests.Catalogue;

public sealed class FullDiskTests
{
    private const int DiskBytes = 2 << 20;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task An_upload_that_fills_the_disk_is_kept_and_goes_on_when_there_is_space()
    {
        using var folder = new TempFolder();
        var disk = await MountAsync(folder);
        try
        {
            var filler = folder.Add("disk/filler", new byte[DiskBytes / 2]);
            var imported = await SampleDesign.InAsync(folder.Sub("design"), Stop, extraBytes: DiskBytes * 5 / 8);

            // Less than no space is to be kept free, so that only the disk itself says no.
            await using var server = await CatalogueServer.StartAsync(Path.Combine(disk, "data"), change: o => o with { MinFreeBytes = long.MinValue / 2 });
            var error = await Assert.ThrowsAsync<RpcException>(() => server.Client.Publisher.PublishAsync(imported, cancellationToken: Stop));
            Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
            Assert.Contains("free some space", error.Status.Detail, StringComparison.Ordinal);

            File.Delete(filler);
            await server.Client.Publisher.PublishAsync(imported, cancellationToken: Stop);
            await server.Client.Puller.PullAsync(await server.Client.GetAsync("test-box", null, Stop), folder.Sub("pulled"), cancellationToken: Stop);
        }
        finally
        {
            Assert.Equal(0, await RunAsync("umount", disk));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_follow_that_fills_the_disk_goes_on_when_there_is_space()
    {
        using var folder = new TempFolder();
        var disk = await MountAsync(folder);
        try
        {
            await using var from = await CatalogueServer.StartAsync(folder.Sub("from"));
            var imported = await SampleDesign.InAsync(folder.Sub("design"), Stop, extraBytes: DiskBytes / 4);
            var design = await from.Client.Publisher.PublishAsync(imported, cancellationToken: Stop);
            await using (var node = await FederationNode.StartAsync(Path.Combine(disk, "data"), o => o with { MinFreeBytes = long.MinValue / 2 }))
            {
                var following = node.Follow(from.Address);

                // Not one statement can be kept, nor where the log was read to.
                var filler = await FillAsync(Path.Combine(disk, "filler"));
                await RefusesForSpaceAsync(() => following.SyncAsync(Stop));
                Assert.Equal(0, node.Store.Head);
                File.Delete(filler);
                await following.SyncAsync(Stop);
                Assert.Equal(2, node.Store.Head);

                // Then the file does not fit.
                filler = await FillAsync(Path.Combine(disk, "filler"));
                await RefusesForSpaceAsync(() => following.PullAsync(Stop));
                Assert.NotEmpty(node.Store.MissingBlobs(design));
                File.Delete(filler);
                await PullAsync(following);
                Assert.Empty(node.Store.MissingBlobs(design));
            }

            using var again = CatalogueStore.Open(new CatalogueOptions { DataFolder = Path.Combine(disk, "data"), MinFreeBytes = 0 }, TimeProvider.System, NullLogger.Instance);
            Assert.Equal(2, again.Head);
        }
        finally
        {
            Assert.Equal(0, await RunAsync("umount", disk));
        }
    }

    // A process that another test starts just then has the file open, too, until it becomes its own program.
    private static async Task PullAsync(Following following)
    {
        while (true)
        {
            try
            {
                await following.PullAsync(Stop);
                return;
            }
            catch (CatalogueException e) when (e.Fault is CatalogueFault.Busy)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Stop);
            }
        }
    }

    // The file, the journal, or where the follow stands: whichever is written first says so.
    private static async Task RefusesForSpaceAsync(Func<Task> work)
    {
        var full = await Assert.ThrowsAnyAsync<Exception>(work);
        Assert.True(full is CatalogueException { Fault: CatalogueFault.NoSpace } or JournalException, full.ToString());
        Assert.Contains("full", full.Message, StringComparison.Ordinal);
    }

    private static async Task<string> MountAsync(TempFolder folder)
    {
        var disk = folder.Sub("disk");
        if (await RunAsync("mount", "-t", "tmpfs", "-o", $"size={DiskBytes}", "none", disk) != 0)
        {
            Assert.Skip("SKIPPED: this test mounts a small disk, which this user or this system does not allow.");
        }

        return disk;
    }

    // To the last byte.
    private static async Task<string> FillAsync(string path)
    {
        await using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true)
            {
                await file.WriteAsync(new byte[4096], Stop);
            }
        }
        catch (IOException)
        {
            return path;
        }
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, UseShellExecute = false })!;
        await process.StandardError.ReadToEndAsync(Stop);
        await process.WaitForExitAsync(Stop);
        return process.ExitCode;
    }
}
