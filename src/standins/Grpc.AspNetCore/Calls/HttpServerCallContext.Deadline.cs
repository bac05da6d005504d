using Grpc.Core;
using Grpc.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>The deadline of a call: when it passes, the client gets its status at once, and the handler's token is cancelled.</summary>
internal sealed partial class HttpServerCallContext
{
    private const int Http2NoError = 0;
    private const int Http2Cancel = 8;

    private CancellationTokenSource? _cancellation;
    private CancellationToken _deadlineToken;
    private ITimer? _deadlineTimer;
    private Task? _deadlineEnd;
    private bool _deadlinePassed;

    private DateTime DeadlineUtc { get; set; } = DateTime.MaxValue;

    /// <summary>Links the deadline with a token of the handler. The client's giving up needs no link: it breaks off the body.</summary>
    /// <returns>The link to dispose of, or null if none was needed.</returns>
    internal CancellationTokenSource? Link(CancellationToken cancellationToken, out CancellationToken linked)
    {
        if (_cancellation is null || !cancellationToken.CanBeCanceled || cancellationToken == _deadlineToken)
        {
            linked = _cancellation is null ? cancellationToken : _deadlineToken;
            return null;
        }

        var link = CancellationTokenSource.CreateLinkedTokenSource(_deadlineToken, cancellationToken);
        linked = link.Token;
        return link;
    }

    /// <summary>The token of the deadline; none if there is no deadline.</summary>
    internal CancellationToken DeadlineToken => _deadlineToken;

    private void StartDeadline(TimeSpan timeout)
    {
        var now = _settings.Time.GetUtcNow();
        DeadlineUtc = timeout < DateTimeOffset.MaxValue - now ? (now + timeout).UtcDateTime : DateTime.MaxValue;
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(Http.RequestAborted);
        _deadlineToken = _cancellation.Token;
        _deadlineTimer = _settings.Time.CreateTimer(
            static state => ((HttpServerCallContext)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _deadlineTimer.Change(timeout < GrpcTimeout.MaxTimer ? timeout : GrpcTimeout.MaxTimer, Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        var left = DeadlineUtc - _settings.Time.GetUtcNow().UtcDateTime;
        if (left > TimeSpan.Zero)
        {
            // A timer may fire a moment early, and a deadline beyond its range comes in pieces.
            var due = left < GrpcTimeout.MaxTimer ? left + TimeSpan.FromMilliseconds(1) : GrpcTimeout.MaxTimer;
            _deadlineTimer!.Change(due, Timeout.InfiniteTimeSpan);
            return;
        }

        _deadlineEnd = EndByDeadlineAsync();
    }

    private async Task EndByDeadlineAsync()
    {
        bool writing;
        lock (_gate)
        {
            if (_finished)
            {
                return;
            }

            _finished = true;
            _deadlinePassed = true;
            writing = _writing;
        }

        _settings.Logger.DeadlineExceeded(Method);
        try
        {
            // If a write is stuck behind the client's window, trailers would be stuck too: then only a reset goes out.
            if (writing)
            {
                Http.Features.Get<IHttpResetFeature>()?.Reset(Http2Cancel);
            }
            else
            {
                WriteStatus(new Status(StatusCode.DeadlineExceeded, "Deadline Exceeded"));
                await Http.Response.CompleteAsync();
                Http.Features.Get<IHttpResetFeature>()?.Reset(Http2NoError);
            }
        }
        finally
        {
            await _cancellation!.CancelAsync();
        }
    }

    private async ValueTask StopDeadlineAsync()
    {
        if (_deadlineTimer is null)
        {
            return;
        }

        await _deadlineTimer.DisposeAsync();
        if (_deadlineEnd is not null)
        {
            await _deadlineEnd;
        }

        _cancellation!.Dispose();
    }
}
