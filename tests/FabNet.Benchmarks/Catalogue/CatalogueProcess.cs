// The catalogue that is measured, in a process of its own, over cleartext HTTP/2 on loopback; beside it files as plain HTTP serves them.

using System.Diagnostics;
using System.Globalization;
using System.Net;
using FabNet.Catalogue;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace FabNet.Benchmarks.Catalogue;

/// <summary>Says its address; answers each line of its input with its resident megabytes and its CPU seconds; ends with its input.</summary>
internal static class CatalogueProcess
{
    public static async Task<int> RunAsync(string folder)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddCatalogue(new CatalogueOptions { DataFolder = folder, MinFreeBytes = 0 });
        await using var app = builder.Build();
        app.MapCatalogue();
        app.MapCatalogueFederation();
        app.MapGet("/plain/{name}", (string name) => Results.File(Path.Combine(folder, name)));
        await app.StartAsync();
        Console.WriteLine(app.Urls.First());
        while (await Console.In.ReadLineAsync() is not null)
        {
            using var self = Process.GetCurrentProcess();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{self.WorkingSet64 / 1e6:0} {Environment.CpuUsage.TotalTime.TotalSeconds:0.000}"));
        }

        return 0;
    }
}
