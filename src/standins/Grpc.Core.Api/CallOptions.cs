using System.Diagnostics.CodeAnalysis;

namespace Grpc.Core;

/// <summary>What a client asks of one call.</summary>
public readonly struct CallOptions
{
    /// <summary>Makes options.</summary>
    /// <param name="headers">Request headers.</param>
    /// <param name="deadline">When the call must have ended (UTC); null means never.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <param name="writeOptions">How messages are written.</param>
    /// <param name="propagationToken">The server call that this call is a part of.</param>
    /// <param name="credentials">Adds headers that prove who calls.</param>
    [SuppressMessage("Design", "CA1068:CancellationToken parameters must come last", Justification = "The order is that of the published API.")]
    public CallOptions(
        Metadata? headers = null,
        DateTime? deadline = null,
        CancellationToken cancellationToken = default,
        WriteOptions? writeOptions = null,
        ContextPropagationToken? propagationToken = null,
        CallCredentials? credentials = null)
    {
        Headers = headers;
        Deadline = deadline;
        CancellationToken = cancellationToken;
        WriteOptions = writeOptions;
        PropagationToken = propagationToken;
        Credentials = credentials;
    }

    /// <summary>Request headers.</summary>
    public Metadata? Headers { get; private init; }

    /// <summary>When the call must have ended (UTC); null means never.</summary>
    public DateTime? Deadline { get; private init; }

    /// <summary>Cancels the call.</summary>
    public CancellationToken CancellationToken { get; private init; }

    /// <summary>How messages are written.</summary>
    public WriteOptions? WriteOptions { get; private init; }

    /// <summary>The server call that this call is a part of.</summary>
    public ContextPropagationToken? PropagationToken { get; private init; }

    /// <summary>Adds headers that prove who calls.</summary>
    public CallCredentials? Credentials { get; private init; }

    /// <summary>The same options with these headers.</summary>
    /// <param name="headers">Request headers.</param>
    /// <returns>The changed copy.</returns>
    public CallOptions WithHeaders(Metadata headers) => this with { Headers = headers };

    /// <summary>The same options with this deadline.</summary>
    /// <param name="deadline">When the call must have ended (UTC).</param>
    /// <returns>The changed copy.</returns>
    public CallOptions WithDeadline(DateTime deadline) => this with { Deadline = deadline };

    /// <summary>The same options with this token.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The changed copy.</returns>
    public CallOptions WithCancellationToken(CancellationToken cancellationToken) => this with { CancellationToken = cancellationToken };

    /// <summary>The same options with these write options.</summary>
    /// <param name="writeOptions">How messages are written.</param>
    /// <returns>The changed copy.</returns>
    public CallOptions WithWriteOptions(WriteOptions writeOptions) => this with { WriteOptions = writeOptions };

    /// <summary>The same options as a part of a server call.</summary>
    /// <param name="propagationToken">The server call.</param>
    /// <returns>The changed copy.</returns>
    public CallOptions WithPropagationToken(ContextPropagationToken propagationToken) => this with { PropagationToken = propagationToken };

    /// <summary>The same options with these credentials.</summary>
    /// <param name="credentials">Adds headers that prove who calls.</param>
    /// <returns>The changed copy.</returns>
    public CallOptions WithCredentials(CallCredentials credentials) => this with { Credentials = credentials };
}
