// Runs a command: reads its words, handles the signals, and turns every failure into a sentence and an exit code.

using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using FabNet.FirmwareBridge;
using Grpc.Core;

namespace FabNet.CommandLine;

/// <summary>A command could not do what it was asked to; the message is for the person who asked.</summary>
internal sealed class CommandFailedException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A command was asked for something that makes no sense; exit code 2.</summary>
internal sealed class UsageException(string message) : Exception(message);

internal static partial class CommandRunner
{
    public const int Succeeded = 0;

    public const int Failed = 1;

    public const int BadUsage = 2;

    // No person presses Ctrl-C twice so quickly on purpose.
    private static readonly TimeSpan SameSignal = TimeSpan.FromMilliseconds(300);

    /// <summary>Every command has it.</summary>
    public static Option<bool> Json { get; } = new("--json") { Description = "Print JSON for programs: one document, or one object a line where a command reports as it goes.", Recursive = true };

    public static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        BriefHelp.Use(root);
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            // Of a word that is no command the parser says too that a command is missing; the word is what to mend.
            var unknown = parsed.UnmatchedTokens.Count > 0 && parsed.CommandResult.Command.Subcommands.Count > 0;
            foreach (var error in parsed.Errors.Where(e => !unknown || parsed.UnmatchedTokens.Any(t => e.Message.Contains(t, StringComparison.Ordinal))))
            {
                await Console.Error.WriteLineAsync($"fabnet: {Sentence(error.Message)}");
            }

            await Console.Error.WriteLineAsync($"Try: {CommandLineOf(parsed)} --help");
            return BadUsage;
        }

        var stoppedAt = 0L;
        using var stopping = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        var console = new CommandConsole(parsed.GetValue(Json));
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, stopping.Token);
        }
        catch (Exception e) when (stopping.IsCancellationRequested && e is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled })
        {
            return console.Fail("interrupted", Failed);
        }
        catch (UsageException e)
        {
            return console.Fail(e.Message, BadUsage);
        }
        catch (RpcException e)
        {
            return console.Fail(Sentence(e), Failed);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return console.Fail($"{e.Message} Check the path.", Failed);
        }
        catch (Exception e) when (e is CommandFailedException or MachineLinkException or IOException or UnauthorizedAccessException or FormatException or NotSupportedException)
        {
            return console.Fail(e.Message, Failed);
        }

        // A second signal ends the process at once, as users expect of a stuck one; but 'timeout' and some shells deliver one twice, and a machine must not stay hot for that.
        void Stop(PosixSignalContext context)
        {
            var first = Interlocked.CompareExchange(ref stoppedAt, TimeProvider.System.GetTimestamp(), 0);
            context.Cancel = first == 0 || TimeProvider.System.GetElapsedTime(first) < SameSignal;
            stopping.Cancel();
        }
    }

    /// <summary>Completes when a command is asked to stop.</summary>
    public static Task WhenCancelled(this CancellationToken stop)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        stop.Register(stopped.SetResult);
        return stopped.Task;
    }

    // The parser names types of .NET; people write words.
    private static string Sentence(string parseError)
    {
        if (WrongType().Match(parseError) is not { Success: true } wrong)
        {
            return parseError;
        }

        var form = wrong.Groups[3].Value switch
        {
            var t when t.Contains("DateTimeOffset", StringComparison.Ordinal) => "a moment, such as 2030-01-31T16:00 (your local time) or 2030-01-31T16:00Z",
            var t when t.Contains("Int", StringComparison.Ordinal) => "a whole number in its range",
            var t when t.Contains("Double", StringComparison.Ordinal) || t.Contains("Decimal", StringComparison.Ordinal) => "a number, with a point for decimals",
            _ => "another kind of value",
        };
        return $"{wrong.Groups[2].ValueSpan} takes {form}, and '{wrong.Groups[1].ValueSpan}' is none.";
    }

    [GeneratedRegex("^Cannot parse argument '(.*)' for (?:option|command) '(.*)' as expected type '(.*)'", RegexOptions.Singleline)]
    private static partial Regex WrongType();

    private static string Sentence(RpcException e) => e.StatusCode switch
    {
        StatusCode.Unavailable => $"The server does not answer: {e.Status.Detail}. Is it running? Start a network with 'fabnet up', or name a server with --server or FABNET_SERVER.",
        _ when e.Status.Detail.Length > 0 => e.Status.Detail,
        _ => $"The server answered {e.StatusCode}.",
    };

    private static string CommandLineOf(ParseResult parsed)
    {
        var words = new List<string>();
        for (var result = parsed.CommandResult; result is not null; result = result.Parent as System.CommandLine.Parsing.CommandResult)
        {
            words.Insert(0, result.Command is RootCommand ? "fabnet" : result.Command.Name);
        }

        return string.Join(' ', words);
    }
}
