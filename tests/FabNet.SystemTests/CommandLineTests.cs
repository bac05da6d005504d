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
    [InlineData("", "Runs a site's edge agent until Ctrl-C: it drives the machines of its configuration file.", "/etc/fabnet/site.yaml")]
    [InlineData("catalogue", "Pulls a design's files and verifies each, and the signatures on it.", "catalogue pull cable-clip@1.0.0")]
    public async Task A_group_tells_the_first_sentence_of_each_command_and_the_command_the_rest(string group, string sentence, string example)
    {
        var stop = TestContext.Current.CancellationToken;
        var words = group.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var help = await FabNetProcess.RunAsync(stop, [.. words, "--help"]);
        help.Expect(0);
        Assert.Contains(sentence, help.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(example, help.Output, StringComparison.Ordinal);
        var own = await FabNetProcess.RunAsync(stop, [.. words, words.Length == 0 ? "agent" : "pull", "--help"]);
        Assert.Contains(example, own.Output, StringComparison.Ordinal);
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData("")]
    [InlineData("; a comment\n")]
    [InlineData("<html><body>404</body></html>\n")]
    [InlineData("solid part\n facet normal 0 0 1\n")]
    public Task What_is_no_program_has_no_figures(string text) => WithProgramAsync(text, async (program, stop) =>
        (await FabNetProcess.RunAsync(stop, "gcode", "info", program)).ExpectRefusal(1, Path.GetFileName(program)));

    [Fact(Timeout = TimeoutMs)]
    public Task Figures_of_a_program_that_can_not_be_read_whole_say_so() => WithProgramAsync("G21\nG90\nG28\nG1 X10 F600\nG1 X10,5 F600\n", async (program, stop) =>
    {
        var info = (await FabNetProcess.RunAsync(stop, "gcode", "info", program, "--profile", "prusa-mk3s")).Expect(0);
        Assert.Contains("prusa-mk3s would refuse it, and lines that can't be read are not in these figures. The first reason: line 5:", info.Output, StringComparison.Ordinal);
        var json = await FabNetProcess.RunAsync(stop, "gcode", "info", program, "--profile", "prusa-mk3s", "--json");
        Assert.Contains("\"refusalCount\":1", json.Output, StringComparison.Ordinal);
    });

    [Fact(Timeout = TimeoutMs)]
    public Task A_check_that_refuses_says_what_to_do_and_nothing_of_sending() => WithProgramAsync("G28\nG1 X9000 F1000\n", async (program, stop) =>
    {
        var ended = (await FabNetProcess.RunAsync(stop, "gcode", "check", program, "--profile", "prusa-mk3s")).Expect(1);
        Assert.Contains("line 2", ended.Output, StringComparison.Ordinal);
        Assert.Contains("choose another machine", ended.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("sent", ended.Output, StringComparison.Ordinal);
    });

    [Theory(Timeout = TimeoutMs)]
    [InlineData("no-such-command")]
    [InlineData("order")]
    [InlineData("status --no-such-option")]
    [InlineData("machine send part.gcode --port /dev/null --dialect klingon")]
    [InlineData("status --server nonsense")]
    [InlineData("coordinator serve --urls http://0.0.0.0:7300")]
    [InlineData("up --urls http://127.0.0.1:80000")]
    [InlineData("up --urls nonsense")]
    public async Task Bad_usage_ends_with_2_and_one_sentence(string words)
    {
        var ended = await FabNetProcess.RunAsync(TestContext.Current.CancellationToken, words.Split(' '));
        ended.ExpectRefusal(2);
        Assert.StartsWith("fabnet: ", ended.Errors, StringComparison.Ordinal);
        Assert.Empty(ended.Output);
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData("order clip --due tomorrow", "--due takes a moment, such as 2030-01-31T16:00")]
    [InlineData("order clip --quantity 99999999999", "--quantity takes a whole number in its range, and '99999999999' is none.")]
    public async Task An_option_of_another_kind_is_told_in_words(string words, string says)
    {
        var ended = await FabNetProcess.RunAsync(TestContext.Current.CancellationToken, words.Split(' '));
        ended.ExpectRefusal(2, says);
        Assert.DoesNotContain("System.", ended.Errors, StringComparison.Ordinal);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_word_that_is_no_command_is_named_and_nothing_else_is_asked_for()
    {
        var ended = await FabNetProcess.RunAsync(TestContext.Current.CancellationToken, "biuld");
        ended.ExpectRefusal(2, "biuld");
        Assert.DoesNotContain("Required command", ended.Errors, StringComparison.Ordinal);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_file_that_is_not_there_is_named_with_what_to_do()
    {
        var ended = await FabNetProcess.RunAsync(TestContext.Current.CancellationToken, "ledger", "verify", "nowhere.jsonl");
        ended.ExpectRefusal(1, "nowhere.jsonl", "Check the path");
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_port_that_is_taken_is_told_in_one_sentence()
    {
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        var data = Directory.CreateTempSubdirectory("fabnet-taken-");
        try
        {
            var ended = await FabNetProcess.RunAsync(TestContext.Current.CancellationToken, "catalogue", "serve", "--data", data.FullName, "--urls", $"http://{taken.LocalEndpoint}");
            ended.ExpectRefusal(1, "address already in use. Stop what uses it, or choose another address with --urls.");
            Assert.DoesNotContain("Exception", ended.Said, StringComparison.Ordinal);
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_server_that_is_not_there_ends_with_1_and_the_next_step()
    {
        var ended = await FabNetProcess.RunAsync(TestContext.Current.CancellationToken, "status", "--server", $"http://127.0.0.1:{Loopback.FreePort()}");
        ended.ExpectRefusal(1, "does not answer", "fabnet up", "--server");
    }

    /// <summary>The names under "Commands:": those that stand two blanks in.</summary>
    private static async Task WithProgramAsync(string text, Func<string, CancellationToken, Task> use)
    {
        var program = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(program, text, TestContext.Current.CancellationToken);
            await use(program, TestContext.Current.CancellationToken);
        }
        finally
        {
            File.Delete(program);
        }
    }

    private static IEnumerable<string> Subcommands(string help)
    {
        var at = help.IndexOf("\nCommands:\n", StringComparison.Ordinal);
        return at < 0 ? [] : CommandName().Matches(help[at..]).Select(m => m.Groups[1].Value);
    }

    [GeneratedRegex(@"^  ([a-z][a-z-]*)\b", RegexOptions.Multiline)]
    private static partial Regex CommandName();
}
