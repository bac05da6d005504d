// Measures a mesh triangle by triangle, in constant memory.

using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace FabNet.Catalogue.Meshes;

/// <summary>
/// Adds up box, volume and closedness. A mesh is closed if its directed edges cancel out: each a→b meets a b→a. That is decided without
/// a table of edges, by a sum of keyed hashes, h(a→b) − h(b→a), that is zero only if they do (a wrong answer has odds of 2⁻¹²⁸, and the
/// key is drawn anew, so that no file can aim at it). So a mesh of any size takes the same few bytes.
/// </summary>
internal struct MeshMeasure
{
    private static readonly ulong KeyLow = NewKey();

    private static readonly ulong KeyHigh = NewKey();

    private Vertex _first;
    private Vertex _min;
    private Vertex _max;
    private double _sixVolumes;
    private ulong _edgesLow;
    private ulong _edgesHigh;

    public long Triangles { get; private set; }

    public void Add(Vertex a, Vertex b, Vertex c)
    {
        if (Triangles == 0)
        {
            (_first, _min, _max) = (a, a, a);
        }

        Triangles++;
        Include(a);
        Include(b);
        Include(c);
        AddVolume(a, b, c);
        AddEdge(a, b);
        AddEdge(b, c);
        AddEdge(c, a);
    }

    public readonly MeshSummary Summarise() => Triangles > 0
        ? new MeshSummary(Triangles, _min, _max, _sixVolumes / 6, _edgesLow == 0 && _edgesHigh == 0)
        : throw new MeshFormatException("The mesh has no triangles.");

    private void Include(Vertex v)
    {
        _min = new Vertex(Math.Min(_min.X, v.X), Math.Min(_min.Y, v.Y), Math.Min(_min.Z, v.Z));
        _max = new Vertex(Math.Max(_max.X, v.X), Math.Max(_max.Y, v.Y), Math.Max(_max.Z, v.Z));
    }

    // The tetrahedron of a triangle and the first vertex: near the mesh, so that a mesh far from the origin loses no digits.
    private void AddVolume(Vertex a, Vertex b, Vertex c)
    {
        var (ax, ay, az) = ((double)a.X - _first.X, (double)a.Y - _first.Y, (double)a.Z - _first.Z);
        var (bx, by, bz) = ((double)b.X - _first.X, (double)b.Y - _first.Y, (double)b.Z - _first.Z);
        var (cx, cy, cz) = ((double)c.X - _first.X, (double)c.Y - _first.Y, (double)c.Z - _first.Z);
        _sixVolumes += (ax * ((by * cz) - (bz * cy))) + (ay * ((bz * cx) - (bx * cz))) + (az * ((bx * cy) - (by * cx)));
    }

    private void AddEdge(Vertex from, Vertex to)
    {
        unchecked
        {
            _edgesLow += Hash(KeyLow, from, to) - Hash(KeyLow, to, from);
            _edgesHigh += Hash(KeyHigh, from, to) - Hash(KeyHigh, to, from);
        }
    }

    private static ulong Hash(ulong key, Vertex from, Vertex to)
    {
        var hash = Mix(key, Pair(from.X, from.Y));
        hash = Mix(hash, Pair(from.Z, to.X));
        return Mix(hash, Pair(to.Y, to.Z));
    }

    // Adding zero makes -0 and 0 one place.
    private static ulong Pair(float a, float b) => ((ulong)BitConverter.SingleToUInt32Bits(a + 0f) << 32) | BitConverter.SingleToUInt32Bits(b + 0f);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong state, ulong value)
    {
        unchecked
        {
            // The finaliser of SplitMix64 over the running state.
            var z = (state ^ value) + 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }

    private static ulong NewKey() => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));
}
