// What to subscribe to and unsubscribe from, and the builders of these requests.
using MQTTnet.Exceptions;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace MQTTnet;

/// <summary>A request to subscribe.</summary>
public sealed class MqttClientSubscribeOptions
{
    /// <summary>What to subscribe to; at least one.</summary>
    public List<MqttTopicFilter> TopicFilters { get; set; } = [];

    /// <summary>A number that the broker adds to each message of this subscription; 0 for none (MQTT 5).</summary>
    public uint SubscriptionIdentifier { get; set; }
}

/// <summary>A request to unsubscribe.</summary>
public sealed class MqttClientUnsubscribeOptions
{
    /// <summary>What to unsubscribe from, as it was subscribed to; at least one.</summary>
    public List<string> TopicFilters { get; set; } = [];
}

/// <summary>Builds a request to subscribe. Not to be shared between threads.</summary>
public sealed class MqttClientSubscribeOptionsBuilder
{
    private readonly MqttClientSubscribeOptions _options = new();

    /// <summary>The request.</summary>
    public MqttClientSubscribeOptions Build() => _options;

    /// <summary>Adds a topic filter.</summary>
    /// <param name="topic">The filter.</param>
    /// <param name="qualityOfServiceLevel">The highest level of delivery.</param>
    /// <param name="noLocal">Whether this client's own messages are left out (MQTT 5).</param>
    /// <param name="retainAsPublished">Whether messages keep their retain flag (MQTT 5).</param>
    /// <param name="retainHandling">Which retained messages are sent at first (MQTT 5).</param>
    public MqttClientSubscribeOptionsBuilder WithTopicFilter(
        string topic,
        MqttQualityOfServiceLevel qualityOfServiceLevel = MqttQualityOfServiceLevel.AtMostOnce,
        bool noLocal = false,
        bool retainAsPublished = false,
        MqttRetainHandling retainHandling = MqttRetainHandling.SendAtSubscribe) =>
        WithTopicFilter(new MqttTopicFilter
        {
            Topic = topic,
            QualityOfServiceLevel = qualityOfServiceLevel,
            NoLocal = noLocal,
            RetainAsPublished = retainAsPublished,
            RetainHandling = retainHandling,
        });

    /// <summary>Adds a topic filter.</summary>
    /// <param name="topicFilterBuilder">Builds it.</param>
    public MqttClientSubscribeOptionsBuilder WithTopicFilter(Action<MqttTopicFilterBuilder> topicFilterBuilder)
    {
        ArgumentNullException.ThrowIfNull(topicFilterBuilder);
        var builder = new MqttTopicFilterBuilder();
        topicFilterBuilder(builder);
        return WithTopicFilter(builder.Build());
    }

    /// <summary>Adds a topic filter.</summary>
    /// <param name="topicFilter">The filter.</param>
    public MqttClientSubscribeOptionsBuilder WithTopicFilter(MqttTopicFilter topicFilter)
    {
        ArgumentNullException.ThrowIfNull(topicFilter);
        _options.TopicFilters.Add(topicFilter);
        return this;
    }

    /// <summary>A number that the broker adds to each message of this subscription (MQTT 5).</summary>
    /// <param name="subscriptionIdentifier">1 to 268,435,455.</param>
    public MqttClientSubscribeOptionsBuilder WithSubscriptionIdentifier(uint subscriptionIdentifier)
    {
        _options.SubscriptionIdentifier =
            subscriptionIdentifier == 0 ? throw new MqttProtocolViolationException("Subscription identifier cannot be 0.") : subscriptionIdentifier;
        return this;
    }
}

/// <summary>Builds a request to unsubscribe. Not to be shared between threads.</summary>
public sealed class MqttClientUnsubscribeOptionsBuilder
{
    private readonly MqttClientUnsubscribeOptions _options = new();

    /// <summary>The request.</summary>
    public MqttClientUnsubscribeOptions Build() => _options;

    /// <summary>Adds a topic filter.</summary>
    /// <param name="topic">The filter, as it was subscribed to.</param>
    public MqttClientUnsubscribeOptionsBuilder WithTopicFilter(string topic)
    {
        ArgumentNullException.ThrowIfNull(topic);
        _options.TopicFilters.Add(topic);
        return this;
    }
}

/// <summary>Builds a topic filter. Not to be shared between threads.</summary>
public sealed class MqttTopicFilterBuilder
{
    private readonly MqttTopicFilter _filter = new();

    /// <summary>The filter.</summary>
    /// <exception cref="MqttProtocolViolationException">The topic is not set.</exception>
    public MqttTopicFilter Build() => _filter.Topic.Length > 0 ? _filter : throw new MqttProtocolViolationException("Topic is not set.");

    /// <summary>The filter.</summary>
    /// <param name="topic"><c>+</c> stands for one level, <c>#</c> at the end for all that follow.</param>
    public MqttTopicFilterBuilder WithTopic(string topic)
    {
        _filter.Topic = topic;
        return this;
    }

    /// <summary>The highest level of delivery.</summary>
    /// <param name="qualityOfServiceLevel">The level.</param>
    public MqttTopicFilterBuilder WithQualityOfServiceLevel(MqttQualityOfServiceLevel qualityOfServiceLevel)
    {
        _filter.QualityOfServiceLevel = qualityOfServiceLevel;
        return this;
    }

    /// <summary>Delivery at most once.</summary>
    public MqttTopicFilterBuilder WithAtMostOnceQoS() => WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtMostOnce);

    /// <summary>Delivery at least once.</summary>
    public MqttTopicFilterBuilder WithAtLeastOnceQoS() => WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce);

    /// <summary>Delivery exactly once.</summary>
    public MqttTopicFilterBuilder WithExactlyOnceQoS() => WithQualityOfServiceLevel(MqttQualityOfServiceLevel.ExactlyOnce);

    /// <summary>Whether this client's own messages are left out (MQTT 5).</summary>
    /// <param name="value">True to leave them out.</param>
    public MqttTopicFilterBuilder WithNoLocal(bool value = true)
    {
        _filter.NoLocal = value;
        return this;
    }

    /// <summary>Whether messages keep their retain flag (MQTT 5).</summary>
    /// <param name="value">True to keep it.</param>
    public MqttTopicFilterBuilder WithRetainAsPublished(bool value = true)
    {
        _filter.RetainAsPublished = value;
        return this;
    }

    /// <summary>Which retained messages are sent at first (MQTT 5).</summary>
    /// <param name="value">Which.</param>
    public MqttTopicFilterBuilder WithRetainHandling(MqttRetainHandling value)
    {
        _filter.RetainHandling = value;
        return this;
    }
}
