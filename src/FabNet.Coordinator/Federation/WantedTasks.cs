// Tasks that run as long as they are wanted, one for each key.

namespace FabNet.Coordinator.Federation;

/// <summary>Begins and ends tasks as wishes change. Used by one caller at a time.</summary>
/// <param name="run">Runs until cancelled.</param>
/// <param name="failed">Told what it threw else: a fault of this program, after which it begins anew.</param>
internal sealed class WantedTasks<TKey>(Func<TKey, CancellationToken, Task> run, Action<TKey, Exception> failed)
    where TKey : notnull
{
    private readonly Dictionary<TKey, (CancellationTokenSource Stop, Task Running)> _running = [];

    /// <summary>Ends what is not wanted any more, and begins what is wanted and does not run, or has ended by itself.</summary>
    public async Task BecomeAsync(IReadOnlyCollection<TKey> wanted, CancellationToken cancellationToken)
    {
        foreach (var key in _running.Where(r => !wanted.Contains(r.Key) || r.Value.Running.IsCompleted).Select(static r => r.Key).ToList())
        {
            await EndAsync(key);
        }

        foreach (var key in wanted.Where(k => !_running.ContainsKey(k)))
        {
            var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            _running.Add(key, (stop, run(key, stop.Token)));
        }
    }

    /// <summary>Ends all.</summary>
    public async Task EndAsync()
    {
        foreach (var key in _running.Keys.ToList())
        {
            await EndAsync(key);
        }
    }

    private async Task EndAsync(TKey key)
    {
        _running.Remove(key, out var task);
        using var stop = task.Stop;
        await stop.CancelAsync();
        try
        {
            await task.Running;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // It was to end.
        }
        catch (Exception e)
        {
            failed(key, e);
        }
    }
}
