// A server that is measured, in a process of its own, over cleartext HTTP/2 on loopback.

using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace FabNet.Benchmarks;

/// <summary>Both sides of it: the child says its address, answers each line of its input with what it uses, and ends with its input.</summary>
internal static class ServerProcess
{
    /// <summary>What a server listens with.</summary>
    public static WebApplicationBuilder CreateBuilder()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http2));
        return builder;
    }

    /// <summary>Serves until the input ends.</summary>
    public static async Task<int> RunAsync(WebApplication app)
    {
        await using (app)
        {
            await app.StartAsync();
            Console.WriteLine(app.Urls.First());
            while (await Console.In.ReadLineAsync() is not null)
            {
                using var self = Process.GetCurrentProcess();
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{self.WorkingSet64 / 1e6:0} {Environment.CpuUsage.TotalTime.TotalSeconds:0.000}"));
            }
        }

        return 0;
    }

    /// <summary>What a server uses: resident megabytes, and CPU seconds since its start.</summary>
    public static async Task<(string Megabytes, double CpuSeconds)> UsageAsync(this ChildProcess server) =>
        (await server.AskAsync("")).Split(' ') is [var megabytes, var cpu] ? (megabytes, double.Parse(cpu, CultureInfo.InvariantCulture)) : throw new IOException("the server's process did not answer");
}
