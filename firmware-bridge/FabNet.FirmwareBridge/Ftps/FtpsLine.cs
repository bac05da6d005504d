// One TLS connection to a file server: control or data, each step bounded in time.

using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace FabNet.FirmwareBridge.Ftps;

/// <summary>A TCP connection with TLS over it, in two steps: servers begin the data connection's handshake only after they have answered the command.</summary>
internal sealed class FtpsLine : IAsyncDisposable
{
    private readonly FtpsOptions _options;
    private readonly Socket _socket;
    private readonly SslStream _tls;
    private string? _distrust;

    private FtpsLine(FtpsOptions options, Socket socket)
    {
        _options = options;
        _socket = socket;
        _tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
    }

    /// <summary>Connects; TLS is still to come.</summary>
    /// <exception cref="FtpsException">Nobody is there.</exception>
    public static async Task<FtpsLine> ConnectAsync(FtpsOptions options, int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await WithinAsync(options, options.Connect, "it does not answer", async token => await socket.ConnectAsync(options.Host, port, token), cancellationToken);
            return new FtpsLine(options, socket);
        }
        catch (SocketException error)
        {
            socket.Dispose();
            throw new FtpsException(
                error.SocketErrorCode == SocketError.ConnectionRefused
                    ? $"{options.Host}:{port} refuses the connection for files (FTPS): check that the machine is on, in LAN mode, and that the port is right."
                    : $"{options.Host}:{port} can't be reached for files (FTPS): {error.Message}.",
                innerException: error);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Does the handshake.</summary>
    /// <exception cref="FtpsException">The server is not who it should be, or does not speak TLS.</exception>
    public async Task SecureAsync(CancellationToken cancellationToken)
    {
        var tls = new SslClientAuthenticationOptions
        {
            TargetHost = _options.TlsName,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck, // The maker's CA publishes no list, and a workshop may have no way out.
            RemoteCertificateValidationCallback = IsTrusted,
        };
        try
        {
            await WithinAsync(_options, _options.Connect, "it does not finish the TLS handshake", async token => await _tls.AuthenticateAsClientAsync(tls, token), cancellationToken);
        }
        catch (Exception error) when (error is AuthenticationException or IOException)
        {
            throw new FtpsException(
                _distrust is null ? $"{_options.Host} does not complete the TLS handshake for files (FTPS): {error.Message}" : $"{_options.Host} is not trusted with files: {_distrust}",
                innerException: error);
        }
    }

    /// <summary>Writes all of it.</summary>
    public Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        WithinAsync(_options, _options.Reply, "it takes no more data", async token => await _tls.WriteAsync(bytes, token), cancellationToken);

    /// <summary>Reads what is there; 0 at the end.</summary>
    public async Task<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var count = 0;
        await WithinAsync(_options, _options.Reply, "it does not answer", async token => count = await _tls.ReadAsync(buffer, token), cancellationToken);
        return count;
    }

    /// <summary>
    /// Says that no more is coming, in TLS (close_notify, so that the server knows the file is not cut short) and in TCP. The server's own close_notify is not waited for: these
    /// printers never send it (seen in pybambu and bambulabs_api, which skip that step too).
    /// </summary>
    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        await WithinAsync(_options, _options.Reply, "it takes no more data", async token => await _tls.ShutdownAsync().WaitAsync(token), cancellationToken);
        _socket.Shutdown(SocketShutdown.Send);
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _tls.DisposeAsync();

    private static async Task WithinAsync(FtpsOptions options, TimeSpan limit, string late, Func<CancellationToken, Task> act, CancellationToken cancellationToken)
    {
        using var clock = new CancellationTokenSource(limit, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
        try
        {
            await act(either.Token);
        }
        catch (OperationCanceledException error) when (clock.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new FtpsException($"{options.Host}:{options.Port} (FTPS): {late} within {limit.TotalSeconds:0.#} s.", innerException: error);
        }
    }

    private bool IsTrusted(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        _distrust = certificate is X509Certificate2 shown ? _options.Check(shown, chain?.ChainPolicy.ExtraStore ?? []) : "it showed no certificate.";
        return _distrust is null;
    }
}
