using Grpc.Core;
using Grpc.Core.Wire;

namespace Grpc.Net.Client.Calls;

/// <summary>The requests of a call as its client writes them. A write ends when the transport's window has taken the message.</summary>
internal sealed class RequestStream<T> : IClientStreamWriter<T>, IDisposable
    where T : class
{
    private const int KeptCapacity = 64 * 1024;

    private readonly ClientCall _call;
    private readonly StreamingContent _content;
    private readonly Action<T, SerializationContext> _serialize;
    private readonly PooledBufferWriter _frame = new();
    private readonly MessageWriter _writer;
    private int _busy;
    private bool _completed;

    internal RequestStream(ClientCall call, StreamingContent content, Action<T, SerializationContext> serialize)
    {
        _call = call;
        _content = content;
        _serialize = serialize;
        _writer = new MessageWriter(_frame, call.Channel.MaxSendMessageSize);
        WriteOptions = call.Options.WriteOptions;
    }

    public WriteOptions? WriteOptions { get; set; }

    public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(T message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (cancellationToken.IsCancellationRequested)
        {
            _call.Cancel();
        }

        Begin();
        using var registration = cancellationToken.UnsafeRegister(static call => ((ClientCall)call!).Cancel(), _call);
        try
        {
            var flags = WriteOptions?.Flags ?? default;
            _writer.Write(message, _serialize, flags.HasFlag(WriteFlags.NoCompress) ? null : _call.Encoding);
            await SendAsync(flush: !flags.HasFlag(WriteFlags.BufferHint));
        }
        finally
        {
            _frame.Reset(KeptCapacity);
            Volatile.Write(ref _busy, 0);
            if (_call.HasEnded)
            {
                Dispose();
            }
        }
    }

    public Task CompleteAsync()
    {
        if (Interlocked.Exchange(ref _busy, 1) != 0)
        {
            return Task.FromException(new InvalidOperationException("Can't complete the client stream writer because the previous write is in progress."));
        }

        _completed = true;
        _content.Complete();
        Volatile.Write(ref _busy, 0);
        Dispose();
        return Task.CompletedTask;
    }

    /// <summary>Gives buffers back, unless a write is using them: then its end does.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _busy, 1) == 0)
        {
            _frame.Dispose();
            _writer.Dispose();
            Volatile.Write(ref _busy, 0);
        }
    }

    private void Begin()
    {
        if (Interlocked.Exchange(ref _busy, 1) != 0)
        {
            throw new InvalidOperationException("Can't write the message because the previous write is in progress.");
        }

        if (_completed || _call.HasEnded)
        {
            Volatile.Write(ref _busy, 0);
            throw _completed ? new InvalidOperationException("Request stream has already been completed.") : _call.ToException();
        }
    }

    private async Task SendAsync(bool flush)
    {
        try
        {
            var stream = await _content.Opened;
            await stream.WriteAsync(_frame.Memory, _call.Stopped);
            if (flush)
            {
                await stream.FlushAsync(_call.Stopped);
            }
        }
        catch (Exception e)
        {
            if (_call.HasEnded)
            {
                throw _call.ToException();
            }

            // The server may have closed only this direction: its responses and its status can still be read.
            var status = CallFault.ToStatus(e, _call.Channel.Address);
            throw new RpcException(new Status(status.StatusCode, "The request stream is closed; the responses tell why. " + status.Detail, e));
        }
    }
}
