// Where a catalogue keeps its data, and how much it takes.

using FabNet.Journal;

namespace FabNet.Catalogue;

/// <summary>Options of a catalogue node.</summary>
public sealed record CatalogueOptions
{
    /// <summary>The folder of its journal (<c>journal.db</c>), index (<c>index.db</c>) and blobs (<c>blobs/</c>); created where it is missing.</summary>
    public required string DataFolder { get; init; }

    /// <summary>The PostgreSQL database that keeps the journal instead of the data folder. Null, the default: the data folder.</summary>
    public PostgresAddress? Store { get; init; }

    /// <summary>The most bytes of one blob. Default 2 GiB.</summary>
    public long MaxBlobBytes { get; init; } = 2L << 30;

    /// <summary>Uploads are refused when less than this would stay free on the disk, so that the journal can always be written. In bytes; default 256 MiB.</summary>
    public long MinFreeBytes { get; init; } = 256L << 20;

    /// <summary>An upload that was broken off can go on for this long after its last byte. Default 7 days.</summary>
    public TimeSpan PartialRetention { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Catalogues that are followed from the start, all of each, besides what was followed before. Default: none.</summary>
    public IReadOnlyCollection<Uri> Follows { get; init; } = [];

    /// <summary>The collections whose verdicts count here, as <c>carol~5e6f7a8b/safe-tools</c>: an <c>unsafe</c> from one of them stops jobs. Null, the default: every collection that is here.</summary>
    public IReadOnlyCollection<string>? Heeded { get; init; }
}
