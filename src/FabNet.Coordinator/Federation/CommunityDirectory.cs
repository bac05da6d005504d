// What is known of followed communities: whether they are reached, and the open demand on their boards.

using FabNet.Coordinator.Sites;
using FabNet.Coordinator.State;
using FabNet.Protocol;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Coordinator.Federation;

/// <summary>The directory of communities. Owned by the coordinator's loop.</summary>
internal sealed class CommunityDirectory(CoordinatorState state, SiteDirectory sites, GuestDesk desk, CoordinatorOptions options, TimeProvider time, Action changed)
{
    private readonly Dictionary<string, Seen> _seen = new(StringComparer.Ordinal);

    /// <summary>The demand that is open in other communities.</summary>
    public IReadOnlyList<Wire.ForeignDemand> Demand => [.. _seen.Values.SelectMany(static s => s.Demand)];

    /// <summary>The followed communities, in the order of the options.</summary>
    public IReadOnlyList<Wire.CommunityStatus> Followed => [.. options.Follows.Select(Of)];

    /// <summary>All that there is to list.</summary>
    public Wire.ListCommunitiesReply List()
    {
        var reply = new Wire.ListCommunitiesReply { Community = options.Community };
        reply.Followed.AddRange(Followed);
        reply.Guests.AddRange(state.Sites.Values.Where(static s => s.Community is not null).OrderBy(static s => s.Id.Value, StringComparer.Ordinal).Select(s => new Wire.GuestHere
        {
            Site = s.Id.Value, Community = s.Community, Title = s.Title, Online = sites.IsOnline(s.Id), Machines = s.Machines.Count,
        }));
        return reply;
    }

    /// <summary>A community's board was read.</summary>
    public void Read(string community, IReadOnlyList<Wire.ForeignDemand> demand)
    {
        var before = _seen.GetValueOrDefault(community);
        _seen[community] = new Seen(true, before is { IsReached: true } ? before.Since : time.GetUtcNow(), null, demand);
        changed();
    }

    /// <summary>A community is not reached: what its board said is no longer known.</summary>
    public void Away(string community, string reason)
    {
        var before = _seen.GetValueOrDefault(community);
        _seen[community] = new Seen(false, before is { IsReached: false } ? before.Since : time.GetUtcNow(), Clip.Reason(reason, "It did not say why.", 400), []);
        changed();
    }

    private Wire.CommunityStatus Of(FollowedCommunity community)
    {
        var (seen, guests) = (_seen.GetValueOrDefault(community.Name), desk.Sessions.Where(s => s.Community.Name == community.Name).ToList());
        var row = new Wire.CommunityStatus
        {
            Key = $"community/{community.Name}", Name = community.Name, Address = community.Address.ToString(), Reachable = seen is { IsReached: true }, Since = (seen?.Since).ToWire(),
        };
        if (seen?.Fault is { } fault)
        {
            row.Fault = fault;
        }

        foreach (var guest in guests.OrderBy(static g => g.Site.Value, StringComparer.Ordinal))
        {
            var site = new Wire.CommunityStatus.Types.GuestElsewhere { Site = guest.Site.Value, As = GuestNames.TextOf(options.Community, guest.Site), Connected = guest.Up is not null };
            if (guest is { Up: null, LastError: { } error })
            {
                site.Fault = error;
            }

            site.Jobs.AddRange(desk.Book.HeldFor(community.Name, guest.Site).Select(static g => new Wire.CommunityStatus.Types.GuestJob
            {
                JobId = g.Origin.Job.Value, Epoch = g.Origin.Epoch, Here = g.Entry.Id.Value, Machine = g.Origin.Machine.ToString(), State = (Wire.JobState)(int)g.Entry.Job.State,
            }));
            row.Sites.Add(site);
        }

        return row;
    }

    private sealed record Seen(bool IsReached, DateTimeOffset Since, string? Fault, IReadOnlyList<Wire.ForeignDemand> Demand);
}
