using Grpc.Core;
using Grpc.Core.Wire;

namespace Grpc.Net.Client.Calls;

/// <summary>A call with its messages: either side single or streaming.</summary>
internal sealed class ClientCall<TRequest, TResponse> : ClientCall, IAsyncStreamReader<TResponse>
    where TRequest : class
    where TResponse : class
{
    private readonly Method<TRequest, TResponse> _method;
    private ResponseReader<TResponse>? _reader;
    private StreamingContent? _streaming;
    private TResponse? _current;

    internal ClientCall(GrpcChannel channel, Method<TRequest, TResponse> method, string? host, CallOptions options)
        : base(channel, method, host, options) =>
        _method = method;

    /// <summary>The request stream of a call that has one.</summary>
    internal RequestStream<TRequest>? Requests { get; private set; }

    /// <summary>The response of a call that has just one.</summary>
    internal Task<TResponse> Response { get; private set; } = null!;

    public TResponse Current => _current ?? throw new InvalidOperationException(
        "There is no current message: MoveNext has not been called, or has returned false.");

    /// <summary>Starts with one request.</summary>
    /// <exception cref="RpcException">The request is longer than may be sent.</exception>
    internal ClientCall<TRequest, TResponse> StartSingle(TRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var frame = new PooledBufferWriter();
        try
        {
            using var writer = new MessageWriter(frame, Channel.MaxSendMessageSize);
            var plain = Options.WriteOptions?.Flags.HasFlag(WriteFlags.NoCompress) ?? false;
            writer.Write(request, _method.RequestMarshaller.ContextualSerializer, plain ? null : Encoding);
        }
        catch
        {
            frame.Dispose();
            throw;
        }

        Start(new MessageContent(frame));
        return this;
    }

    /// <summary>Starts with a stream of requests.</summary>
    internal ClientCall<TRequest, TResponse> StartStreaming()
    {
        _streaming = new StreamingContent();
        Requests = new RequestStream<TRequest>(this, _streaming, _method.RequestMarshaller.ContextualSerializer);
        Start(_streaming);
        return this;
    }

    /// <summary>Waits for the only response in <see cref="Response"/>.</summary>
    internal ClientCall<TRequest, TResponse> ExpectSingle()
    {
        Response = ReceiveSingleAsync();
        return this;
    }

    public Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            Cancel();
        }

        try
        {
            if (!BeginRead())
            {
                _current = null;
                return GetStatus().StatusCode == StatusCode.OK ? Task.FromResult(false) : Task.FromException<bool>(ToException());
            }
        }
        catch (InvalidOperationException e)
        {
            return Task.FromException<bool>(e);
        }

        if (_reader is not null && TryTakeBuffered())
        {
            EndRead();
            return Task.FromResult(true);
        }

        return ReadNextAsync(cancellationToken);
    }

    protected override void Open(Stream body, string? encoding) =>
        _reader = new ResponseReader<TResponse>(body, encoding, Channel.MaxReceiveMessageSize, _method.ResponseMarshaller.ContextualDeserializer);

    protected override void ReleaseBody() => _reader?.Dispose();

    protected override bool AbortRequest()
    {
        if (_streaming is null || _streaming.IsCompleted)
        {
            return false;
        }

        _streaming.Abort();
        Requests!.Dispose();
        return true;
    }

    private bool TryTakeBuffered()
    {
        try
        {
            return _reader!.TryTake(out _current);
        }
        catch (RpcException)
        {
            // The same fault is found again, and reported, by the read that follows.
            return false;
        }
    }

    private async Task<bool> ReadNextAsync(CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.UnsafeRegister(static call => ((ClientCall)call!).Cancel(), this);
        try
        {
            _current = await Opened ? await _reader!.ReadNextAsync(Stopped) : null;
            if (_current is not null)
            {
                return true;
            }

            if (!HasEnded)
            {
                EndByTrailers(missing: null);
            }
        }
        catch (Exception e)
        {
            _current = null;
            Fail(e);
        }
        finally
        {
            EndRead();
        }

        return GetStatus().StatusCode == StatusCode.OK ? false : throw ToException();
    }

    private async Task<TResponse> ReceiveSingleAsync()
    {
        TResponse? response = null;
        if (BeginRead())
        {
            try
            {
                if (await Opened)
                {
                    response = await _reader!.ReadNextAsync(Stopped);
                    if (response is not null && await _reader.ReadNextAsync(Stopped) is not null)
                    {
                        throw MessageFrame.Surplus();
                    }

                    EndByTrailers(response is null ? "The server answered OK without a message." : null);
                }
            }
            catch (Exception e)
            {
                Fail(e);
            }
            finally
            {
                EndRead();
            }
        }

        if (GetStatus().StatusCode != StatusCode.OK)
        {
            throw ToException();
        }

        return response ?? throw new RpcException(new Status(StatusCode.Internal, "The server answered OK without a message."), GetTrailers());
    }
}
