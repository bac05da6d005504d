// When a call to a catalogue is worth another try.

using Grpc.Core;
using Polly;
using Polly.Retry;

namespace FabNet.Protocol.Catalogue;

/// <summary>
/// The one retry policy for calls to a catalogue. Every call there may be repeated: reading changes nothing, an upload goes on from what arrived, and
/// publishing the same design again changes nothing.
/// </summary>
public static class CatalogueRetry
{
    /// <summary>How often a call is repeated where nobody says otherwise: about 12 s of waiting in all.</summary>
    public const int DefaultRetries = 6;

    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Repeats calls that a network, a proxy or a restarting catalogue broke off, or that somebody else's upload of the same blob kept out. Waits 0.2 s, then twice as
    /// long each time with some chance in it, at most 5 s.
    /// </summary>
    /// <param name="time">The clock that it waits by.</param>
    /// <param name="retries">How often a call is repeated before its error stands, 1 or more.</param>
    /// <param name="onRetry">Told before each wait: why, the number of the attempt to come (the first retry is 2), and how long until then. Null for nobody.</param>
    public static ResiliencePipeline Create(TimeProvider time, int retries = DefaultRetries, Action<RpcException, int, TimeSpan>? onRetry = null) =>
        new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<RpcException>(e => e.StatusCode
                    is StatusCode.Unavailable or StatusCode.Internal or StatusCode.Unknown or StatusCode.Aborted or StatusCode.DeadlineExceeded),
                MaxRetryAttempts = retries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = FirstDelay,
                MaxDelay = LongestDelay,
                OnRetry = arguments =>
                {
                    if (arguments.Outcome.Exception is RpcException e)
                    {
                        onRetry?.Invoke(e, arguments.AttemptNumber + 2, arguments.RetryDelay);
                    }

                    return ValueTask.CompletedTask;
                },
            })
            .Build();
}
