// Which communities are followed: those that the options name, and what people said since.

using FabNet.Coordinator.State;

namespace FabNet.Coordinator.Federation;

/// <summary>What is followed now. What people said of a community holds over what the options say of it. Owned by the coordinator's loop.</summary>
internal sealed class Following(Chronicle chronicle, CoordinatorOptions options, TimeProvider time, Action changed)
{
    /// <summary>So long a community that is followed no longer is told what its guests still had from it: leases there have lapsed long before.</summary>
    private static readonly TimeSpan LeavesWithin = TimeSpan.FromDays(7);

    private const int MostFollowed = 100;
    private const int LongestAddress = 300;

    /// <summary>The communities that are followed: those of the options first, in their order.</summary>
    public IReadOnlyList<FollowedCommunity> Now =>
    [
        .. options.Follows.Select(f => Said.TryGetValue(f.Name, out var said) ? said.IsFollowed ? Of(said) : null : f).OfType<FollowedCommunity>(),
        .. Said.Values.Where(s => s.IsFollowed && options.Follows.All(f => f.Name != s.Community)).Select(Of),
    ];

    /// <summary>Those that were, not long ago.</summary>
    public IReadOnlyList<FollowedCommunity> Left => [.. Said.Values.Where(s => !s.IsFollowed && time.GetUtcNow() - s.At < LeavesWithin).Select(Of)];

    /// <summary>What the options say and does not hold, because people said something else since.</summary>
    public IEnumerable<FollowedCommunity> Overruled => options.Follows.Except(Now);

    private OrderedDictionary<string, FollowingChanged> Said => chronicle.State.Following;

    /// <summary>True while a community is followed.</summary>
    public bool IsFollowed(string community) => Said.TryGetValue(community, out var said) ? said.IsFollowed : options.Follows.Any(f => f.Name == community);

    /// <summary>The address at which a community is followed.</summary>
    /// <exception cref="RefusedException">It is not.</exception>
    public FollowedCommunity Require(string community) => Now.FirstOrDefault(f => f.Name == community)
        ?? throw new RefusedException(Refusal.NotFound, $"The community '{Clip.Reason(community, "", 63)}' is not followed. What is: {(Now.Count == 0 ? "none" : string.Join(", ", Now.Select(static f => f.Name)))}.");

    /// <summary>A community is followed from now on, or from now on at another address.</summary>
    /// <exception cref="RefusedException">It can't be; the message says why.</exception>
    /// <exception cref="Journal.JournalException">It could not be journaled.</exception>
    public FollowedCommunity Follow(string name, string address)
    {
        if (address.Length > LongestAddress || !Uri.TryCreate(address, UriKind.Absolute, out var uri) || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps))
        {
            throw new RefusedException(Refusal.Invalid, $"address: '{Clip.Reason(address, "", 80)}' is no address of a coordinator. Write it as http://127.0.0.1:7310.");
        }

        var community = new FollowedCommunity(name, uri);
        if (Now.Contains(community))
        {
            return community;
        }

        List<FollowedCommunity> wanted = [.. Now.Where(f => f.Name != name), community];
        if (wanted.Count > MostFollowed)
        {
            throw new RefusedException(Refusal.Precondition, $"{MostFollowed} communities are followed, as many as there may be. Leave one: fabnet communities unfollow NAME");
        }

        try
        {
            (options with { Follows = wanted }).RequireCommunities();
        }
        catch (ArgumentException e)
        {
            throw new RefusedException(Refusal.Invalid, e.Message, e);
        }

        Record(community, isFollowed: true);
        return community;
    }

    /// <summary>A community is followed no longer: nothing new is made for it.</summary>
    /// <exception cref="RefusedException">It is not followed.</exception>
    /// <exception cref="Journal.JournalException">It could not be journaled.</exception>
    public void Unfollow(string name) => Record(Require(name), isFollowed: false);

    private static FollowedCommunity Of(FollowingChanged said) => new(said.Community, said.Address);

    private void Record(FollowedCommunity community, bool isFollowed)
    {
        chronicle.Record(new FollowingChanged { Community = community.Name, Address = community.Address, IsFollowed = isFollowed, At = time.GetUtcNow() });
        changed();
    }
}
