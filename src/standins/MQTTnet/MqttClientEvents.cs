// What a client tells its owner: a message received, a connection made, a connection ended.
using MQTTnet.Packets;

namespace MQTTnet;

/// <summary>A message was received.</summary>
public sealed class MqttApplicationMessageReceivedEventArgs : EventArgs
{
    internal MqttApplicationMessageReceivedEventArgs(string clientId, MqttApplicationMessage applicationMessage, ushort packetIdentifier)
    {
        ClientId = clientId;
        ApplicationMessage = applicationMessage;
        PacketIdentifier = packetIdentifier;
    }

    /// <summary>The client that received it.</summary>
    public string ClientId { get; }

    /// <summary>The message; it may be kept. Its receipt has been acknowledged already: libmosquitto does that by itself.</summary>
    public MqttApplicationMessage ApplicationMessage { get; }

    /// <summary>The message's number; 0 with QoS 0.</summary>
    public ushort PacketIdentifier { get; }

    /// <summary>For the handlers' own use.</summary>
    public bool IsHandled { get; set; }
}

/// <summary>A connection was made.</summary>
/// <param name="connectResult">The broker's answer.</param>
public sealed class MqttClientConnectedEventArgs(MqttClientConnectResult connectResult) : EventArgs
{
    /// <summary>The broker's answer.</summary>
    public MqttClientConnectResult ConnectResult { get; } = connectResult;
}

/// <summary>A connection ended, or could not be made.</summary>
/// <param name="clientWasConnected">False when it could not be made.</param>
/// <param name="connectResult">The broker's refusal, if that is why.</param>
/// <param name="reason">Why it ended.</param>
/// <param name="reasonString">The broker's explanation (MQTT 5).</param>
/// <param name="userProperties">Names and values from the broker (MQTT 5).</param>
/// <param name="exception">What went wrong; null when this client ended it, or the broker said why.</param>
public sealed class MqttClientDisconnectedEventArgs(
    bool clientWasConnected,
    MqttClientConnectResult? connectResult,
    MqttClientDisconnectReason reason,
    string? reasonString,
    List<MqttUserProperty>? userProperties,
    Exception? exception) : EventArgs
{
    /// <summary>False when the connection could not be made.</summary>
    public bool ClientWasConnected { get; } = clientWasConnected;

    /// <summary>The broker's refusal, if that is why.</summary>
    public MqttClientConnectResult? ConnectResult { get; } = connectResult;

    /// <summary>Why it ended.</summary>
    public MqttClientDisconnectReason Reason { get; } = reason;

    /// <summary>The broker's explanation (MQTT 5).</summary>
    public string? ReasonString { get; } = reasonString;

    /// <summary>Names and values from the broker (MQTT 5).</summary>
    public List<MqttUserProperty>? UserProperties { get; } = userProperties;

    /// <summary>What went wrong; null when this client ended it, or the broker said why.</summary>
    public Exception? Exception { get; } = exception;
}
