using Grpc.Core;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>The requests of a call as its handler reads them.</summary>
internal sealed class RequestStream<T>(HttpServerCallContext context, RequestReader<T> reader) : IAsyncStreamReader<T>
    where T : class
{
    private T? _current;
    private bool _ended;
    private int _reading;

    public T Current => _current ?? throw new InvalidOperationException("There is no current message: MoveNext has not been called, or has returned false.");

    public Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<bool>(cancellationToken);
        }

        if (Interlocked.Exchange(ref _reading, 1) != 0)
        {
            return Task.FromException<bool>(new InvalidOperationException("The previous read has not ended."));
        }

        if (_ended)
        {
            _reading = 0;
            return Task.FromResult(false);
        }

        var link = context.Link(cancellationToken, out var linked);
        var pending = ReadAsync(linked);
        if (link is null && pending.IsCompletedSuccessfully)
        {
            return Task.FromResult(Take(pending.Result));
        }

        return AwaitAsync(pending, link);
    }

    private ValueTask<T?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            context.ThrowIfFinished();
            return reader.ReadNextAsync(cancellationToken);
        }
        catch (Exception e)
        {
            return ValueTask.FromException<T?>(e);
        }
    }

    private async Task<bool> AwaitAsync(ValueTask<T?> pending, CancellationTokenSource? link)
    {
        try
        {
            return Take(await pending);
        }
        finally
        {
            _reading = 0;
            link?.Dispose();
        }
    }

    private bool Take(T? message)
    {
        _current = message;
        _ended = message is null;
        _reading = 0;
        return message is not null;
    }
}
