// Where a file server is, who logs in, and how it is trusted.

using System.Security.Cryptography.X509Certificates;

namespace FabNet.FirmwareBridge.Ftps;

/// <summary>Decides whether a server is who it should be.</summary>
/// <param name="certificate">What it showed.</param>
/// <param name="sent">The certificates that it sent along: material for the chain, not trusted.</param>
/// <returns>Null, or why it is not trusted.</returns>
internal delegate string? CertificateCheck(X509Certificate2 certificate, X509Certificate2Collection sent);

/// <summary>A server that speaks FTP inside TLS from the first byte (implicit FTPS).</summary>
internal sealed record FtpsOptions
{
    /// <summary>Its address. Data connections go there too, whatever address it tells.</summary>
    public required string Host { get; init; }

    /// <summary>Its port. Default 990.</summary>
    public int Port { get; init; } = 990;

    /// <summary>Who logs in.</summary>
    public required string User { get; init; }

    /// <summary>The password.</summary>
    public required string Password { get; init; }

    /// <summary>The name asked for in the TLS handshake (SNI). .NET keeps TLS sessions by it, which is how a data connection resumes the control connection's.</summary>
    public required string TlsName { get; init; }

    /// <summary>Whom to trust.</summary>
    public required CertificateCheck Check { get; init; }

    /// <summary>How long connecting, with the handshake, may take. Default 10 s.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a reply, or the taking of one buffer, may take. Default 30 s: a slow card writes its cache out after the last byte.</summary>
    public TimeSpan Reply { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The clock of these limits.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
