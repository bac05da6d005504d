// Where a job may stand.

namespace FabNet.Planning.Scheduling;

/// <summary>A place for a job on a track.</summary>
/// <param name="Cost">What it adds: exact but for what a delay does to what comes behind.</param>
/// <param name="Run">Before this run, or in it; -1: nowhere.</param>
/// <param name="Joins">In it.</param>
/// <param name="End">When the job is done there.</param>
internal readonly record struct Place(double Cost, int Run, bool Joins, double End)
{
    public static Place Nowhere { get; } = new(double.PositiveInfinity, -1, false, double.PositiveInfinity);
}
