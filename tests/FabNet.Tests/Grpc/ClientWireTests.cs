// What our client makes of answers that no honest server gives. Clauses: gRPC over HTTP/2, "Responses"; "HTTP to gRPC Status Code Mapping".

using System.Net;
using System.Net.Sockets;
using FabNet.Tests.Grpc.Wire;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace FabNet.Tests.Grpc;

public sealed class ClientWireTests
{
    private const int TimeoutMs = 30_000;

    private static readonly byte[] Hello = new EchoResponse { Text = "hello" }.ToByteArray();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(Timeout = TimeoutMs)]
    [InlineData(400, StatusCode.Internal)]
    [InlineData(401, StatusCode.Unauthenticated)]
    [InlineData(403, StatusCode.PermissionDenied)]
    [InlineData(404, StatusCode.Unimplemented)]
    [InlineData(429, StatusCode.Unavailable)]
    [InlineData(500, StatusCode.Unknown)]
    [InlineData(502, StatusCode.Unavailable)]
    [InlineData(503, StatusCode.Unavailable)]
    [InlineData(504, StatusCode.Unavailable)]
    public async Task An_http_status_becomes_a_grpc_status(int http, StatusCode expected)
    {
        var failure = await FailAsync(context =>
        {
            context.Response.StatusCode = http;
            return Task.CompletedTask;
        });
        Assert.Equal(expected, failure.StatusCode);
        Assert.Contains($"{http}", failure.Status.Detail);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_web_page_is_not_an_answer()
    {
        var failure = await FailAsync(context => context.Response.WriteAsync("<html>", Token));
        Assert.Equal(StatusCode.Cancelled, failure.StatusCode);
        Assert.Contains("content", failure.Status.Detail);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_missing_status_is_cancelled() =>
        Assert.Equal(StatusCode.Cancelled, (await FailAsync(context => WriteAsync(context, RawWire.Frame(Hello), status: null))).StatusCode);

    [Fact(Timeout = TimeoutMs)]
    public async Task A_truncated_message_is_internal() =>
        Assert.Equal(StatusCode.Internal, (await FailAsync(context => WriteAsync(context, RawWire.Frame(Hello)[..^1]))).StatusCode);

    [Fact(Timeout = TimeoutMs)]
    public async Task A_bad_flag_is_internal() =>
        Assert.Equal(StatusCode.Internal, (await FailAsync(context => WriteAsync(context, RawWire.Frame(Hello, flag: 3)))).StatusCode);

    [Fact(Timeout = TimeoutMs)]
    public async Task A_second_message_is_internal_where_one_is_expected() =>
        Assert.Equal(StatusCode.Internal, (await FailAsync(context => WriteAsync(context, [.. RawWire.Frame(Hello), .. RawWire.Frame(Hello)]))).StatusCode);

    [Fact(Timeout = TimeoutMs)]
    public async Task Ok_without_a_message_is_internal() =>
        Assert.Equal(StatusCode.Internal, (await FailAsync(context => WriteAsync(context, []))).StatusCode);

    [Fact(Timeout = TimeoutMs)]
    public async Task Too_long_a_message_is_refused_by_its_header_alone()
    {
        var failure = await FailAsync(async context =>
        {
            context.Response.ContentType = "application/grpc";
            await context.Response.BodyWriter.WriteAsync(RawWire.Frame([], claimedLength: 2_000_000_000), Token);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        });
        Assert.Equal(StatusCode.ResourceExhausted, failure.StatusCode);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task An_unknown_compression_is_unimplemented()
    {
        var failure = await FailAsync(context =>
        {
            context.Response.Headers["grpc-encoding"] = "snappy";
            return WriteAsync(context, RawWire.Frame(Hello, flag: 1));
        });
        Assert.Equal(StatusCode.Unimplemented, failure.StatusCode);
        Assert.Contains("snappy", failure.Status.Detail);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_trailers_only_answer_has_its_metadata_in_headers_and_trailers_alike()
    {
        await using var server = await ServeAsync(context =>
        {
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = "5";
            context.Response.Headers["grpc-message"] = "gone %E2%9C%97 100% %zz";
            context.Response.Headers["x-why-bin"] = "AQI,Aw==";
            return Task.CompletedTask;
        });
        using var channel = server.Channel();
        using var call = server.Client(channel).UnaryAsync(new EchoRequest(), cancellationToken: Token);
        var failure = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
        Assert.Equal(StatusCode.NotFound, failure.StatusCode);
        Assert.Equal("gone ✗ 100% %zz", failure.Status.Detail);
        Assert.Equal(2, failure.Trailers.GetAll("x-why-bin").Count());
        Assert.Equal([1, 2], failure.Trailers.GetAll("x-why-bin").First().ValueBytes);
        Assert.Equal([3], (await call.ResponseHeadersAsync).GetValueBytes("x-why-bin"));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_stream_that_the_server_breaks_off_fails()
    {
        await using var server = await ServeAsync(async context =>
        {
            context.Response.ContentType = "application/grpc";
            await context.Response.BodyWriter.WriteAsync(RawWire.Frame(Hello), Token);
            context.Abort();
        });
        using var channel = server.Channel();
        using var call = server.Client(channel).Expand(new EchoRequest(), cancellationToken: Token);
        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await call.ResponseStream.MoveNext(Token))
            {
                Assert.Equal("hello", call.ResponseStream.Current.Text);
            }
        });
        Assert.Equal(StatusCode.Internal, failure.StatusCode);
        Assert.Equal(StatusCode.Internal, call.GetStatus().StatusCode);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Nobody_listening_is_unavailable_and_says_where()
    {
        int port;
        using (var listener = new TcpListener(IPAddress.Loopback, 0))
        {
            listener.Start();
            port = ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        var client = new Echo.EchoClient(channel);
        var failure = await Assert.ThrowsAsync<RpcException>(async () => await client.UnaryAsync(new EchoRequest(), cancellationToken: Token));
        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        Assert.Contains($"127.0.0.1:{port}", failure.Status.Detail);
        Assert.Contains("refused", failure.Status.Detail, StringComparison.OrdinalIgnoreCase);

        using var chat = client.Chat(cancellationToken: Token);
        failure = await Assert.ThrowsAsync<RpcException>(() => chat.RequestStream.WriteAsync(new EchoRequest(), Token));
        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Each_call_says_who_it_is_and_what_it_accepts()
    {
        IHeaderDictionary seen = new HeaderDictionary();
        await FailAsync(
            context =>
            {
                foreach (var (name, value) in context.Request.Headers)
                {
                    seen[name] = value;
                }

                return WriteAsync(context, []);
            });
        Assert.Equal("application/grpc", seen.ContentType);
        Assert.Equal("trailers", seen.TE);
        Assert.Equal("identity,gzip,deflate", seen["grpc-accept-encoding"]);
        Assert.StartsWith("grpc-dotnet", seen.UserAgent.ToString(), StringComparison.Ordinal);
    }

    private static async Task<RpcException> FailAsync(RequestDelegate serve)
    {
        await using var server = await ServeAsync(serve);
        using var channel = server.Channel();
        return await Assert.ThrowsAsync<RpcException>(async () => await server.Client(channel).UnaryAsync(new EchoRequest(), cancellationToken: Token));
    }

    private static Task<EchoServer> ServeAsync(RequestDelegate serve) => EchoServer.StartAsync(map: app => app.Run(serve));

    private static async Task WriteAsync(HttpContext context, byte[] body, string? status = "0")
    {
        context.Response.ContentType = "application/grpc";
        if (body.Length > 0)
        {
            await context.Response.BodyWriter.WriteAsync(body, Token);
        }
        else
        {
            await context.Response.StartAsync(Token);
        }

        if (status is not null)
        {
            context.Response.AppendTrailer("grpc-status", status);
        }
    }
}
