// The identities of the vocabulary: each id is a type of its own, so that a machine is never passed where a job is meant.

using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace FabNet.Model;

/// <summary>A site (a fablab, a makerspace, a workshop), unique in its coordinator, such as <c>lab-lisbon</c>.</summary>
/// <param name="Value">Lower-case letters, digits and dashes, 1 to 63 characters.</param>
[JsonConverter(typeof(SiteIdText))]
public readonly record struct SiteId(string Value)
{
    /// <summary>Reads an id that a person or a peer gave.</summary>
    /// <exception cref="FormatException">It is empty, too long, or has other characters.</exception>
    public static SiteId Parse(string text) => new(Names.Require(text, "site id"));

    /// <inheritdoc />
    public override string ToString() => Value;
}

/// <summary>A machine, unique in its coordinator: <c>site/name</c>, such as <c>lab-lisbon/mk3-left</c>.</summary>
/// <param name="Site">The site that has it.</param>
/// <param name="Name">Lower-case letters, digits and dashes, 1 to 63 characters; unique in the site.</param>
[JsonConverter(typeof(MachineIdText))]
public readonly record struct MachineId(SiteId Site, string Name)
{
    /// <summary>Reads <c>site/name</c>.</summary>
    /// <exception cref="FormatException">It is not of that form.</exception>
    public static MachineId Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash < 0
            ? throw new FormatException($"'{text}' is not a machine id. Write it as site/name, such as lab-lisbon/mk3-left.")
            : new MachineId(SiteId.Parse(text[..slash]), Names.Require(text[(slash + 1)..], "machine name"));
    }

    /// <inheritdoc />
    public override string ToString() => $"{Site}/{Name}";
}

/// <summary>An order, unique in its coordinator, such as <c>o-7</c>.</summary>
/// <param name="Value"><c>o-</c> and the order's number, counted from 1.</param>
[JsonConverter(typeof(OrderIdText))]
public readonly record struct OrderId(string Value)
{
    /// <summary>The id of the coordinator's <paramref name="number"/>th order.</summary>
    public static OrderId FromNumber(long number) => new($"o-{number}");

    /// <summary>Reads an id that a person or a peer gave.</summary>
    /// <exception cref="FormatException">It is not of the form <c>o-7</c>.</exception>
    public static OrderId Parse(string text) =>
        Names.OrderPattern().IsMatch(text) ? new(text) : throw new FormatException($"'{text}' is not an order id. Write it as o-7.");

    /// <inheritdoc />
    public override string ToString() => Value;
}

/// <summary>A job: one run of one machine for one order, such as <c>o-7.2</c>.</summary>
/// <param name="Value">The order's id, a dot, and the job's number within it, counted from 1; replacement work gets the next number.</param>
[JsonConverter(typeof(JobIdText))]
public readonly record struct JobId(string Value)
{
    /// <summary>The <paramref name="number"/>th job of <paramref name="order"/>.</summary>
    public static JobId FromNumber(OrderId order, int number) => new($"{order}.{number}");

    /// <summary>The order that it is of.</summary>
    public OrderId Order => new(Value[..Value.LastIndexOf('.')]);

    /// <summary>Reads an id that a person or a peer gave.</summary>
    /// <exception cref="FormatException">It is not of the form <c>o-7.2</c>.</exception>
    public static JobId Parse(string text) =>
        Names.JobPattern().IsMatch(text) ? new(text) : throw new FormatException($"'{text}' is not a job id. Write it as o-7.2.");

    /// <inheritdoc />
    public override string ToString() => Value;
}

/// <summary>The rule for names that people choose and that stand in paths, topics and addresses.</summary>
public static partial class Names
{
    /// <summary>True for 1 to 63 lower-case letters, digits and dashes that begin and end with a letter or digit.</summary>
    public static bool IsValid(string? text) => text is not null && NamePattern().IsMatch(text);

    /// <summary>Returns <paramref name="text"/> if it is a valid name.</summary>
    /// <param name="text">The name as given.</param>
    /// <param name="what">What it names, for the message, such as "site id".</param>
    /// <exception cref="FormatException">It is not a valid name; the message says what is.</exception>
    public static string Require(string? text, string what) =>
        IsValid(text) ? text! : throw new FormatException($"'{text}' is not a {what}. Use 1 to 63 lower-case letters, digits and dashes, such as lab-lisbon.");

    [GeneratedRegex(@"\A[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"\Ao-[1-9][0-9]{0,17}\z", RegexOptions.CultureInvariant)]
    internal static partial Regex OrderPattern();

    [GeneratedRegex(@"\Ao-[1-9][0-9]{0,17}\.[1-9][0-9]{0,8}\z", RegexOptions.CultureInvariant)]
    internal static partial Regex JobPattern();
}
