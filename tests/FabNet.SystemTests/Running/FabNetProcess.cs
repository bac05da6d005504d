// The fabnet program as a user starts it.

namespace FabNet.SystemTests.Running;

/// <summary>A run of <c>fabnet</c>.</summary>
internal sealed class FabNetProcess : ChildProcess
{
    private FabNetProcess(IEnumerable<string> arguments, IReadOnlyList<string>? prefix, string? folder, IReadOnlyDictionary<string, string>? environment)
        : base(Repository.FabNet, arguments, prefix, folder, environment)
    {
    }

    /// <summary>Starts a command that goes on until it is stopped, or that the test wants to look at while it runs.</summary>
    public static FabNetProcess Start(params string[] arguments) => new(arguments, null, null, null);

    /// <summary>Starts a command with limits or an environment of its own.</summary>
    public static FabNetProcess Start(
        IEnumerable<string> arguments, IReadOnlyList<string>? prefix = null, string? folder = null, IReadOnlyDictionary<string, string>? environment = null) =>
        new(arguments, prefix, folder, environment);

    /// <summary>Runs a command to its end.</summary>
    public static async Task<CommandResult> RunAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        await using var process = Start(arguments);
        return await process.FinishAsync(cancellationToken);
    }

    /// <summary>Awaits its end and keeps what it said.</summary>
    public async Task<CommandResult> FinishAsync(CancellationToken cancellationToken)
    {
        var exitCode = await WaitForExitAsync(cancellationToken);
        return new CommandResult(exitCode, string.Join('\n', Output), string.Join('\n', Errors), Said);
    }
}

/// <summary>How a command ended.</summary>
/// <param name="ExitCode">0, 1 or 2.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Errors">Its standard error.</param>
/// <param name="Said">All of it with the command line, for messages.</param>
internal sealed record CommandResult(int ExitCode, string Output, string Errors, string Said)
{
    /// <summary>Asserts the exit code, and shows everything where it is another.</summary>
    public CommandResult Expect(int exitCode)
    {
        Assert.True(ExitCode == exitCode, $"Exit code {ExitCode}, and {exitCode} was expected.\n{Said}");
        return this;
    }

    /// <summary>Asserts that it failed with one sentence for a person, and not with a stack trace.</summary>
    public CommandResult ExpectRefusal(int exitCode, params string[] words)
    {
        Expect(exitCode);
        Assert.DoesNotContain("   at ", Said, StringComparison.Ordinal);
        Assert.All(words, word => Assert.True(Said.Contains(word, StringComparison.Ordinal), $"It did not say '{word}'.\n{Said}"));
        return this;
    }
}
