// The gRPC server that is measured against, in a process of its own, over cleartext HTTP/2 on loopback.

using System.Net;
using FabNet.Benchmarks.Grpc.Wire;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FabNet.Benchmarks.Grpc;

/// <summary>Says its address and serves until its input is closed.</summary>
internal sealed class LoadServer : Load.LoadBase
{
    public static async Task<int> RunAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        await using var app = builder.Build();
        app.MapGrpcService<LoadServer>();
        await app.StartAsync();
        Console.WriteLine(app.Urls.First());
        while (await Console.In.ReadLineAsync() is not null)
        {
        }

        return 0;
    }

    public override Task<Block> Echo(Block request, ServerCallContext context) => Task.FromResult(request);

    public override async Task Download(Block request, IServerStreamWriter<Block> responseStream, ServerCallContext context)
    {
        while (!context.CancellationToken.IsCancellationRequested)
            await responseStream.WriteAsync(request, context.CancellationToken);
    }

    public override async Task<Received> Upload(IAsyncStreamReader<Block> requestStream, ServerCallContext context)
    {
        var received = new Received();
        while (await requestStream.MoveNext(context.CancellationToken))
            received.Bytes += requestStream.Current.Data.Length;
        return received;
    }
}
