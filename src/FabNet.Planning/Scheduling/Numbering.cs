// Names as numbers, and back.

namespace FabNet.Planning.Scheduling;

/// <summary>Numbers values in the order in which they first come.</summary>
internal sealed class Numbering<T>(IEqualityComparer<T>? comparer = null)
    where T : notnull
{
    private readonly Dictionary<T, int> _numbers = new(comparer);
    private readonly List<T> _values = [];

    public IReadOnlyList<T> Values => _values;

    /// <summary>The number of a value, a new one if it has none.</summary>
    public int Of(T value)
    {
        if (!_numbers.TryGetValue(value, out var number))
        {
            _numbers.Add(value, number = _values.Count);
            _values.Add(value);
        }

        return number;
    }

    public bool TryFind(T value, out int number) => _numbers.TryGetValue(value, out number);
}
