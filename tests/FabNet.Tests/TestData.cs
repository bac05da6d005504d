// Finds data that is not part of the project: real designs and programs, where they are present beside it.

using Xunit;

namespace FabNet.Tests;

/// <summary>
/// Locates test data: the folder that FABNET_TEST_DATA names, else <c>shared/data</c> in a folder beside the repository or above it.
/// Tests that need it skip, and say so, where it is absent.
/// </summary>
internal static class TestData
{
    /// <summary>The folder of the repository: the one that holds FabNet.sln.</summary>
    public static string RepositoryRoot { get; } = FindUpwards("FabNet.sln") ?? throw new InvalidOperationException("The tests run outside the repository: FabNet.sln is in no folder above them.");

    /// <summary>The path of a file of the test data; skips the test if there is none.</summary>
    public static string Path(params string[] parts)
    {
        var relative = System.IO.Path.Combine(parts);
        var folder = Folder();
        var path = folder is null ? null : System.IO.Path.Combine(folder, relative);
        if (path is null || (!File.Exists(path) && !Directory.Exists(path)))
            Assert.Skip($"SKIPPED, test data absent: {relative} is not in shared/data beside the repository, nor in FABNET_TEST_DATA.");
        return path;
    }

    /// <summary>The test data's folder, if it is present.</summary>
    public static string? Folder()
    {
        if (Environment.GetEnvironmentVariable("FABNET_TEST_DATA") is { Length: > 0 } named)
            return Directory.Exists(named) ? named : null;
        for (var folder = new DirectoryInfo(RepositoryRoot); folder is not null; folder = folder.Parent)
        {
            var candidate = System.IO.Path.Combine(folder.FullName, "shared", "data");
            if (Directory.Exists(candidate))
                return candidate;
        }

        return null;
    }

    private static string? FindUpwards(string file)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, file)))
                return folder.FullName;
        }

        return null;
    }
}
