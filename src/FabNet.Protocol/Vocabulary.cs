// The mapping of vocabulary.proto: words that several services share.

using System.Globalization;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using FabNet.Model.Plans;
using FabNet.Model.Sites;
using Google.Protobuf.WellKnownTypes;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Protocol;

/// <summary>
/// Maps the vocabulary between the model and the wire. Reading throws <see cref="FormatException"/> with the field's name where a peer
/// sent something that the model can't hold; a server answers that with INVALID_ARGUMENT.
/// </summary>
public static class Vocabulary
{
    private const int MaxBedLength = 100;

    /// <summary>To the wire.</summary>
    public static Wire.DesignRef ToWire(this DesignRef design) =>
        new() { Name = design.Name, Version = design.Version, ManifestDigest = design.Manifest.Value };

    /// <summary>From the wire.</summary>
    public static DesignRef ToModel(this Wire.DesignRef? design) => design is null
        ? throw new FormatException("design is missing.")
        : new DesignRef(Names.Require(design.Name, "design name"), design.Version, Digest.Parse(design.ManifestDigest));

    /// <summary>To the wire.</summary>
    public static Wire.Job ToWire(this Job job)
    {
        var wire = new Wire.Job
        {
            Id = job.Id.Value,
            OrderId = job.Order.Value,
            Design = job.Design.ToWire(),
            Part = job.Part,
            Copies = job.Copies,
            State = (Wire.JobState)(int)job.State,
            Epoch = job.Epoch,
            LeaseExpiresAt = job.LeaseExpiresAt.ToWire(),
            StartedAt = job.StartedAt.ToWire(),
            EndedAt = job.EndedAt.ToWire(),
            AcceptedAt = job.AcceptedAt.ToWire(),
        };
        SetIfPresent(job.Material, v => wire.Material = v);
        SetIfPresent(job.Color, v => wire.Color = v);
        SetIfPresent(job.Machine?.ToString(), v => wire.Machine = v);
        SetIfPresent(job.Reason, v => wire.Reason = v);
        SetIfPresent(job.Program?.Value, v => wire.ProgramDigest = v);
        SetIfPresent(job.Replaces?.Value, v => wire.Replaces = v);
        SetIfPresent(job.ReplacedBy?.Value, v => wire.ReplacedBy = v);
        if (job.EstimatedSeconds is { } seconds)
        {
            wire.EstimatedSeconds = seconds;
        }

        if (job.EstimatedGrams is { } grams)
        {
            wire.EstimatedGrams = grams;
        }

        if (job.Share is { } share)
        {
            wire.Share = share;
        }

        wire.Bed = job.Bed.ToWire();
        return wire;
    }

    /// <summary>From the wire.</summary>
    public static Job ToModel(this Wire.Job? job) => job is null
        ? throw new FormatException("job is missing.")
        : new Job
        {
            Id = JobId.Parse(job.Id),
            Order = OrderId.Parse(job.OrderId),
            Design = job.Design.ToModel(),
            Part = job.Part,
            Copies = Math.Max(1, job.Copies),
            Material = job.HasMaterial ? job.Material : null,
            Color = job.HasColor ? job.Color : null,
            State = Known((JobState)(int)job.State, "job.state"),
            Epoch = job.Epoch,
            Machine = job.HasMachine ? MachineId.Parse(job.Machine) : null,
            LeaseExpiresAt = job.LeaseExpiresAt.ToModelOrNull(),
            Reason = job.HasReason ? job.Reason : null,
            Program = job.HasProgramDigest ? Digest.Parse(job.ProgramDigest) : null,
            EstimatedSeconds = job.HasEstimatedSeconds ? job.EstimatedSeconds : null,
            EstimatedGrams = job.HasEstimatedGrams ? job.EstimatedGrams : null,
            Bed = job.Bed.ToModel("job.bed"),
            Share = job.HasShare ? job.Share : null,
            StartedAt = job.StartedAt.ToModelOrNull(),
            EndedAt = job.EndedAt.ToModelOrNull(),
            AcceptedAt = job.AcceptedAt.ToModelOrNull(),
            Replaces = job.HasReplaces ? JobId.Parse(job.Replaces) : null,
            ReplacedBy = job.HasReplacedBy ? JobId.Parse(job.ReplacedBy) : null,
        };

    private static Wire.BedPlace? ToWire(this BedPlace? bed) => bed is { } place ? new() { Id = place.Id, PlannedSeconds = place.PlannedSeconds } : null;

    private static BedPlace? ToModel(this Wire.BedPlace? bed, string field) => bed is null ? null
        : bed.Id.Length is > 0 and <= MaxBedLength && bed.PlannedSeconds > 0 && double.IsFinite(bed.PlannedSeconds) ? new BedPlace(bed.Id, bed.PlannedSeconds)
        : throw new FormatException($"{field} needs an id of at most {MaxBedLength} characters and planned seconds above 0.");

    /// <summary>To the wire.</summary>
    public static Wire.JobEvent ToWire(this JobEvent happened)
    {
        var wire = new Wire.JobEvent { JobId = happened.Job.Value, Epoch = happened.Epoch, At = Timestamp.FromDateTimeOffset(happened.At) };
        switch (happened)
        {
            case JobOffered e: wire.Offered = new() { Machine = e.Machine.ToString(), Bed = e.Bed.ToWire() }; break;
            case JobOfferDeclined e:
                wire.Declined = new();
                SetIfPresent(e.Reason, v => wire.Declined.Reason = v);
                break;
            case JobLeased e: wire.Leased = new() { Machine = e.Machine.ToString(), ExpiresAt = Timestamp.FromDateTimeOffset(e.ExpiresAt) }; break;
            case JobLeaseRenewed e: wire.Renewed = new() { ExpiresAt = Timestamp.FromDateTimeOffset(e.ExpiresAt) }; break;
            case JobReleased e: wire.Released = new() { Reason = e.Reason }; break;
            case JobPreparing: wire.Preparing = new(); break;
            case JobReady e:
                wire.Ready = new() { ProgramDigest = e.Program.Value, EstimatedSeconds = e.EstimatedSeconds, EstimatedGrams = e.EstimatedGrams };
                if (e.Share is { } share)
                {
                    wire.Ready.Share = share;
                }

                break;
            case JobStarted: wire.Started = new(); break;
            case JobPaused e: wire.Paused = new() { Reason = e.Reason }; break;
            case JobResumed: wire.Resumed = new(); break;
            case JobCompleted e: wire.Completed = new() { Seconds = e.Seconds, Grams = e.Grams, EnergyKwh = e.EnergyKwh }; break;
            case JobScrapped e: wire.Scrapped = new() { Reason = e.Reason }; break;
            case JobFailed e: wire.Failed = new() { Reason = e.Reason, LastLine = e.LastLine }; break;
            case JobRejected e: wire.Rejected = new() { Reason = e.Reason, Everywhere = e.Everywhere }; break;
            case JobCancelled e: wire.Cancelled = new() { Reason = e.Reason }; break;
            case JobLost e: wire.Lost = new() { Reason = e.Reason }; break;
            case JobReplaced e: wire.Replaced = new() { By = e.By.Value }; break;
            default: throw new NotSupportedException($"{happened.GetType().Name} has no wire form.");
        }

        return wire;
    }

    /// <summary>From the wire.</summary>
    public static JobEvent ToModel(this Wire.JobEvent? wire)
    {
        if (wire is null)
        {
            throw new FormatException("event is missing.");
        }

        var (job, epoch, at) = (JobId.Parse(wire.JobId), wire.Epoch, wire.At.ToModel("event.at"));
        return wire.HappenedCase switch
        {
            Wire.JobEvent.HappenedOneofCase.Offered => new JobOffered { Job = job, Epoch = epoch, At = at, Machine = MachineId.Parse(wire.Offered.Machine), Bed = wire.Offered.Bed.ToModel("event.offered.bed") },
            Wire.JobEvent.HappenedOneofCase.Declined => new JobOfferDeclined { Job = job, Epoch = epoch, At = at, Reason = wire.Declined.HasReason ? wire.Declined.Reason : null },
            Wire.JobEvent.HappenedOneofCase.Leased => new JobLeased
            {
                Job = job,
                Epoch = epoch,
                At = at,
                Machine = MachineId.Parse(wire.Leased.Machine),
                ExpiresAt = wire.Leased.ExpiresAt.ToModel("event.leased.expires_at"),
            },
            Wire.JobEvent.HappenedOneofCase.Renewed => new JobLeaseRenewed { Job = job, Epoch = epoch, At = at, ExpiresAt = wire.Renewed.ExpiresAt.ToModel("event.renewed.expires_at") },
            Wire.JobEvent.HappenedOneofCase.Released => new JobReleased { Job = job, Epoch = epoch, At = at, Reason = wire.Released.Reason },
            Wire.JobEvent.HappenedOneofCase.Preparing => new JobPreparing { Job = job, Epoch = epoch, At = at },
            Wire.JobEvent.HappenedOneofCase.Ready => new JobReady
            {
                Job = job,
                Epoch = epoch,
                At = at,
                Program = Digest.Parse(wire.Ready.ProgramDigest),
                EstimatedSeconds = wire.Ready.EstimatedSeconds,
                EstimatedGrams = wire.Ready.EstimatedGrams,
                Share = wire.Ready.HasShare ? wire.Ready.Share : null,
            },
            Wire.JobEvent.HappenedOneofCase.Started => new JobStarted { Job = job, Epoch = epoch, At = at },
            Wire.JobEvent.HappenedOneofCase.Paused => new JobPaused { Job = job, Epoch = epoch, At = at, Reason = wire.Paused.Reason },
            Wire.JobEvent.HappenedOneofCase.Resumed => new JobResumed { Job = job, Epoch = epoch, At = at },
            Wire.JobEvent.HappenedOneofCase.Completed => new JobCompleted
            {
                Job = job,
                Epoch = epoch,
                At = at,
                Seconds = wire.Completed.Seconds,
                Grams = wire.Completed.Grams,
                EnergyKwh = wire.Completed.EnergyKwh,
            },
            Wire.JobEvent.HappenedOneofCase.Scrapped => new JobScrapped { Job = job, Epoch = epoch, At = at, Reason = wire.Scrapped.Reason },
            Wire.JobEvent.HappenedOneofCase.Failed => new JobFailed { Job = job, Epoch = epoch, At = at, Reason = wire.Failed.Reason, LastLine = wire.Failed.LastLine },
            Wire.JobEvent.HappenedOneofCase.Rejected => new JobRejected { Job = job, Epoch = epoch, At = at, Reason = wire.Rejected.Reason, Everywhere = wire.Rejected.Everywhere },
            Wire.JobEvent.HappenedOneofCase.Cancelled => new JobCancelled { Job = job, Epoch = epoch, At = at, Reason = wire.Cancelled.Reason },
            Wire.JobEvent.HappenedOneofCase.Lost => new JobLost { Job = job, Epoch = epoch, At = at, Reason = wire.Lost.Reason },
            Wire.JobEvent.HappenedOneofCase.Replaced => new JobReplaced { Job = job, Epoch = epoch, At = at, By = JobId.Parse(wire.Replaced.By) },
            _ => throw new FormatException("event.happened is missing or of a kind that this version does not know."),
        };
    }

    /// <summary>To the wire.</summary>
    public static Wire.LoadedMaterial ToWire(this LoadedMaterial loaded)
    {
        var wire = new Wire.LoadedMaterial();
        SetIfPresent(loaded.Material, v => wire.Material = v);
        SetIfPresent(loaded.Color, v => wire.Color = v);
        return wire;
    }

    /// <summary>From the wire; nothing loaded where it is absent.</summary>
    public static LoadedMaterial ToModel(this Wire.LoadedMaterial? loaded) => loaded is null
        ? default
        : new LoadedMaterial(
            loaded.HasMaterial ? loaded.Material.ToUpperInvariant() : null,
            loaded.HasColor ? loaded.Color.ToLowerInvariant() : null);

    /// <summary>To the wire.</summary>
    public static Wire.MachineStatus ToWire(this MachineStatus status)
    {
        var wire = new Wire.MachineStatus
        {
            Machine = status.Machine.ToString(),
            State = (Wire.MachineState)(int)status.State,
            MoreJobs = status.MoreJobs,
            Progress = status.Progress,
            Loaded = status.Loaded.ToWire(),
            At = Timestamp.FromDateTimeOffset(status.At),
        };
        SetIfPresent(status.Detail, v => wire.Detail = v);
        SetIfPresent(status.Job?.Value, v => wire.JobId = v);
        if (status.RemainingSeconds is { } remaining)
        {
            wire.RemainingSeconds = remaining;
        }

        if (status.HotEndC is { } hotEnd)
        {
            wire.HotEndC = hotEnd;
        }

        if (status.BedC is { } bed)
        {
            wire.BedC = bed;
        }

        return wire;
    }

    /// <summary>From the wire.</summary>
    public static MachineStatus ToModel(this Wire.MachineStatus? status) => status is null
        ? throw new FormatException("machine_status is missing.")
        : new MachineStatus
        {
            Machine = MachineId.Parse(status.Machine),
            State = Known((MachineState)(int)status.State, "machine_status.state"),
            Detail = status.HasDetail ? status.Detail : null,
            Job = status.HasJobId ? JobId.Parse(status.JobId) : null,
            MoreJobs = Math.Max(0, status.MoreJobs),
            Progress = status.Progress,
            RemainingSeconds = status.HasRemainingSeconds ? status.RemainingSeconds : null,
            HotEndC = status.HasHotEndC ? status.HotEndC : null,
            BedC = status.HasBedC ? status.BedC : null,
            Loaded = status.Loaded.ToModel(),
            At = status.At.ToModel("machine_status.at"),
        };

    /// <summary>To the wire.</summary>
    public static Wire.SitePrices ToWire(this SitePrices prices)
    {
        var wire = new Wire.SitePrices
        {
            Currency = prices.Currency,
            MachinePerHour = Text(prices.MachinePerHour),
            LabourPerHour = Text(prices.LabourPerHour),
            DefaultMaterialPerKg = Text(prices.DefaultMaterialPerKg),
            EnergyPerKwh = Text(prices.EnergyPerKwh),
            Co2GramsPerKwh = prices.Co2GramsPerKwh,
            TransportFixed = Text(prices.TransportFixed),
            TransportPerKmKg = Text(prices.TransportPerKmKg),
            LatenessPerHour = Text(prices.LatenessPerHour),
        };
        foreach (var (material, price) in prices.MaterialPerKg)
        {
            wire.MaterialPerKg.Add(material, Text(price));
        }

        wire.EnergyPerKwhByHour.AddRange(prices.EnergyPerKwhByHour.Select(Text));

        return wire;
    }

    private static Dictionary<string, decimal> MaterialPrices(Wire.SitePrices prices)
    {
        var byName = new Dictionary<string, decimal>(StringComparer.Ordinal);
        foreach (var (name, price) in prices.MaterialPerKg)
        {
            if (!byName.TryAdd(name.ToUpperInvariant(), Amount(price, "prices.material_per_kg")))
            {
                throw new FormatException($"prices.material_per_kg names {name.ToUpperInvariant()} twice: capitals make no difference.");
            }
        }

        return byName;
    }

    /// <summary>From the wire; the defaults where it is absent.</summary>
    public static SitePrices ToModel(this Wire.SitePrices? prices) => prices is null
        ? new SitePrices()
        : new SitePrices
        {
            Currency = prices.Currency,
            MachinePerHour = Amount(prices.MachinePerHour, "prices.machine_per_hour"),
            LabourPerHour = Amount(prices.LabourPerHour, "prices.labour_per_hour"),
            DefaultMaterialPerKg = Amount(prices.DefaultMaterialPerKg, "prices.default_material_per_kg"),
            MaterialPerKg = MaterialPrices(prices),
            EnergyPerKwh = Amount(prices.EnergyPerKwh, "prices.energy_per_kwh"),
            EnergyPerKwhByHour = prices.EnergyPerKwhByHour.Count == 0 ? [] : prices.EnergyPerKwhByHour.Select(static p => Amount(p, "prices.energy_per_kwh_by_hour")).ToList(),
            Co2GramsPerKwh = prices.Co2GramsPerKwh,
            TransportFixed = Amount(prices.TransportFixed, "prices.transport_fixed"),
            TransportPerKmKg = Amount(prices.TransportPerKmKg, "prices.transport_per_km_kg"),
            LatenessPerHour = Amount(prices.LatenessPerHour, "prices.lateness_per_hour"),
        };

    /// <summary>To the wire.</summary>
    public static Wire.Cost ToWire(this CostBreakdown cost) => new()
    {
        Currency = cost.Currency,
        MachineTime = Text(cost.MachineTime),
        SetUp = Text(cost.SetUp),
        Material = Text(cost.Material),
        Energy = Text(cost.Energy),
        Transport = Text(cost.Transport),
        Lateness = Text(cost.Lateness),
        Risk = Text(cost.Risk),
        Co2Grams = cost.Co2Grams,
    };

    /// <summary>From the wire.</summary>
    public static CostBreakdown ToModel(this Wire.Cost? cost) => cost is null
        ? throw new FormatException("cost is missing.")
        : new CostBreakdown
        {
            Currency = cost.Currency,
            MachineTime = Amount(cost.MachineTime, "cost.machine_time"),
            SetUp = Amount(cost.SetUp, "cost.set_up"),
            Material = Amount(cost.Material, "cost.material"),
            Energy = Amount(cost.Energy, "cost.energy"),
            Transport = Amount(cost.Transport, "cost.transport"),
            Lateness = Amount(cost.Lateness, "cost.lateness"),
            Risk = Amount(cost.Risk, "cost.risk"),
            Co2Grams = cost.Co2Grams,
        };

    /// <summary>A moment on the wire; null stays absent.</summary>
    public static Timestamp? ToWire(this DateTimeOffset? at) => at is { } moment ? Timestamp.FromDateTimeOffset(moment) : null;

    /// <summary>A moment that must be there.</summary>
    public static DateTimeOffset ToModel(this Timestamp? at, string field) =>
        at.ToModelOrNull() ?? throw new FormatException($"{field} is missing.");

    /// <summary>A moment that may be absent.</summary>
    public static DateTimeOffset? ToModelOrNull(this Timestamp? at)
    {
        try
        {
            return at?.ToDateTimeOffset();
        }
        catch (InvalidOperationException e)
        {
            throw new FormatException($"{at} is not a moment.", e);
        }
    }

    internal static TEnum Known<TEnum>(TEnum value, string field)
        where TEnum : struct, System.Enum =>
        System.Enum.IsDefined(value) ? value : throw new FormatException($"{field} has the value {value}, which this version does not know.");

    internal static void SetIfPresent(string? value, Action<string> set)
    {
        if (value is not null)
        {
            set(value);
        }
    }

    private static string Text(decimal amount) => amount.ToString(CultureInfo.InvariantCulture);

    private static decimal Amount(string text, string field) => text.Length == 0 ? 0m
        : decimal.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var amount) ? amount
        : throw new FormatException($"{field} is '{text}', which is not a decimal number such as 18.00.");
}
