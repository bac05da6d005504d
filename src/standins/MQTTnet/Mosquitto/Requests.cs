// What callers ask of a connection: to be sent by its loop, and answered by the broker.
using System.Buffers;
using MQTTnet.Exceptions;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace MQTTnet.Mosquitto;

/// <summary>A request. Its task completes on the thread pool; everything else belongs to the connection's loop.</summary>
internal abstract class Request
{
    /// <summary>Whether the caller has gone: an unsent request is then dropped.</summary>
    internal abstract bool IsOver { get; }

    /// <summary>Whether libmosquitto holds it until it is sent or acknowledged, so that the number of such requests must be bounded.</summary>
    internal virtual bool IsMessage => false;

    /// <summary>Hands the request to libmosquitto, which queues it.</summary>
    /// <returns>A code of libmosquitto.</returns>
    internal abstract int Send(nint client, out int id);

    /// <summary>The broker's answer.</summary>
    internal abstract void Answer(int id, int code, IncomingProperties properties);

    internal abstract void Fail(Exception exception);
}

/// <summary>A request with a result.</summary>
internal abstract class Request<TResult> : Request
{
    private readonly TaskCompletionSource<TResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal override bool IsOver => _result.Task.IsCompleted;

    internal override void Fail(Exception exception)
    {
        if (_result.TrySetException(exception))
        {
            // A caller that has gone must not turn this into an unobserved exception.
            _ = _result.Task.Exception;
        }
    }

    protected void Succeed(TResult result) => _result.TrySetResult(result);

    /// <exception cref="MqttCommunicationTimedOutException">No answer within the limit.</exception>
    internal async Task<TResult> WaitAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            return await _result.Task.WaitAsync(limit, cancellationToken);
        }
        catch (TimeoutException exception)
        {
            _result.TrySetCanceled(CancellationToken.None);
            throw new MqttCommunicationTimedOutException(exception);
        }
        catch (OperationCanceledException)
        {
            _result.TrySetCanceled(cancellationToken);
            throw;
        }
    }
}

internal sealed class PublishRequest(MqttApplicationMessage message) : Request<MqttClientPublishResult>
{
    internal override bool IsMessage => true;

    internal override unsafe int Send(nint client, out int id)
    {
        using var properties = new OutgoingProperties();
        properties.AddByte(PropertyNumber.PayloadFormatIndicator, (byte)message.PayloadFormatIndicator);
        properties.AddInt32(PropertyNumber.MessageExpiryInterval, message.MessageExpiryInterval);
        properties.AddString(PropertyNumber.ContentType, message.ContentType);
        properties.AddString(PropertyNumber.ResponseTopic, message.ResponseTopic);
        properties.AddBinary(PropertyNumber.CorrelationData, message.CorrelationData);
        properties.AddUserProperties(message.UserProperties);
        ReadOnlySpan<byte> payload = message.Payload.IsSingleSegment ? message.Payload.FirstSpan : message.Payload.ToArray();
        fixed (byte* start = payload)
        {
            return Libmosquitto.Publish(
                client,
                out id,
                message.Topic,
                payload.Length,
                start,
                (int)message.QualityOfServiceLevel,
                message.Retain ? (byte)1 : (byte)0,
                properties.List);
        }
    }

    internal override void Answer(int id, int code, IncomingProperties properties) => Succeed(new MqttClientPublishResult(
        message.QualityOfServiceLevel == MqttQualityOfServiceLevel.AtMostOnce ? null : (ushort)id,
        (MqttClientPublishReasonCode)code,
        properties.String(PropertyNumber.ReasonString),
        properties.UserProperties()));
}

/// <summary>One topic filter: libmosquitto sends the filters of one packet with the same options, so each has a packet of its own.</summary>
internal sealed class SubscribeRequest(MqttTopicFilter filter, uint identifier)
    : Request<(int Id, MqttClientSubscribeResultItem Item, string? Reason, List<MqttUserProperty>? UserProperties)>
{
    private const int NoLocal = 0x04;
    private const int RetainAsPublished = 0x08;
    private const int RetainHandlingShift = 4;

    internal override int Send(nint client, out int id)
    {
        using var properties = new OutgoingProperties();
        properties.AddVariableInt(PropertyNumber.SubscriptionIdentifier, identifier);
        int options = (filter.NoLocal ? NoLocal : 0)
            | (filter.RetainAsPublished ? RetainAsPublished : 0)
            | ((int)filter.RetainHandling << RetainHandlingShift);
        return Libmosquitto.Subscribe(client, out id, filter.Topic, (int)filter.QualityOfServiceLevel, options, properties.List);
    }

    internal override void Answer(int id, int code, IncomingProperties properties) => Succeed((
        id,
        new MqttClientSubscribeResultItem(filter, (MqttClientSubscribeResultCode)code),
        properties.String(PropertyNumber.ReasonString),
        properties.UserProperties()));
}

/// <summary>One topic filter.</summary>
internal sealed class UnsubscribeRequest(string filter)
    : Request<(int Id, MqttClientUnsubscribeResultItem Item, string? Reason, List<MqttUserProperty>? UserProperties)>
{
    internal override int Send(nint client, out int id) => Libmosquitto.Unsubscribe(client, out id, filter, 0);

    internal override void Answer(int id, int code, IncomingProperties properties) => Succeed((
        id,
        new MqttClientUnsubscribeResultItem(filter, MqttClientUnsubscribeResultCode.Success),
        properties.String(PropertyNumber.ReasonString),
        properties.UserProperties()));
}

/// <summary>The last request of a connection; its answer is the end of the connection.</summary>
internal sealed class DisconnectRequest(MqttClientDisconnectOptions options) : Request
{
    internal MqttClientDisconnectOptions Options => options;

    internal override bool IsOver => false;

    internal override int Send(nint client, out int id)
    {
        id = 0;
        using var properties = new OutgoingProperties();
        properties.AddInt32(PropertyNumber.SessionExpiryInterval, options.SessionExpiryInterval);
        properties.AddString(PropertyNumber.ReasonString, options.ReasonString);
        properties.AddUserProperties(options.UserProperties);
        return Libmosquitto.Disconnect(client, (int)options.Reason, properties.List);
    }

    internal override void Answer(int id, int code, IncomingProperties properties) =>
        throw new InvalidOperationException("A disconnect has no answer.");

    internal override void Fail(Exception exception)
    {
        // The connection is over, which is what was asked for.
    }
}
