// When a call to the catalogue is worth another try.

using Grpc.Core;
using Polly;
using Polly.Retry;

namespace FabNet.Edge.Designs;

/// <summary>Retries calls that a network or a restarting catalogue broke off, with jittered backoff from 0.2 s to 10 s.</summary>
internal static class CatalogueRetry
{
    public static ResiliencePipeline Build(int retries, TimeProvider time, Action<string, int, double> onRetry) =>
        new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<RpcException>(e => e.StatusCode
                    is StatusCode.Unavailable or StatusCode.Internal or StatusCode.Unknown or StatusCode.Aborted or StatusCode.DeadlineExceeded),
                MaxRetryAttempts = Math.Max(1, retries),
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = TimeSpan.FromSeconds(0.2),
                MaxDelay = TimeSpan.FromSeconds(10),
                OnRetry = arguments =>
                {
                    onRetry(arguments.Outcome.Exception?.Message ?? "", arguments.AttemptNumber + 2, arguments.RetryDelay.TotalSeconds);
                    return ValueTask.CompletedTask;
                },
            })
            .Build();
}
