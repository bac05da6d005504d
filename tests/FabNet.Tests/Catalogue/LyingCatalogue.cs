// A peer that speaks the protocol and lies in it.

using FabNet.Catalogue.Designs;
using FabNet.Model.Designs;
using FabNet.Protocol;
using FabNet.Protocol.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using DesignRef = FabNet.Protocol.V1.DesignRef;

namespace FabNet.Tests.Catalogue;

public sealed class LyingCatalogue : DesignCatalogue.DesignCatalogueBase
{
    private readonly Lie _lie;
    private readonly ImportedDesign _design;

    public LyingCatalogue(Lie lie, ImportedDesign design) => (_lie, _design) = (lie, design);

    public enum Lie
    {
        /// <summary>A sound manifest of a design that nobody asked for.</summary>
        OtherDesign,

        /// <summary>The right reference with the manifest of something else.</summary>
        OtherManifest,

        /// <summary>As many bytes as there should be, but others.</summary>
        OtherBytes,

        /// <summary>Bytes without end.</summary>
        EndlessBlob,
    }

    public override Task<PublishedDesign> GetDesign(GetDesignRequest request, ServerCallContext context)
    {
        var other = DesignManifest.Write(_design.Design with { Ref = _design.Design.Ref with { Name = "other" } });
        var manifest = _lie is Lie.OtherDesign or Lie.OtherManifest ? other : _design.Manifest;
        var design = DesignManifest.Read(manifest, DateTimeOffset.UnixEpoch);
        return Task.FromResult(new PublishedDesign
        {
            Ref = _lie == Lie.OtherManifest ? _design.Design.Ref.ToWire() : design.Ref.ToWire(),
            Manifest = ByteString.CopyFrom(manifest),
            PublishedAt = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch),
        });
    }

    public override async Task GetBlob(GetBlobRequest request, IServerStreamWriter<GetBlobReply> responseStream, ServerCallContext context)
    {
        var size = _design.Design.AllArtefacts().First(a => a.Digest.Value == request.Digest).Size;
        do
        {
            await responseStream.WriteAsync(new GetBlobReply { Size = size, Chunk = ByteString.CopyFrom(new byte[size]) }, context.CancellationToken);
        }
        while (_lie == Lie.EndlessBlob);
    }
}
