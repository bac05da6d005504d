// A community that this one follows, as its options name it.

namespace FabNet.Coordinator.Federation;

/// <summary>A community that this one's idle machines help.</summary>
/// <param name="Name">What it is called here: a name as sites have. Used in what is journaled, so it stays the same when the address changes.</param>
/// <param name="Address">Its coordinator, such as <c>http://127.0.0.1:7300</c>.</param>
public sealed record FollowedCommunity(string Name, Uri Address);
