// Where things are: the repository, the programs built from it, and data beside it.

namespace FabNet.SystemTests.Running;

/// <summary>Paths.</summary>
internal static class Repository
{
    /// <summary>The folder that holds FabNet.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Release or Debug: the program under test is of the same build as the tests.</summary>
    private static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    /// <summary>The <c>fabnet</c> program.</summary>
    public static string FabNet { get; } = Built("src/FabNet", "fabnet.dll");

    /// <summary>The firmware simulator.</summary>
    public static string Simulator { get; } = Built("firmware-bridge/FabNet.FirmwareSimulator", "FabNet.FirmwareSimulator.dll");

    /// <summary>The folder of a sample design.</summary>
    public static string Design(string name) => Path.Combine(Root, "designs", name);

    /// <summary>A folder or file of the test data: in FABNET_TEST_DATA, else in <c>shared/data</c> beside the repository or above it. Skips the test, loudly, where it is absent.</summary>
    public static string Data(string relative)
    {
        var folder = Environment.GetEnvironmentVariable("FABNET_TEST_DATA") is { Length: > 0 } named
            ? named
            : Ancestors(Root).Select(f => Path.Combine(f, "shared", "data")).FirstOrDefault(Directory.Exists);
        var path = folder is null ? null : Path.Combine(folder, relative);
        if (path is null || !Path.Exists(path))
        {
            Assert.Skip($"SKIPPED, test data absent: {relative} is not in shared/data beside the repository, nor in FABNET_TEST_DATA.");
        }

        return path;
    }

    /// <summary>Skips the test, loudly, where PrusaSlicer is not installed.</summary>
    public static void RequirePrusaSlicer()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        if (!folders.Any(f => File.Exists(Path.Combine(f, "prusa-slicer"))))
        {
            Assert.Skip("SKIPPED, no slicer: prusa-slicer is not on the PATH. Install it with: sudo apt-get install prusa-slicer");
        }
    }

    private static string FindRoot() => Ancestors(AppContext.BaseDirectory).FirstOrDefault(f => File.Exists(Path.Combine(f, "FabNet.sln")))
        ?? throw new InvalidOperationException("The tests run outside the repository: FabNet.sln is in no folder above them.");

    private static string Built(string project, string program) => Path.Combine(Root, project, "bin", Configuration, "net10.0", program);

    private static IEnumerable<string> Ancestors(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            yield return at.FullName;
        }
    }
}
