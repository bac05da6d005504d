// The printer's file server: FTP inside TLS from the first byte, on loopback.

using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace FabNet.FirmwareSimulator.Ftps;

/// <summary>Takes connections, each served by an <see cref="FtpsVisit"/> of its own, at most eight at a time.</summary>
internal sealed class FtpsServer : IAsyncDisposable
{
    private const int MaxVisits = 8;

    private readonly TcpListener _listener;
    private readonly PrinterCard _card;
    private readonly X509Certificate2 _certificate;
    private readonly string _accessCode;
    private readonly SemaphoreSlim _places = new(MaxVisits);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;

    /// <summary>Begins to listen.</summary>
    /// <param name="port">The port on loopback; 0 for a free one.</param>
    /// <param name="card">Where files go.</param>
    /// <param name="certificate">With its key.</param>
    /// <param name="accessCode">The password of user <c>bblp</c>.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public FtpsServer(int port, PrinterCard card, X509Certificate2 certificate, string accessCode)
    {
        (_card, _certificate, _accessCode) = (card, certificate, accessCode);
        _listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            _listener.Start();
        }
        catch (SocketException taken)
        {
            throw new IOException($"The simulated printer can't offer its files on port {port}: {taken.Message}. Choose another port.", taken);
        }

        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        for (var i = 0; i < MaxVisits; i++)
        {
            await _places.WaitAsync(); // The last visitor has left when every place is free.
        }

        _listener.Dispose();
        _places.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                await _places.WaitAsync(_stop.Token);
                Socket socket;
                try
                {
                    socket = await _listener.AcceptSocketAsync(_stop.Token);
                }
                catch
                {
                    _places.Release();
                    throw;
                }

                _ = ServeAsync(socket);
            }
        }
        catch (Exception ended) when (_stop.IsCancellationRequested && ended is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Being switched off.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        await Task.Yield();
        try
        {
            await using var visit = new FtpsVisit(socket, _card, _certificate, _accessCode);
            await visit.RunAsync(_stop.Token);
        }
        catch (Exception ended) when (ended is IOException or OperationCanceledException or SocketException or System.Security.Authentication.AuthenticationException)
        {
            // The visitor left, or did not like the certificate: nothing to tell anybody.
        }
        finally
        {
            _places.Release();
        }
    }
}
