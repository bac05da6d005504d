// What every command has: help with an example, and an exit code that tells bad usage from failure.

using System.Text.RegularExpressions;
using FabNet.SystemTests.Running;

namespace FabNet.SystemTests;

[Collection(nameof(WholeMachine))]
public sealed partial class CommandLineTests
{
    private const int TimeoutMs = 180_000;
    private const int AtOnce = 3;

    [Fact(Timeout = TimeoutMs)]
    public async Task Every_command_has_help_with_an_example_of_itself()
    {
        var stop = TestContext.Current.CancellationToken;
        var level = new List<string[]> { Array.Empty<string>() };
        var seen = 0;
        while (level.Count > 0)
        {
            var next = new List<string[]>();
            foreach (var batch in level.Chunk(AtOnce))
            {
                var helps = await Task.WhenAll(batch.Select(words => FabNetProcess.RunAsync(stop, [.. words, "--help"])));
                foreach (var (words, help) in batch.Zip(helps))
                {
                    seen++;
                    help.Expect(0);
                    Assert.Matches(@"Examples?:", help.Output);
                    Assert.Contains(string.Join(' ', ["fabnet", .. words]) + " ", help.Output.Replace('\n', ' '), StringComparison.Ordinal);
                    Assert.Contains("--json", help.Output, StringComparison.Ordinal);
                    next.AddRange(Subcommands(help.Output).Select(name => (string[])[.. words, name]));
                }
            }

            level = next;
        }

        Assert.True(seen > 30, $"Only {seen} commands were found.");
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData("no-such-command")]
    [InlineData("order")]
    [InlineData("status --no-such-option")]
    [InlineData("machine send part.gcode --port /dev/null --dialect klingon")]
    [InlineData("status --server nonsense")]
    [InlineData("coordinator serve --urls http://0.0.0.0:7300")]
    public async Task Bad_usage_ends_with_2_and_one_sentence(string words)
    {
        var ended = await FabNetProcess.RunAsync(TestContext.Current.CancellationToken, words.Split(' '));
        ended.ExpectRefusal(2);
        Assert.StartsWith("fabnet: ", ended.Errors, StringComparison.Ordinal);
        Assert.Empty(ended.Output);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_server_that_is_not_there_ends_with_1_and_the_next_step()
    {
        var ended = await FabNetProcess.RunAsync(TestContext.Current.CancellationToken, "status", "--server", $"http://127.0.0.1:{Loopback.FreePort()}");
        ended.ExpectRefusal(1, "does not answer", "fabnet up", "--server");
    }

    /// <summary>The names under "Commands:": those that stand two blanks in.</summary>
    private static IEnumerable<string> Subcommands(string help)
    {
        var at = help.IndexOf("\nCommands:\n", StringComparison.Ordinal);
        return at < 0 ? [] : CommandName().Matches(help[at..]).Select(m => m.Groups[1].Value);
    }

    [GeneratedRegex(@"^  ([a-z][a-z-]*)\b", RegexOptions.Multiline)]
    private static partial Regex CommandName();
}
