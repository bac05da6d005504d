using System.IO.Pipelines;
using Grpc.Core;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>The responses of a call as its handler writes them. A write ends when the transport has room for more.</summary>
internal sealed class ResponseStream<T>(HttpServerCallContext context, Action<T, SerializationContext> serialize) : IServerStreamWriter<T>
{
    public WriteOptions? WriteOptions { get; set; }

    public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

    public Task WriteAsync(T message, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled(cancellationToken);
        }

        try
        {
            context.ThrowIfAborted();
            context.BeginWrite();
        }
        catch (Exception e)
        {
            return Task.FromException(e);
        }

        var ended = true;
        try
        {
            var flags = (WriteOptions ?? context.WriteOptions)?.Flags ?? default;
            context.Write(message, serialize, flags);
            if (flags.HasFlag(WriteFlags.BufferHint))
            {
                return Task.CompletedTask;
            }

            var flush = context.FlushAsync(cancellationToken);
            if (flush.IsCompletedSuccessfully)
            {
                context.CheckFlush(flush.Result);
                return Task.CompletedTask;
            }

            ended = false;
            return AwaitAsync(flush);
        }
        catch (Exception e)
        {
            return Task.FromException(e);
        }
        finally
        {
            if (ended)
            {
                context.EndWrite();
            }
        }
    }

    private async Task AwaitAsync(ValueTask<FlushResult> flush)
    {
        try
        {
            context.CheckFlush(await flush);
        }
        finally
        {
            context.EndWrite();
        }
    }
}
