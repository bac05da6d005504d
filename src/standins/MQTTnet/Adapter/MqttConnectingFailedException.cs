// The failure of a connection whose broker was reached and did not complete the handshake.
using MQTTnet.Exceptions;

namespace MQTTnet.Adapter;

/// <summary>The broker was reached, but the connection ended before it accepted or refused the client.</summary>
/// <param name="message">What happened.</param>
/// <param name="innerException">The cause.</param>
public sealed class MqttConnectingFailedException(string message, Exception? innerException) : MqttCommunicationException(message, innerException);
