// What the broker answered to a connect, a publish, a subscribe and an unsubscribe. Codes are those of MQTT 5, section 2.4.
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace MQTTnet;

/// <summary>The broker's answer to a connect; an MQTT 3.1.1 answer is given as the MQTT 5 code of the same meaning.</summary>
public enum MqttClientConnectResultCode
{
    /// <summary>Connected.</summary>
    Success = 0,

    /// <summary>Refused without a reason.</summary>
    UnspecifiedError = 128,

    /// <summary>The broker did not understand the packet.</summary>
    MalformedPacket = 129,

    /// <summary>The packet breaks the protocol.</summary>
    ProtocolError = 130,

    /// <summary>The broker does not accept it.</summary>
    ImplementationSpecificError = 131,

    /// <summary>The broker does not speak this version.</summary>
    UnsupportedProtocolVersion = 132,

    /// <summary>The broker does not accept the client's name.</summary>
    ClientIdentifierNotValid = 133,

    /// <summary>Wrong user or password.</summary>
    BadUserNameOrPassword = 134,

    /// <summary>This client may not connect; Mosquitto also answers this to a wrong password.</summary>
    NotAuthorized = 135,

    /// <summary>The broker is not available.</summary>
    ServerUnavailable = 136,

    /// <summary>The broker is busy; try later.</summary>
    ServerBusy = 137,

    /// <summary>This client is banned.</summary>
    Banned = 138,

    /// <summary>The authentication method is not supported.</summary>
    BadAuthenticationMethod = 140,

    /// <summary>The will's topic is not accepted.</summary>
    TopicNameInvalid = 144,

    /// <summary>The packet is too large.</summary>
    PacketTooLarge = 149,

    /// <summary>A limit is exceeded.</summary>
    QuotaExceeded = 151,

    /// <summary>The will's payload is not of its stated format.</summary>
    PayloadFormatInvalid = 153,

    /// <summary>The broker keeps no messages.</summary>
    RetainNotSupported = 154,

    /// <summary>The broker does not offer the will's quality of service.</summary>
    QoSNotSupported = 155,

    /// <summary>Use another broker for now.</summary>
    UseAnotherServer = 156,

    /// <summary>Use another broker from now on.</summary>
    ServerMoved = 157,

    /// <summary>Too many connections at once.</summary>
    ConnectionRateExceeded = 159,
}

/// <summary>The broker's answer to a connect.</summary>
public sealed class MqttClientConnectResult
{
    /// <summary>Connected, or why not.</summary>
    public MqttClientConnectResultCode ResultCode { get; init; }

    /// <summary>Whether the broker still had this client's session.</summary>
    public bool IsSessionPresent { get; init; }

    /// <summary>The name that the broker gave to a client without one (MQTT 5).</summary>
    public string? AssignedClientIdentifier { get; init; }

    /// <summary>The broker's explanation (MQTT 5).</summary>
    public string? ReasonString { get; init; }

    /// <summary>Seconds of keep-alive that the broker imposes; 0 when it does not (MQTT 5).</summary>
    public ushort ServerKeepAlive { get; init; }

    /// <summary>Seconds for which the session is kept, when the broker changed it (MQTT 5).</summary>
    public uint? SessionExpiryInterval { get; init; }

    /// <summary>The largest packet, in bytes, that the broker accepts (MQTT 5).</summary>
    public uint? MaximumPacketSize { get; init; }

    /// <summary>The most unacknowledged messages that the broker accepts (MQTT 5).</summary>
    public ushort? ReceiveMaximum { get; init; }

    /// <summary>The best quality of service that the broker offers.</summary>
    public MqttQualityOfServiceLevel MaximumQoS { get; init; } = MqttQualityOfServiceLevel.ExactlyOnce;

    /// <summary>Whether the broker keeps messages.</summary>
    public bool RetainAvailable { get; init; } = true;

    /// <summary>Names and values from the broker (MQTT 5).</summary>
    public List<MqttUserProperty>? UserProperties { get; init; }
}

/// <summary>The broker's answer to a message.</summary>
public enum MqttClientPublishReasonCode
{
    /// <summary>Taken; with QoS 0, sent.</summary>
    Success = 0,

    /// <summary>Taken, and nobody is subscribed to it.</summary>
    NoMatchingSubscribers = 16,

    /// <summary>Refused without a reason.</summary>
    UnspecifiedError = 128,

    /// <summary>The broker does not accept it.</summary>
    ImplementationSpecificError = 131,

    /// <summary>This client may not publish there.</summary>
    NotAuthorized = 135,

    /// <summary>The topic is not accepted.</summary>
    TopicNameInvalid = 144,

    /// <summary>The message's number is in use.</summary>
    PacketIdentifierInUse = 145,

    /// <summary>A limit is exceeded.</summary>
    QuotaExceeded = 151,

    /// <summary>The payload is not of its stated format.</summary>
    PayloadFormatInvalid = 153,
}

/// <summary>The broker's answer to a message.</summary>
/// <param name="packetIdentifier">The message's number; null with QoS 0.</param>
/// <param name="reasonCode">Taken, or why not.</param>
/// <param name="reasonString">The broker's explanation (MQTT 5).</param>
/// <param name="userProperties">Names and values from the broker (MQTT 5).</param>
public sealed class MqttClientPublishResult(
    ushort? packetIdentifier, MqttClientPublishReasonCode reasonCode, string? reasonString, IReadOnlyCollection<MqttUserProperty>? userProperties)
{
    /// <summary>Whether the broker took the message.</summary>
    public bool IsSuccess => ReasonCode is MqttClientPublishReasonCode.Success or MqttClientPublishReasonCode.NoMatchingSubscribers;

    /// <summary>The message's number; null with QoS 0.</summary>
    public ushort? PacketIdentifier { get; } = packetIdentifier;

    /// <summary>Taken, or why not.</summary>
    public MqttClientPublishReasonCode ReasonCode { get; } = reasonCode;

    /// <summary>The broker's explanation (MQTT 5).</summary>
    public string? ReasonString { get; } = reasonString;

    /// <summary>Names and values from the broker (MQTT 5).</summary>
    public IReadOnlyCollection<MqttUserProperty>? UserProperties { get; } = userProperties;
}

/// <summary>The broker's answer to one topic filter of a subscribe.</summary>
public enum MqttClientSubscribeResultCode
{
    /// <summary>Subscribed, at most once.</summary>
    GrantedQoS0 = 0,

    /// <summary>Subscribed, at least once.</summary>
    GrantedQoS1 = 1,

    /// <summary>Subscribed, exactly once.</summary>
    GrantedQoS2 = 2,

    /// <summary>Refused without a reason.</summary>
    UnspecifiedError = 128,

    /// <summary>The broker does not accept it.</summary>
    ImplementationSpecificError = 131,

    /// <summary>This client may not subscribe to it.</summary>
    NotAuthorized = 135,

    /// <summary>The filter is not accepted.</summary>
    TopicFilterInvalid = 143,

    /// <summary>The request's number is in use.</summary>
    PacketIdentifierInUse = 145,

    /// <summary>A limit is exceeded.</summary>
    QuotaExceeded = 151,

    /// <summary>The broker has no shared subscriptions.</summary>
    SharedSubscriptionsNotSupported = 158,

    /// <summary>The broker does not number subscriptions.</summary>
    SubscriptionIdentifiersNotSupported = 161,

    /// <summary>The broker has no wildcards.</summary>
    WildcardSubscriptionsNotSupported = 162,
}

/// <summary>The broker's answer to one topic filter of a subscribe.</summary>
/// <param name="topicFilter">The filter.</param>
/// <param name="resultCode">What was granted, or why not.</param>
public sealed class MqttClientSubscribeResultItem(MqttTopicFilter topicFilter, MqttClientSubscribeResultCode resultCode)
{
    /// <summary>The filter.</summary>
    public MqttTopicFilter TopicFilter { get; } = topicFilter;

    /// <summary>What was granted, or why not.</summary>
    public MqttClientSubscribeResultCode ResultCode { get; } = resultCode;
}

/// <summary>The broker's answer to a subscribe.</summary>
/// <param name="packetIdentifier">The number of the request.</param>
/// <param name="items">An answer to each filter, in order.</param>
/// <param name="reasonString">The broker's explanation (MQTT 5).</param>
/// <param name="userProperties">Names and values from the broker (MQTT 5).</param>
public sealed class MqttClientSubscribeResult(
    ushort packetIdentifier,
    IReadOnlyCollection<MqttClientSubscribeResultItem> items,
    string? reasonString,
    IReadOnlyCollection<MqttUserProperty> userProperties)
{
    /// <summary>The number of the request; of its first filter, when each was sent by itself.</summary>
    public ushort PacketIdentifier { get; } = packetIdentifier;

    /// <summary>An answer to each filter, in order.</summary>
    public IReadOnlyCollection<MqttClientSubscribeResultItem> Items { get; } = items;

    /// <summary>The broker's explanation (MQTT 5).</summary>
    public string? ReasonString { get; } = reasonString;

    /// <summary>Names and values from the broker (MQTT 5).</summary>
    public IReadOnlyCollection<MqttUserProperty> UserProperties { get; } = userProperties;
}

/// <summary>The broker's answer to one topic filter of an unsubscribe.</summary>
public enum MqttClientUnsubscribeResultCode
{
    /// <summary>Not subscribed any more. libmosquitto does not pass on why an unsubscribe had no effect, so this is the only answer seen here.</summary>
    Success = 0,

    /// <summary>There was no such subscription.</summary>
    NoSubscriptionExisted = 17,

    /// <summary>Refused without a reason.</summary>
    UnspecifiedError = 128,

    /// <summary>The broker does not accept it.</summary>
    ImplementationSpecificError = 131,

    /// <summary>This client may not.</summary>
    NotAuthorized = 135,

    /// <summary>The filter is not accepted.</summary>
    TopicFilterInvalid = 143,

    /// <summary>The request's number is in use.</summary>
    PacketIdentifierInUse = 145,
}

/// <summary>The broker's answer to one topic filter of an unsubscribe.</summary>
/// <param name="topicFilter">The filter.</param>
/// <param name="resultCode">What happened.</param>
public sealed class MqttClientUnsubscribeResultItem(string topicFilter, MqttClientUnsubscribeResultCode resultCode)
{
    /// <summary>The filter.</summary>
    public string TopicFilter { get; } = topicFilter;

    /// <summary>What happened.</summary>
    public MqttClientUnsubscribeResultCode ResultCode { get; } = resultCode;
}

/// <summary>The broker's answer to an unsubscribe.</summary>
/// <param name="packetIdentifier">The number of the request.</param>
/// <param name="items">An answer to each filter, in order.</param>
/// <param name="reasonString">The broker's explanation (MQTT 5).</param>
/// <param name="userProperties">Names and values from the broker (MQTT 5).</param>
public sealed class MqttClientUnsubscribeResult(
    ushort packetIdentifier,
    IReadOnlyCollection<MqttClientUnsubscribeResultItem> items,
    string? reasonString,
    IReadOnlyCollection<MqttUserProperty> userProperties)
{
    /// <summary>The number of the request; of its first filter, when each was sent by itself.</summary>
    public ushort PacketIdentifier { get; } = packetIdentifier;

    /// <summary>An answer to each filter, in order.</summary>
    public IReadOnlyCollection<MqttClientUnsubscribeResultItem> Items { get; } = items;

    /// <summary>The broker's explanation (MQTT 5).</summary>
    public string? ReasonString { get; } = reasonString;

    /// <summary>Names and values from the broker (MQTT 5).</summary>
    public IReadOnlyCollection<MqttUserProperty> UserProperties { get; } = userProperties;
}
