// Problems and schedules as JSON (docs/protocols.md, "Planning problems").

using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using FabNet.CommandLine;
using FabNet.Planning.Scheduling;

namespace FabNet.Plans;

/// <summary>Reads and writes the scheduler's problems and schedules. Members that are not known are refused: a misspelt one would be a silent default.</summary>
internal static class ScheduleFormat
{
    // By reflection: generated code would set members that are left out to null, and not leave them at their defaults.
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.Strict,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    /// <summary>Reads a problem.</summary>
    /// <param name="path">A file, or - for standard input.</param>
    /// <exception cref="CommandFailedException">It can't be read; the message says where.</exception>
    public static ScheduleProblem ReadProblem(string path) => Read<ScheduleProblem>(path);

    /// <summary>Reads a schedule.</summary>
    /// <inheritdoc cref="ReadProblem" />
    public static Schedule ReadSchedule(string path) => Read<Schedule>(path);

    public static string Write(ScheduleProblem problem) => JsonSerializer.Serialize(problem, Options);

    public static string Write(Schedule schedule) => JsonSerializer.Serialize(schedule, Options);

    public static string Write(ScheduleExplanation explanation) => JsonSerializer.Serialize(explanation, Options);

    private static T Read<T>(string path)
    {
        try
        {
            using var stream = path == "-" ? Console.OpenStandardInput() : File.OpenRead(path);
            return JsonSerializer.Deserialize<T>(stream, Options) ?? throw new CommandFailedException($"{path} holds null, and should hold an object.");
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
