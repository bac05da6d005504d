// A catalogue that answers everything with one prepared design, whatever its digest.

using System.Net;
using FabNet.Protocol.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace FabNet.Tests.Coordinator;

internal sealed class LyingCatalogue(PublishedDesign answer) : DesignCatalogue.DesignCatalogueBase
{
    public override Task<PublishedDesign> GetDesign(GetDesignRequest request, ServerCallContext context) => Task.FromResult(answer);

    public static async Task<(WebApplication App, DesignCatalogue.DesignCatalogueClient Client)> StartAsync(PublishedDesign answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(new LyingCatalogue(answer));
        var app = builder.Build();
        app.MapGrpcService<LyingCatalogue>();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return (app, new DesignCatalogue.DesignCatalogueClient(GrpcChannel.ForAddress(app.Urls.Single())));
    }
}
