// Where clients and builders come from.
using System.Diagnostics.CodeAnalysis;
using MQTTnet.Diagnostics.Logger;

namespace MQTTnet;

/// <summary>Makes clients.</summary>
/// <param name="logger">Takes what no caller is waiting for.</param>
[SuppressMessage("Performance", "CA1822:Mark members as static", Justification = "They are instance members of the package's API.")]
public class MqttClientFactory(IMqttNetLogger logger)
{
    /// <summary>A factory whose clients report to nobody.</summary>
    public MqttClientFactory()
        : this(MqttNetNullLogger.Instance)
    {
    }

    /// <summary>Takes what no caller is waiting for.</summary>
    public IMqttNetLogger DefaultLogger { get; } = logger ?? throw new ArgumentNullException(nameof(logger));

    /// <summary>A client without a connection.</summary>
    public IMqttClient CreateMqttClient() => new MqttClient(DefaultLogger);

    /// <summary>A client without a connection.</summary>
    /// <param name="logger">Takes what no caller is waiting for.</param>
    public IMqttClient CreateMqttClient(IMqttNetLogger logger)
    {
        ArgumentNullException.ThrowIfNull(logger);
        return new MqttClient(logger);
    }

    /// <summary>A new builder.</summary>
    public MqttClientOptionsBuilder CreateClientOptionsBuilder() => new();

    /// <summary>A new builder.</summary>
    public MqttApplicationMessageBuilder CreateApplicationMessageBuilder() => new();

    /// <summary>A new builder.</summary>
    public MqttClientSubscribeOptionsBuilder CreateSubscribeOptionsBuilder() => new();

    /// <summary>A new builder.</summary>
    public MqttClientUnsubscribeOptionsBuilder CreateUnsubscribeOptionsBuilder() => new();

    /// <summary>A new builder.</summary>
    public MqttTopicFilterBuilder CreateTopicFilterBuilder() => new();
}
