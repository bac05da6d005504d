// The set-ups of a class of machines by number, so that the search looks a change up rather than reckoning it.

using System.Runtime.CompilerServices;

namespace FabNet.Planning.Scheduling;

/// <summary>From every state that machines of a class can get into, what each family of jobs takes to set up and the state after it. Immutable; read by every chain.</summary>
internal sealed class SetUpMatrix
{
    private const int MostEntries = 1 << 20;

    private readonly Dictionary<SetUpIds, int> _states = [];
    private readonly int[] _after;
    private readonly SetUpEffort[] _efforts;

    private readonly (float Minutes, float Purge)[] _changes;
    private readonly int _families;

    private SetUpMatrix(ClassFacts of, IEnumerable<SetUpIds> loaded, IReadOnlyList<SetUpIds> families, bool[] isMade)
    {
        _families = families.Count;
        var (after, efforts, open) = (new List<int>(), new List<SetUpEffort>(), new Queue<SetUpIds>());
        foreach (var state in loaded)
        {
            Number(state);
        }

        while (open.TryDequeue(out var state) && after.Count < MostEntries)
        {
            for (var family = 0; family < _families; family++)
            {
                after.Add(isMade[family] ? Number(families[family].After(state)) : -1);
                efforts.Add(isMade[family] ? of.Effort(state, families[family]) : default);
            }
        }

        IsWhole = open.Count == 0;
        (_after, _efforts) = ([.. after], [.. efforts]);
        _changes = [.. efforts.Select(e => ((float)(e.LabourMinutes - of.Class.SetUp.ClearMinutes), (float)e.PurgeGrams))];

        int Number(SetUpIds state)
        {
            if (!_states.TryGetValue(state, out var number))
            {
                _states.Add(state, number = _states.Count);
                open.Enqueue(state);
            }

            return number;
        }
    }

    private bool IsWhole { get; }

    /// <summary>Makes the matrix of a class; null if it would be too large, and set-ups have to be reckoned each time.</summary>
    /// <param name="of">The class.</param>
    /// <param name="loaded">What its machines have set up.</param>
    /// <param name="families">What jobs need, by family.</param>
    /// <param name="isMade">The families of which it can make some job.</param>
    public static SetUpMatrix? Of(ClassFacts of, IEnumerable<SetUpIds> loaded, IReadOnlyList<SetUpIds> families, bool[] isMade)
    {
        var matrix = new SetUpMatrix(of, loaded, families, isMade);
        return matrix.IsWhole ? matrix : null;
    }

    /// <summary>The number of a state that some machine has set up.</summary>
    public int StateOf(SetUpIds loaded) => _states[loaded];

    /// <summary>The state after a family.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int After(int state, int family) => _after[(state * _families) + family];

    /// <summary>What it takes to set a family up.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref readonly SetUpEffort Effort(int state, int family) => ref _efforts[(state * _families) + family];

    /// <summary>What a change to a family takes of a person and of material, without clearing; in single precision.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public (float Minutes, float Purge) Change(int state, int family) => _changes[(state * _families) + family];
}
