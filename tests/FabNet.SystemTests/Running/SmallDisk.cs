// A disk of a few megabytes for one process: a tmpfs in a mount namespace of its own, gone with the process.

using System.Diagnostics;

namespace FabNet.SystemTests.Running;

internal static class SmallDisk
{
    private const string MountAndRun = "mount -t tmpfs -o size=$0 tmpfs \"$1\" && shift && exec \"$@\"";

    /// <summary>The command that runs another one with a small disk at a folder.</summary>
    public static IReadOnlyList<string> Prefix(string folder, int megabytes)
    {
        Directory.CreateDirectory(folder);
        return ["unshare", "--map-root-user", "--mount", "sh", "-c", MountAndRun, $"{megabytes}m", folder];
    }

    /// <summary>Skips the test, loudly, where this user may not mount one.</summary>
    public static async Task RequireAsync(string folder, CancellationToken cancellationToken)
    {
        var words = Prefix(folder, 1);
        using var probe = Process.Start(new ProcessStartInfo(words[0], [.. words.Skip(1), "true"]) { UseShellExecute = false, RedirectStandardError = true })!;
        var said = await probe.StandardError.ReadToEndAsync(cancellationToken);
        await probe.WaitForExitAsync(cancellationToken);
        if (probe.ExitCode != 0)
        {
            Assert.Skip($"SKIPPED, no small disk: this user may not mount a tmpfs in a namespace of its own: {said.Trim()}");
        }
    }
}
