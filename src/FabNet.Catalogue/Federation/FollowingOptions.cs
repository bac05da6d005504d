// How often other nodes are asked, and how long one that fails is left alone.

namespace FabNet.Catalogue.Federation;

/// <summary>The pace of following.</summary>
internal sealed record FollowingOptions
{
    /// <summary>Between two syncs. Default 5 s: an <c>unsafe</c> verdict is everywhere within one.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>After a first failure. Default 2 s; twice as long after each further one, with some chance in it.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The longest wait after a failure. Default 1 h.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromHours(1);
}
