// What libmosquitto reports, on the connection's own thread, inside the loop's calls.
using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MQTTnet.Diagnostics.Logger;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace MQTTnet.Mosquitto;

/// <summary>An exception must not cross the library: it ends the connection instead.</summary>
internal sealed unsafe partial class MosquittoConnection
{
    private const int FirstBrokerReason = 128;

    private void SetCallbacks()
    {
        Libmosquitto.OnConnect(_client, &OnConnect);
        Libmosquitto.OnDisconnect(_client, &OnDisconnect);
        Libmosquitto.OnPublish(_client, &OnPublish);
        Libmosquitto.OnMessage(_client, &OnMessage);
        Libmosquitto.OnSubscribe(_client, &OnSubscribe);
        Libmosquitto.OnUnsubscribe(_client, &OnUnsubscribe);
        Libmosquitto.OnLog(_client, &OnLog);
    }

    private static MosquittoConnection Of(nint owner) => (MosquittoConnection)GCHandle.FromIntPtr(owner).Target!;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnConnect(nint client, nint owner, int code, int flags, nint properties)
    {
        MosquittoConnection self = Of(owner);
        try
        {
            self.BrokerAnswered(code, flags, new IncomingProperties(properties));
        }
        catch (Exception exception)
        {
            self._failure = exception;
        }
    }

    /// <summary>Codes below 128 are libmosquitto's own, which the loop also gets from the call.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnDisconnect(nint client, nint owner, int code, nint properties)
    {
        if (code >= FirstBrokerReason)
        {
            Of(owner)._brokersReason = (MqttClientDisconnectReason)code;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnPublish(nint client, nint owner, int id, int code, nint properties) => Answer(owner, id, code, properties);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnSubscribe(nint client, nint owner, int id, int count, int* codes, nint properties) =>
        Answer(owner, id, count > 0 ? codes[0] : (int)MqttClientSubscribeResultCode.UnspecifiedError, properties);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnUnsubscribe(nint client, nint owner, int id, nint properties) => Answer(owner, id, 0, properties);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnMessage(nint client, nint owner, Libmosquitto.Message* message, nint properties)
    {
        MosquittoConnection self = Of(owner);
        try
        {
            self.Received(message, new IncomingProperties(properties));
        }
        catch (Exception exception)
        {
            self._failure = exception;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnLog(nint client, nint owner, int level, nint text)
    {
        MosquittoConnection self = Of(owner);
        try
        {
            if (level == Libmosquitto.LogError)
            {
                self._lastError = Marshal.PtrToStringUTF8(text)?.TrimEnd();
            }

            if (self._logger.IsEnabled)
            {
                MqttNetLogLevel severity = level switch
                {
                    Libmosquitto.LogError => MqttNetLogLevel.Error,
                    Libmosquitto.LogWarning => MqttNetLogLevel.Warning,
                    Libmosquitto.LogDebug => MqttNetLogLevel.Verbose,
                    _ => MqttNetLogLevel.Info,
                };
                self._logger.Publish(severity, "libmosquitto", "{0}", [Marshal.PtrToStringUTF8(text) ?? ""], null);
            }
        }
        catch (Exception exception)
        {
            self._failure = exception;
        }
    }

    private static void Answer(nint owner, int id, int code, nint properties)
    {
        MosquittoConnection self = Of(owner);
        try
        {
            if (self._unanswered.Remove(id, out Request? request))
            {
                self._messagesOut -= request.IsMessage ? 1 : 0;
                request.Answer(id, code, new IncomingProperties(properties));
            }
        }
        catch (Exception exception)
        {
            self._failure = exception;
        }
    }

    private void BrokerAnswered(int code, int flags, IncomingProperties properties)
    {
        _accepted = code == 0;
        _connected.TrySetResult(new MqttClientConnectResult
        {
            ResultCode = _options.ProtocolVersion == MqttProtocolVersion.V500 ? (MqttClientConnectResultCode)code : FromVersion3(code),
            IsSessionPresent = (flags & 1) != 0,
            AssignedClientIdentifier = properties.String(PropertyNumber.AssignedClientIdentifier),
            ReasonString = properties.String(PropertyNumber.ReasonString),
            ServerKeepAlive = properties.Int16(PropertyNumber.ServerKeepAlive) ?? 0,
            SessionExpiryInterval = properties.Int32(PropertyNumber.SessionExpiryInterval),
            MaximumPacketSize = properties.Int32(PropertyNumber.MaximumPacketSize),
            ReceiveMaximum = properties.Int16(PropertyNumber.ReceiveMaximum),
            MaximumQoS = (MqttQualityOfServiceLevel)(properties.Byte(PropertyNumber.MaximumQos) ?? 2),
            RetainAvailable = properties.Byte(PropertyNumber.RetainAvailable) != 0,
            UserProperties = properties.UserProperties(),
        });
    }

    /// <summary>MQTT 3.1.1, section 3.2.2.3.</summary>
    private static MqttClientConnectResultCode FromVersion3(int code) => code switch
    {
        0 => MqttClientConnectResultCode.Success,
        1 => MqttClientConnectResultCode.UnsupportedProtocolVersion,
        2 => MqttClientConnectResultCode.ClientIdentifierNotValid,
        3 => MqttClientConnectResultCode.ServerUnavailable,
        4 => MqttClientConnectResultCode.BadUserNameOrPassword,
        5 => MqttClientConnectResultCode.NotAuthorized,
        _ => MqttClientConnectResultCode.UnspecifiedError,
    };

    private void Received(Libmosquitto.Message* received, IncomingProperties properties)
    {
        var message = new MqttApplicationMessage
        {
            Topic = Marshal.PtrToStringUTF8(received->Topic) ?? "",
            Payload = received->PayloadLength == 0
                ? ReadOnlySequence<byte>.Empty
                : new ReadOnlySequence<byte>(new ReadOnlySpan<byte>(received->Payload, received->PayloadLength).ToArray()),
            QualityOfServiceLevel = (MqttQualityOfServiceLevel)received->Qos,
            Retain = received->Retain != 0,
        };
        properties.CopyTo(message);
        Interlocked.Increment(ref _unhandled);
        Interlocked.Add(ref _unhandledBytes, received->PayloadLength);
        _messages.Writer.TryWrite(new ReceivedMessage(received->Qos == 0 ? (ushort)0 : (ushort)received->Id, message));
    }
}
