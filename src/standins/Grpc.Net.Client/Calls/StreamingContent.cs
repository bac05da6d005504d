using System.Net;
using Grpc.Core.Wire;

namespace Grpc.Net.Client.Calls;

/// <summary>
/// The body of a request with a stream of messages: hands the transport's stream to the writer, and stays open until
/// the writer completes it.
/// </summary>
internal sealed class StreamingContent : HttpContent
{
    private readonly TaskCompletionSource<Stream> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _used;

    internal StreamingContent() => Headers.TryAddWithoutValidation("Content-Type", GrpcHeaders.ContentType);

    /// <summary>The transport's stream, as soon as there is one; cancelled if there will not be.</summary>
    internal Task<Stream> Opened => _opened.Task;

    /// <summary>Whether the writer has completed the stream.</summary>
    internal bool IsCompleted => _completed.Task.IsCompletedSuccessfully;

    /// <summary>Half-closes the stream.</summary>
    internal void Complete() => _completed.TrySetResult();

    /// <summary>Gives up; a writer that waits wakes up.</summary>
    internal void Abort()
    {
        _completed.TrySetCanceled();
        _opened.TrySetCanceled();
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _used, 1) != 0)
        {
            throw new IOException("The connection was lost, and a stream of messages that has begun cannot be sent again.");
        }

        // Without a flush the request headers would wait for the first message.
        await stream.FlushAsync(cancellationToken);
        _opened.TrySetResult(stream);
        await _completed.Task.WaitAsync(cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
