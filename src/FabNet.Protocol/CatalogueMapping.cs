// The mapping of catalogue.proto.

using FabNet.Model;
using FabNet.Model.Designs;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Protocol;

/// <summary>Maps the catalogue's messages. Reading throws <see cref="FormatException"/> where a peer sent what can't be, or what does not match.</summary>
public static class CatalogueMapping
{
    /// <summary>The most characters of a design's function that a summary carries.</summary>
    private const int MaxSummaryFunction = 500;

    /// <summary>The published design with its manifest, to the wire.</summary>
    /// <param name="design">The design as read from <paramref name="manifest"/>.</param>
    /// <param name="manifest">Its canonical bytes; not copied, so they must not change.</param>
    public static Wire.PublishedDesign ToWire(this Design design, ReadOnlyMemory<byte> manifest) => new()
    {
        Ref = design.Ref.ToWire(),
        Manifest = UnsafeByteOperations.UnsafeWrap(manifest),
        PublishedAt = Timestamp.FromDateTimeOffset(design.PublishedAt),
    };

    /// <summary>Reads a published design and checks that it is what it says: the digest of its manifest, its name and its version.</summary>
    /// <exception cref="FormatException">The manifest is not canonical, or is not the one that the reference names.</exception>
    public static Design ToModel(this Wire.PublishedDesign published)
    {
        var design = DesignManifest.Read(published.Manifest.Span, published.PublishedAt.ToModel("published_design.published_at"));
        var named = published.Ref.ToModel();
        return design.Ref == named ? design
            : throw new FormatException($"The catalogue calls the manifest {named} {named.Manifest.Short}, and it is {design.Ref} {design.Ref.Manifest.Short}. Don't trust this catalogue's copy.");
    }

    /// <summary>What a list shows of a design, to the wire.</summary>
    public static Wire.DesignSummary ToSummary(this Design design)
    {
        var summary = new Wire.DesignSummary
        {
            Ref = design.Ref.ToWire(),
            Title = design.Title,
            Function = Shorten(design.Function),
            License = design.License,
            PartCount = design.Parts.Count,
            Size = design.Blobs().Sum(b => b.Size),
            PublishedAt = Timestamp.FromDateTimeOffset(design.PublishedAt),
        };
        summary.Processes.AddRange(design.Parts.Select(p => p.Process.ToTsdc()).OfType<string>().Distinct().Order(StringComparer.Ordinal));
        return summary;
    }

    /// <summary>Every file that a design names, each mention once: those of its parts, then the others.</summary>
    public static IEnumerable<Artefact> AllArtefacts(this Design design) => design.Parts.SelectMany(p => p.Artefacts).Concat(design.Files);

    /// <summary>The distinct blobs of a design, in the order of their mention.</summary>
    public static IEnumerable<(Digest Digest, long Size)> Blobs(this Design design) =>
        design.AllArtefacts().DistinctBy(a => a.Digest).Select(a => (a.Digest, a.Size));

    private static string Shorten(string text) => text.Length <= MaxSummaryFunction ? text
        : string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[MaxSummaryFunction - 1]) ? MaxSummaryFunction - 1 : MaxSummaryFunction), "…");
}
