// Tokens by which a client call takes over the deadline and cancellation of the server call that makes it.

namespace Grpc.Core;

/// <summary>A server call that a client call becomes a part of.</summary>
public abstract class ContextPropagationToken
{
    /// <summary>Only the gRPC runtime makes tokens.</summary>
    private protected ContextPropagationToken()
    {
    }
}

/// <summary>What a <see cref="ContextPropagationToken"/> hands on.</summary>
public class ContextPropagationOptions
{
    /// <summary>Both deadline and cancellation.</summary>
    public static readonly ContextPropagationOptions Default = new();

    /// <summary>Makes options.</summary>
    /// <param name="propagateDeadline">Whether the deadline is handed on.</param>
    /// <param name="propagateCancellation">Whether cancellation is handed on.</param>
    public ContextPropagationOptions(bool propagateDeadline = true, bool propagateCancellation = true)
    {
        IsPropagateDeadline = propagateDeadline;
        IsPropagateCancellation = propagateCancellation;
    }

    /// <summary>Whether the deadline is handed on.</summary>
    public bool IsPropagateDeadline { get; }

    /// <summary>Whether cancellation is handed on.</summary>
    public bool IsPropagateCancellation { get; }
}

/// <summary>The token that this runtime makes and understands.</summary>
internal sealed class CallPropagationToken(DateTime? deadline, CancellationToken cancellationToken) : ContextPropagationToken
{
    /// <summary>The deadline to obey as well (UTC); null means none.</summary>
    internal DateTime? Deadline { get; } = deadline;

    /// <summary>The cancellation to obey as well.</summary>
    internal CancellationToken CancellationToken { get; } = cancellationToken;
}
