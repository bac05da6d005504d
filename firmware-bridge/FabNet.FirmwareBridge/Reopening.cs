// When a lost machine is looked for again.

using Polly;
using Polly.Retry;

namespace FabNet.FirmwareBridge;

internal static class Reopening
{
    /// <summary>Tries until it succeeds or is cancelled: after a <see cref="MachineLinkException"/> again, with pauses that double, with some chance in them.</summary>
    /// <param name="delay">The first pause.</param>
    /// <param name="maxDelay">The longest.</param>
    /// <param name="time">The clock that it waits by.</param>
    public static ResiliencePipeline Pipeline(TimeSpan delay, TimeSpan maxDelay, TimeProvider time) =>
        new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<MachineLinkException>(),
                MaxRetryAttempts = int.MaxValue,
                Delay = delay,
                MaxDelay = maxDelay,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
            })
            .Build();
}
