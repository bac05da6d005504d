using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>Takes a call from its HTTP request to its status: checks, service instance, handler, end.</summary>
internal abstract class CallHandler<TService>(CallSettings settings)
    where TService : class
{
    /// <summary>The endpoint of the method.</summary>
    internal async Task InvokeAsync(HttpContext http)
    {
        if (!GrpcRequest.Accept(http, settings))
        {
            return;
        }

        var context = new HttpServerCallContext(http, settings);
        http.Features.Set<IServerCallContextFeature>(context);
        Exception? failure = null;
        try
        {
            context.Start();
            var (service, owned) = ServiceActivator<TService>.Get(http.RequestServices);
            try
            {
                await HandleAsync(service, context);
            }
            finally
            {
                if (owned)
                {
                    await ServiceActivator<TService>.ReleaseAsync(service);
                }
            }
        }
        catch (Exception e)
        {
            failure = e;
        }

        await context.EndAsync(failure);
    }

    /// <summary>Reads the request, calls the handler and writes the response, as the kind of the method demands.</summary>
    protected abstract Task HandleAsync(TService service, HttpServerCallContext context);
}

/// <summary>What the four kinds of methods need to read requests and write responses.</summary>
internal abstract class CallHandler<TService, TRequest, TResponse>(Method<TRequest, TResponse> method, CallSettings settings) : CallHandler<TService>(settings)
    where TService : class
    where TRequest : class
    where TResponse : class
{
    private readonly int? _maxReceiveMessageSize = settings.MaxReceiveMessageSize;

    /// <summary>Reads messages of a call.</summary>
    protected RequestReader<TRequest> Reader(HttpServerCallContext context) =>
        new(context.Http.Request.BodyReader, context.RequestEncoding, _maxReceiveMessageSize, method.RequestMarshaller.ContextualDeserializer);

    /// <summary>Writes messages of a call.</summary>
    protected ResponseStream<TResponse> Writer(HttpServerCallContext context) => new(context, method.ResponseMarshaller.ContextualSerializer);

    /// <summary>Writes the only response; it leaves together with the trailers.</summary>
    protected void WriteSingle(HttpServerCallContext context, TResponse? response)
    {
        if (context.Status.StatusCode != StatusCode.OK)
        {
            return;
        }

        if (response is null)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "No message returned from method."));
        }

        context.BeginWrite();
        try
        {
            context.Write(response, method.ResponseMarshaller.ContextualSerializer, context.WriteOptions?.Flags ?? default);
        }
        finally
        {
            context.EndWrite();
        }
    }
}
