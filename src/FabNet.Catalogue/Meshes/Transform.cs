// Where an object of a package stands.

using System.Globalization;

namespace FabNet.Catalogue.Meshes;

/// <summary>An affine transform as 3MF writes it: rows of three, the last one the shift in mm; a point is a row before it.</summary>
internal readonly record struct Transform(double[] M)
{
    /// <summary>Leaves things where they are.</summary>
    public static Transform None { get; } = new([1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]);

    /// <summary>By how much it makes volumes larger; negative if it mirrors.</summary>
    public double Determinant =>
        (M[0] * ((M[4] * M[8]) - (M[5] * M[7]))) - (M[1] * ((M[3] * M[8]) - (M[5] * M[6]))) + (M[2] * ((M[3] * M[7]) - (M[4] * M[6])));

    /// <summary>Reads twelve numbers; the shift is in the model's unit.</summary>
    /// <exception cref="MeshFormatException">They are not twelve finite numbers.</exception>
    public static Transform Parse(string? text, double scale)
    {
        if (text is null)
        {
            return None;
        }

        var words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var m = new double[12];
        for (var i = 0; i < 12; i++)
        {
            if (words.Length != 12 || !double.TryParse(words[i], NumberStyles.Float, CultureInfo.InvariantCulture, out m[i]) || !double.IsFinite(m[i]))
            {
                throw new MeshFormatException("A transform should be twelve finite numbers.");
            }
        }

        for (var i = 9; i < 12; i++)
        {
            m[i] *= scale;
        }

        return new Transform(m);
    }

    /// <summary>This one, and then another.</summary>
    public Transform Then(Transform next)
    {
        var m = new double[12];
        for (var row = 0; row < 4; row++)
        {
            for (var column = 0; column < 3; column++)
            {
                m[(row * 3) + column] = (M[row * 3] * next.M[column]) + (M[(row * 3) + 1] * next.M[3 + column]) + (M[(row * 3) + 2] * next.M[6 + column])
                    + (row == 3 ? next.M[9 + column] : 0);
            }
        }

        return new Transform(m);
    }

    /// <summary>Where a point goes.</summary>
    public Vertex Apply(Vertex v) => new(At(v, 0), At(v, 1), At(v, 2));

    private float At(Vertex v, int column) => (float)((v.X * M[column]) + (v.Y * M[3 + column]) + (v.Z * M[6 + column]) + M[9 + column]);
}

/// <summary>The box around points.</summary>
internal struct Bounds
{
    public Bounds()
    {
    }

    public Vertex Min { get; private set; } = new(float.MaxValue, float.MaxValue, float.MaxValue);

    public Vertex Max { get; private set; } = new(float.MinValue, float.MinValue, float.MinValue);

    public void Include(Vertex v)
    {
        Min = new Vertex(Math.Min(Min.X, v.X), Math.Min(Min.Y, v.Y), Math.Min(Min.Z, v.Z));
        Max = new Vertex(Math.Max(Max.X, v.X), Math.Max(Max.Y, v.Y), Math.Max(Max.Z, v.Z));
    }
}
