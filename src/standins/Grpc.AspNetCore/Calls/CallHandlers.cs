// The four kinds of methods.

using Grpc.Core;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>A unary method of a service, without an instance.</summary>
internal delegate Task<TResponse> UnaryTarget<TService, TRequest, TResponse>(TService service, TRequest request, ServerCallContext context);

/// <summary>A client-streaming method of a service, without an instance.</summary>
internal delegate Task<TResponse> ClientStreamingTarget<TService, TRequest, TResponse>(
    TService service, IAsyncStreamReader<TRequest> requests, ServerCallContext context);

/// <summary>A server-streaming method of a service, without an instance.</summary>
internal delegate Task ServerStreamingTarget<TService, TRequest, TResponse>(
    TService service, TRequest request, IServerStreamWriter<TResponse> responses, ServerCallContext context);

/// <summary>A duplex method of a service, without an instance.</summary>
internal delegate Task DuplexStreamingTarget<TService, TRequest, TResponse>(
    TService service, IAsyncStreamReader<TRequest> requests, IServerStreamWriter<TResponse> responses, ServerCallContext context);

/// <summary>One request, one response.</summary>
internal sealed class UnaryCallHandler<TService, TRequest, TResponse>(
    Method<TRequest, TResponse> method, UnaryTarget<TService, TRequest, TResponse> target, CallSettings settings)
    : CallHandler<TService, TRequest, TResponse>(method, settings)
    where TService : class
    where TRequest : class
    where TResponse : class
{
    protected override async Task HandleAsync(TService service, HttpServerCallContext context)
    {
        var request = await Reader(context).ReadSingleAsync(context.DeadlineToken);
        WriteSingle(context, await target(service, request, context));
    }
}

/// <summary>Many requests, one response.</summary>
internal sealed class ClientStreamingCallHandler<TService, TRequest, TResponse>(
    Method<TRequest, TResponse> method, ClientStreamingTarget<TService, TRequest, TResponse> target, CallSettings settings)
    : CallHandler<TService, TRequest, TResponse>(method, settings)
    where TService : class
    where TRequest : class
    where TResponse : class
{
    protected override async Task HandleAsync(TService service, HttpServerCallContext context) =>
        WriteSingle(context, await target(service, new RequestStream<TRequest>(context, Reader(context)), context));
}

/// <summary>One request, many responses.</summary>
internal sealed class ServerStreamingCallHandler<TService, TRequest, TResponse>(
    Method<TRequest, TResponse> method, ServerStreamingTarget<TService, TRequest, TResponse> target, CallSettings settings)
    : CallHandler<TService, TRequest, TResponse>(method, settings)
    where TService : class
    where TRequest : class
    where TResponse : class
{
    protected override async Task HandleAsync(TService service, HttpServerCallContext context)
    {
        var request = await Reader(context).ReadSingleAsync(context.DeadlineToken);
        await target(service, request, Writer(context), context);
    }
}

/// <summary>Many requests, many responses.</summary>
internal sealed class DuplexStreamingCallHandler<TService, TRequest, TResponse>(
    Method<TRequest, TResponse> method, DuplexStreamingTarget<TService, TRequest, TResponse> target, CallSettings settings)
    : CallHandler<TService, TRequest, TResponse>(method, settings)
    where TService : class
    where TRequest : class
    where TResponse : class
{
    protected override Task HandleAsync(TService service, HttpServerCallContext context) =>
        target(service, new RequestStream<TRequest>(context, Reader(context)), Writer(context), context);
}
