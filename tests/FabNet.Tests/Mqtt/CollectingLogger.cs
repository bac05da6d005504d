// Keeps the exceptions that a client reported.
using System.Collections.Concurrent;
using MQTTnet.Diagnostics.Logger;

namespace FabNet.Tests.Mqtt;

internal sealed class CollectingLogger : IMqttNetLogger
{
    public ConcurrentQueue<Exception> Exceptions { get; } = [];

    public bool IsEnabled => true;

    public void Publish(MqttNetLogLevel logLevel, string source, string message, object[]? parameters, Exception? exception)
    {
        if (exception is not null)
        {
            Exceptions.Enqueue(exception);
        }
    }
}
