// From the coordinator's refusals and errors to gRPC's status codes, in one place.

using FabNet.Coordinator.Sites;
using FabNet.Journal;
using Grpc.Core;

namespace FabNet.Coordinator;

/// <summary>Maps exceptions to statuses.</summary>
internal static class RpcErrors
{
    /// <summary>Runs a handler; what it throws becomes a status with its message.</summary>
    public static async Task<T> Mapped<T>(Func<Task<T>> handler)
    {
        try
        {
            return await handler();
        }
        catch (Exception e) when (StatusOf(e) is { } status)
        {
            throw new RpcException(status);
        }
    }

    /// <summary>The status of an exception; null where it is not one that a handler means.</summary>
    public static Status? StatusOf(Exception exception) => exception switch
    {
        RefusedException { Refusal: Refusal.NotFound } e => new Status(StatusCode.NotFound, e.Message),
        RefusedException { Refusal: Refusal.Invalid } e => new Status(StatusCode.InvalidArgument, e.Message),
        RefusedException { Refusal: Refusal.Precondition } e => new Status(StatusCode.FailedPrecondition, e.Message),
        RefusedException e => new Status(StatusCode.Unavailable, e.Message),
        FormatException e => new Status(StatusCode.InvalidArgument, e.Message),
        JournalException { IsOutOfSpace: true } e => new Status(StatusCode.ResourceExhausted, e.Message),
        JournalException e => new Status(StatusCode.Unavailable, e.Message),
        SessionEndedException e => new Status(StatusCode.Aborted, e.Message),
        System.Threading.Channels.ChannelClosedException => new Status(StatusCode.Unavailable, "The coordinator is stopping. Try again in a moment."),
        _ => null,
    };
}
