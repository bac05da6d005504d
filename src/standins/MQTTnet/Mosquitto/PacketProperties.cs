// The properties that MQTT 5 adds to a packet, to and from libmosquitto's lists (mqtt_protocol.h gives the numbers).
using System.Runtime.InteropServices;
using MQTTnet.Exceptions;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace MQTTnet.Mosquitto;

/// <summary>A list to send with a packet. It stays empty, and absent, when nothing is added: earlier versions of MQTT have none.</summary>
internal ref struct OutgoingProperties
{
    private nint _list;

    internal readonly nint List => _list;

    internal void AddByte(int property, byte value)
    {
        if (value != 0)
        {
            Check(Libmosquitto.AddByte(ref _list, property, value));
        }
    }

    internal void AddInt32(int property, uint value)
    {
        if (value != 0)
        {
            Check(Libmosquitto.AddInt32(ref _list, property, value));
        }
    }

    internal void AddVariableInt(int property, uint value)
    {
        if (value != 0)
        {
            Check(Libmosquitto.AddVariableInt(ref _list, property, value));
        }
    }

    internal void AddString(int property, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            Check(Libmosquitto.AddString(ref _list, property, MqttText.Checked(value)));
        }
    }

    internal unsafe void AddBinary(int property, byte[]? value)
    {
        if (value is not { Length: > 0 })
        {
            return;
        }

        if (value.Length > ushort.MaxValue)
        {
            throw new MqttProtocolViolationException($"A binary property has at most {ushort.MaxValue} bytes, not {value.Length}.");
        }

        fixed (byte* start = value)
        {
            Check(Libmosquitto.AddBinary(ref _list, property, start, (ushort)value.Length));
        }
    }

    internal void AddUserProperties(List<MqttUserProperty>? properties)
    {
        foreach (MqttUserProperty property in properties ?? [])
        {
            Check(Libmosquitto.AddStringPair(
                ref _list, PropertyNumber.UserProperty, MqttText.Checked(property.Name), MqttText.Checked(property.Value)));
        }
    }

    /// <summary>Libmosquitto copies what it sends, so the list is this struct's to free.</summary>
    public void Dispose()
    {
        if (_list != 0)
        {
            Libmosquitto.FreeProperties(ref _list);
        }
    }

    private static void Check(int code)
    {
        if (code != Libmosquitto.Success)
        {
            throw new MqttProtocolViolationException($"A property of the packet is not accepted: {Libmosquitto.Text(code)}.");
        }
    }
}

/// <summary>The properties that came with a packet. The list belongs to libmosquitto and ends with the callback.</summary>
internal readonly struct IncomingProperties(nint list)
{
    internal byte? Byte(int property) =>
        list != 0 && Libmosquitto.ReadByte(list, property, out byte value, 0) != 0 ? value : null;

    internal ushort? Int16(int property) =>
        list != 0 && Libmosquitto.ReadInt16(list, property, out ushort value, 0) != 0 ? value : null;

    internal uint? Int32(int property) =>
        list != 0 && Libmosquitto.ReadInt32(list, property, out uint value, 0) != 0 ? value : null;

    internal string? String(int property) =>
        list != 0 && Libmosquitto.ReadString(list, property, out nint value, 0) != 0 ? Take(value) : null;

    internal List<MqttUserProperty>? UserProperties()
    {
        List<MqttUserProperty>? properties = null;
        for (nint at = list; at != 0; at = Libmosquitto.NextProperty(at))
        {
            if (Libmosquitto.PropertyIdentifier(at) == PropertyNumber.UserProperty
                && Libmosquitto.ReadStringPair(at, PropertyNumber.UserProperty, out nint name, out nint value, 0) != 0)
            {
                (properties ??= []).Add(new MqttUserProperty(Take(name), Take(value)));
            }
        }

        return properties;
    }

    internal unsafe void CopyTo(MqttApplicationMessage message)
    {
        if (list == 0)
        {
            return;
        }

        message.PayloadFormatIndicator = (MqttPayloadFormatIndicator)(Byte(PropertyNumber.PayloadFormatIndicator) ?? 0);
        message.MessageExpiryInterval = Int32(PropertyNumber.MessageExpiryInterval) ?? 0;
        message.ContentType = String(PropertyNumber.ContentType);
        message.ResponseTopic = String(PropertyNumber.ResponseTopic);
        message.UserProperties = UserProperties();
        if (Libmosquitto.ReadBinary(list, PropertyNumber.CorrelationData, out byte* data, out ushort length, 0) != 0)
        {
            message.CorrelationData = new Span<byte>(data, length).ToArray();
            NativeMemory.Free(data);
        }

        for (nint at = list; at != 0; at = Libmosquitto.NextProperty(at))
        {
            if (Libmosquitto.PropertyIdentifier(at) == PropertyNumber.SubscriptionIdentifier
                && Libmosquitto.ReadVariableInt(at, PropertyNumber.SubscriptionIdentifier, out uint identifier, 0) != 0)
            {
                (message.SubscriptionIdentifiers ??= []).Add(identifier);
            }
        }
    }

    /// <summary>Libmosquitto hands out copies made with malloc.</summary>
    private static unsafe string Take(nint text)
    {
        string value = Marshal.PtrToStringUTF8(text) ?? "";
        NativeMemory.Free((void*)text);
        return value;
    }
}

/// <summary>MQTT 5, section 2.2.2.2.</summary>
internal static class PropertyNumber
{
    internal const int PayloadFormatIndicator = 1;
    internal const int MessageExpiryInterval = 2;
    internal const int ContentType = 3;
    internal const int ResponseTopic = 8;
    internal const int CorrelationData = 9;
    internal const int SubscriptionIdentifier = 11;
    internal const int SessionExpiryInterval = 17;
    internal const int AssignedClientIdentifier = 18;
    internal const int ServerKeepAlive = 19;
    internal const int WillDelayInterval = 24;
    internal const int ReasonString = 31;
    internal const int ReceiveMaximum = 33;
    internal const int MaximumQos = 36;
    internal const int RetainAvailable = 37;
    internal const int UserProperty = 38;
    internal const int MaximumPacketSize = 39;
}

/// <summary>Text on its way to a C string, where a NUL would end it unseen.</summary>
internal static class MqttText
{
    internal static string Checked(string text) =>
        text.Contains('\0') ? throw new MqttProtocolViolationException("MQTT text cannot contain the character NUL (U+0000).") : text;

    internal static string CheckedTopic(string? topic)
    {
        if (string.IsNullOrEmpty(topic))
        {
            throw new MqttProtocolViolationException("Topic should not be empty.");
        }

        return topic.AsSpan().ContainsAny('+', '#')
            ? throw new MqttProtocolViolationException($"The characters '+' and '#' are not allowed in topics: '{topic}'.")
            : Checked(topic);
    }

    internal static string CheckedFilter(string? filter)
    {
        if (string.IsNullOrEmpty(filter))
        {
            throw new MqttProtocolViolationException("Topic should not be empty.");
        }

        int hash = filter.IndexOf('#');
        return hash >= 0 && hash != filter.Length - 1
            ? throw new MqttProtocolViolationException($"The character '#' is only allowed as last character: '{filter}'.")
            : Checked(filter);
    }
}
