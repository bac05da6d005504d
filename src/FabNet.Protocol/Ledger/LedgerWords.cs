// The words of the ledger's JSON: ValueFlows' actions, OM 2's units, and FabNet's own.

using FabNet.Model.Ledger;

namespace FabNet.Protocol.Ledger;

/// <summary>Words in both directions.</summary>
public static class LedgerWords
{
    internal static readonly (string Word, LedgerAction Value)[] Actions =
    [
        ("produce", LedgerAction.Produce), ("consume", LedgerAction.Consume), ("use", LedgerAction.Use), ("work", LedgerAction.Work), ("cite", LedgerAction.Cite),
        ("deliverService", LedgerAction.DeliverService), ("transferCustody", LedgerAction.TransferCustody), ("accept", LedgerAction.Accept), ("lower", LedgerAction.Lower),
        ("transfer", LedgerAction.Transfer),
    ];

    internal static readonly (string Word, LedgerUnit Value)[] Units =
    [
        ("om2:one", LedgerUnit.One), ("om2:gram", LedgerUnit.Gram), ("om2:hour", LedgerUnit.Hour), ("om2:kilowattHour", LedgerUnit.KilowattHour),
        ("fabnet:kilometreKilogram", LedgerUnit.KilometreKilogram), ("fabnet:currency", LedgerUnit.Currency),
    ];

    internal static readonly (string Word, CostTerm Value)[] Terms =
    [
        ("machineTime", CostTerm.MachineTime), ("setUp", CostTerm.SetUp), ("material", CostTerm.Material), ("energy", CostTerm.Energy), ("transport", CostTerm.Transport),
        ("lateness", CostTerm.Lateness), ("risk", CostTerm.Risk),
    ];

    internal static readonly (string Word, QuantityBasis Value)[] Bases =
        [("stated", QuantityBasis.Stated), ("measured", QuantityBasis.Measured), ("profile", QuantityBasis.Profile), ("estimated", QuantityBasis.Estimated)];

    internal static readonly (string Word, SharingRule Value)[] Rules = [("shapley", SharingRule.Shapley), ("mid-point", SharingRule.MidPoint)];

    internal static readonly (string Word, SharingBounds Value)[] Bounds =
    [
        ("kept", SharingBounds.Kept), ("held", SharingBounds.Held), ("incremental-scaled", SharingBounds.IncrementalScaled), ("not-subadditive", SharingBounds.NotSubadditive),
    ];

    internal static readonly (string Word, SharedThing Value)[] Things = [("set-up", SharedThing.SetUp), ("delivery", SharedThing.Delivery)];

    /// <summary>The word of an action.</summary>
    public static string WordOf(LedgerAction action) => Of(Actions, action);

    /// <summary>The word of a unit.</summary>
    public static string WordOf(LedgerUnit unit) => Of(Units, unit);

    /// <summary>The word of a term.</summary>
    public static string WordOf(CostTerm term) => Of(Terms, term);

    /// <summary>The word of a rule.</summary>
    public static string WordOf(SharingRule rule) => Of(Rules, rule);

    /// <summary>The word for what became of the bounds.</summary>
    public static string WordOf(SharingBounds bounds) => Of(Bounds, bounds);

    internal static string Of<T>((string Word, T Value)[] words, T value)
        where T : struct, Enum => Array.Find(words, w => EqualityComparer<T>.Default.Equals(w.Value, value)).Word
        ?? throw new ArgumentOutOfRangeException(nameof(value), value, "This value has no word.");
}
