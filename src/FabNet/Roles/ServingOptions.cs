// Where a process that serves keeps its data, and where it listens.

using System.CommandLine;

namespace FabNet.Roles;

internal static class ServingOptions
{
    public static Option<string> Data() => new("--data")
    {
        Description = "The folder that holds everything this keeps. FABNET_DATA chooses another default.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("FABNET_DATA") is { Length: > 0 } folder
            ? folder
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".fabnet"),
    };

    public static Option<string> Urls(string fallback) => new("--urls")
    {
        Description = "Where to listen; on loopback. Several are parted by semicolons.",
        DefaultValueFactory = _ => fallback,
    };
}
