// Why a node that is followed can't be followed further now.

namespace FabNet.Catalogue.Federation;

/// <summary>Another node does not answer, or not as an honest one does. The message says what it did. Nothing that it sent in error was kept.</summary>
internal sealed class PeerException(string message, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>True if the other's log is another one than before.</summary>
    public bool IsRewound { get; init; }

    /// <summary>True if a shorter answer may come through.</summary>
    public bool IsSlow { get; init; }
}
