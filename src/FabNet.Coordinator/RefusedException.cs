// How the coordinator says no to a request, before anything was done.

namespace FabNet.Coordinator;

/// <summary>Why a request was refused; each has its gRPC status.</summary>
internal enum Refusal
{
    /// <summary>There is no such thing: NOT_FOUND.</summary>
    NotFound,

    /// <summary>A field can't be so: INVALID_ARGUMENT.</summary>
    Invalid,

    /// <summary>Not in this state: FAILED_PRECONDITION.</summary>
    Precondition,

    /// <summary>Somebody else does not answer: UNAVAILABLE.</summary>
    Unavailable,
}

/// <summary>A request was refused and nothing was changed. The message is for the person who asked.</summary>
internal sealed class RefusedException(Refusal refusal, string message, Exception? inner = null) : Exception(message, inner)
{
    public Refusal Refusal { get; } = refusal;
}
