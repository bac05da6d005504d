// A client in another language, written from the .proto files and the documents alone.

using System.Text.Json.Nodes;
using FabNet.Model;
using FabNet.Protocol.Statements;
using FabNet.Tests.Grpc;
using Xunit;

namespace FabNet.Tests.Catalogue;

public sealed class OtherLanguageTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task A_javascript_client_signs_publishes_attests_and_verifies_what_it_pulls()
    {
        await using var server = await CatalogueServer.StartAsync(Path.Combine(_folder.Path, "data"));
        using var imported = await SampleDesign.InAsync(Path.Combine(_folder.Path, "box"), Stop, extraBytes: 300_000);
        var box = await server.Client.Publisher.PublishAsync(imported, cancellationToken: Stop);

        await using var node = await NodePeer.StartInAsync("grpc-js", Path.Combine("@grpc", "grpc-js"), "commons.js", NodePeer.Protos);
        await node.SendAsync(new JsonObject { ["address"] = server.Address.Authority, ["pull"] = "test-box" });
        var said = await node.ReceiveAsync(line => (string?)line["event"] is "done" or "failed");
        Assert.True((string?)said["event"] == "done", (string?)said["message"]);

        // What it found.
        Assert.Equal(512 * 1024, (int)said["resumed"]!);
        Assert.Equal(3, (int)said["refusal"]!["code"]!);
        Assert.Contains("changed after it was signed", (string?)said["refusal"]!["details"], StringComparison.Ordinal);
        var (manifest, run) = (Digest.Parse((string)said["manifest"]!), (string)said["runId"]!);
        Assert.Equal([$"validated {run}"], Texts(said["verdicts"]));
        Assert.Equal(["3/4 on prusa-mk3s, 1200 s"], Texts(said["runs"]));
        Assert.Equal([$"clip.prusa-mk3s.gcode {run}"], Texts(said["proofs"]));
        Assert.Equal((box.Ref.Manifest.Value, server.Publisher.Name.ToString()), ((string?)said["other"]!["digest"], Assert.Single(Texts(said["other"]!["publishers"]))));
        Assert.Equal(box.Parts.SelectMany(p => p.Artefacts).Concat(box.Files).Sum(a => a.Size), (long)said["other"]!["bytes"]!);

        // What this client makes of it.
        var verified = await server.Client.GetVerifiedAsync(DesignName.Parse("node-lab/node-clip"), Stop);
        Assert.Equal((manifest, (string?)said["identity"]), (verified.Design.Ref.Manifest, Assert.Single(verified.Publishers).Identity.Value));
        var target = Path.Combine(_folder.Path, "pulled");
        await server.Client.Puller.PullAsync(verified.Design, target, null, Stop);
        Assert.Equal(700 * 1024, new FileInfo(Path.Combine(target, "clip.stl")).Length);
    }

    private static IEnumerable<string> Texts(JsonNode? list) => list!.AsArray().Select(t => (string)t!);
}
