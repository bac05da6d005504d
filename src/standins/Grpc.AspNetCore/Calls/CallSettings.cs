using System.IO.Compression;
using Grpc.Core.Wire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>How the calls of one service are served: its own options over the application's over the defaults, resolved once.</summary>
internal sealed record CallSettings
{
    /// <summary>The longest request message in bytes; null means any length.</summary>
    internal required int? MaxReceiveMessageSize { get; init; }

    /// <summary>The longest response message in bytes; null means any length.</summary>
    internal required int? MaxSendMessageSize { get; init; }

    /// <summary>Whether a client is told the message of an exception in a handler.</summary>
    internal required bool DetailedErrors { get; init; }

    /// <summary>How responses are compressed for clients that accept it; null means not at all.</summary>
    internal required string? Encoding { get; init; }

    /// <summary>How hard responses are compressed.</summary>
    internal required CompressionLevel CompressionLevel { get; init; }

    /// <summary>Whether calls to unknown services are left to the rest of the application.</summary>
    internal required bool IgnoreUnknownServices { get; init; }

    /// <summary>The clock of deadlines: the application's <see cref="System.TimeProvider"/> service, or the system's.</summary>
    internal required TimeProvider Time { get; init; }

    /// <summary>Where failures of handlers are told.</summary>
    internal required ILogger Logger { get; init; }

    /// <summary>Resolves the settings of a service.</summary>
    /// <exception cref="InvalidOperationException">The options name a compression that does not exist.</exception>
    internal static CallSettings For<TService>(IServiceProvider services)
        where TService : class
    {
        var all = services.GetRequiredService<IOptions<GrpcServiceOptions>>().Value;
        var own = services.GetRequiredService<IOptions<GrpcServiceOptions<TService>>>().Value;
        var encoding = own.ResponseCompressionAlgorithm ?? all.ResponseCompressionAlgorithm;
        if (encoding is not null && !MessageEncoding.IsKnown(encoding))
        {
            throw new InvalidOperationException($"GrpcServiceOptions.ResponseCompressionAlgorithm is '{encoding}'. Supported: {MessageEncoding.Accepted}.");
        }

        return new CallSettings
        {
            MaxReceiveMessageSize = own.MaxReceiveMessageSizeSpecified ? own.MaxReceiveMessageSize
                : all.MaxReceiveMessageSizeSpecified ? all.MaxReceiveMessageSize
                : MessageFrame.DefaultMaxReceiveMessageSize,
            MaxSendMessageSize = own.MaxSendMessageSizeSpecified ? own.MaxSendMessageSize : all.MaxSendMessageSize,
            DetailedErrors = own.EnableDetailedErrors ?? all.EnableDetailedErrors ?? false,
            Encoding = encoding is MessageEncoding.Identity ? null : encoding,
            CompressionLevel = own.ResponseCompressionLevel ?? all.ResponseCompressionLevel ?? CompressionLevel.Fastest,
            IgnoreUnknownServices = all.IgnoreUnknownServices ?? false,
            Time = services.GetService<TimeProvider>() ?? TimeProvider.System,
            Logger = services.GetService<ILoggerFactory>()?.CreateLogger("Grpc.AspNetCore.Server.Calls") ?? NullLogger.Instance,
        };
    }
}
