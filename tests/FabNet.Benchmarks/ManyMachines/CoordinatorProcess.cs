// A coordinator and its catalogue in a process of their own, as `fabnet up` has them.

using System.Diagnostics;
using System.Globalization;
using System.Net;
using FabNet.Catalogue;
using FabNet.Coordinator;
using FabNet.Protocol.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FabNet.Benchmarks.ManyMachines;

/// <summary>Says its address; answers each line of its input with its resident megabytes and its CPU seconds; ends with its input.</summary>
internal static class CoordinatorProcess
{
    public static async Task<int> RunAsync(string folder)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddCatalogue(new CatalogueOptions { DataFolder = Path.Combine(folder, "catalogue"), MinFreeBytes = 0 });
        WebApplication? app = null;
        builder.Services.AddSingleton(_ => new DesignCatalogue.DesignCatalogueClient(GrpcChannel.ForAddress(app!.Urls.First())));
        builder.Services.AddCoordinator(new CoordinatorOptions { DataFolder = Path.Combine(folder, "coordinator") });
        await using (app = builder.Build())
        {
            app.MapCatalogue();
            app.MapCoordinator();
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
}
