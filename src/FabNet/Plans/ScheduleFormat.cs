// Problems and schedules as JSON (docs/protocols.md, "Planning problems").

using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using FabNet.CommandLine;
using FabNet.Planning.Scheduling;

namespace FabNet.Plans;

/// <summary>Reads and writes the scheduler's problems and schedules. Members that are not known are refused: a misspelt one would be a silent default.</summary>
internal static partial class ScheduleFormat
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
        AllowDuplicateProperties = false,
        Converters = { new MomentText() },
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
            throw new CommandFailedException($"{path}, line {(e.LineNumber ?? 0) + 1}, {e.Path ?? "$"}: {Sentence(e)}", e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CommandFailedException($"There is no file '{path}'. 'fabnet plan sample' writes a problem, 'fabnet plan solve --json' a schedule.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException($"{path} can't be read: {e.Message}", e);
        }
    }

    // The library's words name .NET types; people write JSON.
    private static string Sentence(JsonException e)
    {
        var message = e.Message.Split(" Path:", 2)[0];
        if (UnknownMember().Match(message) is { Success: true } unknown)
        {
            return $"There is no member '{unknown.Groups[1].ValueSpan}' here. docs/protocols.md, Planning problems, lists them.";
        }

        if (MissingMembers().Match(message) is { Success: true } missing)
        {
            return $"{missing.Groups[1].ValueSpan} must be there.";
        }

        if (NullMember().Match(message) is { Success: true } isNull)
        {
            var name = isNull.Groups[1].Value;
            return $"'{char.ToLowerInvariant(name[0])}{name.AsSpan(1)}' is null. Leave it out, or give it a value.";
        }

        if (message.Contains("does not contain any JSON tokens", StringComparison.Ordinal))
        {
            return "The file is empty, or holds comments only.";
        }

        if (e.InnerException?.Message.Contains("UTF", StringComparison.Ordinal) == true)
        {
            return "This is no text in UTF-8. Save the file as UTF-8.";
        }

        return WrongType().Match(message) is not { Success: true } wrong ? message : wrong.Groups[1].Value switch
        {
            var t when NumberType().IsMatch(t) => "There should be a number, without quotes and in its range.",
            var t when t.Contains("System.String", StringComparison.Ordinal) => "There should be a text, or what holds texts: docs/protocols.md, Planning problems, tells the form.",
            _ => "There should be another kind of value: docs/protocols.md, Planning problems, tells the form.",
        };
    }

    [GeneratedRegex("^The JSON property '(.*)' could not be mapped")]
    private static partial Regex UnknownMember();

    [GeneratedRegex("^JSON deserialization for type '.*' was missing required properties including: (.+)\\.$")]
    private static partial Regex MissingMembers();

    [GeneratedRegex("^The (?:property or field|constructor parameter) '(.+)' on type .* allow")]
    private static partial Regex NullMember();

    [GeneratedRegex("^The JSON value could not be converted to (.+)\\.$")]
    private static partial Regex WrongType();

    [GeneratedRegex(@"^System\.(Nullable`1\[System\.)?(Double|Decimal|Int32|Int64)")]
    private static partial Regex NumberType();
}
