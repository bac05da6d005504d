// The client that FabNet uses: one connection to one broker at a time.
using System.Diagnostics.CodeAnalysis;

namespace MQTTnet;

/// <summary>
/// An MQTT client. It never connects by itself: after <see cref="DisconnectedAsync"/> its owner calls <see cref="ConnectAsync"/> again, when it wants to.
/// Any thread may publish, subscribe and unsubscribe; connecting and disconnecting is for one owner.
/// </summary>
[SuppressMessage("Design", "MA0046:Use EventHandler<T> to declare events", Justification = "The events are those of the package's API.")]
public interface IMqttClient : IDisposable
{
    /// <summary>
    /// A message was received. Messages come one after the other, in the order in which the broker sent them: the next waits for the handler's task.
    /// When 1024 messages or 16 MiB wait for the handlers, no more are read from the broker, which then holds them back, until half of them are handled. An
    /// exception goes to the factory's logger.
    /// </summary>
    event Func<MqttApplicationMessageReceivedEventArgs, Task> ApplicationMessageReceivedAsync;

    /// <summary>A connection was made; <see cref="ConnectAsync"/> returns after the handlers.</summary>
    event Func<MqttClientConnectedEventArgs, Task> ConnectedAsync;

    /// <summary>A connection ended or could not be made: once for each connect, on a thread of its own, where connecting again is allowed.</summary>
    event Func<MqttClientDisconnectedEventArgs, Task> DisconnectedAsync;

    /// <summary>Whether there is a connection that the broker accepted.</summary>
    bool IsConnected { get; }

    /// <summary>The options of the last connect; null before the first.</summary>
    MqttClientOptions? Options { get; }

    /// <summary>Connects. A broker's refusal is a result, not an exception.</summary>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Ends the attempt; without one, the options' timeout does.</param>
    /// <exception cref="InvalidOperationException">It is connected or connecting already.</exception>
    /// <exception cref="NotSupportedException">An option cannot be served by libmosquitto.</exception>
    /// <exception cref="Exceptions.MqttCommunicationException">The broker could not be reached, trusted or waited for.</exception>
    Task<MqttClientConnectResult> ConnectAsync(MqttClientOptions options, CancellationToken cancellationToken = default);

    /// <summary>Leaves; does nothing when there is no connection. Requests still waiting for an answer fail.</summary>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Ends the wait, and the connection, at once.</param>
    Task DisconnectAsync(MqttClientDisconnectOptions options, CancellationToken cancellationToken = default);

    /// <summary>
    /// Publishes; done when the message is sent (QoS 0), acknowledged (QoS 1) or completed (QoS 2). A message that fails is not sent again later. When 1000
    /// messages wait for their acknowledgement, further ones wait.
    /// </summary>
    /// <param name="applicationMessage">The message; it must not change until this is done.</param>
    /// <param name="cancellationToken">Ends the wait; the message may have been sent.</param>
    /// <exception cref="Exceptions.MqttClientNotConnectedException">There is no connection.</exception>
    /// <exception cref="Exceptions.MqttClientDisconnectedException">The connection ended first; whether the broker took the message is unknown.</exception>
    /// <exception cref="Exceptions.MqttProtocolViolationException">The message is not allowed.</exception>
    Task<MqttClientPublishResult> PublishAsync(MqttApplicationMessage applicationMessage, CancellationToken cancellationToken = default);

    /// <summary>Subscribes; done when the broker has answered.</summary>
    /// <param name="options">To what.</param>
    /// <param name="cancellationToken">Ends the wait; without one, the options' timeout does.</param>
    /// <exception cref="Exceptions.MqttClientNotConnectedException">There is no connection.</exception>
    /// <exception cref="Exceptions.MqttClientDisconnectedException">The connection ended first.</exception>
    /// <exception cref="Exceptions.MqttCommunicationTimedOutException">The broker did not answer in time.</exception>
    Task<MqttClientSubscribeResult> SubscribeAsync(MqttClientSubscribeOptions options, CancellationToken cancellationToken = default);

    /// <summary>Unsubscribes; done when the broker has answered.</summary>
    /// <param name="options">From what.</param>
    /// <param name="cancellationToken">Ends the wait; without one, the options' timeout does.</param>
    /// <exception cref="Exceptions.MqttClientNotConnectedException">There is no connection.</exception>
    /// <exception cref="Exceptions.MqttClientDisconnectedException">The connection ended first.</exception>
    /// <exception cref="Exceptions.MqttCommunicationTimedOutException">The broker did not answer in time.</exception>
    Task<MqttClientUnsubscribeResult> UnsubscribeAsync(MqttClientUnsubscribeOptions options, CancellationToken cancellationToken = default);
}
