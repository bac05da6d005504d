// Short ways to the client's requests.
using System.Buffers;
using System.Text;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace MQTTnet;

/// <summary>Short ways to the client's requests.</summary>
public static class MqttClientExtensions
{
    /// <summary>Leaves.</summary>
    /// <param name="client">The client.</param>
    /// <param name="reason">Why (MQTT 5).</param>
    /// <param name="reasonString">An explanation for the broker (MQTT 5).</param>
    /// <param name="sessionExpiryInterval">Seconds for which the broker keeps the session from now on; 0 leaves what the connect said (MQTT 5).</param>
    /// <param name="userProperties">Names and values for the broker (MQTT 5).</param>
    /// <param name="cancellationToken">Ends the wait, and the connection, at once.</param>
    public static Task DisconnectAsync(
        this IMqttClient client,
        MqttClientDisconnectOptionsReason reason = MqttClientDisconnectOptionsReason.NormalDisconnection,
        string? reasonString = null,
        uint sessionExpiryInterval = 0,
        List<MqttUserProperty>? userProperties = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        var options = new MqttClientDisconnectOptions
        {
            Reason = reason,
            ReasonString = reasonString,
            SessionExpiryInterval = sessionExpiryInterval,
            UserProperties = userProperties,
        };
        return client.DisconnectAsync(options, cancellationToken);
    }

    /// <summary>Leaves; false when that failed.</summary>
    /// <param name="client">The client.</param>
    /// <param name="reason">Why (MQTT 5).</param>
    /// <param name="reasonString">An explanation for the broker (MQTT 5).</param>
    public static async Task<bool> TryDisconnectAsync(
        this IMqttClient client,
        MqttClientDisconnectOptionsReason reason = MqttClientDisconnectOptionsReason.NormalDisconnection,
        string? reasonString = null)
    {
        try
        {
            await client.DisconnectAsync(reason, reasonString);
            return true;
        }
        catch (Exception)
        {
            return false;
        }
    }

    /// <summary>Publishes bytes.</summary>
    /// <param name="mqttClient">The client.</param>
    /// <param name="topic">Where.</param>
    /// <param name="payload">The bytes; null is none.</param>
    /// <param name="qualityOfServiceLevel">How hard the delivery is assured.</param>
    /// <param name="retain">Whether the broker keeps the message for later subscribers.</param>
    /// <param name="cancellationToken">Ends the wait; the message may have been sent.</param>
    public static Task<MqttClientPublishResult> PublishBinaryAsync(
        this IMqttClient mqttClient,
        string topic,
        IEnumerable<byte>? payload = null,
        MqttQualityOfServiceLevel qualityOfServiceLevel = MqttQualityOfServiceLevel.AtMostOnce,
        bool retain = false,
        CancellationToken cancellationToken = default) =>
        mqttClient.PublishSequenceAsync(
            topic, new ReadOnlySequence<byte>(payload as byte[] ?? payload?.ToArray() ?? []), qualityOfServiceLevel, retain, cancellationToken);

    /// <summary>Publishes bytes.</summary>
    /// <param name="mqttClient">The client.</param>
    /// <param name="topic">Where.</param>
    /// <param name="payload">The bytes.</param>
    /// <param name="qualityOfServiceLevel">How hard the delivery is assured.</param>
    /// <param name="retain">Whether the broker keeps the message for later subscribers.</param>
    /// <param name="cancellationToken">Ends the wait; the message may have been sent.</param>
    public static Task<MqttClientPublishResult> PublishSequenceAsync(
        this IMqttClient mqttClient,
        string topic,
        ReadOnlySequence<byte> payload,
        MqttQualityOfServiceLevel qualityOfServiceLevel = MqttQualityOfServiceLevel.AtMostOnce,
        bool retain = false,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(mqttClient);
        ArgumentNullException.ThrowIfNull(topic);
        var message = new MqttApplicationMessage { Topic = topic, Payload = payload, QualityOfServiceLevel = qualityOfServiceLevel, Retain = retain };
        return mqttClient.PublishAsync(message, cancellationToken);
    }

    /// <summary>Publishes text.</summary>
    /// <param name="mqttClient">The client.</param>
    /// <param name="topic">Where.</param>
    /// <param name="payload">The text, sent as UTF-8; null is none.</param>
    /// <param name="qualityOfServiceLevel">How hard the delivery is assured.</param>
    /// <param name="retain">Whether the broker keeps the message for later subscribers.</param>
    /// <param name="cancellationToken">Ends the wait; the message may have been sent.</param>
    public static Task<MqttClientPublishResult> PublishStringAsync(
        this IMqttClient mqttClient,
        string topic,
        string? payload = null,
        MqttQualityOfServiceLevel qualityOfServiceLevel = MqttQualityOfServiceLevel.AtMostOnce,
        bool retain = false,
        CancellationToken cancellationToken = default) =>
        mqttClient.PublishSequenceAsync(
            topic, new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(payload ?? "")), qualityOfServiceLevel, retain, cancellationToken);

    /// <summary>Subscribes to one topic filter.</summary>
    /// <param name="mqttClient">The client.</param>
    /// <param name="topicFilter">The filter.</param>
    /// <param name="cancellationToken">Ends the wait; without one, the options' timeout does.</param>
    public static Task<MqttClientSubscribeResult> SubscribeAsync(
        this IMqttClient mqttClient, MqttTopicFilter topicFilter, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(mqttClient);
        ArgumentNullException.ThrowIfNull(topicFilter);
        return mqttClient.SubscribeAsync(new MqttClientSubscribeOptions { TopicFilters = [topicFilter] }, cancellationToken);
    }

    /// <summary>Subscribes to one topic filter.</summary>
    /// <param name="mqttClient">The client.</param>
    /// <param name="topic">The filter.</param>
    /// <param name="qualityOfServiceLevel">The highest level of delivery.</param>
    /// <param name="cancellationToken">Ends the wait; without one, the options' timeout does.</param>
    public static Task<MqttClientSubscribeResult> SubscribeAsync(
        this IMqttClient mqttClient,
        string topic,
        MqttQualityOfServiceLevel qualityOfServiceLevel = MqttQualityOfServiceLevel.AtMostOnce,
        CancellationToken cancellationToken = default) =>
        mqttClient.SubscribeAsync(new MqttTopicFilter { Topic = topic, QualityOfServiceLevel = qualityOfServiceLevel }, cancellationToken);

    /// <summary>Unsubscribes from one topic filter.</summary>
    /// <param name="mqttClient">The client.</param>
    /// <param name="topic">The filter, as it was subscribed to.</param>
    /// <param name="cancellationToken">Ends the wait; without one, the options' timeout does.</param>
    public static Task<MqttClientUnsubscribeResult> UnsubscribeAsync(this IMqttClient mqttClient, string topic, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(mqttClient);
        ArgumentNullException.ThrowIfNull(topic);
        return mqttClient.UnsubscribeAsync(new MqttClientUnsubscribeOptions { TopicFilters = [topic] }, cancellationToken);
    }

    /// <summary>Connects again as the last time.</summary>
    /// <param name="client">The client.</param>
    /// <param name="cancellationToken">Ends the attempt; without one, the options' timeout does.</param>
    /// <exception cref="InvalidOperationException">It never was connected.</exception>
    public static Task ReconnectAsync(this IMqttClient client, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        return client.ConnectAsync(
            client.Options ?? throw new InvalidOperationException("The MQTT client was not connected before; call ConnectAsync with options first."),
            cancellationToken);
    }
}
