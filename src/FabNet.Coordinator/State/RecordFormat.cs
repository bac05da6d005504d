// The stored form of the records: UTF-8 JSON, with a kind that carries the form's version.

using System.Text.Json;
using System.Text.Json.Serialization;
using FabNet.Journal;

namespace FabNet.Coordinator.State;

/// <summary>Writes and reads the coordinator's journal records. A form that changes gets a new version in its kind, and the old one stays readable.</summary>
internal static class RecordFormat
{
    /// <summary>The journal record of a fact.</summary>
    public static JournalRecord Write(CoordinatorRecord record) => record switch
    {
        OrderPlaced r => new("order.placed/1", JsonSerializer.SerializeToUtf8Bytes(r, RecordJson.Default.OrderPlaced)),
        ReplacementCreated r => new("job.replacement/1", JsonSerializer.SerializeToUtf8Bytes(r, RecordJson.Default.ReplacementCreated)),
        JobHappened r => new("job.event/1", JsonSerializer.SerializeToUtf8Bytes(r, RecordJson.Default.JobHappened)),
        ReportRefused r => new("job.event.refused/1", JsonSerializer.SerializeToUtf8Bytes(r, RecordJson.Default.ReportRefused)),
        SiteRegistered r => new("site.registered/1", JsonSerializer.SerializeToUtf8Bytes(r, RecordJson.Default.SiteRegistered)),
        CancelRequested r => new("cancel.requested/1", JsonSerializer.SerializeToUtf8Bytes(r, RecordJson.Default.CancelRequested)),
        OrderAccepted r => new("order.accepted/1", JsonSerializer.SerializeToUtf8Bytes(r, RecordJson.Default.OrderAccepted)),
        DeliveryJoined r => new("delivery.joined/1", JsonSerializer.SerializeToUtf8Bytes(r, RecordJson.Default.DeliveryJoined)),
        DeliveryStepped r => new("delivery.stepped/1", JsonSerializer.SerializeToUtf8Bytes(r, RecordJson.Default.DeliveryStepped)),
        ServiceChanged r => new("machine.service/1", JsonSerializer.SerializeToUtf8Bytes(r, RecordJson.Default.ServiceChanged)),
        ClaimSettled r => new("claim.settled/1", JsonSerializer.SerializeToUtf8Bytes(r, RecordJson.Default.ClaimSettled)),
        CommunityFollowed r => new("community.followed/1", JsonSerializer.SerializeToUtf8Bytes(r, RecordJson.Default.CommunityFollowed)),
        FollowingChanged r => new("community.following/1", JsonSerializer.SerializeToUtf8Bytes(r, RecordJson.Default.FollowingChanged)),
        GuestLeaseRefused r => new("guest.refused/1", JsonSerializer.SerializeToUtf8Bytes(r, RecordJson.Default.GuestLeaseRefused)),
        GuestToldAgain r => new("guest.told-again/1", JsonSerializer.SerializeToUtf8Bytes(r, RecordJson.Default.GuestToldAgain)),
        GuestPaid r => new("guest.paid/1", JsonSerializer.SerializeToUtf8Bytes(r, RecordJson.Default.GuestPaid)),
        _ => throw new NotSupportedException($"{record.GetType().Name} has no stored form."),
    };

    /// <summary>The fact of a journal entry.</summary>
    /// <exception cref="JournalException">The kind is not known, or the payload can't be read; the message names the entry.</exception>
    public static CoordinatorRecord Read(JournalEntry entry)
    {
        try
        {
            CoordinatorRecord? record = entry.Kind switch
            {
                "order.placed/1" => JsonSerializer.Deserialize(entry.Payload, RecordJson.Default.OrderPlaced),
                "job.replacement/1" => JsonSerializer.Deserialize(entry.Payload, RecordJson.Default.ReplacementCreated),
                "job.event/1" => JsonSerializer.Deserialize(entry.Payload, RecordJson.Default.JobHappened),
                "job.event.refused/1" => JsonSerializer.Deserialize(entry.Payload, RecordJson.Default.ReportRefused),
                "site.registered/1" => JsonSerializer.Deserialize(entry.Payload, RecordJson.Default.SiteRegistered),
                "cancel.requested/1" => JsonSerializer.Deserialize(entry.Payload, RecordJson.Default.CancelRequested),
                "order.accepted/1" => JsonSerializer.Deserialize(entry.Payload, RecordJson.Default.OrderAccepted),
                "delivery.joined/1" => JsonSerializer.Deserialize(entry.Payload, RecordJson.Default.DeliveryJoined),
                "delivery.stepped/1" => JsonSerializer.Deserialize(entry.Payload, RecordJson.Default.DeliveryStepped),
                "machine.service/1" => JsonSerializer.Deserialize(entry.Payload, RecordJson.Default.ServiceChanged),
                "claim.settled/1" => JsonSerializer.Deserialize(entry.Payload, RecordJson.Default.ClaimSettled),
                "community.followed/1" => JsonSerializer.Deserialize(entry.Payload, RecordJson.Default.CommunityFollowed),
                "community.following/1" => JsonSerializer.Deserialize(entry.Payload, RecordJson.Default.FollowingChanged),
                "guest.refused/1" => JsonSerializer.Deserialize(entry.Payload, RecordJson.Default.GuestLeaseRefused),
                "guest.told-again/1" => JsonSerializer.Deserialize(entry.Payload, RecordJson.Default.GuestToldAgain),
                "guest.paid/1" => JsonSerializer.Deserialize(entry.Payload, RecordJson.Default.GuestPaid),
                _ => throw new JournalException($"Entry {entry.Cursor} of the coordinator's journal has the kind '{entry.Kind}', which this FabNet does not know. Use the FabNet that wrote it, or a newer one."),
            };
            return record ?? throw new JsonException("it is null");
        }
        catch (Exception e) when (e is JsonException or FormatException or NotSupportedException)
        {
            throw new JournalException($"Entry {entry.Cursor} ({entry.Kind}) of the coordinator's journal can't be read: {e.Message}", e);
        }
    }
}

/// <summary>The generated serialisers.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(OrderPlaced))]
[JsonSerializable(typeof(ReplacementCreated))]
[JsonSerializable(typeof(JobHappened))]
[JsonSerializable(typeof(ReportRefused))]
[JsonSerializable(typeof(SiteRegistered))]
[JsonSerializable(typeof(CancelRequested))]
[JsonSerializable(typeof(OrderAccepted))]
[JsonSerializable(typeof(DeliveryJoined))]
[JsonSerializable(typeof(DeliveryStepped))]
[JsonSerializable(typeof(ServiceChanged))]
[JsonSerializable(typeof(ClaimSettled))]
[JsonSerializable(typeof(CommunityFollowed))]
[JsonSerializable(typeof(FollowingChanged))]
[JsonSerializable(typeof(GuestLeaseRefused))]
[JsonSerializable(typeof(GuestToldAgain))]
[JsonSerializable(typeof(GuestPaid))]
internal sealed partial class RecordJson : JsonSerializerContext;
