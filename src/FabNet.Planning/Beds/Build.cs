// The parts of one build and what they come to.

namespace FabNet.Planning.Beds;

internal sealed class Build
{
    private int[] _parts = new int[8];

    public int Count { get; private set; }

    public double Area { get; private set; }

    public double Volume { get; private set; }

    public double Height { get; private set; }

    public double Release { get; private set; }

    public double Duration { get; set; }

    public ReadOnlySpan<int> Parts => _parts.AsSpan(0, Count);

    public void Clear() => (Count, Area, Volume, Height, Release) = (0, 0, 0, 0, 0);

    public void Add(int number, BedPart part)
    {
        if (Count == _parts.Length)
        {
            Array.Resize(ref _parts, Count * 2);
        }

        _parts[Count++] = number;
        Area += part.Area;
        Volume += part.Volume;
        Height = Math.Max(Height, part.Height);
        Release = Math.Max(Release, part.Release);
    }

    // Sums are counted anew: taking away would let the roundings of a million steps pile up.
    public int RemoveAt(int place, BedProblem problem)
    {
        var number = _parts[place];
        var count = Count;
        _parts[place] = _parts[count - 1];
        Clear();
        for (var i = 0; i < count - 1; i++)
        {
            Add(_parts[i], problem.Parts[_parts[i]]);
        }

        return number;
    }

    public void CopyFrom(Build other)
    {
        if (_parts.Length < other.Count)
        {
            _parts = new int[other._parts.Length];
        }

        (Count, Area, Volume, Height, Release, Duration) = (other.Count, other.Area, other.Volume, other.Height, other.Release, other.Duration);
        Array.Copy(other._parts, _parts, Count);
    }
}
