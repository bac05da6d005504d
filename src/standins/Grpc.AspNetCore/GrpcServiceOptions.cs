using System.IO.Compression;

namespace Grpc.AspNetCore.Server;

/// <summary>How gRPC services are served.</summary>
public class GrpcServiceOptions
{
    private int? _maxSendMessageSize;
    private int? _maxReceiveMessageSize;

    /// <summary>The longest response message in bytes; null, the default, means any length.</summary>
    public int? MaxSendMessageSize
    {
        get => _maxSendMessageSize;
        set
        {
            _maxSendMessageSize = value;
            MaxSendMessageSizeSpecified = true;
        }
    }

    /// <summary>Whether <see cref="MaxSendMessageSize"/> was set, if only to null.</summary>
    public bool MaxSendMessageSizeSpecified { get; private set; }

    /// <summary>The longest request message in bytes; null means any length. Default: 4 MB (4,194,304).</summary>
    public int? MaxReceiveMessageSize
    {
        get => _maxReceiveMessageSize;
        set
        {
            _maxReceiveMessageSize = value;
            MaxReceiveMessageSizeSpecified = true;
        }
    }

    /// <summary>Whether <see cref="MaxReceiveMessageSize"/> was set, if only to null.</summary>
    public bool MaxReceiveMessageSizeSpecified { get; private set; }

    /// <summary>Whether a client is told the message of an exception in a handler. Default: false.</summary>
    public bool? EnableDetailedErrors { get; set; }

    /// <summary>How responses are compressed for clients that accept it: <c>gzip</c> or <c>deflate</c>; null, the default, means not at all.</summary>
    public string? ResponseCompressionAlgorithm { get; set; }

    /// <summary>How hard responses are compressed. Default: <see cref="CompressionLevel.Fastest"/>.</summary>
    public CompressionLevel? ResponseCompressionLevel { get; set; }

    /// <summary>Whether calls to unknown services are left to the rest of the application instead of answered with UNIMPLEMENTED. Default: false.</summary>
    public bool? IgnoreUnknownServices { get; set; }
}

/// <summary>How one gRPC service is served; what is not set here is as in <see cref="GrpcServiceOptions"/>.</summary>
/// <typeparam name="TService">The service.</typeparam>
public class GrpcServiceOptions<TService> : GrpcServiceOptions
    where TService : class
{
}
