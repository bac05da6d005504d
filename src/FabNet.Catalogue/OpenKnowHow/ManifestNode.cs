// The tree that a manifest is read into, from TOML or YAML alike; each node knows its line, so that a finding can name it.

namespace FabNet.Catalogue.OpenKnowHow;

/// <summary>One value of a manifest.</summary>
/// <param name="line">Where it begins, counted from 1.</param>
internal abstract class ManifestNode(int line)
{
    /// <summary>Where it begins, counted from 1.</summary>
    public int Line { get; } = line;
}

/// <summary>
/// A single value: <see cref="string"/>, <see cref="long"/>, <see cref="double"/>, <see cref="bool"/>, <see cref="DateTimeOffset"/>,
/// <see cref="DateTime"/>, <see cref="DateOnly"/> or <see cref="TimeOnly"/>. YAML gives strings only.
/// </summary>
internal sealed class ScalarNode(object value, int line) : ManifestNode(line)
{
    public object Value { get; } = value;
}

/// <summary>Values in order.</summary>
internal sealed class ListNode(int line) : ManifestNode(line)
{
    public List<ManifestNode> Items { get; } = [];
}

/// <summary>Named values in the order of the file, each name once.</summary>
internal sealed class MapNode(int line) : ManifestNode(line)
{
    public OrderedDictionary<string, ManifestNode> Members { get; } = new(StringComparer.Ordinal);
}
