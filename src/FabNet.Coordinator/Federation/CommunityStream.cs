// A stream that is read from another community for as long as it is followed: opened again when it breaks, later each time.

using Grpc.Core;

namespace FabNet.Coordinator.Federation;

/// <summary>Reads a stream again and again.</summary>
internal static class CommunityStream
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>Reads until cancelled.</summary>
    /// <param name="read">Opens the stream and reads it to its end; says true to what it is given each time that something came.</param>
    /// <param name="broke">Told why a stream ended.</param>
    /// <param name="time">The clock of the pauses.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task RunAsync(Func<Action, CancellationToken, Task> read, Func<string, Task> broke, TimeProvider time, CancellationToken cancellationToken)
    {
        var pause = FirstPause;
        try
        {
            while (true)
            {
                string reason;
                try
                {
                    await read(() => pause = FirstPause, cancellationToken);
                    reason = "it ended the stream";
                }
                catch (Exception e) when (e is RpcException or IOException)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    reason = e is RpcException rpc ? rpc.Status.Detail : e.Message;
                }

                await broke(reason);
                await Task.Delay(pause, time, cancellationToken);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // It is followed no longer.
        }
    }
}
