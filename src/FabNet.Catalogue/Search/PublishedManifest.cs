// A design as the catalogue holds it.

using FabNet.Model.Designs;
using FabNet.Protocol.V1;

namespace FabNet.Catalogue.Search;

/// <summary>A published version: the design, and the bytes that it was read from.</summary>
/// <param name="Design">What the manifest says.</param>
/// <param name="Manifest">The canonical manifest.</param>
/// <param name="Cursor">Its place in the journal.</param>
internal sealed record PublishedManifest(Design Design, byte[] Manifest, long Cursor);

/// <summary>A page of a list.</summary>
/// <param name="Designs">In order.</param>
/// <param name="NextPageToken">Asks for the next page; empty at the end.</param>
internal sealed record DesignPage(IReadOnlyList<DesignSummary> Designs, string NextPageToken);
