// The link to a machine is broken, or was never there.

namespace FabNet.FirmwareBridge;

/// <summary>The link to a machine is broken, or was never there. The message says where, what happened, and what to do.</summary>
public sealed class MachineLinkException : Exception
{
    /// <summary>A broken link.</summary>
    /// <param name="message">Where, what happened, and what to do.</param>
    /// <param name="innerException">What the port or the broker said.</param>
    public MachineLinkException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
