// Where a process that serves keeps its data, and where it listens.

using System.CommandLine;
using FabNet.CommandLine;
using FabNet.Journal;

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

    public static Option<string?> Store() => new("--store")
    {
        Description = "A PostgreSQL database that keeps the journal instead of the data folder, such as postgres://user:password@host/database. FABNET_STORE chooses another default, out of sight of ps.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("FABNET_STORE") is { Length: > 0 } address ? address : null,
    };

    /// <summary>The database that <see cref="Store"/> names; null for none.</summary>
    /// <exception cref="UsageException">It is no address of PostgreSQL.</exception>
    public static PostgresAddress? Parse(string? store)
    {
        try
        {
            return store is null ? null : PostgresAddress.Parse(store);
        }
        catch (FormatException e)
        {
            throw new UsageException(e.Message);
        }
    }
}
