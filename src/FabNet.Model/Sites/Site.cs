// A member of the network: what it has, and the prices that it bears itself.

using System.Text.Json.Serialization;
using FabNet.Model.Machines;

namespace FabNet.Model.Sites;

/// <summary>The prices of a site, in its currency. Every term of a plan's cost comes from here.</summary>
public sealed record SitePrices
{
    /// <summary>ISO 4217 code, or a community's own three-letter code. Default EUR.</summary>
    public string Currency { get; init; } = "EUR";

    /// <summary>Machine time, per hour. Default 2.00.</summary>
    public decimal MachinePerHour { get; init; } = 2.00m;

    /// <summary>Labour, per hour. Default 18.00.</summary>
    public decimal LabourPerHour { get; init; } = 18.00m;

    /// <summary>Material, per kilogram, where <see cref="MaterialPerKg"/> does not name it. Default 25.00.</summary>
    public decimal DefaultMaterialPerKg { get; init; } = 25.00m;

    /// <summary>Price of each material per kilogram, keyed by its upper-case name.</summary>
    public IReadOnlyDictionary<string, decimal> MaterialPerKg { get; init; } = new Dictionary<string, decimal>(StringComparer.Ordinal);

    /// <summary>What a gram of a material costs; of one that is not known, what is not named does.</summary>
    public decimal MaterialPerGram(string? material) => (material is not null && MaterialPerKg.TryGetValue(material, out var price) ? price : DefaultMaterialPerKg) / 1000;

    /// <summary>Electric energy, per kWh. Default 0.30.</summary>
    public decimal EnergyPerKwh { get; init; } = 0.30m;

    /// <summary>Electric energy for each hour of the local day, per kWh: 24 prices, or none where <see cref="EnergyPerKwh"/> holds all day.</summary>
    public IReadOnlyList<decimal> EnergyPerKwhByHour { get; init => field = value ?? []; } = []; // Null where a journal of an older version is read.

    /// <summary>Grams of CO₂ for each kWh, reported beside the cost. Default 250.</summary>
    public double Co2GramsPerKwh { get; init; } = 250;

    /// <summary>Transport of a delivery, fixed. Default 4.00.</summary>
    public decimal TransportFixed { get; init; } = 4.00m;

    /// <summary>Transport, for each kilometre and kilogram. Default 0.01.</summary>
    public decimal TransportPerKmKg { get; init; } = 0.01m;

    /// <summary>Lateness, per hour past an order's due time. Default 1.00.</summary>
    public decimal LatenessPerHour { get; init; } = 1.00m;
}

/// <summary>What is loaded on a machine now: the set-up that the next job may share.</summary>
/// <param name="Material">Upper case, such as PLA; null if nothing is loaded.</param>
/// <param name="Color">Lower case, such as black; null if unknown or without meaning.</param>
public readonly record struct LoadedMaterial(string? Material, string? Color);

/// <summary>A machine as its site announces it to the network.</summary>
public sealed record Machine
{
    /// <summary>Its id.</summary>
    public required MachineId Id { get; init; }

    /// <summary>Its profile: limits, set-up costs, power. A coordinator gets it from the site, not from its own shelf.</summary>
    public required MachineProfile Profile { get; init; }

    /// <summary>What is loaded.</summary>
    public LoadedMaterial Loaded { get; init; }

    /// <summary>When it takes no jobs, from now on, in their order; at most 200.</summary>
    public IReadOnlyList<Reservation> Reserved { get; init => field = value ?? []; } = []; // Null where a journal of an older version is read.

    /// <summary>True if its site puts several jobs on one bed of it and makes them at once. Default false: an edge that says nothing of it does not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool SharesBeds { get; init; }

    /// <summary>How many times faster than the wall clock it runs, where it is simulated: 0.01 to 1,000,000. Null for a real machine.</summary>
    public double? SimulatedSpeed { get; init; }
}

/// <summary>A time in which a machine takes no jobs: a person has it, or maintenance is planned. Who that person is stays at the site.</summary>
/// <param name="From">Its begin.</param>
/// <param name="To">Its end, after the begin.</param>
/// <param name="Reason">Why, for everybody: at most 200 characters.</param>
public sealed record Reservation(DateTimeOffset From, DateTimeOffset To, string Reason);

/// <summary>What a machine is doing now, for people and for the planner.</summary>
public sealed record MachineStatus
{
    /// <summary>The machine.</summary>
    public required MachineId Machine { get; init; }

    /// <summary>Its state.</summary>
    public required MachineState State { get; init; }

    /// <summary>Why, for a person, where a state needs a reason and a next step.</summary>
    public string? Detail { get; init; }

    /// <summary>The job on it, if any.</summary>
    public JobId? Job { get; init; }

    /// <summary>How many more jobs the same run makes on the same bed; 0 where the job is alone.</summary>
    public int MoreJobs { get; init; }

    /// <summary>Share of the run done, 0 to 1.</summary>
    public double Progress { get; init; }

    /// <summary>Time left of the job, in seconds; null if unknown.</summary>
    public double? RemainingSeconds { get; init; }

    /// <summary>Hot end 0 in °C, if it has one.</summary>
    public double? HotEndC { get; init; }

    /// <summary>Bed in °C, if it has one.</summary>
    public double? BedC { get; init; }

    /// <summary>What is loaded.</summary>
    public LoadedMaterial Loaded { get; init; }

    /// <summary>When this was so.</summary>
    public required DateTimeOffset At { get; init; }
}

/// <summary>A member of the network.</summary>
public sealed record Site
{
    /// <summary>Its id.</summary>
    public required SiteId Id { get; init; }

    /// <summary>The name that people read.</summary>
    public required string Title { get; init; }

    /// <summary>Degrees north, if known.</summary>
    public double? Latitude { get; init; }

    /// <summary>Degrees east, if known.</summary>
    public double? Longitude { get; init; }

    /// <summary>Its prices.</summary>
    public SitePrices Prices { get; init; } = new();

    /// <summary>IANA time zone of <see cref="Hours"/> and of prices by the hour. Default UTC.</summary>
    public string TimeZone { get; init => field = value ?? "UTC"; } = "UTC"; // Null where a journal of an older version is read.

    /// <summary>When people are there to set machines up; none means always.</summary>
    public IReadOnlyList<WeeklyHours> Hours { get; init => field = value ?? []; } = [];

    /// <summary>Its machines.</summary>
    public IReadOnlyList<Machine> Machines { get; init; } = [];

    /// <summary>The community where it is at home, of a guest; null for a member.</summary>
    public string? Community { get; init; }

    /// <summary>True if its coordinator offers its idle machines to no other community. Default false.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool OwnCommunityOnly { get; init; }
}
