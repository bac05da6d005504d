// A program under test: its output by lines, its signals, its end. It never outlives the test.

using System.Diagnostics;
using System.Runtime.InteropServices;

namespace FabNet.SystemTests.Running;

/// <summary>A child process. Everything it says is kept, so that a line may be awaited before or after it was said.</summary>
internal class ChildProcess : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<string> _output = [];
    private readonly List<string> _errors = [];
    private readonly string _commandLine;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isOver;

    /// <summary>Starts a program.</summary>
    /// <param name="program">Its file; one that ends in .dll runs on .NET.</param>
    /// <param name="arguments">Its words.</param>
    /// <param name="prefix">A command that runs another one, with its options, such as <c>prlimit --fsize=1000</c>.</param>
    /// <param name="folder">Where it starts; null: where the tests do.</param>
    /// <param name="environment">Variables of its own.</param>
    protected ChildProcess(
        string program, IEnumerable<string> arguments, IReadOnlyList<string>? prefix = null, string? folder = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        // Whoever started the tests may ignore SIGINT (a shell in the background does), and a child inherits that.
        string[] words =
        [
            .. OperatingSystem.IsLinux() ? (string[])["env", "--default-signal=INT,TERM"] : [],
            .. prefix ?? [],
            .. program.EndsWith(".dll", StringComparison.Ordinal) ? (string[])["dotnet", program] : [program],
            .. arguments,
        ];
        _commandLine = string.Join(' ', words);
        var start = new ProcessStartInfo(words[0], words[1..])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? "",
        };
        start.Environment.Remove("FABNET_SERVER");
        start.Environment.Remove("FABNET_DATA");
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        Process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        Ended = Task.WhenAll(ReadAsync(Process.StandardOutput, _output), ReadAsync(Process.StandardError, _errors), Process.WaitForExitAsync()).ContinueWith(
            _ =>
            {
                lock (_gate)
                {
                    _isOver = true;
                }

                Announce();
            },
            TaskScheduler.Default);
    }

    /// <summary>What it has said on standard output so far.</summary>
    public IReadOnlyList<string> Output => Copy(_output);

    /// <summary>What it has said on standard error so far.</summary>
    public IReadOnlyList<string> Errors => Copy(_errors);

    /// <summary>All it has said, for messages.</summary>
    public string Said => $"$ {_commandLine}\n{string.Join('\n', Output)}\n{string.Join('\n', Errors)}";

    /// <summary>Its exit code, once it has ended.</summary>
    public int ExitCode => Process.ExitCode;

    /// <summary>Completes when it has ended and all it said was read.</summary>
    protected Task Ended { get; }

    protected Process Process { get; }

    /// <summary>The first line on standard output that contains a text, said already or yet to come.</summary>
    /// <exception cref="InvalidOperationException">It ended without saying it; the message holds what it said.</exception>
    public async Task<string> WaitForLineAsync(string text, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_output.Find(line => line.Contains(text, StringComparison.Ordinal)) is { } found)
                {
                    return found;
                }

                if (_isOver)
                {
                    break;
                }

                changed = _changed.Task;
            }

            await WaitAsync(changed, $"to say '{text}'", cancellationToken);
        }

        throw new InvalidOperationException($"It ended with exit code {ExitCode} and never said '{text}'.\n{Said}");
    }

    /// <summary>Awaits its end.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> WaitForExitAsync(CancellationToken cancellationToken)
    {
        await WaitAsync(Ended, "to end", cancellationToken);
        return ExitCode;
    }

    /// <summary>Writes a line to its standard input.</summary>
    public async Task TypeAsync(string line)
    {
        await Process.StandardInput.WriteLineAsync(line);
        await Process.StandardInput.FlushAsync();
    }

    /// <summary>SIGKILL: what a power cut is for a process. Returns when it is gone; a child of its own may hold its output open.</summary>
    public Task KillAsync()
    {
        if (!Process.HasExited)
        {
            Process.Kill();
        }

        return Process.WaitForExitAsync();
    }

    /// <summary>SIGTERM: asks it to stop.</summary>
    public void Terminate() => Send(Signals.Terminate);

    /// <summary>SIGINT: what Ctrl-C sends.</summary>
    public void Interrupt() => Send(Signals.Interrupt);

    /// <summary>Kills it, and what it has started, by their ids.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!Process.HasExited)
        {
            Process.Kill(entireProcessTree: true);
        }

        await Ended;
        Process.Dispose();
        GC.SuppressFinalize(this);
    }

    private void Send(int signal)
    {
        if (Signals.Kill(Process.Id, signal) != 0)
        {
            throw new InvalidOperationException($"Signal {signal} could not be sent: error {Marshal.GetLastPInvokeError()}.\n{Said}");
        }
    }

    private async Task WaitAsync(Task task, string what, CancellationToken cancellationToken)
    {
        try
        {
            await task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"Too long a wait for it {what}.\n{Said}", e);
        }
    }

    private async Task ReadAsync(StreamReader reader, List<string> lines)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (_gate)
            {
                lines.Add(line);
            }

            Announce();
        }
    }

    private void Announce()
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.SetResult();
    }

    private List<string> Copy(List<string> lines)
    {
        lock (_gate)
        {
            return [.. lines];
        }
    }
}
