// How services live in an application: instances, metadata, conventions, options, credentials.

using FabNet.Tests.Grpc.Wire;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FabNet.Tests.Grpc;

public sealed class HostingTests
{
    private const int TimeoutMs = 30_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(Timeout = TimeoutMs)]
    [InlineData(false, 3)]
    [InlineData(true, 1)]
    public async Task A_service_is_created_per_call_unless_it_is_registered_as_a_singleton(bool singleton, int instances)
    {
        await using var server = await EchoServer.StartAsync(services: services =>
        {
            if (singleton)
            {
                services.AddSingleton<EchoService>();
            }
        });
        using var channel = server.Channel();
        for (var i = 0; i < 3; i++)
        {
            await server.Client(channel).UnaryAsync(new EchoRequest(), cancellationToken: Token);
        }

        Assert.Equal(instances, server.Probe.Instances);
        await server.DisposeAsync();
        Assert.Equal(instances, server.Probe.Disposed);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Conventions_reach_every_method()
    {
        await using var server = await EchoServer.StartAsync(map: app =>
        {
            app.MapGrpcService<EchoService>().WithMetadata("marked");
            var endpoints = ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints);
            var methods = endpoints.Where(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>() is not null).ToList();
            Assert.Equal(4, methods.Count);
            Assert.All(methods, endpoint => Assert.Equal("marked", endpoint.Metadata.GetMetadata<string>()));
            Assert.Contains(methods, endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()!.Method.FullName == "/fabnet.tests.echo.v1.Echo/Chat");
        });
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_middleware_that_refuses_is_understood_by_the_client()
    {
        await using var server = await EchoServer.StartAsync(map: app =>
        {
            app.UseRouting();
            app.Use((http, next) =>
            {
                if (http.GetEndpoint()?.Metadata.GetMetadata<string>() == "closed" && http.Request.Headers.Authorization != "Bearer key")
                {
                    http.Response.StatusCode = StatusCodes.Status401Unauthorized;
                    return Task.CompletedTask;
                }

                return next(http);
            });
            app.MapGrpcService<EchoService>().WithMetadata("closed");
        });
        using var channel = server.Channel();
        var failure = await Assert.ThrowsAsync<RpcException>(async () => await server.Client(channel).UnaryAsync(new EchoRequest(), cancellationToken: Token));
        Assert.Equal(StatusCode.Unauthenticated, failure.StatusCode);
        await server.Client(channel).UnaryAsync(new EchoRequest(), new Metadata { { "authorization", "Bearer key" } }, cancellationToken: Token);

        var credentials = CallCredentials.FromInterceptor((context, metadata) =>
        {
            metadata.Add("authorization", $"Bearer key");
            return Task.CompletedTask;
        });
        var options = server.Options();
        options.UnsafeUseInsecureChannelCallCredentials = true;
        using var trusting = server.Channel(options);
        await server.Client(trusting).UnaryAsync(new EchoRequest(), new CallOptions(credentials: credentials, cancellationToken: Token));
        await Assert.ThrowsAsync<RpcException>(
            async () => await server.Client(channel).UnaryAsync(new EchoRequest(), new CallOptions(credentials: credentials, cancellationToken: Token)));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Channel_credentials_add_to_every_call_over_tls()
    {
        await using var server = await EchoServer.StartAsync(tls: true);
        var options = server.Options();
        options.Credentials = ChannelCredentials.Create(
            ChannelCredentials.SecureSsl,
            CallCredentials.FromInterceptor((context, metadata) =>
            {
                metadata.Add("x-service", context.ServiceUrl);
                metadata.Add("x-method", context.MethodName);
                return Task.CompletedTask;
            }));
        using var channel = server.Channel(options);
        using var call = server.Client(channel).UnaryAsync(new EchoRequest { Reflect = true }, cancellationToken: Token);
        var headers = await call.ResponseHeadersAsync;
        Assert.EndsWith("/fabnet.tests.echo.v1.Echo", headers.GetValue("x-service"), StringComparison.Ordinal);
        Assert.Equal("Unary", headers.GetValue("x-method"));
    }

    [Fact]
    public void Credentials_that_do_not_fit_the_address_are_refused()
    {
        Assert.Throws<InvalidOperationException>(
            () => GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { Credentials = ChannelCredentials.SecureSsl }));
        Assert.Throws<InvalidOperationException>(
            () => GrpcChannel.ForAddress("https://localhost", new GrpcChannelOptions { Credentials = ChannelCredentials.Insecure }));
        Assert.Throws<ArgumentException>(() => GrpcChannel.ForAddress("ftp://localhost"));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Metadata_passes_in_headers_and_trailers_and_headers_come_before_the_first_message()
    {
        await using var server = await EchoServer.StartAsync();
        using var channel = server.Channel();
        var sent = new Metadata { { "x-text", "a" }, { "X-Upper", "b" }, { "x-blob-bin", [0, 255] } };
        using var call = server.Client(channel).Expand(new EchoRequest { Reflect = true, Hang = true }, sent, cancellationToken: Token);
        var headers = await call.ResponseHeadersAsync.WaitAsync(Token);
        Assert.Equal("a", headers.GetValue("x-text"));
        Assert.Equal("b", headers.GetValue("x-upper"));
        Assert.Equal([0, 255], headers.GetValueBytes("x-blob-bin"));

        using var unary = server.Client(channel).UnaryAsync(new EchoRequest { Reflect = true }, sent, cancellationToken: Token);
        await unary;
        Assert.Equal([0, 255], unary.GetTrailers().GetValueBytes("x-blob-bin"));
        Assert.StartsWith("ipv4:127.0.0.1:", unary.GetTrailers().GetValue("peer-seen"), StringComparison.Ordinal);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_client_may_claim_another_host()
    {
        await using var server = await EchoServer.StartAsync();
        using var channel = server.Channel();
        using var call = server.Client(channel).WithHost("catalogue.example").UnaryAsync(new EchoRequest { Reflect = true }, cancellationToken: Token);
        await call;
        Assert.Equal("catalogue.example", call.GetTrailers().GetValue("host-seen"));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_call_made_by_a_handler_ends_with_the_call_that_it_is_a_part_of()
    {
        await using var far = await EchoServer.StartAsync();
        using var onward = far.Channel();
        await using var near = await EchoServer.StartAsync(
            services: services => services.AddSingleton(new RelayService(far.Client(onward))),
            map: app => app.MapGrpcService<RelayService>());
        using var channel = near.Channel();
        using var call = near.Client(channel).UnaryAsync(new EchoRequest { Hang = true }, cancellationToken: Token);
        await far.Probe.Started.Task.WaitAsync(Token);
        call.Dispose();
        Assert.IsAssignableFrom<OperationCanceledException>(await far.Probe.Ended.Task.WaitAsync(Token));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Gzip_is_used_both_ways_when_asked_for()
    {
        await using var server = await EchoServer.StartAsync(grpc => grpc.ResponseCompressionAlgorithm = "gzip");
        using var channel = server.Channel();
        var headers = new Metadata { { "grpc-internal-encoding-request", "gzip" } };
        using var call = server.Client(channel).Chat(headers, cancellationToken: Token);
        for (var i = 0; i < 3; i++)
        {
            await call.RequestStream.WriteAsync(new EchoRequest { Text = new string('x', 10_000) }, Token);
            Assert.True(await call.ResponseStream.MoveNext(Token));
            Assert.Equal(10_000, call.ResponseStream.Current.Text.Length);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(Token));
        Assert.Equal(["gzip"], server.Probe.RequestEncodings);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Options_of_one_service_override_those_of_all()
    {
        await using var server = await EchoServer.StartAsync(
            grpc => grpc.MaxReceiveMessageSize = 1,
            services: services => services.AddGrpc().AddServiceOptions<EchoService>(own => own.MaxReceiveMessageSize = null));
        using var channel = server.Channel();
        Assert.Equal("long enough", (await server.Client(channel).UnaryAsync(new EchoRequest { Text = "long enough" }, cancellationToken: Token)).Text);
    }

    /// <summary>Hands every call on to another server.</summary>
    private sealed class RelayService(Echo.EchoClient onward) : Echo.EchoBase
    {
        public override async Task<EchoResponse> Unary(EchoRequest request, ServerCallContext context) =>
            await onward.UnaryAsync(request, new CallOptions(propagationToken: context.CreatePropagationToken()));
    }
}
