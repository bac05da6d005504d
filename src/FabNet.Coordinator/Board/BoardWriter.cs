// Writes the board from the coordinator's facts: pure, so that it is done beside the loop.

using System.Globalization;
using FabNet.Model;
using FabNet.Model.Plans;
using FabNet.Planning;
using FabNet.Protocol;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Coordinator.Board;

/// <summary>An offer that waits for its answer.</summary>
internal sealed record OpenOffer(JobId Job, MachineId Machine, Work Work, CostBreakdown Cost, string Why, DateTimeOffset AnswerBy);

/// <summary>What the board is written from; immutable.</summary>
internal sealed record BoardFacts
{
    public required PlantSnapshot Snapshot { get; init; }

    /// <summary>Where the plan in force has open jobs.</summary>
    public required IReadOnlyDictionary<JobId, Assignment> Planned { get; init; }

    /// <summary>Why it has the others on no machine.</summary>
    public required IReadOnlyDictionary<JobId, string> Waiting { get; init; }

    public required IReadOnlyList<OpenOffer> Offers { get; init; }

    public required IReadOnlyList<Wire.Delivery> Deliveries { get; init; }

    /// <summary>What is open in other communities.</summary>
    public IReadOnlyList<Wire.ForeignDemand> Foreign { get; init; } = [];

    /// <summary>Whether those are reached.</summary>
    public IReadOnlyList<Wire.CommunityStatus> Communities { get; init; } = [];
}

/// <summary>Writes boards.</summary>
internal static class BoardWriter
{
    private const int NamedJobs = 20;
    private const int NamedMachines = 20;

    /// <summary>The board of these facts.</summary>
    /// <param name="facts">The facts.</param>
    /// <param name="before">The board before, whose rows are kept where they are the same; null for none.</param>
    public static BoardRows Write(BoardFacts facts, BoardRows? before)
    {
        var outlook = Outlook.Of(facts.Snapshot, facts.Planned.Values);
        var prices = facts.Snapshot.Sites.ToDictionary(static s => s.Id, static s => s.Prices.Currency);
        IEnumerable<(string, IMessage)> rows =
        [
            .. Demand(facts).Select(static r => (r.Key, (IMessage)r)),
            .. facts.Offers.OrderBy(static o => o.AnswerBy).ThenBy(static o => o.Job.Value, StringComparer.Ordinal).Select(Offer).Select(static r => (r.Key, (IMessage)r)),
            .. outlook.SetUps.OrderByDescending(static s => s.Jobs).ThenBy(static s => s.Machine.Id.ToString(), StringComparer.Ordinal)
                .Select(s => SetUp(s, facts.Snapshot.Now, prices[s.Machine.Id.Site])).Select(static r => (r.Key, (IMessage)r)),
            .. outlook.Capacity.Select(c => Capacity(c, outlook.From)).Select(static r => (r.Key, (IMessage)r)),
            .. facts.Deliveries.Select(static d => ($"delivery/{d.Id}", (IMessage)d)),
            .. facts.Foreign.Select(static r => (r.Key, (IMessage)r)),
            .. facts.Communities.Select(static r => (r.Key, (IMessage)r)),
        ];
        return new BoardRows(facts.Snapshot.Now, rows, facts.Snapshot.Jobs.Count, before);
    }

    private static IEnumerable<Wire.OpenDemand> Demand(BoardFacts facts) => facts.Snapshot.Jobs
        .GroupBy(static j => (Order: j.Id.Order.Value, Part: j.Work.Part.Name))
        .Select(g => Demand(facts, g.Key.Order, [.. g.OrderBy(static j => j.Id.Value.Length).ThenBy(static j => j.Id.Value, StringComparer.Ordinal)]))
        .OrderBy(static d => d.Due?.ToDateTimeOffset() ?? DateTimeOffset.MaxValue).ThenBy(static d => d.PlacedAt.ToDateTimeOffset()).ThenBy(static d => d.OrderId.Length)
        .ThenBy(static d => d.Key, StringComparer.Ordinal);

    private static Wire.OpenDemand Demand(BoardFacts facts, string order, List<OpenJob> jobs)
    {
        var (first, planned) = (jobs[0], jobs.Select(j => facts.Planned.GetValueOrDefault(j.Id)).OfType<Assignment>().OrderBy(static a => a.StartsAt).ToList());
        var row = new Wire.OpenDemand
        {
            Key = $"demand/{order}/{first.Work.Part.Name}",
            OrderId = order,
            Design = first.Work.Design.ToWire(),
            Part = first.Work.Part.Name,
            Jobs = jobs.Count,
            Copies = jobs.Sum(static j => j.Work.Copies),
            Due = first.Due.ToWire(),
            PlacedAt = Timestamp.FromDateTimeOffset(first.PlacedAt),
            StartsAt = planned.Count > 0 ? Timestamp.FromDateTimeOffset(planned[0].StartsAt) : null,
            Why = planned.Count > 0 ? planned[0].Why : facts.Waiting.GetValueOrDefault(first.Id) ?? "It waits for the next plan.",
        };
        if (first.Work.Material is { } material)
        {
            row.Material = material;
        }

        if (first.Work.Color is { } color)
        {
            row.Color = color;
        }

        if (first.Destination is { } destination)
        {
            row.Destination = destination.Value;
        }

        row.JobIds.AddRange(jobs.Take(NamedJobs).Select(static j => j.Id.Value));
        row.Machines.AddRange(planned.Select(static a => a.Machine.ToString()).Distinct(StringComparer.Ordinal).Take(NamedMachines));
        return row;
    }

    private static Wire.BoardOffer Offer(OpenOffer offer) => new()
    {
        Key = $"offer/{offer.Job}",
        JobId = offer.Job.Value,
        Machine = offer.Machine.ToString(),
        Design = offer.Work.Design.ToWire(),
        Part = offer.Work.Part.Name,
        Copies = offer.Work.Copies,
        Cost = offer.Cost.ToWire(),
        Why = offer.Why,
        AnswerBy = Timestamp.FromDateTimeOffset(offer.AnswerBy),
    };

    private static Wire.IdleCapacity Capacity(IdleHours hours, DateTimeOffset from)
    {
        var row = new Wire.IdleCapacity
        {
            Key = $"idle/{hours.Site}/{hours.MachineClass}",
            Site = hours.Site.Value,
            MachineClass = hours.MachineClass,
            Machines = hours.Machines,
            InService = hours.InService,
            From = Timestamp.FromDateTimeOffset(from),
        };
        row.IdleMinutes.AddRange(hours.Minutes);
        return row;
    }

    private static Wire.LoadedSetUp SetUp(WaitingSetUp setUp, DateTimeOffset now, string currency)
    {
        var row = new Wire.LoadedSetUp
        {
            Key = $"set-up/{setUp.Machine.Id}",
            Machine = setUp.Machine.Id.ToString(),
            MachineClass = setUp.Machine.Profile.Name,
            Loaded = setUp.Machine.Loaded.ToWire(),
            FreeAt = setUp.FreeAt - now < TimeSpan.FromMinutes(1) ? null : Timestamp.FromDateTimeOffset(WholeMinute(setUp.FreeAt)),
            Jobs = setUp.Jobs,
            SavedMinutes = setUp.SavedMinutes,
            SavedCost = setUp.SavedCost.ToString("0.00", CultureInfo.InvariantCulture),
            Currency = currency,
        };
        if (setUp.Machine.Profile.HotEnds is [{ NozzleMm: > 0 } hotEnd, ..])
        {
            row.NozzleMm = hotEnd.NozzleMm;
        }

        if (setUp.Machine.Reserved.FirstOrDefault(r => r.To > now) is { } next)
        {
            row.Reserved = next.ToWire();
        }

        row.JobIds.AddRange(setUp.First.Select(static j => j.Value));
        return row;
    }

    // A machine that runs reckons its end anew each second; whoever reads the board needs no more than minutes.
    private static DateTimeOffset WholeMinute(DateTimeOffset moment) => new(moment.UtcTicks - (moment.UtcTicks % TimeSpan.TicksPerMinute) + TimeSpan.TicksPerMinute, TimeSpan.Zero);
}
