// What is tried again when a catalogue can't be reached.

using Grpc.Core;
using Polly;
using Polly.Retry;

namespace FabNet.Catalogue.Client;

/// <summary>Retries calls that end UNAVAILABLE: the catalogue restarts, the network is away for a moment, or somebody else uploads the same blob.</summary>
internal static class CatalogueRetry
{
    private const int Attempts = 6;

    /// <summary>Waits 0.2 s, then twice as long each time with some chance in it, at most 5 s; 6 times.</summary>
    public static ResiliencePipeline Create(TimeProvider time) => new ResiliencePipelineBuilder { TimeProvider = time }
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<RpcException>(e => e.StatusCode == StatusCode.Unavailable),
            MaxRetryAttempts = Attempts,
            Delay = TimeSpan.FromMilliseconds(200),
            MaxDelay = TimeSpan.FromSeconds(5),
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
        })
        .Build();
}
