// A Mosquitto of the test's own: started on a free loopback port, stopped or killed by it.
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Xunit;

namespace FabNet.Tests.Mqtt;

/// <summary>
/// A real broker. By default anyone may connect; with a user and password only they may; with a certificate it speaks TLS only. Each has its own
/// directory, which goes away with it. A restart keeps the port, and loses what the broker held unless it is persistent.
/// </summary>
internal sealed partial class MosquittoBroker : IAsyncDisposable
{
    private const string Program = "/usr/sbin/mosquitto";
    private const int SIGTERM = 15;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("fabnet-mosquitto-");
    private readonly string _configuration;
    private readonly StringBuilder _log = new();
    private readonly List<(string Text, TaskCompletionSource Seen)> _awaited = [];
    private Process? _process;

    private MosquittoBroker(string extraConfiguration, (string User, string Password)? login, TestAuthority? authority, (string Certificate, string Key)? identity)
    {
        Port = FreePort();
        var lines = new List<string>
        {
            $"listener {Port.ToString(CultureInfo.InvariantCulture)} 127.0.0.1",
            "max_queued_messages 0",
            "set_tcp_nodelay true",
            $"allow_anonymous {(login is null ? "true" : "false")}",
            "user root",
        };
        if (login is { } known)
        {
            string passwords = Path.Combine(_directory.FullName, "passwords");
            File.WriteAllText(passwords, "");
            using Process hashing = Process.Start("/usr/bin/mosquitto_passwd", ["-b", passwords, known.User, known.Password]);
            hashing.WaitForExit();
            Assert.Equal(0, hashing.ExitCode);
            lines.Add($"password_file {passwords}");
        }

        if (authority is not null)
        {
            string certificate = Path.Combine(_directory.FullName, "certificate.pem");
            string key = Path.Combine(_directory.FullName, "key.pem");
            string authorityFile = Path.Combine(_directory.FullName, "authority.pem");
            (string certificatePem, string keyPem) = identity ?? authority.IssueServerPem("localhost");
            File.WriteAllText(certificate, certificatePem);
            File.WriteAllText(key, keyPem);
            File.WriteAllText(authorityFile, authority.Certificate.ExportCertificatePem());
            lines.AddRange([$"certfile {certificate}", $"keyfile {key}", $"cafile {authorityFile}"]);
        }

        lines.Add(extraConfiguration);
        _configuration = Path.Combine(_directory.FullName, "mosquitto.conf");
        File.WriteAllLines(_configuration, lines);
    }

    /// <summary>On 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Starts a broker; it accepts connections when this is done.</summary>
    /// <param name="extraConfiguration">Further lines of mosquitto.conf.</param>
    /// <param name="login">The only user who may connect; null for anyone.</param>
    /// <param name="authority">Issues the broker's certificate for "localhost"; null for no TLS.</param>
    /// <param name="identity">The broker's certificate and key (PEM), where it is to be another.</param>
    public static async Task<MosquittoBroker> StartAsync(
        string extraConfiguration = "", (string User, string Password)? login = null, TestAuthority? authority = null, (string Certificate, string Key)? identity = null)
    {
        for (var attempt = 1; ; attempt++)
        {
            var broker = new MosquittoBroker(extraConfiguration, login, authority, identity);
            try
            {
                await broker.StartAgainAsync();
                return broker;
            }
            catch (InvalidOperationException) when (attempt < 5)
            {
                // Somebody took the port between its being found free and Mosquitto's opening it: another one, then.
                await broker.DisposeAsync();
            }
        }
    }

    /// <summary>Starts it on the same port after <see cref="StopAsync"/> or <see cref="Kill"/>.</summary>
    public async Task StartAgainAsync()
    {
        var listening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _process = new Process
        {
            StartInfo = new ProcessStartInfo(Program, ["-v", "-c", _configuration]) { RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false },
            EnableRaisingEvents = true,
        };
        _process.ErrorDataReceived += (_, line) => Observe(line.Data);
        _process.OutputDataReceived += (_, line) => Observe(line.Data);
        _process.Exited += (_, _) => listening.TrySetException(new InvalidOperationException("Mosquitto ended:\n" + Log));
        _process.Start();
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        await listening.Task.WaitAsync(TimeSpan.FromSeconds(20));

        void Observe(string? line)
        {
            if (line is null)
            {
                return;
            }

            lock (_log)
            {
                _log.AppendLine(line);
                foreach (var (text, seen) in _awaited.Where(awaited => line.Contains(awaited.Text, StringComparison.Ordinal)))
                {
                    seen.TrySetResult();
                }
            }

            if (line.EndsWith(" running", StringComparison.Ordinal))
            {
                listening.TrySetResult();
            }
        }
    }

    /// <summary>What the broker said so far.</summary>
    public string Log
    {
        get
        {
            lock (_log)
            {
                return _log.ToString();
            }
        }
    }

    /// <summary>Done when a line of the log contains this text, before or after this call.</summary>
    public async Task LoggedAsync(string text, CancellationToken cancellationToken)
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_log)
        {
            _awaited.Add((text, seen));
            if (_log.ToString().Contains(text, StringComparison.Ordinal))
            {
                seen.TrySetResult();
            }
        }

        await seen.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Ends it orderly.</summary>
    public async Task StopAsync()
    {
        if (_process is { HasExited: false } process)
        {
            // A signal that comes before its main loop is lost on it.
            var ended = process.WaitForExitAsync();
            do
            {
                _ = kill(process.Id, SIGTERM);
            }
            while (await Task.WhenAny(ended, Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System)) != ended);
        }
    }

    /// <summary>Ends it at once (SIGKILL): its clients see the connection go.</summary>
    public void Kill()
    {
        _process!.Kill();
        _process.WaitForExit();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _process?.Dispose();
        _directory.Delete(recursive: true);
    }

    /// <summary>A port that nobody listens on just now.</summary>
    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int process, int signal);
}
