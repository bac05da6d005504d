// How the catalogue's rooms say no; the service maps each reason to a gRPC status.

namespace FabNet.Catalogue;

/// <summary>Why a catalogue refuses.</summary>
internal enum CatalogueFault
{
    /// <summary>What was sent breaks a rule, or is not what it claims to be.</summary>
    Invalid,

    /// <summary>There is no such design or blob.</summary>
    NotFound,

    /// <summary>The name and version are taken by another manifest.</summary>
    AlreadyExists,

    /// <summary>Blobs that the manifest names are not there.</summary>
    BlobsMissing,

    /// <summary>A statement that this one builds on is not here.</summary>
    StatementMissing,

    /// <summary>Its author may not say that.</summary>
    NotAllowed,

    /// <summary>An offset is past what is there.</summary>
    OutOfRange,

    /// <summary>The disk is full, or a limit is reached.</summary>
    NoSpace,

    /// <summary>Somebody else uploads the same blob now; trying again helps.</summary>
    Busy,
}

/// <summary>A refusal. The message says what, where and what to do.</summary>
internal sealed class CatalogueException(CatalogueFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Why.</summary>
    public CatalogueFault Fault { get; } = fault;

    /// <summary>What a statement waits for, where one is missing (<see cref="CatalogueFault.StatementMissing"/>) and may still come.</summary>
    public Trust.Need? Need { get; init; }
}
