// Whose turn it is among jobs that nothing else tells apart.

namespace FabNet.Planning;

/// <summary>The order of jobs: due, then placed, then by number. Total, so that plans are deterministic.</summary>
internal sealed class JobOrder : IComparer<OpenJob>
{
    public static readonly JobOrder Instance = new();

    public int Compare(OpenJob? x, OpenJob? y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        var order = (x.Due ?? DateTimeOffset.MaxValue).CompareTo(y.Due ?? DateTimeOffset.MaxValue);
        order = order != 0 ? order : x.PlacedAt.CompareTo(y.PlacedAt);
        order = order != 0 ? order : x.Id.Value.Length.CompareTo(y.Id.Value.Length);
        return order != 0 ? order : string.CompareOrdinal(x.Id.Value, y.Id.Value);
    }
}
