// The random numbers of a search: quick, and the same for the same seed on every machine.

namespace FabNet.Planning.Search;

/// <summary>xorshift64*, seeded through splitmix64 (Vigna, 2014). Not for secrets.</summary>
public struct SearchRandom
{
    private ulong _state;

    /// <summary>Begins with a seed.</summary>
    public SearchRandom(ulong seed)
    {
        unchecked
        {
            var z = seed + 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            _state = (z ^ (z >> 31)) | 1;
        }
    }

    /// <summary>A number from 0 to below <paramref name="limit"/>.</summary>
    public int Below(int limit) => (int)(((Next() >> 32) * (ulong)limit) >> 32);

    /// <summary>A number from 0 to below 1.</summary>
    public double Unit() => (Next() >> 11) * (1.0 / (1UL << 53));

    private ulong Next()
    {
        _state ^= _state >> 12;
        _state ^= _state << 25;
        _state ^= _state >> 27;
        return unchecked(_state * 0x2545F4914F6CDD1D);
    }
}
