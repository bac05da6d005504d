// What a coordinator can be told, with units, ranges and defaults.

using FabNet.Journal;
using FabNet.Protocol.Catalogue;

namespace FabNet.Coordinator;

/// <summary>Options of a coordinator.</summary>
public sealed record CoordinatorOptions
{
    /// <summary>The folder of its journal and its telemetry; created where there is none.</summary>
    public required string DataFolder { get; init; }

    /// <summary>The PostgreSQL database that keeps the journal instead of the data folder. Null, the default: the data folder.</summary>
    public PostgresAddress? Store { get; init; }

    /// <summary>Where the catalogue is that it resolves designs with, such as <c>http://127.0.0.1:5070</c>. Not used where a catalogue client is registered already.</summary>
    public Uri? CatalogueAddress { get; init; }

    /// <summary>How long a lease lasts without a renewal. 5 s to 1 h. Default 60 s.</summary>
    public TimeSpan LeaseTtl { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a site has to answer an offer. 1 s to 1 day. Default 30 s.</summary>
    public TimeSpan OfferTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a machine is not offered a job again that it declined, unless something changes there. Default 10 min.</summary>
    public TimeSpan DeclineBackOff { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How many jobs a machine is given ahead: the running one and the next. 1 to 10. Default 2. Few, so that plans stay flexible.</summary>
    public int QueueDepth { get; init; } = 2;

    /// <summary>How long changes are gathered before a new plan. Zero plans after each. Default 200 ms.</summary>
    public TimeSpan PlanDebounce { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How often it plans when nothing changes: waiting has a cost, and back-offs end. Default 30 s.</summary>
    public TimeSpan PlanInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a site may be silent before its stream is ended. Default 60 s: six missed keep-alives.</summary>
    public TimeSpan SilenceLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How often the catalogue is asked whether a design that waits to be made was found unsafe or had its key revoked. 10 ms to 1 h. Default 5 s.</summary>
    public TimeSpan CatalogueInterval { get; init; } = DesignStops.DefaultInterval;

    /// <summary>How long an ended job stays in the network's view. Default 1 h.</summary>
    public TimeSpan RecentlyEnded { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How many telemetry samples are kept, the oldest going first. Default 2,000,000 (some 150 MB).</summary>
    public long TelemetrySamplesKept { get; init; } = 2_000_000;

    /// <summary>How long telemetry samples are kept. Default 14 days.</summary>
    public TimeSpan TelemetryAge { get; init; } = TimeSpan.FromDays(14);

    /// <summary>What this community is called by others: a name as sites have. Default <c>local</c>, which can't follow.</summary>
    public string Community { get; init; } = DefaultCommunity;

    /// <summary>The communities that its idle machines help, each once, none of this one's name; what people said of one since holds over it. Default none.</summary>
    public IReadOnlyList<Federation.FollowedCommunity> Follows { get; init; } = [];

    /// <summary>How often it looks which sites are to be guests, and the first pause before a followed community is tried again. 10 ms to 1 h. Default 1 s.</summary>
    public TimeSpan FollowInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The community's name where nobody gave it one.</summary>
    public const string DefaultCommunity = "local";

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One is outside its range; the message names it.</exception>
    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(DataFolder);
        InRange(LeaseTtl, TimeSpan.FromSeconds(5), TimeSpan.FromHours(1), nameof(LeaseTtl));
        InRange(OfferTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1), nameof(OfferTimeout));
        InRange(DeclineBackOff, TimeSpan.Zero, TimeSpan.FromDays(7), nameof(DeclineBackOff));
        InRange(PlanDebounce, TimeSpan.Zero, TimeSpan.FromMinutes(1), nameof(PlanDebounce));
        InRange(PlanInterval, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1), nameof(PlanInterval));
        InRange(SilenceLimit, TimeSpan.FromSeconds(5), TimeSpan.FromHours(1), nameof(SilenceLimit));
        InRange(CatalogueInterval, TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1), nameof(CatalogueInterval));
        InRange(FollowInterval, TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1), nameof(FollowInterval));
        InRange(QueueDepth, 1, 10, nameof(QueueDepth));
        RequireCommunities();
    }

    /// <summary>Checks the names of communities.</summary>
    /// <exception cref="ArgumentException">One is no name, or is there twice; the message says what is.</exception>
    public void RequireCommunities()
    {
        if (!Model.Names.IsValid(Community) || Follows.Any(f => !Model.Names.IsValid(f.Name)))
        {
            throw new ArgumentException("A community is called by 1 to 63 lower-case letters, digits and dashes, such as lisbon.");
        }

        if (Follows.Count > 0 && Community == DefaultCommunity)
        {
            throw new ArgumentException($"A community that follows others needs a name of its own, by which they know it; '{DefaultCommunity}' is every community's at first.");
        }

        if (Follows.Select(static f => f.Name).Append(Community).Distinct(StringComparer.Ordinal).Count() <= Follows.Count)
        {
            throw new ArgumentException("A community is followed once, under its own name, and not by itself.");
        }
    }

    private static void InRange<T>(T value, T least, T most, string name)
        where T : IComparable<T>
    {
        if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be between {least} and {most}.");
        }
    }
}
