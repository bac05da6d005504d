// What a command says: text for people or JSON for programs, on a terminal or into a pipe.

using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf;
using Spectre.Console;

namespace FabNet.CommandLine;

/// <summary>The way out of a command. Text goes to standard output, problems to standard error.</summary>
internal sealed class CommandConsole(bool json)
{
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));

    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>True if the reader is a program.</summary>
    public bool IsJson { get; } = json;

    /// <summary>True if lines may be redrawn: a person looks at a terminal.</summary>
    public bool IsInteractive => !IsJson && !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Ansi;

    /// <summary>A line for people; nothing in JSON mode.</summary>
    public void Say(string text)
    {
        if (!IsJson)
        {
            Console.Out.WriteLine(text);
        }
    }

    /// <summary>A line for people that holds somebody else's words: should they be several lines, the others stand indented below it, and none passes for a line of ours.</summary>
    public void SayLine(string line) => Say(line.ReplaceLineEndings("\n           "));

    /// <summary>A table for people; nothing in JSON mode.</summary>
    public void Say(TextTable table)
    {
        if (!IsJson)
        {
            Console.Out.Write(table.ToString());
        }
    }

    /// <summary>A wire message as one line of JSON; nothing for people.</summary>
    public void Emit(IMessage message)
    {
        if (IsJson)
        {
            Console.Out.WriteLine(Formatter.Format(message));
        }
    }

    /// <summary>A wire message as JSON, as <see cref="Emit(IMessage)"/> prints it.</summary>
    public static string ToJson(IMessage message) => Formatter.Format(message);

    /// <summary>A line that is JSON already; nothing for people.</summary>
    public void Emit(ReadOnlySpan<byte> json)
    {
        if (IsJson)
        {
            Console.Out.WriteLine(System.Text.Encoding.UTF8.GetString(json));
        }
    }

    /// <summary>One JSON object on one line; nothing for people.</summary>
    public void Emit(Action<Utf8JsonWriter> properties)
    {
        if (!IsJson)
        {
            return;
        }

        Console.Out.WriteLine(Object(properties));
    }

    /// <summary>Asks a person to type yes. Where nobody can be asked, the answer is no.</summary>
    public bool Confirms(string what)
    {
        if (IsJson || Console.IsInputRedirected)
        {
            return false;
        }

        Console.Out.Write($"{what}\nType yes to go on: ");
        return Console.In.ReadLine()?.Trim() == "yes";
    }

    /// <summary>Reports why the command failed.</summary>
    /// <returns><paramref name="exitCode"/>.</returns>
    public int Fail(string message, int exitCode)
    {
        if (IsJson)
        {
            Console.Error.WriteLine(Object(writer => writer.WriteString("error", message)));
        }
        else
        {
            Console.Error.WriteLine($"fabnet: {message}");
        }

        return exitCode;
    }

    private static string Object(Action<Utf8JsonWriter> properties)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Readable))
        {
            writer.WriteStartObject();
            properties(writer);
            writer.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
