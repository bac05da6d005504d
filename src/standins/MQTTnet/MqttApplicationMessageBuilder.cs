// Builds a message step by step.
using System.Buffers;
using System.Text;
using MQTTnet.Exceptions;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace MQTTnet;

/// <summary>Builds a message. Not to be shared between threads.</summary>
public sealed class MqttApplicationMessageBuilder
{
    private readonly MqttApplicationMessage _message = new();

    /// <summary>The message.</summary>
    /// <exception cref="MqttProtocolViolationException">The topic is not set.</exception>
    public MqttApplicationMessage Build()
    {
        if (_message.Topic.Length == 0)
        {
            throw new MqttProtocolViolationException("Topic or TopicAlias is not set.");
        }

        return new MqttApplicationMessage
        {
            Topic = _message.Topic,
            Payload = _message.Payload,
            QualityOfServiceLevel = _message.QualityOfServiceLevel,
            Retain = _message.Retain,
            MessageExpiryInterval = _message.MessageExpiryInterval,
            PayloadFormatIndicator = _message.PayloadFormatIndicator,
            ContentType = _message.ContentType,
            ResponseTopic = _message.ResponseTopic,
            CorrelationData = _message.CorrelationData,
            UserProperties = _message.UserProperties,
        };
    }

    /// <summary>Where it is published; no wildcards.</summary>
    /// <param name="topic">The topic.</param>
    public MqttApplicationMessageBuilder WithTopic(string topic)
    {
        _message.Topic = topic;
        return this;
    }

    /// <summary>Its bytes; the array is not copied.</summary>
    /// <param name="payload">The bytes; null is none.</param>
    public MqttApplicationMessageBuilder WithPayload(byte[]? payload) => WithPayload(new ReadOnlySequence<byte>(payload ?? []));

    /// <summary>Its bytes; they are not copied.</summary>
    /// <param name="payload">The bytes.</param>
    public MqttApplicationMessageBuilder WithPayload(ReadOnlySequence<byte> payload)
    {
        _message.Payload = payload;
        return this;
    }

    /// <summary>Its bytes as UTF-8 text.</summary>
    /// <param name="payload">The text; null is none.</param>
    public MqttApplicationMessageBuilder WithPayload(string? payload) => WithPayload(Encoding.UTF8.GetBytes(payload ?? ""));

    /// <summary>Its bytes; they are not copied.</summary>
    /// <param name="payloadSegment">The bytes.</param>
    public MqttApplicationMessageBuilder WithPayloadSegment(ArraySegment<byte> payloadSegment) => WithPayload(new ReadOnlySequence<byte>(payloadSegment));

    /// <summary>Its bytes; they are not copied.</summary>
    /// <param name="payloadSegment">The bytes.</param>
    public MqttApplicationMessageBuilder WithPayloadSegment(ReadOnlyMemory<byte> payloadSegment) => WithPayload(new ReadOnlySequence<byte>(payloadSegment));

    /// <summary>How hard its delivery is assured; default at most once.</summary>
    /// <param name="qualityOfServiceLevel">The level.</param>
    public MqttApplicationMessageBuilder WithQualityOfServiceLevel(MqttQualityOfServiceLevel qualityOfServiceLevel)
    {
        _message.QualityOfServiceLevel = qualityOfServiceLevel;
        return this;
    }

    /// <summary>Whether the broker keeps it for later subscribers.</summary>
    /// <param name="value">True to keep it.</param>
    public MqttApplicationMessageBuilder WithRetainFlag(bool value = true)
    {
        _message.Retain = value;
        return this;
    }

    /// <summary>Seconds after which the broker drops it undelivered (MQTT 5).</summary>
    /// <param name="messageExpiryInterval">Seconds; 0 is never.</param>
    public MqttApplicationMessageBuilder WithMessageExpiryInterval(uint messageExpiryInterval)
    {
        _message.MessageExpiryInterval = messageExpiryInterval;
        return this;
    }

    /// <summary>What the payload says about itself (MQTT 5).</summary>
    /// <param name="payloadFormatIndicator">Bytes or text.</param>
    public MqttApplicationMessageBuilder WithPayloadFormatIndicator(MqttPayloadFormatIndicator payloadFormatIndicator)
    {
        _message.PayloadFormatIndicator = payloadFormatIndicator;
        return this;
    }

    /// <summary>The payload's media type (MQTT 5).</summary>
    /// <param name="contentType">The type.</param>
    public MqttApplicationMessageBuilder WithContentType(string? contentType)
    {
        _message.ContentType = contentType;
        return this;
    }

    /// <summary>Where an answer is expected (MQTT 5).</summary>
    /// <param name="responseTopic">The topic.</param>
    public MqttApplicationMessageBuilder WithResponseTopic(string? responseTopic)
    {
        _message.ResponseTopic = responseTopic;
        return this;
    }

    /// <summary>What tells an answer's receiver which request it belongs to (MQTT 5).</summary>
    /// <param name="correlationData">At most 65,535 bytes.</param>
    public MqttApplicationMessageBuilder WithCorrelationData(byte[]? correlationData)
    {
        _message.CorrelationData = correlationData;
        return this;
    }

    /// <summary>Adds a name and a value (MQTT 5).</summary>
    /// <param name="name">The name; it may occur more than once.</param>
    /// <param name="value">The value.</param>
    public MqttApplicationMessageBuilder WithUserProperty(string name, string value)
    {
        (_message.UserProperties ??= []).Add(new MqttUserProperty(name, value));
        return this;
    }
}
