// Problems and schedules as JSON (docs/protocols.md, "Planning problems").

using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using FabNet.CommandLine;
using FabNet.Planning.Scheduling;

namespace FabNet.Plans;

/// <summary>Reads and writes the scheduler's problems and schedules. Members that are not known are refused: a misspelt one would be a silent default.</summary>
internal static class ScheduleFormat
{
    /// <summary>Reads a problem.</summary>
    /// <param name="path">A file, or - for standard input.</param>
    /// <exception cref="CommandFailedException">It can't be read; the message says where.</exception>
    public static ScheduleProblem ReadProblem(string path) => Read(path, ScheduleJson.Default.ScheduleProblem);

    /// <summary>Reads a schedule.</summary>
    /// <inheritdoc cref="ReadProblem" />
    public static Schedule ReadSchedule(string path) => Read(path, ScheduleJson.Default.Schedule);

    public static string Write(ScheduleProblem problem) => JsonSerializer.Serialize(problem, ScheduleJson.Default.ScheduleProblem);

    public static string Write(Schedule schedule) => JsonSerializer.Serialize(schedule, ScheduleJson.Default.Schedule);

    public static string Write(ScheduleExplanation explanation) => JsonSerializer.Serialize(explanation, ScheduleJson.Default.ScheduleExplanation);

    private static T Read<T>(string path, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        try
        {
            using var stream = path == "-" ? Console.OpenStandardInput() : File.OpenRead(path);
            return JsonSerializer.Deserialize(stream, type) ?? throw new CommandFailedException($"{path} holds null, and should hold an object.");
        }
        catch (JsonException e)
        {
            throw new CommandFailedException($"{path}, line {e.LineNumber + 1}, {e.Path}: {e.Message.Split(" Path:", 2)[0]}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException($"{path} can't be read: {e.Message}", e);
        }
    }
}

/// <summary>The generated code of the format.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.Strict,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true,
    UseStringEnumConverter = true,
    Converters = [typeof(HourText)])]
[JsonSerializable(typeof(ScheduleProblem))]
[JsonSerializable(typeof(Schedule))]
[JsonSerializable(typeof(ScheduleExplanation))]
internal sealed partial class ScheduleJson : JsonSerializerContext;

/// <summary>An hour of the day, such as 08:30.</summary>
internal sealed class HourText : JsonConverter<TimeOnly>
{
    private const string Form = "HH:mm";

    public override TimeOnly Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && TimeOnly.TryParseExact(reader.GetString(), Form, CultureInfo.InvariantCulture, DateTimeStyles.None, out var hour) ? hour
            : throw new JsonException("This is no hour of the day. Write it as 08:30.");

    public override void Write(Utf8JsonWriter writer, TimeOnly value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString(Form, CultureInfo.InvariantCulture));
}
