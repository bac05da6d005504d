// The members of one JSON object of the ledger: collected in any order, written sorted, left out where there is nothing.

using System.Globalization;
using FabNet.Model.Ledger;

namespace FabNet.Protocol.Ledger;

/// <summary>Collects members, then writes them canonically.</summary>
internal sealed class LedgerMembers
{
    private readonly List<(string Name, Action<CanonicalJson> Write)> _members = [];

    /// <summary>A text; nothing where it is null.</summary>
    public LedgerMembers Text(string name, string? text) => text is null ? this : Add(name, json => json.String(text));

    /// <summary>A decimal, as a text so that no reader rounds it; nothing where it is null.</summary>
    public LedgerMembers Decimal(string name, decimal? value) => value is { } number ? Text(name, DecimalText(number)) : this;

    /// <summary>A whole number.</summary>
    public LedgerMembers Whole(string name, long value) => Add(name, json => json.Number(value));

    /// <summary>A moment, in UTC.</summary>
    public LedgerMembers Moment(string name, DateTimeOffset? at) => Text(name, at is { } moment ? MomentText(moment) : null);

    /// <summary>A quantity; nothing where it is null.</summary>
    public LedgerMembers Measure(string name, Measure? measure) => measure is { } m
        ? Object(name, new LedgerMembers().Decimal("hasNumericalValue", m.Value).Text("hasUnit", LedgerWords.WordOf(m.Unit)))
        : this;

    /// <summary>An object.</summary>
    public LedgerMembers Object(string name, LedgerMembers members) => Add(name, members.Write);

    /// <summary>A list; nothing where it is empty.</summary>
    public LedgerMembers List<T>(string name, IReadOnlyList<T> list, Action<CanonicalJson, T> write) => list.Count == 0 ? this : Add(name, json =>
    {
        json.BeginArray();
        foreach (var item in list)
        {
            write(json, item);
        }

        json.EndArray();
    });

    /// <summary>Writes the object.</summary>
    public void Write(CanonicalJson json)
    {
        _members.Sort((x, y) => string.CompareOrdinal(x.Name, y.Name));
        json.BeginObject();
        foreach (var (name, write) in _members)
        {
            write(json.Name(name));
        }

        json.EndObject();
    }

    /// <summary>The object's bytes.</summary>
    public byte[] ToBytes()
    {
        var json = new CanonicalJson();
        Write(json);
        return json.Written.ToArray();
    }

    /// <summary>A decimal with at most nine digits after the point and no zeros at its end.</summary>
    public static string DecimalText(decimal value) => value.ToString("0.#########", CultureInfo.InvariantCulture);

    /// <summary>A moment to the 100 ns, in UTC.</summary>
    public static string MomentText(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);

    private LedgerMembers Add(string name, Action<CanonicalJson> write)
    {
        _members.Add((name, write));
        return this;
    }
}
