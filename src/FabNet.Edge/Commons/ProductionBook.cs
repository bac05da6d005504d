// What a site made and the commons does not know yet, in the order in which it was made.

using FabNet.Edge.Leasing;
using FabNet.Model;

namespace FabNet.Edge.Commons;

/// <summary>A production that waits to be told.</summary>
/// <param name="Production">What was made; looked at.</param>
/// <param name="Signed">What is said about it; null until it is signed.</param>
internal sealed record WaitingProduction(ProductionRecord Production, SignedRecord? Signed);

/// <summary>
/// Productions from the end of their job until the catalogue has what is said about them, however long that takes. A projection of the journal: only <see cref="EdgeBook"/> changes it.
/// </summary>
internal sealed class ProductionBook
{
    private readonly Dictionary<JobId, RecipeRecord> _recipes = [];
    private readonly List<ProductionRecord> _onMachines = [];
    private readonly List<WaitingProduction> _waiting = [];

    /// <summary>How many wait to be told.</summary>
    public int Count => _waiting.Count;

    /// <summary>The oldest that waits to be told; null if none does.</summary>
    public WaitingProduction? Next => _waiting.FirstOrDefault();

    /// <summary>What lies on a machine and nobody has looked at: of each job that was made there at once.</summary>
    public IReadOnlyList<ProductionRecord> OnMachine(MachineId machine) => _onMachines.FindAll(made => made.Machine == machine);

    /// <summary>What a job that is held is made with; null if that was not noted under this epoch.</summary>
    public Recipe? RecipeOf(JobId job, int epoch) => _recipes.GetValueOrDefault(job) is { } noted && noted.Epoch == epoch ? noted.Recipe : null;

    internal void Forget(JobId job) => _recipes.Remove(job);

    internal void Apply(EdgeRecord record)
    {
        switch (record)
        {
            case RecipeRecord recipe:
                _recipes[recipe.Job] = recipe;
                break;
            case ProductionRecord { Good: null } made:
                _onMachines.Add(made);
                break;
            case ProductionRecord judged:
                _onMachines.RemoveAll(made => made.Key == judged.Key);
                _waiting.Add(new WaitingProduction(judged, null));
                break;
            case SignedRecord signed when _waiting.FindIndex(w => w.Production.Key == (signed.Job, signed.Epoch)) is >= 0 and var at:
                _waiting[at] = _waiting[at] with { Signed = signed };
                break;
            case ToldRecord told:
                _waiting.RemoveAll(w => w.Production.Key == (told.Job, told.Epoch));
                break;
        }
    }
}
