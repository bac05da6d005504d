// A Mosquitto on a free port.

using System.Net.Sockets;

namespace FabNet.SystemTests.Running;

/// <summary>An MQTT broker of a test's own.</summary>
internal sealed class Broker : ChildProcess
{
    private Broker(int port, string configuration)
        : base("mosquitto", ["-c", configuration], environment: new Dictionary<string, string> { ["PATH"] = $"/usr/sbin:/usr/local/sbin:{Environment.GetEnvironmentVariable("PATH")}" }) => Port = port;

    /// <summary>Its TCP port on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Starts it; returns when it takes connections.</summary>
    public static async Task<Broker> StartAsync(string folder, CancellationToken cancellationToken)
    {
        var port = Loopback.FreePort();
        var configuration = Path.Combine(folder, "mosquitto.conf");
        await File.WriteAllTextAsync(
            configuration, $"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nuser {Environment.UserName}\n", cancellationToken);
        var broker = new Broker(port, configuration);
        try
        {
            await Eventually.TrueAsync(() => AcceptsAsync(port, cancellationToken), "the broker takes connections", cancellationToken);
            return broker;
        }
        catch
        {
            await broker.DisposeAsync();
            throw;
        }
    }

    private static async Task<bool> AcceptsAsync(int port, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync("127.0.0.1", port, cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
