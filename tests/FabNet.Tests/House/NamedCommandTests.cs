// A message or a document that names a command of the program names one that there is.

using System.Text.RegularExpressions;
using FabNet.CommandLine;
using Xunit;

namespace FabNet.Tests.House;

public sealed partial class NamedCommandTests
{
    private static readonly string[] Places = ["src", "firmware-bridge", "hardware", "docs", "protos"];

    [Fact]
    public void Every_command_that_is_named_exists()
    {
        var groups = FabNetCommands.CreateRoot().Subcommands.Where(c => c.Subcommands.Count > 0).ToDictionary(c => c.Name, c => c.Subcommands.Select(s => s.Name).ToHashSet(StringComparer.Ordinal), StringComparer.Ordinal);
        var named = Files().SelectMany(file => Command().Matches(File.ReadAllText(file)).Select(m => (File: Path.GetRelativePath(Repository.Root, file), Group: m.Groups[1].Value, Name: m.Groups[2].Value)))
            .Where(n => groups.ContainsKey(n.Group)).ToList();

        Assert.True(named.Count > 100, $"Only {named.Count} were found.");
        Assert.Empty(named.Where(n => !groups[n.Group].Contains(n.Name)).Select(n => $"{n.File}: fabnet {n.Group} {n.Name}"));
    }

    private static IEnumerable<string> Files() => Places.SelectMany(p => Directory.EnumerateFiles(Path.Combine(Repository.Root, p), "*", SearchOption.AllDirectories))
        .Append(Path.Combine(Repository.Root, "README.md"))
        .Where(f => Path.GetExtension(f) is ".cs" or ".md" or ".yaml" or ".proto")
        .Where(f => !f.Split(Path.DirectorySeparatorChar).Any(d => d is "bin" or "obj" or "node_modules"));

    [GeneratedRegex(@"\bfabnet ([a-z]+) ([a-z][a-z-]*)")]
    private static partial Regex Command();
}
