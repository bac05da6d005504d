// A disk that is really full: said in clear words, and the upload goes on once there is space.

using System.Diagnostics;
using Grpc.Core;
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
        var disk = folder.Sub("disk");
        if (await RunAsync("mount", "-t", "tmpfs", "-o", $"size={DiskBytes}", "none", disk) != 0)
        {
            Assert.Skip("SKIPPED: this test mounts a small disk, which this user or this system does not allow.");
        }

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

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, UseShellExecute = false })!;
        await process.StandardError.ReadToEndAsync(Stop);
        await process.WaitForExitAsync(Stop);
        return process.ExitCode;
    }
}
