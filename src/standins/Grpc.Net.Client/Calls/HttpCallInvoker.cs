using Grpc.Core;

namespace Grpc.Net.Client.Calls;

/// <summary>Starts calls over HTTP/2.</summary>
internal sealed class HttpCallInvoker(GrpcChannel channel) : CallInvoker
{
    private static readonly Func<object, Task<Metadata>> Headers = static call => ((ClientCall)call).GetHeadersAsync();
    private static readonly Func<object, Status> Status = static call => ((ClientCall)call).GetStatus();
    private static readonly Func<object, Metadata> Trailers = static call => ((ClientCall)call).GetTrailers();
    private static readonly Action<object> Dispose = static call => ((ClientCall)call).Dispose();

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        using var call = New(method, host, options).StartSingle(request);
        return call.ExpectSingle().Response.GetAwaiter().GetResult();
    }

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = New(method, host, options).StartSingle(request).ExpectSingle();
        return new AsyncUnaryCall<TResponse>(call.Response, Headers, Status, Trailers, Dispose, call);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = New(method, host, options).StartSingle(request);
        return new AsyncServerStreamingCall<TResponse>(call, Headers, Status, Trailers, Dispose, call);
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var call = New(method, host, options).StartStreaming().ExpectSingle();
        return new AsyncClientStreamingCall<TRequest, TResponse>(call.Requests!, call.Response, Headers, Status, Trailers, Dispose, call);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var call = New(method, host, options).StartStreaming();
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(call.Requests!, call, Headers, Status, Trailers, Dispose, call);
    }

    private ClientCall<TRequest, TResponse> New<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options)
        where TRequest : class
        where TResponse : class =>
        new(channel, method, host, options);
}
