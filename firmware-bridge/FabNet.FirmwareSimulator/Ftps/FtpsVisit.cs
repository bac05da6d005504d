// One control connection to the printer's file server: commands in, replies out. Sources: RFC 959, RFC 4217; OpenBambuAPI ftp.md.

using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace FabNet.FirmwareSimulator.Ftps;

/// <summary>
/// What the printer's server understands, and no more: login, passive mode (PASV only, and the address that it tells is useless, as behind many a router), store, size, delete. Used by one task.
/// </summary>
internal sealed class FtpsVisit(Socket socket, PrinterCard card, X509Certificate2 certificate, string accessCode) : IAsyncDisposable
{
    private readonly SslStream _tls = new(new NetworkStream(socket, ownsSocket: true));
    private string _user = "";
    private bool _isLoggedIn;
    private bool _isProtected;
    private TcpListener? _data;

    /// <summary>Serves until the visitor leaves.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await _tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, cancellationToken);
        using var reader = new StreamReader(_tls, Encoding.UTF8, leaveOpen: true);
        await ReplyAsync("220 Simulated printer", cancellationToken);
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            var (verb, argument) = space < 0 ? (line, "") : (line[..space], line[(space + 1)..]);
            await ReplyAsync(await ObeyAsync(verb.ToUpperInvariant(), argument, cancellationToken), cancellationToken);
            if (verb.Equals("QUIT", StringComparison.OrdinalIgnoreCase))
            {
                return;
            }
        }
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        _data?.Dispose();
        return _tls.DisposeAsync();
    }

    private async Task<string> ObeyAsync(string verb, string argument, CancellationToken cancellationToken)
    {
        switch (verb)
        {
            case "USER":
                _user = argument;
                return "331 Please specify the password.";
            case "PASS":
                _isLoggedIn = _user == "bblp" && argument == accessCode;
                return _isLoggedIn ? "230 Login successful." : "530 Login incorrect.";
            case "QUIT":
                return "221 Goodbye.";
            case "NOOP":
                return "200 OK.";
            case var _ when !_isLoggedIn:
                return "530 Please login with USER and PASS.";
            case "PBSZ":
                return "200 PBSZ set to 0.";
            case "PROT":
                _isProtected = argument == "P";
                return _isProtected ? "200 PROT now Private." : "536 Only PROT P.";
            case "TYPE":
                return argument == "I" ? "200 Switching to Binary mode." : "504 Only TYPE I.";
            case "PASV":
                return Listen();
            case "STOR":
                return await StoreAsync(argument, cancellationToken);
            case "SIZE":
                return card.PathOf(argument) is { } path && File.Exists(path)
                    ? string.Create(CultureInfo.InvariantCulture, $"213 {new FileInfo(path).Length}")
                    : "550 Could not get file size.";
            case "DELE":
                return Delete(argument);
            default:
                return "502 Command not implemented.";
        }
    }

    private string Listen()
    {
        _data?.Dispose();
        _data = new TcpListener(IPAddress.Loopback, 0);
        _data.Start(1);
        var port = ((IPEndPoint)_data.LocalEndpoint).Port;
        return string.Create(CultureInfo.InvariantCulture, $"227 Entering Passive Mode (0,0,0,0,{port >> 8},{port & 0xFF}).");
    }

    private async Task<string> StoreAsync(string name, CancellationToken cancellationToken)
    {
        if (_data is null || !_isProtected)
        {
            return _data is null ? "425 Use PASV first." : "521 PROT P is required.";
        }

        if (card.IsMissing || card.PathOf(name) is not { } path)
        {
            return card.IsMissing ? "550 No storage." : "553 Could not create file.";
        }

        await ReplyAsync("150 Ok to send data.", cancellationToken);
        try
        {
            using var accepted = await _data.AcceptSocketAsync(cancellationToken);
            await using var data = new SslStream(new NetworkStream(accepted));
            await data.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, cancellationToken);
            return await card.StoreAsync(path, data, cancellationToken) ? "226 Transfer complete." : "552 Storage is full.";
        }
        catch (Exception broken) when (broken is IOException or SocketException or System.Security.Authentication.AuthenticationException)
        {
            return $"426 Failure reading network stream: {broken.Message.ReplaceLineEndings(" ")}";
        }
        finally
        {
            _data.Dispose();
            _data = null;
        }
    }

    private string Delete(string name)
    {
        if (card.PathOf(name) is not { } path || !File.Exists(path))
        {
            return "550 Delete operation failed.";
        }

        File.Delete(path);
        return "250 Delete operation successful.";
    }

    private async Task ReplyAsync(string reply, CancellationToken cancellationToken) => await _tls.WriteAsync(Encoding.UTF8.GetBytes(reply + "\r\n"), cancellationToken);
}
