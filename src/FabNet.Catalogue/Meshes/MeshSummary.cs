// What a catalogue needs to know of a mesh.

using FabNet.Model;

namespace FabNet.Catalogue.Meshes;

/// <summary>Size, volume and soundness of a mesh.</summary>
/// <param name="Triangles">How many it has; at least 1.</param>
/// <param name="Min">The least corner of its bounding box, in mm.</param>
/// <param name="Max">The greatest corner of its bounding box, in mm.</param>
/// <param name="SignedVolumeMm3">The volume that its faces enclose, in mm³; negative if they face inwards; without meaning if it is not closed.</param>
/// <param name="IsClosed">True if each edge of each triangle meets the same edge of another, run the other way: no holes, no flipped faces.</param>
public readonly record struct MeshSummary(long Triangles, Vertex Min, Vertex Max, double SignedVolumeMm3, bool IsClosed)
{
    /// <summary>False if there were too many corners to know the faces: the size is right, and nothing is known of the volume. Default true.</summary>
    public bool IsWhole { get; init; } = true;

    /// <summary>The outer dimensions in mm.</summary>
    public Size3 Size => new((double)Max.X - Min.X, (double)Max.Y - Min.Y, (double)Max.Z - Min.Z);
}

/// <summary>A corner of a triangle, in mm, with STL's single precision.</summary>
public readonly record struct Vertex(float X, float Y, float Z);

/// <summary>A mesh can't be read. The message says what is wrong and where.</summary>
public sealed class MeshFormatException : FormatException
{
    /// <summary>Creates the exception.</summary>
    public MeshFormatException(string message)
        : base(message)
    {
    }
}
