using System.Reflection;
using Grpc.AspNetCore.Server.Calls;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Grpc.AspNetCore.Server.Routing;

/// <summary>Receives the methods of a service from its generated code, finds what implements each, and maps it to an endpoint.</summary>
internal sealed class ServiceBinder<TService>(IEndpointRouteBuilder builder, CallSettings settings) : ServiceBinderBase
    where TService : class
{
    private readonly List<IEndpointConventionBuilder> _endpoints = [];
    private readonly HashSet<string> _serviceNames = new(StringComparer.Ordinal);

    /// <summary>The endpoints, to add conventions to.</summary>
    internal IReadOnlyList<IEndpointConventionBuilder> Endpoints => _endpoints;

    /// <summary>The services that the methods belong to: usually one.</summary>
    internal IReadOnlyCollection<string> ServiceNames => _serviceNames;

    /// <summary>Calls the generated <c>BindService</c>.</summary>
    internal void Bind()
    {
        for (var type = typeof(TService); type is not null; type = type.BaseType)
        {
            if (type.GetCustomAttribute<BindServiceMethodAttribute>(inherit: false) is { } binding)
            {
                var bind = binding.BindType.GetMethod(
                    binding.BindMethodName,
                    BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic,
                    [typeof(ServiceBinderBase), type])
                    ?? throw new InvalidOperationException($"{binding.BindType} has no method {binding.BindMethodName}(ServiceBinderBase, {type.Name}).");
                bind.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [this, null], null);
                return;
            }
        }

        throw new InvalidOperationException(
            $"{typeof(TService)} is not a gRPC service: neither it nor a base has [BindServiceMethod], which generated bases have.");
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
    {
        var (target, info) = Find<UnaryTarget<TService, TRequest, TResponse>>(method, typeof(TRequest), typeof(ServerCallContext));
        Map(method, info, new UnaryCallHandler<TService, TRequest, TResponse>(method, target, settings));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var (target, info) = Find<ClientStreamingTarget<TService, TRequest, TResponse>>(
            method, typeof(IAsyncStreamReader<TRequest>), typeof(ServerCallContext));
        Map(method, info, new ClientStreamingCallHandler<TService, TRequest, TResponse>(method, target, settings));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var (target, info) = Find<ServerStreamingTarget<TService, TRequest, TResponse>>(
            method, typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
        Map(method, info, new ServerStreamingCallHandler<TService, TRequest, TResponse>(method, target, settings));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var (target, info) = Find<DuplexStreamingTarget<TService, TRequest, TResponse>>(
            method, typeof(IAsyncStreamReader<TRequest>), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
        Map(method, info, new DuplexStreamingCallHandler<TService, TRequest, TResponse>(method, target, settings));
    }

    private static (TDelegate Target, MethodInfo Info) Find<TDelegate>(IMethod method, params Type[] parameters)
        where TDelegate : Delegate
    {
        var info = typeof(TService).GetMethod(method.Name, BindingFlags.Instance | BindingFlags.Public, parameters)
            ?? throw new InvalidOperationException($"{typeof(TService)} has no public method that serves {method.FullName}.");
        return (info.CreateDelegate<TDelegate>(), info);
    }

    private void Map(IMethod method, MethodInfo info, CallHandler<TService> handler)
    {
        _serviceNames.Add(method.ServiceName);
        RequestDelegate invoke = handler.InvokeAsync;
        _endpoints.Add(builder.Map(RoutePatternFactory.Parse(method.FullName), invoke)
            .WithDisplayName("gRPC - " + method.FullName)
            .WithMetadata([.. typeof(TService).GetCustomAttributes(inherit: true), .. info.GetCustomAttributes(inherit: true)])
            .WithMetadata(new GrpcMethodMetadata(typeof(TService), method), new HttpMethodMetadata([HttpMethods.Post], acceptCorsPreflight: true)));
    }
}
