// Slicing did not work, in words for the person who ordered.

namespace FabNet.Edge.Slicing;

/// <summary>A part could not be sliced: the slicer is missing, refused the part, or took too long. The message holds the end of what it said.</summary>
public sealed class SlicerException : Exception
{
    /// <summary>Creates the exception.</summary>
    public SlicerException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
