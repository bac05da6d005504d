// Reads 3MF: the objects that its build names, wherever in the package their meshes are.

using System.IO.Compression;
using System.Xml;

namespace FabNet.Catalogue.Meshes;

/// <summary>
/// Measures a 3MF package (3MF Core Specification 1.3: a zip with XML models; Production Extension 1.1: objects in further models). Every
/// item of the build counts, transformed; where there is no build, every object. Corners are kept up to
/// <see cref="VertexTable.MaxVertices"/>; components may nest and repeat, within bounds.
/// </summary>
public sealed class ThreeMfReader
{
    private const int MaxDepth = 16;

    /// <summary>The most corners that are placed, each placing counted, and a component as many corners: what a bomb of nested components may cost.</summary>
    private const long MaxPlaced = 2L * VertexTable.MaxVertices;

    private const int ComponentCost = 100;

    private const long MaxModelCharacters = 4L << 30;

    private readonly ZipArchive _package;
    private readonly Dictionary<(string Model, string Id), ThreeMfObject> _objects = [];
    private readonly HashSet<string> _read = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<ThreeMfReference> _build = [];
    private int _vertices;
    private Bounds _bounds = new();
    private double _volume;
    private long _triangles;
    private long _placed;
    private bool _isClosed = true;

    private ThreeMfReader(ZipArchive package) => _package = package;

    /// <summary>Measures the package in a seekable stream.</summary>
    /// <exception cref="MeshFormatException">It is not 3MF, or beyond a limit.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    public static MeshSummary Measure(Stream package)
    {
        try
        {
            using var zip = new ZipArchive(package, ZipArchiveMode.Read, leaveOpen: true);
            return new ThreeMfReader(zip).Measure();
        }
        catch (Exception e) when (e is InvalidDataException or XmlException)
        {
            throw new MeshFormatException($"It is not 3MF: {e.Message}");
        }
    }

    private MeshSummary Measure()
    {
        var root = RootModel();
        Read(root, isRoot: true);
        var items = _build.Count > 0 ? _build : [.. _objects.Keys.Where(k => k.Model == root).Select(k => new ThreeMfReference(root, k.Id, Transform.None))];
        foreach (var item in items)
        {
            Place(item, Transform.None, 0);
        }

        return _triangles > 0
            ? new MeshSummary(_triangles, _bounds.Min, _bounds.Max, _volume, _isClosed)
            : throw new MeshFormatException("The package has no triangles.");
    }

    // The root relationships name the model; nearly always it is this one.
    private string RootModel()
    {
        const string Usual = "3D/3dmodel.model";
        if (Find("_rels/.rels") is { } relationships)
        {
            using var reader = Open(relationships);
            while (reader.Read())
            {
                if (reader is { NodeType: XmlNodeType.Element, LocalName: "Relationship" } && reader.GetAttribute("Type")?.EndsWith("/3dmodel", StringComparison.Ordinal) == true)
                {
                    return reader.GetAttribute("Target")?.TrimStart('/') ?? Usual;
                }
            }
        }

        return Usual;
    }

    private void Read(string model, bool isRoot)
    {
        if (!_read.Add(model))
        {
            return;
        }

        using var reader = Open(Find(model) ?? throw new MeshFormatException($"The package has no model '{model}'."));
        var (scale, id) = (1f, "");
        ThreeMfObject? current = null;
        while (reader.Read())
        {
            if (reader.NodeType != XmlNodeType.Element)
            {
                continue;
            }

            switch (reader.LocalName)
            {
                case "model":
                    scale = ScaleOf(reader.GetAttribute("unit"));
                    break;
                case "object":
                    id = reader.GetAttribute("id") ?? "";
                    _objects[(model, id)] = current = new ThreeMfObject();
                    break;
                case "vertex" when current is not null:
                    if (++_vertices > VertexTable.MaxVertices)
                    {
                        throw new MeshFormatException($"It has more than {VertexTable.MaxVertices} corners, which are not measured.");
                    }

                    current.Vertices.Add(new Vertex(scale * Number(reader, "x"), scale * Number(reader, "y"), scale * Number(reader, "z")));
                    break;
                case "triangle" when current is not null:
                    current.AddTriangle(Index(reader, "v1"), Index(reader, "v2"), Index(reader, "v3"));
                    break;
                case "component" when current is not null:
                    current.Components.Add(Reference(reader, model, scale));
                    break;
                case "item" when isRoot:
                    _build.Add(Reference(reader, model, scale));
                    break;
            }
        }
    }

    private void Place(ThreeMfReference reference, Transform outer, int depth)
    {
        Read(reference.Model, isRoot: false);
        if (!_objects.TryGetValue((reference.Model, reference.Id), out var named))
        {
            throw new MeshFormatException($"The object {reference.Id} is named and not there.");
        }

        var transform = reference.Transform.Then(outer);
        _placed += named.Vertices.Count + ((long)named.Components.Count * ComponentCost);
        if (depth > MaxDepth || _placed > MaxPlaced)
        {
            throw new MeshFormatException($"Its components are nested more than {MaxDepth} deep, or repeat too often to be measured.");
        }

        foreach (var vertex in named.Vertices)
        {
            _bounds.Include(transform.Apply(vertex));
        }

        if (named.Triangles > 0)
        {
            var mesh = named.Faces.Summarise();
            _triangles += mesh.Triangles;
            _volume += Math.Abs(mesh.SignedVolumeMm3 * transform.Determinant);
            _isClosed &= mesh.IsClosed;
        }

        foreach (var component in named.Components)
        {
            Place(component, transform, depth + 1);
        }
    }

    private static ThreeMfReference Reference(XmlReader reader, string model, float scale)
    {
        var path = reader.GetAttribute("path") ?? reader.GetAttribute("path", "http://schemas.microsoft.com/3dmanufacturing/production/2015/06");
        return new ThreeMfReference(path?.TrimStart('/') ?? model, reader.GetAttribute("objectid") ?? "", Transform.Parse(reader.GetAttribute("transform"), scale));
    }

    private static float ScaleOf(string? unit) => unit switch
    {
        "micron" => 0.001f,
        "centimeter" => 10,
        "inch" => 25.4f,
        "foot" => 304.8f,
        "meter" => 1000,
        _ => 1,
    };

    private static float Number(XmlReader reader, string name) =>
        float.TryParse(reader.GetAttribute(name), System.Globalization.CultureInfo.InvariantCulture, out var value) && float.IsFinite(value)
            ? value
            : throw new MeshFormatException($"{Place(reader)}a corner should have three finite numbers.");

    private static int Index(XmlReader reader, string name) =>
        int.TryParse(reader.GetAttribute(name), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new MeshFormatException($"{Place(reader)}a triangle should name three corners.");

    private static string Place(XmlReader reader) => reader is IXmlLineInfo { LineNumber: > 0 } at ? $"Line {at.LineNumber}: " : "";

    private ZipArchiveEntry? Find(string name) => _package.Entries.FirstOrDefault(e => e.FullName.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static XmlReader Open(ZipArchiveEntry entry) => XmlReader.Create(
        entry.Open(),
        new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = MaxModelCharacters, CloseInput = true });
}

/// <summary>An object of a package: corners and the measure of its own faces, and the objects that it is put together from.</summary>
internal sealed class ThreeMfObject
{
    private MeshMeasure _faces;

    public List<Vertex> Vertices { get; } = [];

    public List<ThreeMfReference> Components { get; } = [];

    public MeshMeasure Faces => _faces;

    public long Triangles => _faces.Triangles;

    public void AddTriangle(int a, int b, int c)
    {
        if (Math.Max(a, Math.Max(b, c)) >= Vertices.Count)
        {
            throw new MeshFormatException($"A triangle names a corner that is not there; {Vertices.Count} are.");
        }

        _faces.Add(Vertices[a], Vertices[b], Vertices[c]);
    }
}

/// <summary>An object as the build or a component names it.</summary>
internal readonly record struct ThreeMfReference(string Model, string Id, Transform Transform);
