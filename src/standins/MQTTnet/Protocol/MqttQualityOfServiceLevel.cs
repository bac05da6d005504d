// The small choices of the protocol that appear in messages and subscriptions, with their values on the wire.
namespace MQTTnet.Protocol;

/// <summary>How hard a message's delivery is assured.</summary>
public enum MqttQualityOfServiceLevel
{
    /// <summary>QoS 0: sent once, not acknowledged.</summary>
    AtMostOnce = 0,

    /// <summary>QoS 1: acknowledged; may arrive more than once.</summary>
    AtLeastOnce = 1,

    /// <summary>QoS 2: acknowledged in two steps; arrives once.</summary>
    ExactlyOnce = 2,
}

/// <summary>Whether a new subscription receives the retained messages (MQTT 5).</summary>
public enum MqttRetainHandling
{
    /// <summary>At every subscribe.</summary>
    SendAtSubscribe = 0,

    /// <summary>Only when the subscription did not exist yet.</summary>
    SendAtSubscribeIfNewSubscriptionOnly = 1,

    /// <summary>Never.</summary>
    DoNotSendOnSubscribe = 2,
}

/// <summary>What a payload says about itself (MQTT 5).</summary>
public enum MqttPayloadFormatIndicator
{
    /// <summary>Bytes of any kind.</summary>
    Unspecified = 0,

    /// <summary>UTF-8 text.</summary>
    CharacterData = 1,
}
