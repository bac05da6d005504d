// How much an import takes in.

using FabNet.Protocol;

namespace FabNet.Catalogue.Designs;

/// <summary>Limits of an import. A folder beyond one is refused, whole.</summary>
public sealed record ImportLimits
{
    /// <summary>The most files. Default and most: 10,000, as in a manifest.</summary>
    public int MaxFiles { get; init; } = DesignManifest.MaxArtefacts;

    /// <summary>The most bytes of one file. Default 2 GiB, as the catalogue's own default.</summary>
    public long MaxFileBytes { get; init; } = 2L << 30;

    /// <summary>The most bytes of all files together. Default 8 GiB.</summary>
    public long MaxTotalBytes { get; init; } = 8L << 30;

    /// <summary>How many folders deep. Default 32.</summary>
    public int MaxDepth { get; init; } = 32;

    /// <summary>How many times as large as an archive its files may be, beyond the first 64 MiB. Default 200: text meshes reach 20, bombs begin at 1000.</summary>
    public int MaxArchiveRatio { get; init; } = 200;
}

/// <summary>A folder can't be imported at all: no manifest, a manifest that is not TOML or YAML, or a limit. The message says what to do.</summary>
public sealed class DesignImportException : IOException
{
    /// <summary>Creates the exception.</summary>
    public DesignImportException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
