// A design that can't be had, and whose fault it is.

namespace FabNet.Edge.Designs;

/// <summary>Why a design can't be had.</summary>
public enum DesignFault
{
    /// <summary>The catalogue does not answer; later it may.</summary>
    Unreachable,

    /// <summary>The catalogue does not have it.</summary>
    NotFound,

    /// <summary>What the catalogue sent is not what the digest names, or breaks the manifest's rules. Nothing of it was kept.</summary>
    Corrupt,
}

/// <summary>A design, or a file of it, can't be had. The message names it and the catalogue.</summary>
public sealed class DesignException : Exception
{
    /// <summary>Creates the exception.</summary>
    public DesignException(DesignFault fault, string message, Exception? inner = null)
        : base(message, inner) => Fault = fault;

    /// <summary>Whose fault it is.</summary>
    public DesignFault Fault { get; }
}
