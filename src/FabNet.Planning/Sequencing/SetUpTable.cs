// What a machine pays to change from one set-up family to another.

namespace FabNet.Planning.Sequencing;

/// <summary>
/// Set-up times of a class of machine, by family of jobs: a job asks for a family (a material, a colour, a nozzle, a fixture), and a thousand jobs have a few dozen of them.
/// Times are whole units of the problem's time; changes are asymmetric. Kept twice, by rows and by columns, because the search reads both ways. Immutable.
/// </summary>
public sealed class SetUpTable
{
    private readonly int[] _into;
    private readonly int[] _outOf;
    private readonly int[] _first;

    /// <summary>Takes the times.</summary>
    /// <param name="first">Before the first job of a machine, by its family: from the state that the machine is in.</param>
    /// <param name="between">Row a, column b: from family a to family b; <c>families × families</c> of them. The diagonal is what a repeat needs.</param>
    /// <exception cref="ArgumentException">The lengths don't fit, or a time is negative.</exception>
    public SetUpTable(ReadOnlySpan<int> first, ReadOnlySpan<int> between)
    {
        Families = first.Length;
        if (between.Length != Families * Families)
        {
            throw new ArgumentException($"{Families} families need {Families * Families} set-up times, and {between.Length} were given.", nameof(between));
        }

        if (first.ContainsAnyInRange(int.MinValue, -1) || between.ContainsAnyInRange(int.MinValue, -1))
        {
            throw new ArgumentException("A set-up time is negative.", nameof(between));
        }

        _first = first.ToArray();
        _outOf = between.ToArray();
        _into = new int[between.Length];
        Greatest = _first.Concat(_outOf).DefaultIfEmpty(0).Max();
        for (var a = 0; a < Families; a++)
        {
            for (var b = 0; b < Families; b++)
            {
                _into[(b * Families) + a] = between[(a * Families) + b];
            }
        }
    }

    /// <summary>How many families there are.</summary>
    public int Families { get; }

    /// <summary>The longest of all.</summary>
    public int Greatest { get; }

    /// <summary>The set-up of a machine's first job.</summary>
    public int First(int family) => _first[family];

    /// <summary>The set-up between two jobs.</summary>
    public int Between(int from, int to) => _outOf[(from * Families) + to];

    /// <summary>Set-ups into a family, by the family before it.</summary>
    internal ReadOnlySpan<int> Into(int family) => _into.AsSpan(family * Families, Families);

    /// <summary>Set-ups out of a family, by the family after it.</summary>
    internal ReadOnlySpan<int> OutOf(int family) => _outOf.AsSpan(family * Families, Families);
}
