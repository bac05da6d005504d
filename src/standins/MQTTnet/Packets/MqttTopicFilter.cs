// What a subscription asks for.
using MQTTnet.Protocol;

namespace MQTTnet.Packets;

/// <summary>One topic filter of a subscription, and how its messages are to be sent.</summary>
public sealed class MqttTopicFilter
{
    /// <summary>The filter; <c>+</c> stands for one level, <c>#</c> at the end for all that follow.</summary>
    public string Topic { get; set; } = "";

    /// <summary>The highest level at which messages are to be delivered.</summary>
    public MqttQualityOfServiceLevel QualityOfServiceLevel { get; set; }

    /// <summary>Whether this client's own messages are left out (MQTT 5).</summary>
    public bool NoLocal { get; set; }

    /// <summary>Whether messages keep the retain flag with which they were published (MQTT 5).</summary>
    public bool RetainAsPublished { get; set; }

    /// <summary>Which retained messages are sent at first (MQTT 5).</summary>
    public MqttRetainHandling RetainHandling { get; set; } = MqttRetainHandling.SendAtSubscribe;
}
