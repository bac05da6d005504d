// The corners of a mesh whose faces name them by number.

namespace FabNet.Catalogue.Meshes;

/// <summary>
/// Corners by number, up to a limit of memory. Beyond it they are only measured, so that a file of any size has a size and no file has a
/// volume that would take the machine's memory.
/// </summary>
internal sealed class VertexTable
{
    /// <summary>The most corners that are kept: 4 million, 48 MB. A part of that many can be measured, not drawn by hand.</summary>
    public const int MaxVertices = 4_000_000;

    private readonly List<Vertex> _vertices = [];
    private Bounds _bounds = new();

    /// <summary>How many there are, kept or not.</summary>
    public long Count { get; private set; }

    /// <summary>True if all of them are kept.</summary>
    public bool IsWhole => Count == _vertices.Count;

    /// <summary>A kept corner.</summary>
    public Vertex this[int index] => _vertices[index];

    /// <summary>Adds a corner.</summary>
    public void Add(Vertex v)
    {
        Count++;
        _bounds.Include(v);
        if (_vertices.Count < MaxVertices)
        {
            _vertices.Add(v);
        }
    }

    /// <summary>The measure of the faces, or only the size where the corners were too many to know the faces.</summary>
    /// <exception cref="MeshFormatException">There is no mesh.</exception>
    public MeshSummary Summarise(in MeshMeasure faces) => IsWhole ? faces.Summarise() : new MeshSummary(Count, _bounds.Min, _bounds.Max, 0, IsClosed: false) { IsWhole = false };
}
