// What a blocking command waits for.

namespace FabNet.FirmwareSimulator;

/// <summary>The kinds of waiting inside a command.</summary>
internal enum WaitKind
{
    /// <summary>Until a moment.</summary>
    Time,

    /// <summary>Until the planner has room for a move.</summary>
    Room,

    /// <summary>Until every move is done.</summary>
    Stillness,

    /// <summary>Until a moment, or until M108 calls the heating off.</summary>
    Heating,

    /// <summary>Until a person answers, at most until a moment.</summary>
    User,

    /// <summary>Until a hold is released (GRBL).</summary>
    Release,
}

/// <summary>One wait of a blocking command: commands are iterators that yield these.</summary>
/// <param name="Kind">For what.</param>
/// <param name="UntilS">The moment, in seconds of machine time; positive infinity for none.</param>
internal readonly record struct Wait(WaitKind Kind, double UntilS = double.PositiveInfinity)
{
    public static Wait Until(double momentS) => new(WaitKind.Time, momentS);

    public static Wait ForRoom { get; } = new(WaitKind.Room);

    public static Wait ForStillness { get; } = new(WaitKind.Stillness);
}
