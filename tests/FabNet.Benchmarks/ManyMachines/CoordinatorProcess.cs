// A coordinator and its catalogue in a process of their own, as `fabnet up` has them.

using FabNet.Catalogue;
using FabNet.Coordinator;
using FabNet.Protocol.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace FabNet.Benchmarks.ManyMachines;

/// <summary>The child's side.</summary>
internal static class CoordinatorProcess
{
    public static Task<int> RunAsync(string folder)
    {
        var builder = ServerProcess.CreateBuilder();
        builder.Services.AddCatalogue(new CatalogueOptions { DataFolder = Path.Combine(folder, "catalogue"), MinFreeBytes = 0 });
        WebApplication? app = null;
        builder.Services.AddSingleton(_ => new DesignCatalogue.DesignCatalogueClient(GrpcChannel.ForAddress(app!.Urls.First())));
        builder.Services.AddCoordinator(new CoordinatorOptions { DataFolder = Path.Combine(folder, "coordinator") });
        app = builder.Build();
        app.MapCatalogue();
        app.MapCoordinator();
        return ServerProcess.RunAsync(app);
    }
}
