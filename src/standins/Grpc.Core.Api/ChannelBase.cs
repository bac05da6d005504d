namespace Grpc.Core;

/// <summary>A way to a server, shared by any number of clients and concurrent calls.</summary>
public abstract class ChannelBase
{
    private int _shutdown;

    /// <summary>For implementers.</summary>
    /// <param name="target">The address of the server.</param>
    protected ChannelBase(string target)
    {
        ArgumentNullException.ThrowIfNull(target);
        Target = target;
    }

    /// <summary>The address of the server.</summary>
    public string Target { get; }

    /// <summary>Makes what starts calls on this channel.</summary>
    /// <returns>The invoker.</returns>
    public abstract CallInvoker CreateCallInvoker();

    /// <summary>Ends the channel and the calls on it.</summary>
    /// <returns>When it has ended.</returns>
    /// <exception cref="InvalidOperationException">It was shut down before.</exception>
    public Task ShutdownAsync() => Interlocked.Exchange(ref _shutdown, 1) == 0
        ? ShutdownAsyncCore()
        : throw new InvalidOperationException("The channel has been shut down already.");

    /// <summary>Ends the channel and the calls on it.</summary>
    /// <returns>When it has ended.</returns>
    protected virtual Task ShutdownAsyncCore() => Task.CompletedTask;
}
