using System.Collections.Concurrent;
using System.Text;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Machines;
using FabNet.Protocol;
using FabNet.Protocol.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Artefact = FabNet.Model.Designs.Artefact;
using DesignRef = FabNet.Model.Designs.DesignRef;

namespace FabNet.Tests.Edge;

/// <summary>A catalogue endpoint written for these tests: designs and blobs in memory, and faults on demand.</summary>
internal sealed class TestCatalogue : DesignCatalogue.DesignCatalogueBase, IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, byte[]> _manifests = new();
    private readonly ConcurrentDictionary<string, byte[]> _blobs = new();
    private readonly ConcurrentDictionary<string, string> _stops = new();
    private GrpcHost? _server;

    public Uri Address => _server!.Address;

    /// <summary>Where each GetBlob began.</summary>
    public ConcurrentQueue<long> Offsets { get; } = new();

    /// <summary>Breaks the next calls off after so many bytes each.</summary>
    public ConcurrentQueue<int> CutAfter { get; } = new();

    /// <summary>Changes a byte of every blob.</summary>
    public bool Tampers { get; set; }

    /// <summary>Sends more than the manifest says.</summary>
    public bool Pads { get; set; }

    /// <summary>Counts the calls of GetBlob that have begun.</summary>
    public SemaphoreSlim Asked { get; } = new(0);

    /// <summary>Awaited before the first chunk.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public static async Task<TestCatalogue> StartAsync()
    {
        var catalogue = new TestCatalogue();
        catalogue._server = await GrpcHost.StartAsync(catalogue);
        return catalogue;
    }

    /// <summary>A design with one part, made of these files.</summary>
    public Design Publish(string name, params ReadOnlySpan<(string Path, ArtefactKind Kind, byte[] Bytes, string? MachineClass, string? Material)> files)
    {
        var artefacts = new List<Artefact>();
        foreach (var (path, kind, bytes, machineClass, material) in files)
        {
            var digest = Digest.Of(bytes);
            _blobs[digest.Value] = bytes;
            artefacts.Add(new Artefact
            {
                Path = path,
                Kind = kind,
                MediaType = kind is ArtefactKind.Toolpath ? "text/x-gcode" : kind is ArtefactKind.Mesh ? "model/stl" : "text/plain",
                Digest = digest,
                Size = bytes.Length,
                MachineClass = machineClass,
                Material = material,
            });
        }

        var design = new Design
        {
            Ref = new DesignRef(name, "1.0.0", default),
            Title = name,
            Function = "It serves a test.",
            License = "CERN-OHL-S-2.0",
            Licensor = "The FabNet authors",
            PublishedAt = Bench.Noon,
            Parts = [new DesignPart { Name = "clip", Process = FabricationProcess.Printing, Artefacts = artefacts }],
        };
        var manifest = DesignManifest.Write(design);
        _manifests[Digest.Of(manifest).Value] = manifest;
        return DesignManifest.Read(manifest, Bench.Noon);
    }

    public Design PublishToolpath(string name, string gcode, string machineClass = "prusa-mk3s") =>
        Publish(name, ("clip.gcode", ArtefactKind.Toolpath, Encoding.ASCII.GetBytes(gcode), machineClass, null));

    public Design PublishMesh(string name, string stl) => Publish(name, ("clip.stl", ArtefactKind.Mesh, Encoding.ASCII.GetBytes(stl), null, null));

    public override Task<PublishedDesign> GetDesign(GetDesignRequest request, ServerCallContext context) =>
        _manifests.TryGetValue(request.ManifestDigest, out var manifest)
            ? Task.FromResult(new PublishedDesign
            {
                Ref = new DesignRef(request.Name, "1.0.0", Digest.Parse(request.ManifestDigest)).ToWire(),
                Manifest = ByteString.CopyFrom(Tampers ? [.. manifest, (byte)' '] : manifest),
                PublishedAt = Timestamp.FromDateTimeOffset(Bench.Noon),
            })
            : throw new RpcException(new Status(StatusCode.NotFound, $"No design has the manifest {request.ManifestDigest}."));

    /// <summary>From now on the design must not be made.</summary>
    public void Stop(Digest manifest, string reason) => _stops[manifest.Value] = reason;

    public override Task<ListStatementsReply> ListStatements(ListStatementsRequest request, ServerCallContext context)
    {
        var reply = new ListStatementsReply { Cursor = _stops.Count, End = true };
        for (var cursor = request.After + 1; cursor <= reply.Cursor; cursor++)
        {
            reply.Statements.Add(new LoggedStatement { Cursor = cursor });
        }

        return Task.FromResult(reply);
    }

    public override Task<DesignReport> GetReport(GetReportRequest request, ServerCallContext context)
    {
        var report = new DesignReport();
        if (_stops.TryGetValue(request.ManifestDigest, out var reason))
        {
            report.StopReason = reason;
        }

        return Task.FromResult(report);
    }

    /// <summary>Every statement that was put, as often as it was.</summary>
    public ConcurrentQueue<FabNet.Protocol.Statements.Envelope> Put { get; } = new();

    /// <summary>Takes statements, and breaks off before it has answered.</summary>
    public bool LosesAnswers { get; set; }

    /// <summary>Does so for statements of this kind only.</summary>
    public string? LosesAnswersOf { get; set; }

    public override Task<PutStatementReply> PutStatement(PutStatementRequest request, ServerCallContext context)
    {
        var envelope = request.Envelope.ToModel();
        Put.Enqueue(envelope);
        return LosesAnswers || FabNet.Protocol.Statements.StatementKinds.Of(envelope.PayloadType) == LosesAnswersOf ? throw new RpcException(new Status(StatusCode.Unavailable, "the line was cut")) : Task.FromResult(new PutStatementReply { Id = envelope.Id.Value });
    }

    public override async Task GetBlob(GetBlobRequest request, IServerStreamWriter<GetBlobReply> responseStream, ServerCallContext context)
    {
        Offsets.Enqueue(request.Offset);
        Asked.Release();
        await Gate.WaitAsync(context.CancellationToken);
        var blob = (byte[])_blobs[request.Digest].Clone();
        if (Tampers)
        {
            blob[^1] ^= 1;
        }

        if (Pads)
        {
            blob = [.. blob, 0];
        }

        int? budget = CutAfter.TryDequeue(out var cut) ? cut : null;
        var isFirst = true;
        for (var at = (int)request.Offset; at < blob.Length || isFirst;)
        {
            var count = Math.Min(Math.Min(16 * 1024, blob.Length - at), budget ?? int.MaxValue);
            await responseStream.WriteAsync(new GetBlobReply { Size = isFirst ? blob.Length : 0, Chunk = ByteString.CopyFrom(blob, at, count) }, context.CancellationToken);
            isFirst = false;
            at += count;
            budget -= count;
            if (budget <= 0)
            {
                throw new RpcException(new Status(StatusCode.Unavailable, "the line was cut"));
            }
        }
    }

    public ValueTask DisposeAsync() => _server!.DisposeAsync();
}
