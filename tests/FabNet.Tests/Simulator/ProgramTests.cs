// The program itself, as a process: what it prints, what it takes, and what a crash leaves behind.

using System.Diagnostics;
using System.Text.Json.Nodes;
using Xunit;

namespace FabNet.Tests.Simulator;

public sealed class ProgramTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task The_first_line_is_the_port_and_words_on_standard_input_control_the_machine()
    {
        using var program = Start("marlin", "--speed", "1000");
        var port = await program.StandardOutput.ReadLineAsync(Cancellation);
        Assert.StartsWith("/dev/pts/", port);
        await program.StandardInput.WriteLineAsync("status\nunplug\nexplode\nquit");
        Assert.StartsWith(port + " ", await program.StandardOutput.ReadLineAsync(Cancellation));
        Assert.Equal("ok", await program.StandardOutput.ReadLineAsync(Cancellation));
        Assert.StartsWith("error: 'explode' is unknown", await program.StandardOutput.ReadLineAsync(Cancellation));
        await program.WaitForExitAsync(Cancellation);
        Assert.Equal(0, program.ExitCode);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(2, "marlin", "--fault", "bogus")]
    [InlineData(2, "marlin", "--speed", "0")]
    [InlineData(2, "marlin", "--nonsuch")]
    [InlineData(2, "marlin", "--profile", "shapeoko-3")]
    [InlineData(1, "grbl", "--profile", "nonsuch")]
    public async Task A_wrong_word_ends_with_a_message_and_an_exit_code(int exitCode, params string[] arguments)
    {
        using var program = Start(arguments);
        var message = await program.StandardError.ReadToEndAsync(Cancellation);
        await program.WaitForExitAsync(Cancellation);
        Assert.Equal(exitCode, program.ExitCode);
        Assert.Contains(arguments[^1].TrimStart('-'), message);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_killed_simulator_leaves_every_acknowledged_command_in_its_log()
    {
        var log = Path.Combine(Directory.CreateTempSubdirectory("fabnet-log-").FullName, "executed.jsonl");
        using var program = Start("marlin", "--speed", "max", "--log", log);
        await using (var host = new PortHost((await program.StandardOutput.ReadLineAsync(Cancellation))!))
        {
            // Bytes that come while the board boots are lost: ask until it answers.
            await program.StandardInput.WriteLineAsync("status");
            while ((await program.StandardOutput.ReadLineAsync(Cancellation))!.Contains(" booting ", StringComparison.Ordinal))
            {
                await program.StandardInput.WriteLineAsync("status");
            }

            for (var i = 1; i <= 50; i++)
            {
                await host.AskUntilOkAsync($"G1 X{i} F6000", Cancellation);
            }

            program.Kill();
            await program.WaitForExitAsync(Cancellation);
        }

        var texts = (await File.ReadAllLinesAsync(log, Cancellation)).Select(line => (string?)JsonNode.Parse(line)!["text"]);
        Assert.Equal(Enumerable.Range(1, 50).Select(i => $"G1 X{i} F6000"), texts);
    }

    private static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "FabNet.FirmwareSimulator"), arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }
}
