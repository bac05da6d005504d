// The MQTT broker of a local network: Debian's Mosquitto as a child process on loopback.

using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using FabNet.CommandLine;

namespace FabNet.Up;

/// <summary>A Mosquitto that lives as long as this object, and at most as long as this process, however that ends.</summary>
internal sealed class MosquittoProcess : IAsyncDisposable
{
    private static readonly string[] Places = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto", "/opt/homebrew/sbin/mosquitto"];

    // A shell holds it by a pipe: once nobody writes into that any more, it ends. Its own input is another, for what a shell starts beside itself.
    private const string Lifeline = """
        exec 3<&0
        "$1" -c "$2" </dev/null &
        broker=$!
        { cat <&3 >/dev/null; kill $broker; } &
        wait $broker
        """;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(10);

    private readonly Process _process;

    private MosquittoProcess(Process process, int port) => (_process, Port) = (process, port);

    /// <summary>Its TCP port on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Starts it on a free port.</summary>
    /// <param name="folder">Where its configuration and log go.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CommandFailedException">It is not installed, or did not start.</exception>
    public static async Task<MosquittoProcess> StartAsync(string folder, CancellationToken cancellationToken)
    {
        var program = Places.FirstOrDefault(File.Exists)
            ?? throw new CommandFailedException("Mosquitto is not installed. Install it with: sudo apt-get install mosquitto");
        Directory.CreateDirectory(folder);
        var port = FreePort();
        var log = Path.Combine(folder, "mosquitto.log");
        var configuration = Path.Combine(folder, "mosquitto.conf");
        // "user": started by root it would become a user that can't read a private folder.
        await File.WriteAllTextAsync(configuration,
            $"""
            # Written by fabnet at each start: a broker for this machine alone.
            listener {port} 127.0.0.1
            allow_anonymous true
            persistence false
            user {Environment.UserName}
            log_dest file {log}
            log_type error
            log_type warning

            """, cancellationToken);
        var process = new Process { StartInfo = new ProcessStartInfo("/bin/sh")
        {
            ArgumentList = { "-c", Lifeline, "broker", program, configuration }, RedirectStandardInput = true, RedirectStandardError = true, UseShellExecute = false,
        } };
        process.Start();
        process.BeginErrorReadLine(); // read and dropped: the log file has it all
        var broker = new MosquittoProcess(process, port);
        try
        {
            await broker.WaitUntilListeningAsync(log, cancellationToken);
            return broker;
        }
        catch
        {
            await broker.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task WaitUntilListeningAsync(string log, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            if (_process.HasExited || Stopwatch.GetElapsedTime(started) > StartLimit)
            {
                throw new CommandFailedException($"Mosquitto did not start; its log is {log}.");
            }

            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await probe.ConnectAsync(IPAddress.Loopback, Port, cancellationToken);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
            }
        }
    }

    /// <summary>A port of loopback that nobody listens on just now.</summary>
    internal static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
