// The requests that a Bambu Lab machine understands. Source: OpenBambuAPI mqtt.md.

using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace FabNet.FirmwareBridge.Mqtt;

/// <summary>Writes requests as JSON, each with its own sequence number.</summary>
internal sealed class BambuCommands
{
    private int _sequence;

    /// <summary>The sequence number of the request written last.</summary>
    public string LastSequence => _sequence.ToString(CultureInfo.InvariantCulture);

    /// <summary>Asks for the whole state. At most every five minutes: it is work for the machine.</summary>
    public byte[] PushAll() => Write("pushing", "pushall", static _ => { });

    /// <summary>Asks the machine to go on reporting.</summary>
    public byte[] PushStart() => Write("pushing", "start", static _ => { });

    /// <summary>Asks for the firmware's version.</summary>
    public byte[] GetVersion() => Write("info", "get_version", static _ => { });

    /// <summary>A verb of the running print: <c>pause</c>, <c>resume</c>, <c>stop</c>.</summary>
    public byte[] Print(string verb) => Write("print", verb, static writer => writer.WriteString("param", ""));

    /// <summary>One line of G-code.</summary>
    public byte[] GCode(string line) => Write("print", "gcode_line", writer => writer.WriteString("param", line + "\n"));

    /// <summary>
    /// Starts a project file that the machine has. The key and the expiry make a start that comes late, or twice, recognisable: to this project's simulator and to whoever reads along. The maker's
    /// firmware knows neither field, so what keeps a start from being replayed is that it is sent once, at QoS 0, while connected.
    /// </summary>
    public byte[] Start(BambuTask task, string md5, string key, DateTimeOffset expiresAt) => Write("print", "project_file", writer =>
    {
        writer.WriteString("param", "Metadata/plate_1.gcode");
        writer.WriteString("url", "ftp:///" + task.File);
        writer.WriteString("file", task.File);
        writer.WriteString("md5", md5);
        writer.WriteString("subtask_name", task.Name);
        writer.WriteString("bed_type", "auto");
        writer.WriteString("project_id", "0");
        writer.WriteString("profile_id", "0");
        writer.WriteString("task_id", "0");
        writer.WriteString("subtask_id", "0");
        writer.WriteBoolean("use_ams", false);
        writer.WriteBoolean("timelapse", false);
        writer.WriteBoolean("bed_leveling", true);
        writer.WriteBoolean("flow_cali", false);
        writer.WriteBoolean("vibration_cali", false);
        writer.WriteBoolean("layer_inspect", false);
        writer.WriteString("fabnet_key", key);
        writer.WriteString("fabnet_expires", expiresAt.ToString("O", CultureInfo.InvariantCulture));
    });

    private byte[] Write(string group, string command, Action<Utf8JsonWriter> writeRest)
    {
        _sequence++;
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteStartObject(group);
            writer.WriteString("sequence_id", LastSequence);
            writer.WriteString("command", command);
            writeRest(writer);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
