// The catalogue that is measured, in a process of its own; beside it files as plain HTTP serves them.

using FabNet.Catalogue;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace FabNet.Benchmarks.Catalogue;

/// <summary>The child's side.</summary>
internal static class CatalogueProcess
{
    public static Task<int> RunAsync(string folder)
    {
        var builder = ServerProcess.CreateBuilder();
        builder.Services.AddCatalogue(new CatalogueOptions { DataFolder = folder, MinFreeBytes = 0 });
        var app = builder.Build();
        app.MapCatalogue();
        app.MapCatalogueFederation();
        app.MapGet("/plain/{name}", (string name) => Results.File(Path.Combine(folder, name)));
        return ServerProcess.RunAsync(app);
    }
}
