// The ways in which a connection, or a request on it, fails.
namespace MQTTnet.Exceptions;

/// <summary>The broker could not be reached, or the connection to it broke.</summary>
public class MqttCommunicationException : Exception
{
    /// <summary>A failure with the message of its cause.</summary>
    /// <param name="innerException">The cause.</param>
    public MqttCommunicationException(Exception? innerException)
        : base(innerException?.Message ?? "MQTT communication failed.", innerException)
    {
    }

    /// <summary>A failure.</summary>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public MqttCommunicationException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

/// <summary>The broker did not answer in time.</summary>
public sealed class MqttCommunicationTimedOutException : MqttCommunicationException
{
    /// <summary>A timeout.</summary>
    public MqttCommunicationTimedOutException()
        : base("The operation has timed out.")
    {
    }

    /// <summary>A timeout with its cause.</summary>
    /// <param name="innerException">The cause.</param>
    public MqttCommunicationTimedOutException(Exception? innerException)
        : base("The operation has timed out.", innerException)
    {
    }
}

/// <summary>A request needs a connection and there is none.</summary>
public class MqttClientNotConnectedException : MqttCommunicationException
{
    /// <summary>There is no connection.</summary>
    public MqttClientNotConnectedException()
        : base("The MQTT client is not connected.")
    {
    }
}

/// <summary>The connection ended while a request waited for its answer; whether the broker acted on it is unknown.</summary>
public sealed class MqttClientDisconnectedException : MqttCommunicationException
{
    /// <summary>The connection ended.</summary>
    /// <param name="innerException">Why it ended; null when this client ended it.</param>
    public MqttClientDisconnectedException(Exception? innerException)
        : base("The MQTT client is disconnected.", innerException)
    {
    }
}

/// <summary>A message, topic or setting that the protocol does not allow.</summary>
/// <param name="message">What is not allowed.</param>
public class MqttProtocolViolationException(string message) : Exception(message);
