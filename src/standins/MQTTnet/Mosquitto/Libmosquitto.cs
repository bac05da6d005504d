// The calls of libmosquitto that the client uses (mosquitto.h of version 2.0), and the making sure that it is there.
using System.Runtime.InteropServices;

namespace MQTTnet.Mosquitto;

internal static unsafe partial class Libmosquitto
{
    internal const int Success = 0;
    internal const int NoConnection = 4;
    internal const int ConnectionLost = 7;
    internal const int Tls = 8;
    internal const int Errno = 14;
    internal const int AddressLookup = 15;
    internal const int KeepAlive = 19;

    internal const int OptionProtocolVersion = 1;
    internal const int OptionTcpNoDelay = 11;

    internal const int LogError = 1 << 3;
    internal const int LogWarning = 1 << 2;
    internal const int LogDebug = 1 << 4;

    private const string Library = "libmosquitto.so.1";

    private static readonly Lazy<string?> InitialisationFailure = new(Initialise);

    /// <exception cref="DllNotFoundException">The library is not installed.</exception>
    internal static void EnsureLoaded()
    {
        if (InitialisationFailure.Value is { } failure)
        {
            throw new DllNotFoundException(failure);
        }
    }

    internal static string Text(int code) => Marshal.PtrToStringUTF8(ErrorText(code)) ?? $"error {code}";

    private static string? Initialise()
    {
        try
        {
            int code = LibraryInit();
            return code == Success ? null : $"libmosquitto did not start: {Text(code)}.";
        }
        catch (DllNotFoundException)
        {
            return "MQTT needs the library libmosquitto.so.1, which is not installed. On Debian, Ubuntu and Raspberry Pi OS: sudo apt-get install libmosquitto1";
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Message
    {
        internal int Id;
        internal nint Topic;
        internal byte* Payload;
        internal int PayloadLength;
        internal int Qos;
        internal byte Retain;
    }

    [LibraryImport(Library, EntryPoint = "mosquitto_lib_init")]
    private static partial int LibraryInit();

    [LibraryImport(Library, EntryPoint = "mosquitto_strerror")]
    private static partial nint ErrorText(int code);

    [LibraryImport(Library, EntryPoint = "mosquitto_new", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint New(string? clientId, byte cleanStart, nint owner);

    [LibraryImport(Library, EntryPoint = "mosquitto_destroy")]
    internal static partial void Destroy(nint client);

    [LibraryImport(Library, EntryPoint = "mosquitto_threaded_set")]
    internal static partial int SetThreaded(nint client, byte threaded);

    [LibraryImport(Library, EntryPoint = "mosquitto_int_option")]
    internal static partial int SetOption(nint client, int option, int value);

    [LibraryImport(Library, EntryPoint = "mosquitto_username_pw_set", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SetCredentials(nint client, string? user, byte* password);

    [LibraryImport(Library, EntryPoint = "mosquitto_will_set_v5", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SetWill(nint client, string topic, int payloadLength, byte* payload, int qos, byte retain, nint properties);

    [LibraryImport(Library, EntryPoint = "mosquitto_tls_set", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SetTls(
        nint client, string? authorityFile, string? authorityDirectory, string? certificateFile, string? keyFile, nint passwordCallback);

    [LibraryImport(Library, EntryPoint = "mosquitto_tls_opts_set", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SetTlsOptions(nint client, int verifyPeer, string? version, string? ciphers);

    [LibraryImport(Library, EntryPoint = "mosquitto_ssl_get")]
    internal static partial nint GetSsl(nint client);

    [LibraryImport(Library, EntryPoint = "mosquitto_connect_bind_v5", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    internal static partial int Connect(nint client, string host, int port, int keepAliveSeconds, string? bindAddress, nint properties);

    [LibraryImport(Library, EntryPoint = "mosquitto_disconnect_v5")]
    internal static partial int Disconnect(nint client, int reason, nint properties);

    [LibraryImport(Library, EntryPoint = "mosquitto_publish_v5", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Publish(
        nint client, out int id, string topic, int payloadLength, byte* payload, int qos, byte retain, nint properties);

    [LibraryImport(Library, EntryPoint = "mosquitto_subscribe_v5", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Subscribe(nint client, out int id, string filter, int qos, int options, nint properties);

    [LibraryImport(Library, EntryPoint = "mosquitto_unsubscribe_v5", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Unsubscribe(nint client, out int id, string filter, nint properties);

    [LibraryImport(Library, EntryPoint = "mosquitto_socket")]
    internal static partial int Socket(nint client);

    [LibraryImport(Library, EntryPoint = "mosquitto_want_write")]
    internal static partial byte WantsWrite(nint client);

    [LibraryImport(Library, EntryPoint = "mosquitto_loop_read", SetLastError = true)]
    internal static partial int Read(nint client, int maxPackets);

    [LibraryImport(Library, EntryPoint = "mosquitto_loop_write", SetLastError = true)]
    internal static partial int Write(nint client, int maxPackets);

    [LibraryImport(Library, EntryPoint = "mosquitto_loop_misc", SetLastError = true)]
    internal static partial int KeepAliveCheck(nint client);

    [LibraryImport(Library, EntryPoint = "mosquitto_connect_v5_callback_set")]
    internal static partial void OnConnect(nint client, delegate* unmanaged[Cdecl]<nint, nint, int, int, nint, void> callback);

    [LibraryImport(Library, EntryPoint = "mosquitto_disconnect_v5_callback_set")]
    internal static partial void OnDisconnect(nint client, delegate* unmanaged[Cdecl]<nint, nint, int, nint, void> callback);

    [LibraryImport(Library, EntryPoint = "mosquitto_publish_v5_callback_set")]
    internal static partial void OnPublish(nint client, delegate* unmanaged[Cdecl]<nint, nint, int, int, nint, void> callback);

    [LibraryImport(Library, EntryPoint = "mosquitto_message_v5_callback_set")]
    internal static partial void OnMessage(nint client, delegate* unmanaged[Cdecl]<nint, nint, Message*, nint, void> callback);

    [LibraryImport(Library, EntryPoint = "mosquitto_subscribe_v5_callback_set")]
    internal static partial void OnSubscribe(nint client, delegate* unmanaged[Cdecl]<nint, nint, int, int, int*, nint, void> callback);

    [LibraryImport(Library, EntryPoint = "mosquitto_unsubscribe_v5_callback_set")]
    internal static partial void OnUnsubscribe(nint client, delegate* unmanaged[Cdecl]<nint, nint, int, nint, void> callback);

    [LibraryImport(Library, EntryPoint = "mosquitto_log_callback_set")]
    internal static partial void OnLog(nint client, delegate* unmanaged[Cdecl]<nint, nint, int, nint, void> callback);

    [LibraryImport(Library, EntryPoint = "mosquitto_property_add_byte")]
    internal static partial int AddByte(ref nint list, int property, byte value);

    [LibraryImport(Library, EntryPoint = "mosquitto_property_add_int32")]
    internal static partial int AddInt32(ref nint list, int property, uint value);

    [LibraryImport(Library, EntryPoint = "mosquitto_property_add_varint")]
    internal static partial int AddVariableInt(ref nint list, int property, uint value);

    [LibraryImport(Library, EntryPoint = "mosquitto_property_add_string", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int AddString(ref nint list, int property, string value);

    [LibraryImport(Library, EntryPoint = "mosquitto_property_add_binary")]
    internal static partial int AddBinary(ref nint list, int property, byte* value, ushort length);

    [LibraryImport(Library, EntryPoint = "mosquitto_property_add_string_pair", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int AddStringPair(ref nint list, int property, string name, string value);

    [LibraryImport(Library, EntryPoint = "mosquitto_property_free_all")]
    internal static partial void FreeProperties(ref nint list);

    [LibraryImport(Library, EntryPoint = "mosquitto_property_next")]
    internal static partial nint NextProperty(nint property);

    [LibraryImport(Library, EntryPoint = "mosquitto_property_identifier")]
    internal static partial int PropertyIdentifier(nint property);

    [LibraryImport(Library, EntryPoint = "mosquitto_property_read_byte")]
    internal static partial nint ReadByte(nint property, int identifier, out byte value, byte skipFirst);

    [LibraryImport(Library, EntryPoint = "mosquitto_property_read_int16")]
    internal static partial nint ReadInt16(nint property, int identifier, out ushort value, byte skipFirst);

    [LibraryImport(Library, EntryPoint = "mosquitto_property_read_int32")]
    internal static partial nint ReadInt32(nint property, int identifier, out uint value, byte skipFirst);

    [LibraryImport(Library, EntryPoint = "mosquitto_property_read_varint")]
    internal static partial nint ReadVariableInt(nint property, int identifier, out uint value, byte skipFirst);

    [LibraryImport(Library, EntryPoint = "mosquitto_property_read_binary")]
    internal static partial nint ReadBinary(nint property, int identifier, out byte* value, out ushort length, byte skipFirst);

    [LibraryImport(Library, EntryPoint = "mosquitto_property_read_string")]
    internal static partial nint ReadString(nint property, int identifier, out nint value, byte skipFirst);

    [LibraryImport(Library, EntryPoint = "mosquitto_property_read_string_pair")]
    internal static partial nint ReadStringPair(nint property, int identifier, out nint name, out nint value, byte skipFirst);
}
