// The protocol versions that a client can speak.
namespace MQTTnet.Formatter;

/// <summary>A version of MQTT, with its number on the wire.</summary>
public enum MqttProtocolVersion
{
    /// <summary>Not set.</summary>
    Unknown = 0,

    /// <summary>MQTT 3.1.</summary>
    V310 = 3,

    /// <summary>MQTT 3.1.1.</summary>
    V311 = 4,

    /// <summary>MQTT 5.</summary>
    V500 = 5,
}
