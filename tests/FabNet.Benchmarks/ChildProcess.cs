// The other side of a measurement, in a process of its own, so that its work is not counted with what is measured.

using System.Diagnostics;

namespace FabNet.Benchmarks;

/// <summary>This program in another role. It lives until its input is closed, and says one line for each that it is asked.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    public const string Responder = "--responder";
    public const string GrpcServer = "--grpc-server";
    public const string Catalogue = "--catalogue";
    public const string Coordinator = "--coordinator";
    public const string Admission = "--admission";
    public const string Simulator = "--simulator";
    public const string StreamingMemory = "--streaming-memory";

    private readonly Process _process;

    private ChildProcess(Process process) => _process = process;

    public static ChildProcess Start(params string[] arguments)
    {
        var path = Environment.ProcessPath ?? throw new InvalidOperationException("The path of this program is not known.");
        var start = new ProcessStartInfo(path) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(path) == "dotnet")
            start.ArgumentList.Add(Environment.GetCommandLineArgs()[0]);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        return new ChildProcess(Process.Start(start) ?? throw new InvalidOperationException($"{path} could not be started."));
    }

    public async Task<string> ReadLineAsync() =>
        await _process.StandardOutput.ReadLineAsync() ?? throw new IOException("the other process ended before it answered; its message is above");

    public async Task<string> AskAsync(string question)
    {
        await _process.StandardInput.WriteLineAsync(question);
        await _process.StandardInput.FlushAsync();
        return await ReadLineAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
