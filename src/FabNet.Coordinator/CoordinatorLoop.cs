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

    /// <summary>Runs an action on the loop soon. What it throws is logged.</summary>
    /// <returns>False if the channel is full or closed: the caller's next occasion must do.</returns>
    public bool TryPost(Action command) => _commands.Writer.TryWrite(() =>
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
