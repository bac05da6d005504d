// The gRPC server that is measured against, in a process of its own.

using FabNet.Benchmarks.Grpc.Wire;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace FabNet.Benchmarks.Grpc;

/// <summary>The child's side.</summary>
internal sealed class LoadServer : Load.LoadBase
{
    public static Task<int> RunAsync()
    {
        var builder = ServerProcess.CreateBuilder();
        builder.Services.AddGrpc();
        var app = builder.Build();
        app.MapGrpcService<LoadServer>();
        return ServerProcess.RunAsync(app);
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
