// The one loop that owns the coordinator's state: commands come through a bounded channel and run one after another.

using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace FabNet.Coordinator;

/// <summary>
/// Runs commands one at a time. When the channel is full, who asks waits: pressure goes back to the callers' streams and never into memory.
/// </summary>
internal sealed class CoordinatorLoop : IAsyncDisposable
{
    private const int Capacity = 1024;

    private readonly Channel<Action> _commands = Channel.CreateBounded<Action>(new BoundedChannelOptions(Capacity) { SingleReader = true });
    private readonly Action _afterEach;
    private readonly ILogger _log;
    private readonly Task _running;

    /// <summary>Starts the loop.</summary>
    /// <param name="afterEach">Runs on the loop after each command: what follows from it.</param>
    /// <param name="log">Where errors of commands that nobody awaits go.</param>
    public CoordinatorLoop(Action afterEach, ILogger log)
    {
        _afterEach = afterEach;
        _log = log;
        _running = Task.Run(RunAsync);
    }

    /// <summary>Runs a function on the loop and returns what it returned, or throws what it threw.</summary>
    public async Task<T> AskAsync<T>(Func<T> command, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        await _commands.Writer.WriteAsync(
            () =>
            {
                try
                {
                    var result = command();
                    _afterEach();
                    answer.SetResult(result);
                }
                catch (Exception e)
                {
                    answer.TrySetException(e);
                }
            },
            cancellationToken);
        return await answer.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Queues an action, and waits while the loop is full. What it throws is logged. Nothing happens once the loop has ended.</summary>
    public async Task PostAsync(Action command)
    {
        try
        {
            await _commands.Writer.WriteAsync(() =>
            {
                try
                {
                    command();
                    _afterEach();
                }
                catch (Exception e)
                {
                    CoordinatorLog.CommandFailed(_log, e);
                }
            });
        }
        catch (ChannelClosedException)
        {
            // The coordinator is stopping: what was to be done is done after the next start, from the journal.
        }
    }

    public async ValueTask DisposeAsync()
    {
        _commands.Writer.TryComplete();
        await _running;
    }

    private async Task RunAsync()
    {
        await foreach (var command in _commands.Reader.ReadAllAsync())
        {
            command();
        }
    }
}
