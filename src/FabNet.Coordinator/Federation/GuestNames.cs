// What a site of this community is called as the guest of another.

using FabNet.Model;
using FabNet.Model.Sites;

namespace FabNet.Coordinator.Federation;

/// <summary>Names of guests: the community's name, a dash, and the site's.</summary>
internal static class GuestNames
{
    /// <summary>A site as a guest.</summary>
    /// <exception cref="FormatException">The two names together are too long for one.</exception>
    public static SiteId Of(string community, SiteId site) => TextOf(community, site) is var name && Names.IsValid(name) ? new SiteId(name)
        : throw new FormatException($"{site} can't be a guest elsewhere: '{name}' is longer than the 63 characters that a site's name may have. Shorten the site's id or the community's name.");

    /// <summary>A machine of a guest.</summary>
    /// <exception cref="FormatException">The names are too long.</exception>
    public static MachineId Of(string community, MachineId machine) => new(Of(community, machine.Site), machine.Name);

    /// <summary>The name that a site has, or would have were it not too long.</summary>
    public static string TextOf(string community, SiteId site) => $"{community}-{site}";

    /// <summary>A site as it announces itself to another community: what it has and asks, and nothing that only its own can do for it.</summary>
    /// <exception cref="FormatException">The names are too long.</exception>
    public static Site Announcement(string community, Site site)
    {
        var id = Of(community, site.Id);
        return site with
        {
            Id = id,
            Title = Clip.Reason($"{site.Title} ({community})", id.Value, 200),
            Community = community,
            OwnCommunityOnly = false,
            Machines = [.. site.Machines.Select(m => m with { Id = Of(community, m.Id), SharesBeds = false })],
        };
    }
}
