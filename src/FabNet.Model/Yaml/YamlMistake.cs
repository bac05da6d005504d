// What is wrong in a YAML file that a person wrote, each mistake where it stands.

using YamlDotNet.Core;

namespace FabNet.Model.Yaml;

/// <summary>A mistake in a YAML file.</summary>
/// <param name="Source">The file or other origin.</param>
/// <param name="Line">Its line, from 1.</param>
/// <param name="Column">Its column, from 1.</param>
/// <param name="Message">What is wrong and what to write.</param>
public sealed record YamlMistake(string Source, int Line, int Column, string Message)
{
    /// <inheritdoc />
    public override string ToString() => $"{Source}:{Line}: {Message}";
}

/// <summary>Gathers the mistakes of one file, so that one reading finds them all. Used by one thread.</summary>
/// <param name="source">The file or other origin, for the messages.</param>
/// <param name="kind">What the file holds, with its article, such as "a profile".</param>
public sealed class YamlMistakes(string source, string kind)
{
    private readonly List<YamlMistake> _found = [];

    /// <summary>What the file holds, such as "a profile".</summary>
    public string Kind { get; } = kind;

    /// <summary>True once there is a mistake.</summary>
    public bool Any => _found.Count > 0;

    /// <summary>All mistakes, in the order of the text.</summary>
    public IReadOnlyList<YamlMistake> InOrder => [.. _found.OrderBy(m => m.Line).ThenBy(m => m.Column)];

    internal void Add(Mark mark, string message) => _found.Add(new YamlMistake(source, Math.Max(1, (int)mark.Line), Math.Max(1, (int)mark.Column), message));
}
