// Something that a person asked for and that can't be done now.

namespace FabNet.Edge;

/// <summary>A person asked for something that can't be done now. The message says why, and what would help.</summary>
internal sealed class OperatorException(string message, bool isUnknown = false) : InvalidOperationException(message)
{
    /// <summary>True if what was named does not exist here.</summary>
    public bool IsUnknown => isUnknown;
}
