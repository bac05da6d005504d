// What our server answers to bytes that no honest client sends. Clauses: gRPC over HTTP/2, "Requests", "Responses", "Compression".

using System.Net;
using FabNet.Tests.Grpc.Wire;
using Google.Protobuf;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;

namespace FabNet.Tests.Grpc;

public sealed class ServerWireTests
{
    private const int TimeoutMs = 30_000;
    private const string Unary = "/fabnet.tests.echo.v1.Echo/Unary";
    private const string Ok = "0";
    private const string DeadlineExceeded = "4";
    private const string ResourceExhausted = "8";
    private const string Unimplemented = "12";
    private const string Internal = "13";

    private static readonly byte[] Hello = new EchoRequest { Text = "hello" }.ToByteArray();

    [Fact(Timeout = TimeoutMs)]
    public async Task A_whole_frame_is_answered_with_a_frame_and_trailers()
    {
        await using var server = await EchoServer.StartAsync();
        var response = await RawWire.PostAsync(server.Address, Unary, RawWire.Frame(Hello));
        Assert.Equal(200, response.HttpStatus);
        Assert.Equal(RawWire.Frame(new EchoResponse { Text = "hello" }.ToByteArray()), response.Body);
        Assert.Equal(Ok, response.Trailers["grpc-status"]);
        Assert.False(response.IsTrailersOnly);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Another_content_type_is_415()
    {
        await using var server = await EchoServer.StartAsync();
        var response = await RawWire.PostAsync(server.Address, Unary, new ByteArrayContent(RawWire.Frame(Hello)), contentType: "application/json");
        Assert.Equal(415, response.HttpStatus);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_content_type_with_the_message_format_is_accepted()
    {
        await using var server = await EchoServer.StartAsync();
        var response = await RawWire.PostAsync(server.Address, Unary, new ByteArrayContent(RawWire.Frame(Hello)), contentType: "application/grpc+proto");
        Assert.Equal(Ok, response.GrpcStatus);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Http_1_is_told_to_upgrade()
    {
        await using var server = await EchoServer.StartAsync(protocols: HttpProtocols.Http1);
        var response = await RawWire.PostAsync(server.Address, Unary, new ByteArrayContent(RawWire.Frame(Hello)), version: HttpVersion.Version11);
        Assert.Equal(426, response.HttpStatus);
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData("/fabnet.tests.echo.v1.Echo/Nothing", "Method 'Nothing'")]
    [InlineData("/nobody.Knows/It", "Service 'nobody.Knows'")]
    public async Task An_unknown_method_or_service_is_unimplemented_in_a_trailers_only_response(string path, string said)
    {
        await using var server = await EchoServer.StartAsync();
        var response = await RawWire.PostAsync(server.Address, path, RawWire.Frame(Hello));
        Assert.Equal(200, response.HttpStatus);
        Assert.True(response.IsTrailersOnly);
        Assert.Equal(Unimplemented, response.GrpcStatus);
        Assert.Contains(said, response.GrpcMessage);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_truncated_message_is_internal()
    {
        await using var server = await EchoServer.StartAsync();
        Assert.Equal(Internal, (await RawWire.PostAsync(server.Address, Unary, RawWire.Frame(Hello)[..^1])).GrpcStatus);
        Assert.Equal(Internal, (await RawWire.PostAsync(server.Address, Unary, [0, 0, 0])).GrpcStatus);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_flag_other_than_0_or_1_is_internal()
    {
        await using var server = await EchoServer.StartAsync();
        Assert.Equal(Internal, (await RawWire.PostAsync(server.Address, Unary, RawWire.Frame(Hello, flag: 2))).GrpcStatus);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Bytes_that_are_not_the_message_are_internal()
    {
        await using var server = await EchoServer.StartAsync();
        Assert.Equal(Internal, (await RawWire.PostAsync(server.Address, Unary, RawWire.Frame([0xFF, 0xFF, 0xFF]))).GrpcStatus);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task No_message_or_a_second_one_is_internal_where_one_is_expected()
    {
        await using var server = await EchoServer.StartAsync();
        Assert.Equal(Internal, (await RawWire.PostAsync(server.Address, Unary, [])).GrpcStatus);
        Assert.Equal(Internal, (await RawWire.PostAsync(server.Address, Unary, [.. RawWire.Frame(Hello), .. RawWire.Frame(Hello)])).GrpcStatus);
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData(4 * 1024 * 1024 + 1)]
    [InlineData(uint.MaxValue)]
    public async Task Too_long_a_message_is_refused_by_its_header_alone(uint claimed)
    {
        await using var server = await EchoServer.StartAsync();
        var response = await RawWire.PostAsync(server.Address, Unary, new OpenEndedContent(RawWire.Frame([], claimedLength: claimed)));
        Assert.Equal(ResourceExhausted, response.GrpcStatus);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_message_of_exactly_the_limit_is_accepted()
    {
        await using var server = await EchoServer.StartAsync(grpc => grpc.MaxReceiveMessageSize = Hello.Length);
        Assert.Equal(Ok, (await RawWire.PostAsync(server.Address, Unary, RawWire.Frame(Hello))).GrpcStatus);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Too_long_a_response_is_refused_without_a_byte_of_it()
    {
        await using var server = await EchoServer.StartAsync(grpc => grpc.MaxSendMessageSize = 10);
        var response = await RawWire.PostAsync(server.Address, Unary, RawWire.Frame(new EchoRequest { ResponseLength = 100 }.ToByteArray()));
        Assert.True(response.IsTrailersOnly);
        Assert.Equal(ResourceExhausted, response.GrpcStatus);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_gzipped_message_is_read()
    {
        await using var server = await EchoServer.StartAsync();
        var response = await RawWire.PostAsync(
            server.Address, Unary, RawWire.Frame(RawWire.Gzip(Hello), flag: 1), headers => headers.Add("grpc-encoding", "gzip"));
        Assert.Equal(Ok, response.GrpcStatus);
        Assert.Equal(0, response.Body[0]);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_small_message_that_decompresses_beyond_the_limit_is_refused()
    {
        await using var server = await EchoServer.StartAsync();
        var bomb = RawWire.Gzip(new byte[64 * 1024 * 1024]);
        Assert.InRange(bomb.Length, 1, 4 * 1024 * 1024);
        var response = await RawWire.PostAsync(server.Address, Unary, RawWire.Frame(bomb, flag: 1), headers => headers.Add("grpc-encoding", "gzip"));
        Assert.Equal(ResourceExhausted, response.GrpcStatus);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_compressed_message_without_its_header_or_with_garbage_is_internal()
    {
        await using var server = await EchoServer.StartAsync();
        Assert.Equal(Internal, (await RawWire.PostAsync(server.Address, Unary, RawWire.Frame(RawWire.Gzip(Hello), flag: 1))).GrpcStatus);
        var garbage = await RawWire.PostAsync(server.Address, Unary, RawWire.Frame(Hello, flag: 1), headers => headers.Add("grpc-encoding", "gzip"));
        Assert.Equal(Internal, garbage.GrpcStatus);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task An_unknown_compression_is_unimplemented_and_the_known_ones_are_told()
    {
        await using var server = await EchoServer.StartAsync();
        var response = await RawWire.PostAsync(server.Address, Unary, RawWire.Frame(Hello, flag: 1), headers => headers.Add("grpc-encoding", "snappy"));
        Assert.Equal(Unimplemented, response.GrpcStatus);
        Assert.Contains("gzip", response.Headers["grpc-accept-encoding"]);
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData("identity, gzip", 1)]
    [InlineData("identity", 0)]
    public async Task A_response_is_compressed_only_for_a_client_that_accepts_it(string accepted, int flag)
    {
        await using var server = await EchoServer.StartAsync(grpc => grpc.ResponseCompressionAlgorithm = "gzip");
        var response = await RawWire.PostAsync(
            server.Address,
            Unary,
            RawWire.Frame(new EchoRequest { ResponseLength = 10_000 }.ToByteArray()),
            headers => headers.Add("grpc-accept-encoding", accepted));
        Assert.Equal(flag, response.Body[0]);
        Assert.Equal(flag == 1, response.Body.Length < 1_000);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task The_server_enforces_a_deadline_by_itself()
    {
        await using var server = await EchoServer.StartAsync();
        var response = await RawWire.PostAsync(
            server.Address, Unary, RawWire.Frame(new EchoRequest { Hang = true }.ToByteArray()), headers => headers.Add("grpc-timeout", "100m"));
        Assert.Equal(DeadlineExceeded, response.GrpcStatus);
        Assert.IsAssignableFrom<OperationCanceledException>(await server.Probe.Ended.Task.WaitAsync(TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_deadline_also_ends_the_wait_for_a_request_that_does_not_come()
    {
        await using var server = await EchoServer.StartAsync();
        var response = await RawWire.PostAsync(
            server.Address, Unary, new OpenEndedContent(RawWire.Frame(Hello)[..3]), headers => headers.Add("grpc-timeout", "100m"));
        Assert.Equal(DeadlineExceeded, response.GrpcStatus);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_message_is_percent_encoded_utf_8()
    {
        await using var server = await EchoServer.StartAsync();
        var response = await RawWire.PostAsync(
            server.Address, Unary, RawWire.Frame(new EchoRequest { FailWith = 3, FailDetail = "50 % Füllung\n" }.ToByteArray()));
        Assert.Equal("50 %25 F%C3%BCllung%0A", response.GrpcMessage);
    }
}
