using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Xunit;

namespace FabNet.Tests.Grpc;

/// <summary>A script of a folder of tests/peers in a process of its own: lines of JSON in and out. Its packages are installed on first use.</summary>
internal sealed class NodePeer : IAsyncDisposable
{
    private static readonly SemaphoreSlim Installing = new(1, 1);

    private readonly Process _process;
    private readonly Channel<JsonObject> _lines = Channel.CreateUnbounded<JsonObject>();
    private readonly Task _pump;
    private bool _disposed;

    private NodePeer(Process process)
    {
        _process = process;
        _pump = PumpAsync();
    }

    public static string EchoProto => Path.Combine(Root(), "tests", "FabNet.Tests", "Grpc", "echo.proto");

    /// <summary>The folder of the services' .proto files.</summary>
    public static string Protos => Path.Combine(Root(), "protos");

    /// <summary>A script of tests/peers/grpc-js.</summary>
    public static Task<NodePeer> StartAsync(string script, params string[] arguments) =>
        StartInAsync("grpc-js", Path.Combine("@grpc", "grpc-js"), script, [EchoProto, .. arguments]);

    /// <param name="peer">The folder in tests/peers.</param>
    /// <param name="package">The package whose folder shows that the peer is installed.</param>
    /// <param name="script">The script.</param>
    /// <param name="arguments">Its arguments.</param>
    public static async Task<NodePeer> StartInAsync(string peer, string package, string script, params string[] arguments)
    {
        if (!await RunAsync("node", ["--version"], Root()))
        {
            Assert.Skip("node is not installed, so there is no independent peer to test against. Install Debian's nodejs and npm.");
        }

        var folder = Path.Combine(Root(), "tests", "peers", peer);
        await InstallAsync(folder, package);
        var start = new ProcessStartInfo("node", [script, .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        return new NodePeer(Process.Start(start)!);
    }

    public async Task SendAsync(JsonObject line)
    {
        await _process.StandardInput.WriteLineAsync(line.ToJsonString().AsMemory(), TestContext.Current.CancellationToken);
        await _process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>The next line for which a condition holds; others before it are dropped.</summary>
    public async Task<JsonObject> ReceiveAsync(Func<JsonObject, bool> condition)
    {
        await foreach (var line in _lines.Reader.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            if (condition(line))
            {
                return line;
            }
        }

        throw new InvalidOperationException("The node process ended before it said what the test waits for.");
    }

    public Task<JsonObject> ReceiveAsync(string name) => ReceiveAsync(line => (string?)line["event"] == name);

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _process.StandardInput.Close();
        await _process.WaitForExitAsync(CancellationToken.None);
        await _pump;
        _process.Dispose();
    }

    private async Task PumpAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync(CancellationToken.None) is { } line)
        {
            _lines.Writer.TryWrite(JsonNode.Parse(line)!.AsObject());
        }

        _lines.Writer.Complete();
    }

    private static async Task InstallAsync(string folder, string package)
    {
        await Installing.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            using var heldFile = await LockAsync(Path.Combine(folder, ".install.lock"));
            if (!Directory.Exists(Path.Combine(folder, "node_modules", package))
                && !await RunAsync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder))
            {
                throw new InvalidOperationException($"'npm ci' failed in {folder}: run it by hand to see why.");
            }
        }
        finally
        {
            Installing.Release();
        }
    }

    // Other test processes may install at the same moment: whoever holds the file goes first.
    private static async Task<FileStream> LockAsync(string path)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
            }
            catch (IOException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, TestContext.Current.CancellationToken);
            }
        }
    }

    private static async Task<bool> RunAsync(string program, string[] arguments, string folder)
    {
        try
        {
            var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, UseShellExecute = false };
            using var process = Process.Start(start)!;
            await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "FabNet.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No FabNet.sln above {AppContext.BaseDirectory}.");
    }
}
