// A catalogue sent what its digest disproves.

namespace FabNet.Protocol.Catalogue;

/// <summary>What a catalogue sent is not what was asked for. It was thrown away. The message says what it was, and what to do.</summary>
public sealed class TamperedException : IOException
{
    /// <summary>Creates the exception.</summary>
    public TamperedException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
