// Statements and manifests made to exhaust whoever reads them, over the wire.

using System.Text;
using FabNet.Model;
using FabNet.Protocol.Statements;
using FabNet.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Xunit;

namespace FabNet.Tests.Catalogue;

public sealed class HostileManifestTests : IDisposable
{
    private const int ManifestBytes = 4 * 1024 * 1024;

    private readonly TempFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Bombs => new()
    {
        { "deep nesting", "not JSON" },
        { "deep nesting in a member", "not JSON" },
        { "too many parts", "parts" },
        { "too many files", "files" },
        { "a huge list of numbers", "attribution" },
        { "one member a million times", "twice" },
        { "longer than it may be", "4194304" },
    };

    public void Dispose() => _folder.Dispose();

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Bombs))]
    public async Task A_bomb_is_refused_in_words_and_the_catalogue_goes_on(string bomb, string says)
    {
        await using var server = await CatalogueServer.StartAsync(Path.Combine(_folder.Path, "data"));
        var error = await Assert.ThrowsAsync<RpcException>(async () => await server.Raw.PutStatementAsync(new PutStatementRequest { Envelope = Signed(Payload(bomb)) }, cancellationToken: Stop));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Contains(says, error.Status.Detail, StringComparison.Ordinal);
        Assert.True(error.Status.Detail.Length < 1_000, error.Status.Detail);

        using var honest = await SampleDesign.InAsync(Path.Combine(_folder.Path, "box"), Stop);
        Assert.Equal("test-box", (await server.Client.Publisher.PublishAsync(honest, cancellationToken: Stop)).Ref.Name);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_blob_that_claims_ten_gigabytes_is_refused_by_the_claim_and_one_of_two_takes_no_space_before_its_bytes_come()
    {
        await using var server = await CatalogueServer.StartAsync(Path.Combine(_folder.Path, "data"));
        var error = await Assert.ThrowsAsync<RpcException>(() => PutAsync(server, 10L << 30));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Contains("has 10737418240 bytes; this catalogue takes at most 2147483648", error.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(1, await PutAsync(server, 2L << 30));
        Assert.True(new DirectoryInfo(Path.Combine(_folder.Path, "data")).EnumerateFiles("*", SearchOption.AllDirectories).Where(f => f.Extension != ".db").All(f => f.Length < 10_000_000));
    }

    private static async Task<long> PutAsync(CatalogueServer server, long claimed)
    {
        using var call = server.Raw.PutBlob(cancellationToken: Stop);
        try
        {
            await call.RequestStream.WriteAsync(new PutBlobRequest { Header = new() { Blob = new BlobDescriptor { Digest = Digest.Of("x"u8).Value, Size = claimed } } }, Stop);
            await call.RequestStream.WriteAsync(new PutBlobRequest { Chunk = ByteString.CopyFromUtf8("x") }, Stop);
            await call.RequestStream.CompleteAsync();
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException)
        {
            Stop.ThrowIfCancellationRequested(); // The catalogue ended the call already: its answer says why.
        }

        return (await call.ResponseAsync).Received;
    }

    private static byte[] Payload(string bomb)
    {
        const string Head = "{\"files\":[],\"function\":\"\",\"license\":\"MIT\",\"licensor\":\"\",\"mediaType\":\"application/vnd.fabnet.design.v1+json\",\"name\":\"bomb\",";
        const string Tail = "\"title\":\"Bomb\",\"version\":\"1.0.0\"}";
        return Encoding.UTF8.GetBytes(bomb switch
        {
            "deep nesting" => new string('[', ManifestBytes),
            "deep nesting in a member" => $"{Head}\"parts\":{new string('[', 100_000)}{new string(']', 100_000)},{Tail}",
            "too many parts" => $"{Head}\"parts\":[{string.Join(',', Enumerable.Repeat("{}", 1_000_000))}],{Tail}",
            "too many files" => $"{{\"files\":[{string.Join(',', Enumerable.Repeat("{}", 1_000_000))}],{Head["{\"files\":[],".Length..]}\"parts\":[],{Tail}",
            "a huge list of numbers" => $"{{\"attribution\":[{string.Join(',', Enumerable.Repeat("1", 1_500_000))}],{Head[1..]}\"parts\":[],{Tail}",
            "one member a million times" => $"{Head}{string.Concat(Enumerable.Repeat("\"name\":1,", 400_000))}\"parts\":[],{Tail}",
            _ => $"{Head}\"parts\":[],\"publisher\":\"{new string('a', ManifestBytes)}\",{Tail}",
        });
    }

    private static FabNet.Protocol.V1.Envelope Signed(byte[] payload)
    {
        using var key = SigningKey.Create();
        var type = StatementKinds.MediaTypeOf(StatementKinds.Design);
        var wire = new FabNet.Protocol.V1.Envelope { PayloadType = type, Payload = ByteString.CopyFrom(payload) };
        wire.Signatures.Add(new Signature
        {
            KeyId = key.Public.Id.Value,
            Value = ByteString.CopyFrom(key.Sign(FabNet.Protocol.Statements.Envelope.PreAuthenticationEncoding(type, payload))),
        });
        return wire;
    }
}
