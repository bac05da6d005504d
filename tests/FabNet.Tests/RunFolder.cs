// One temporary folder for the whole run of the tests, also for the programs that they start: whatever a test, or a killed program, leaves behind goes with it.

using System.Runtime.CompilerServices;

namespace FabNet.Tests;

internal static class RunFolder
{
    [ModuleInitializer]
    internal static void Open()
    {
        var folder = Directory.CreateTempSubdirectory("fabnet-tests-").FullName;
        Environment.SetEnvironmentVariable("TMPDIR", folder);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Remove(folder);
    }

    private static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (IOException)
        {
            // A program that a test killed is still on its way out and writes: its few files stay.
            return;
        }
    }
}
