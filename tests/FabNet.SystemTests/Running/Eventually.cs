// Awaits a state that nothing announces: a file's content, a port that opens.

namespace FabNet.SystemTests.Running;

internal static class Eventually
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(25);

    /// <summary>Looks again and again until it is true.</summary>
    /// <exception cref="TimeoutException">The test's time ran out first.</exception>
    public static async Task TrueAsync(Func<Task<bool>> look, string what, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, TimeProvider.System);
        try
        {
            while (!await look())
            {
                await timer.WaitForNextTickAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"Too long a wait until {what}.", e);
        }
    }

    /// <inheritdoc cref="TrueAsync(Func{Task{bool}}, string, CancellationToken)" />
    public static Task TrueAsync(Func<bool> look, string what, CancellationToken cancellationToken) => TrueAsync(() => Task.FromResult(look()), what, cancellationToken);
}
