// The mapping of sites and machines: a machine's profile travels as the YAML document that it was read from.

using FabNet.Model;
using FabNet.Model.Machines;
using FabNet.Model.Sites;
using Google.Protobuf.WellKnownTypes;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Protocol;

/// <summary>Maps sites and machines between the model and the wire; see <see cref="Vocabulary"/> for what reading throws.</summary>
public static class SiteMapping
{
    /// <summary>The most characters of a profile document that are read from a peer.</summary>
    private const int MaxProfileLength = 64 * 1024;

    private const int MostReservations = 200;

    private const int MaxReasonLength = 200;

    /// <summary>To the wire.</summary>
    public static Wire.Machine ToWire(this Machine machine)
    {
        var wire = new Wire.Machine
        {
            Id = machine.Id.ToString(),
            ProfileYaml = MachineProfileWriter.Write(machine.Profile),
            Loaded = machine.Loaded.ToWire(),
            SharesBeds = machine.SharesBeds,
        };
        wire.Reserved.AddRange(machine.Reserved.Select(ToWire));
        if (machine.SimulatedSpeed is { } speed)
        {
            wire.SimulatedSpeed = speed;
        }

        return wire;
    }

    /// <summary>From the wire.</summary>
    public static Machine ToModel(this Wire.Machine machine)
    {
        var id = MachineId.Parse(machine.Id);
        if (machine.ProfileYaml.Length > MaxProfileLength)
        {
            throw new FormatException($"The profile of {id} has {machine.ProfileYaml.Length} characters; at most {MaxProfileLength} are read.");
        }

        var reading = MachineProfileReader.Read(machine.ProfileYaml, $"profile of {id}");
        return new Machine
        {
            Id = id,
            Profile = reading.Profile ?? throw new FormatException(string.Join(' ', reading.Errors)),
            Loaded = machine.Loaded.ToModel(),
            Reserved = ReservedOf(id, machine),
            SharesBeds = machine.SharesBeds,
            SimulatedSpeed = machine.HasSimulatedSpeed ? machine.SimulatedSpeed : null,
        };
    }

    /// <summary>To the wire.</summary>
    public static Wire.Reservation ToWire(this Reservation reservation) =>
        new() { From = Timestamp.FromDateTimeOffset(reservation.From), To = Timestamp.FromDateTimeOffset(reservation.To), Reason = reservation.Reason };

    private static List<Reservation> ReservedOf(MachineId id, Wire.Machine machine)
    {
        if (machine.Reserved.Count > MostReservations)
        {
            throw new FormatException($"{id} has {machine.Reserved.Count} reservations; at most {MostReservations} are read.");
        }

        var reserved = machine.Reserved.Select(r => new Reservation(r.From.ToModel("reserved.from"), r.To.ToModel("reserved.to"), r.Reason.Length <= MaxReasonLength ? r.Reason : r.Reason[..MaxReasonLength])).ToList();
        return reserved.Find(static r => r.To <= r.From) is { } odd ? throw new FormatException($"A reservation of {id} ends at {odd.To:u}, and begins at {odd.From:u}.") : reserved;
    }

    /// <summary>To the wire.</summary>
    public static Wire.Site ToWire(this Site site)
    {
        var wire = new Wire.Site { Id = site.Id.Value, Title = site.Title, Prices = site.Prices.ToWire() };
        if (site.Latitude is { } latitude)
        {
            wire.Latitude = latitude;
        }

        if (site.Longitude is { } longitude)
        {
            wire.Longitude = longitude;
        }

        wire.TimeZone = site.TimeZone;
        wire.Hours.AddRange(site.Hours.Select(static h => h.ToString()));
        wire.Machines.AddRange(site.Machines.Select(ToWire));
        Vocabulary.SetIfPresent(site.Community, v => wire.Community = v);
        wire.OwnCommunityOnly = site.OwnCommunityOnly;
        return wire;
    }

    /// <summary>From the wire.</summary>
    public static Site ToModel(this Wire.Site? site)
    {
        if (site is null)
        {
            throw new FormatException("site is missing.");
        }

        var id = SiteId.Parse(site.Id);
        var machines = site.Machines.Select(ToModel).ToList();
        return machines.Find(m => m.Id.Site != id) is { } stranger
            ? throw new FormatException($"site {id} announces {stranger.Id}, which is not one of its machines.")
            : new Site
            {
                Id = id,
                Title = site.Title,
                Latitude = site.HasLatitude ? site.Latitude : null,
                Longitude = site.HasLongitude ? site.Longitude : null,
                Prices = site.Prices.ToModel(),
                TimeZone = site.TimeZone.Length == 0 ? "UTC" : site.TimeZone,
                Hours = [.. site.Hours.Select(WeeklyHours.Parse)],
                Machines = machines,
                Community = site.HasCommunity ? Names.Require(site.Community, "community") : null,
                OwnCommunityOnly = site.OwnCommunityOnly,
            };
    }
}
