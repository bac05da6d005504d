// A message, as published or received.
using System.Buffers;
using System.Text;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace MQTTnet;

/// <summary>A message. One that was received owns its payload: it may be kept.</summary>
public sealed class MqttApplicationMessage
{
    /// <summary>Where it is published; no wildcards.</summary>
    public string Topic { get; set; } = "";

    /// <summary>Its bytes, at most 268,435,455.</summary>
    public ReadOnlySequence<byte> Payload { get; set; } = ReadOnlySequence<byte>.Empty;

    /// <summary>Sets <see cref="Payload"/> from one piece of an array.</summary>
    public ArraySegment<byte> PayloadSegment
    {
        set => Payload = new ReadOnlySequence<byte>(value);
    }

    /// <summary>How hard its delivery is assured.</summary>
    public MqttQualityOfServiceLevel QualityOfServiceLevel { get; set; }

    /// <summary>Whether the broker keeps it for later subscribers; on a received message, whether it was kept.</summary>
    public bool Retain { get; set; }

    /// <summary>Seconds after which the broker drops it undelivered; 0 is never (MQTT 5).</summary>
    public uint MessageExpiryInterval { get; set; }

    /// <summary>What the payload says about itself (MQTT 5).</summary>
    public MqttPayloadFormatIndicator PayloadFormatIndicator { get; set; }

    /// <summary>The payload's media type (MQTT 5).</summary>
    public string? ContentType { get; set; }

    /// <summary>Where an answer is expected (MQTT 5).</summary>
    public string? ResponseTopic { get; set; }

    /// <summary>What tells an answer's receiver which request it belongs to, at most 65,535 bytes (MQTT 5).</summary>
    public byte[]? CorrelationData { get; set; }

    /// <summary>The subscriptions that a received message matched, where they were numbered (MQTT 5).</summary>
    public List<uint>? SubscriptionIdentifiers { get; set; }

    /// <summary>Names and values beside the payload (MQTT 5).</summary>
    public List<MqttUserProperty>? UserProperties { get; set; }
}

/// <summary>Ways to look at a message.</summary>
public static class MqttApplicationMessageExtensions
{
    /// <summary>The payload as UTF-8 text; null when it is empty.</summary>
    /// <param name="applicationMessage">The message.</param>
    public static string? ConvertPayloadToString(this MqttApplicationMessage applicationMessage)
    {
        ArgumentNullException.ThrowIfNull(applicationMessage);
        return applicationMessage.Payload.IsEmpty ? null : Encoding.UTF8.GetString(applicationMessage.Payload);
    }
}
