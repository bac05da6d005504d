// Where the checkout is that these tests were built from.

namespace FabNet.Tests.House;

internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "FabNet.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"FabNet.sln is in no folder above {AppContext.BaseDirectory}.");
    }
}
