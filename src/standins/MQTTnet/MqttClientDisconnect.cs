// Why a connection ends: what a client says when it leaves, and what it learns when it was left.
using MQTTnet.Packets;

namespace MQTTnet;

/// <summary>What a client says when it leaves (MQTT 5; MQTT 3.1.1 has no reasons).</summary>
public enum MqttClientDisconnectOptionsReason
{
    /// <summary>Done; the broker drops the will.</summary>
    NormalDisconnection = 0,

    /// <summary>Done, but the broker is to publish the will.</summary>
    DisconnectWithWillMessage = 4,

    /// <summary>Something is wrong.</summary>
    UnspecifiedError = 128,

    /// <summary>A packet could not be understood.</summary>
    MalformedPacket = 129,

    /// <summary>A packet broke the protocol.</summary>
    ProtocolError = 130,

    /// <summary>A packet could not be handled.</summary>
    ImplementationSpecificError = 131,

    /// <summary>A topic is not accepted.</summary>
    TopicNameInvalid = 144,

    /// <summary>Too many unacknowledged messages.</summary>
    ReceiveMaximumExceeded = 147,

    /// <summary>A topic alias is not accepted.</summary>
    TopicAliasInvalid = 148,

    /// <summary>A packet was too large.</summary>
    PacketTooLarge = 149,

    /// <summary>Messages come too fast.</summary>
    MessageRateTooHigh = 150,

    /// <summary>A limit is exceeded.</summary>
    QuotaExceeded = 151,

    /// <summary>Somebody decided so.</summary>
    AdministrativeAction = 152,

    /// <summary>A payload was not of its stated format.</summary>
    PayloadFormatInvalid = 153,
}

/// <summary>Why a connection ended. From <see cref="NotAuthorized"/> on, only the broker says so (MQTT 5).</summary>
public enum MqttClientDisconnectReason
{
    /// <summary>This client left, or the broker closed without a reason.</summary>
    NormalDisconnection = 0,

    /// <summary>This client left and asked for its will.</summary>
    DisconnectWithWillMessage = 4,

    /// <summary>The connection was lost.</summary>
    UnspecifiedError = 128,

    /// <summary>A packet could not be understood.</summary>
    MalformedPacket = 129,

    /// <summary>A packet broke the protocol.</summary>
    ProtocolError = 130,

    /// <summary>A packet could not be handled.</summary>
    ImplementationSpecificError = 131,

    /// <summary>This client may not do what it did.</summary>
    NotAuthorized = 135,

    /// <summary>The broker is busy.</summary>
    ServerBusy = 137,

    /// <summary>The broker is shutting down.</summary>
    ServerShuttingDown = 139,

    /// <summary>The authentication method is not supported.</summary>
    BadAuthenticationMethod = 140,

    /// <summary>One side was silent for too long.</summary>
    KeepAliveTimeout = 141,

    /// <summary>Another client connected under this client's name.</summary>
    SessionTakenOver = 142,

    /// <summary>A topic filter is not accepted.</summary>
    TopicFilterInvalid = 143,

    /// <summary>A topic is not accepted.</summary>
    TopicNameInvalid = 144,

    /// <summary>Too many unacknowledged messages.</summary>
    ReceiveMaximumExceeded = 147,

    /// <summary>A topic alias is not accepted.</summary>
    TopicAliasInvalid = 148,

    /// <summary>A packet was too large.</summary>
    PacketTooLarge = 149,

    /// <summary>Messages come too fast.</summary>
    MessageRateTooHigh = 150,

    /// <summary>A limit is exceeded.</summary>
    QuotaExceeded = 151,

    /// <summary>Somebody decided so.</summary>
    AdministrativeAction = 152,

    /// <summary>A payload was not of its stated format.</summary>
    PayloadFormatInvalid = 153,

    /// <summary>The broker keeps no messages.</summary>
    RetainNotSupported = 154,

    /// <summary>The broker does not offer this quality of service.</summary>
    QosNotSupported = 155,

    /// <summary>Use another broker for now.</summary>
    UseAnotherServer = 156,

    /// <summary>Use another broker from now on.</summary>
    ServerMoved = 157,

    /// <summary>The broker has no shared subscriptions.</summary>
    SharedSubscriptionsNotSupported = 158,

    /// <summary>Too many connections at once.</summary>
    ConnectionRateExceeded = 159,

    /// <summary>The connection has lasted as long as it may.</summary>
    MaximumConnectTime = 160,

    /// <summary>The broker does not number subscriptions.</summary>
    SubscriptionIdentifiersNotSupported = 161,

    /// <summary>The broker has no wildcards.</summary>
    WildcardSubscriptionsNotSupported = 162,
}

/// <summary>How a client leaves.</summary>
public sealed class MqttClientDisconnectOptions
{
    /// <summary>Why (MQTT 5).</summary>
    public MqttClientDisconnectOptionsReason Reason { get; set; } = MqttClientDisconnectOptionsReason.NormalDisconnection;

    /// <summary>An explanation for the broker (MQTT 5).</summary>
    public string? ReasonString { get; set; }

    /// <summary>Seconds for which the broker keeps the session from now on; 0 leaves what the connect said (MQTT 5).</summary>
    public uint SessionExpiryInterval { get; set; }

    /// <summary>Names and values for the broker (MQTT 5).</summary>
    public List<MqttUserProperty>? UserProperties { get; set; }
}
