// Calls and megabytes per second of gRPC, client and server in two processes.

using System.Diagnostics;
using FabNet.Benchmarks.Grpc.Wire;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace FabNet.Benchmarks.Grpc;

internal static class GrpcBenchmark
{
    private const int CallBytes = 32;
    private const int BlockBytes = 64 * 1024;
    private const int Callers = 32;
    private static readonly string[] Headings = ["what", "figure", "client CPU"];

    public static async Task RunAsync(BenchmarkOptions options)
    {
        await using var server = ChildProcess.Start(ChildProcess.GrpcServer);
        using var channel = GrpcChannel.ForAddress(await server.ReadLineAsync());
        var client = new Load.LoadClient(channel);
        var duration = TimeSpan.FromSeconds(options.Seconds ?? 4);
        Console.WriteLine($"grpc: {duration.TotalSeconds} s for each figure, {options.Repeat} times");
        var rows = new List<string[]>
        {
            await RowAsync($"unary calls, 1 caller, {CallBytes} bytes", "calls/s", "µs per call", 1e6, () => CallAsync(client, 1, duration), options.Repeat),
            await RowAsync($"unary calls, {Callers} callers, {CallBytes} bytes", "calls/s", "µs per call", 1e6, () => CallAsync(client, Callers, duration), options.Repeat),
            await RowAsync("server stream, messages of 64 KB", "MB/s", "ms per MB", 1e3, () => DownloadAsync(client, duration), options.Repeat),
            await RowAsync("client stream, messages of 64 KB", "MB/s", "ms per MB", 1e3, () => UploadAsync(client, duration), options.Repeat),
        };
        Table.Print("gRPC over cleartext HTTP/2 on loopback", Headings, rows);
    }

    private static async Task<string[]> RowAsync(string what, string unit, string cpuUnit, double cpuScale, Func<Task<(double Amount, double Seconds)>> measure, int repeat)
    {
        var rate = new Figure();
        var cost = new Figure();
        // The first is for the compiler.
        for (var run = 0; run <= repeat; run++)
        {
            var cpu = Environment.CpuUsage.TotalTime;
            var (amount, seconds) = await measure();
            cpu = Environment.CpuUsage.TotalTime - cpu;
            if (run == 0)
                continue;
            rate.Add(amount / seconds);
            cost.Add(cpu.TotalSeconds * cpuScale / amount);
        }

        return [what, $"{rate.Text("N0")} {unit}", $"{cost.Text("0.0")} {cpuUnit}"];
    }

    private static async Task<(double Calls, double Seconds)> CallAsync(Load.LoadClient client, int callers, TimeSpan duration)
    {
        var request = new Block { Data = ByteString.CopyFrom(new byte[CallBytes]) };
        var started = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, callers).Select(async _ =>
        {
            var calls = 0L;
            while (Stopwatch.GetElapsedTime(started) < duration)
            {
                await client.EchoAsync(request);
                calls++;
            }

            return calls;
        }));
        return (counts.Sum(), Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    private static async Task<(double Megabytes, double Seconds)> DownloadAsync(Load.LoadClient client, TimeSpan duration)
    {
        var bytes = 0L;
        using var stop = new CancellationTokenSource();
        using var call = client.Download(new Block { Data = UnsafeByteOperations.UnsafeWrap(new byte[BlockBytes]) }, cancellationToken: stop.Token);
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < duration && await call.ResponseStream.MoveNext(CancellationToken.None))
            bytes += call.ResponseStream.Current.Data.Length;
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        await stop.CancelAsync();
        return (bytes / 1e6, seconds);
    }

    private static async Task<(double Megabytes, double Seconds)> UploadAsync(Load.LoadClient client, TimeSpan duration)
    {
        var block = new Block { Data = UnsafeByteOperations.UnsafeWrap(new byte[BlockBytes]) };
        using var call = client.Upload();
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < duration)
            await call.RequestStream.WriteAsync(block);
        await call.RequestStream.CompleteAsync();
        var received = await call.ResponseAsync;
        return (received.Bytes / 1e6, Stopwatch.GetElapsedTime(started).TotalSeconds);
    }
}
