// What an edge writes into its journal: the facts from which everything it knows is rebuilt.

using System.Text.Json;
using System.Text.Json.Serialization;
using FabNet.Edge.Commons;
using FabNet.Journal;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Model.Sites;

namespace FabNet.Edge.Leasing;

/// <summary>A fact in the edge's journal. The names of the kinds are part of the stored format.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "fact")]
[JsonDerivedType(typeof(BootRecord), "boot")]
[JsonDerivedType(typeof(LeaseRecord), "lease")]
[JsonDerivedType(typeof(LeaseEndedRecord), "lease-ended")]
[JsonDerivedType(typeof(LostRecord), "lost")]
[JsonDerivedType(typeof(EventRecord), "event")]
[JsonDerivedType(typeof(AcknowledgedRecord), "acknowledged")]
[JsonDerivedType(typeof(MachineRecord), "machine")]
[JsonDerivedType(typeof(InterruptionRecord), "interruption")]
[JsonDerivedType(typeof(RecipeRecord), "recipe")]
[JsonDerivedType(typeof(ProductionRecord), "production")]
[JsonDerivedType(typeof(SignedRecord), "signed")]
[JsonDerivedType(typeof(ToldRecord), "told")]
[JsonDerivedType(typeof(ReservationRecord), "reservation")]
[JsonDerivedType(typeof(ReservationCancelledRecord), "reservation-cancelled")]
[JsonDerivedType(typeof(ReservationSkippedRecord), "reservation-skipped")]
internal abstract record EdgeRecord;

/// <summary>A new count of event sequences begins, under a new boot id.</summary>
internal sealed record BootRecord : EdgeRecord
{
    public required string BootId { get; init; }
}

/// <summary>The coordinator granted a lease; the job as it was then.</summary>
internal sealed record LeaseRecord : EdgeRecord
{
    public required Job Job { get; init; }
}

/// <summary>The coordinator took a lease back.</summary>
internal sealed record LeaseEndedRecord : EdgeRecord
{
    public required JobId Job { get; init; }

    public required int Epoch { get; init; }

    public required string Reason { get; init; }
}

/// <summary>The coordinator holds the job for lost. It is its event, so it has no sequence of ours.</summary>
internal sealed record LostRecord : EdgeRecord
{
    public required JobLost Event { get; init; }
}

/// <summary>Something that this edge made happen to a job it holds; goes up under its sequence.</summary>
internal sealed record EventRecord : EdgeRecord
{
    public required long Sequence { get; init; }

    public required JobEvent Event { get; init; }

    /// <summary>The machine that the job was leased to; null in journals from before it was noted.</summary>
    public MachineId? Machine { get; init; }
}

/// <summary>Events up to here are journaled at the coordinator. Written beside the next event, never on its own.</summary>
internal sealed record AcknowledgedRecord : EdgeRecord
{
    public required long Sequence { get; init; }
}

/// <summary>What people said about a machine, all of it, whenever any of it changed.</summary>
internal sealed record MachineRecord : EdgeRecord
{
    public required string Machine { get; init; }

    public LoadedMaterial Loaded { get; init; }

    /// <summary>Why the machine must be cleared; null if it is free.</summary>
    public string? NeedsClearing { get; init; }

    /// <summary>Why the machine is out of service; null if it is in service.</summary>
    public string? Maintenance { get; init; }
}

/// <summary>A started job was interrupted, or is gone on with: written beside the job's event, all of it, whenever any of it changed.</summary>
internal sealed record InterruptionRecord : EdgeRecord
{
    public required JobId Job { get; init; }

    public required int Epoch { get; init; }

    /// <summary>Counts the interruptions under this epoch, from 1: a person decides on one of them, once.</summary>
    public required int Number { get; init; }

    /// <summary>The last line surely executed, of the whole program; 0 if none.</summary>
    public required int LastLine { get; init; }

    /// <summary>Lines of the whole program; 0 if that is not known.</summary>
    public required int LineCount { get; init; }

    /// <summary>What happened, for a person, with what can be done.</summary>
    public required string Words { get; init; }

    /// <summary>The line that a person let it go on with; null while it waits.</summary>
    public int? FromLine { get; init; }

    /// <summary>Names this interruption among all of them.</summary>
    [JsonIgnore]
    public string Key => $"{Job}/{Epoch}/{Number}";
}

/// <summary>What a job is made with, written beside the event that it is ready, at a site that is somebody in the commons.</summary>
internal sealed record RecipeRecord : EdgeRecord
{
    public required JobId Job { get; init; }

    public required int Epoch { get; init; }

    public required Recipe Recipe { get; init; }
}

/// <summary>
/// What was made, for the commons: written beside the end of the job, and once more when somebody has looked at it. Each has a number of chance of its own for what may be said about it, so that
/// nothing that is published leads back to the job.
/// </summary>
internal sealed record ProductionRecord : EdgeRecord
{
    public required JobId Job { get; init; }

    public required int Epoch { get; init; }

    public required MachineId Machine { get; init; }

    public required string MachineClass { get; init; }

    public required Digest Manifest { get; init; }

    public required string Part { get; init; }

    public string? Material { get; init; }

    public required Recipe Recipe { get; init; }

    /// <summary>Machine time in seconds.</summary>
    public required long Seconds { get; init; }

    /// <summary>How many pieces were begun.</summary>
    public required int Made { get; init; }

    /// <summary>How many of them are good; null until a person has taken them off the machine.</summary>
    public int? Good { get; init; }

    /// <summary>The month in which it ended, such as <c>2026-03</c>.</summary>
    public required string Month { get; init; }

    /// <summary>True if the site consented, when it was made, to publish a run.</summary>
    public required bool IsShared { get; init; }

    public required string RunNonce { get; init; }

    public required string ClaimNonce { get; init; }

    /// <summary>Names this production among all of them.</summary>
    [JsonIgnore]
    public (JobId Job, int Epoch) Key => (Job, Epoch);
}

/// <summary>What is said about a production, signed: whatever happens, it is these bytes that are put, so that they are one statement however often.</summary>
internal sealed record SignedRecord : EdgeRecord
{
    public required JobId Job { get; init; }

    public required int Epoch { get; init; }

    /// <summary>DSSE envelopes; none where nothing is to be said.</summary>
    public required IReadOnlyList<byte[]> Envelopes { get; init; }
}

/// <summary>The catalogue has all that is said about a production, or will never take it.</summary>
internal sealed record ToldRecord : EdgeRecord
{
    public required JobId Job { get; init; }

    public required int Epoch { get; init; }
}

/// <summary>A machine takes no jobs for a time: a person has it, or maintenance is planned.</summary>
internal sealed record ReservationRecord : EdgeRecord
{
    /// <summary>Counted from 1 in this journal: <c>r-3</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The machine's name.</summary>
    public required string Machine { get; init; }

    /// <summary>Its begin, UTC; of one that comes every week, that of its first time.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>Its end, UTC; of one that comes every week, that of its first time.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>The hours at which it comes every week, local time of <see cref="TimeZone"/>; null where it is for once.</summary>
    public WeeklyHours? Weekly { get; init; }

    /// <summary>The IANA time zone of <see cref="Weekly"/>: its site's when it was made; null where it is for once.</summary>
    public string? TimeZone { get; init; }

    /// <summary>The last local day on which it may begin; null for no end.</summary>
    public DateOnly? Until { get; init; }

    /// <summary>Whom it is for. It never leaves the site.</summary>
    public required string For { get; init; }

    /// <summary>Why, for everybody; null for none.</summary>
    public string? Reason { get; init; }

    public bool IsMaintenance { get; init; }
}

/// <summary>A reservation was cancelled, or ended early.</summary>
internal sealed record ReservationCancelledRecord : EdgeRecord
{
    public required string Id { get; init; }
}

/// <summary>A reservation that comes every week does not on one local day.</summary>
internal sealed record ReservationSkippedRecord : EdgeRecord
{
    public required string Id { get; init; }

    public required DateOnly On { get; init; }
}

/// <summary>Writes and reads journal facts as JSON, without reflection.</summary>
internal static class EdgeRecords
{
    public static JournalRecord ToJournal(this EdgeRecord record) =>
        new(KindOf(record), JsonSerializer.SerializeToUtf8Bytes(record, EdgeJson.Default.EdgeRecord));

    /// <exception cref="JournalException">The entry is not one that an edge wrote.</exception>
    public static EdgeRecord Read(JournalEntry entry)
    {
        try
        {
            return JsonSerializer.Deserialize(entry.Payload, EdgeJson.Default.EdgeRecord)
                ?? throw new JournalException($"Entry {entry.Cursor} of the edge's journal is empty.");
        }
        catch (Exception e) when (e is JsonException or FormatException or NotSupportedException)
        {
            throw new JournalException($"Entry {entry.Cursor} of the edge's journal can't be read: {e.Message} It was written by another program, or by a newer FabNet.", e);
        }
    }

    private static string KindOf(EdgeRecord record) => record switch
    {
        BootRecord => "boot",
        LeaseRecord => "lease",
        LeaseEndedRecord => "lease-ended",
        LostRecord => "lost",
        EventRecord => "event",
        AcknowledgedRecord => "acknowledged",
        MachineRecord => "machine",
        InterruptionRecord => "interruption",
        RecipeRecord => "recipe",
        ProductionRecord => "production",
        SignedRecord => "signed",
        ToldRecord => "told",
        ReservationRecord => "reservation",
        ReservationCancelledRecord => "reservation-cancelled",
        ReservationSkippedRecord => "reservation-skipped",
        _ => throw new NotSupportedException($"{record.GetType().Name} has no kind."),
    };
}

/// <summary>The generated serialisers.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(EdgeRecord))]
internal sealed partial class EdgeJson : JsonSerializerContext;
