// Where a client reports what no caller is waiting for, such as an exception from an event handler.
namespace MQTTnet.Diagnostics.Logger;

/// <summary>How grave a report is.</summary>
public enum MqttNetLogLevel
{
    /// <summary>A detail.</summary>
    Verbose,

    /// <summary>A fact.</summary>
    Info,

    /// <summary>Something that may need attention.</summary>
    Warning,

    /// <summary>A failure.</summary>
    Error,
}

/// <summary>Receives a client's reports, on any thread.</summary>
public interface IMqttNetLogger
{
    /// <summary>Whether reports are wanted at all.</summary>
    bool IsEnabled { get; }

    /// <summary>Takes one report.</summary>
    /// <param name="logLevel">How grave it is.</param>
    /// <param name="source">The part of the client that reports.</param>
    /// <param name="message">The text, with composite-format places for the parameters.</param>
    /// <param name="parameters">Values for the places, if any.</param>
    /// <param name="exception">The failure, if there is one.</param>
    void Publish(MqttNetLogLevel logLevel, string source, string message, object[]? parameters, Exception? exception);
}

/// <summary>Drops every report; the default.</summary>
public sealed class MqttNetNullLogger : IMqttNetLogger
{
    /// <summary>One for all.</summary>
    public static MqttNetNullLogger Instance { get; } = new();

    /// <inheritdoc />
    public bool IsEnabled => false;

    /// <inheritdoc />
    public void Publish(MqttNetLogLevel logLevel, string source, string message, object[]? parameters, Exception? exception)
    {
    }
}
