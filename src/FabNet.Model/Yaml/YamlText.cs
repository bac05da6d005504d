// The one way from YAML text to its keys: within bounds, and without a crash whatever the text holds.

using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace FabNet.Model.Yaml;

/// <summary>Reads YAML that people write: one document of keys and values, no anchors.</summary>
public static class YamlText
{
    /// <summary>A longer text is refused: 256 Ki characters.</summary>
    public const int MaxLength = 256 * 1024;

    private const int MaxDepth = 8;

    /// <summary>Reads a text and gives its root to a reader. Never throws for what the text holds.</summary>
    /// <param name="yaml">The text.</param>
    /// <param name="mistakes">Where its mistakes are noted.</param>
    /// <param name="advice">What to do about a text that is no document of keys, such as "begin with 'name:'".</param>
    /// <param name="read">Makes something of the root; its mistakes are noted too.</param>
    /// <returns>What <paramref name="read"/> made; null if there is any mistake.</returns>
    public static T? Read<T>(string yaml, YamlMistakes mistakes, string advice, Func<YamlSection, T> read)
        where T : class
    {
        if (ReadRoot(yaml, mistakes, advice, MaxDepth) is not { } root)
        {
            return null;
        }

        var made = read(new YamlSection(root, "", mistakes));
        return mistakes.Any ? null : made;
    }

    /// <summary>The root of a text; null if there is none, and then its mistakes are noted.</summary>
    internal static YamlMappingNode? ReadRoot(string yaml, YamlMistakes mistakes, string advice, int maxDepth)
    {
        var first = new Mark(0, 1, 1);
        if (yaml.Length > MaxLength)
        {
            mistakes.Add(first, $"{mistakes.Kind} has at most {MaxLength} characters; this text has {yaml.Length}");
            return null;
        }

        var mark = first;
        try
        {
            if (!IsShallow(yaml, maxDepth, ref mark))
            {
                mistakes.Add(mark, "this is nested too deeply, or uses anchors; write it out plainly");
                return null;
            }

            var stream = new YamlStream();
            stream.Load(new StringReader(yaml));
            if (stream.Documents is [{ RootNode: YamlMappingNode root }])
            {
                return root;
            }

            mistakes.Add(first, $"{mistakes.Kind} is one YAML document of keys and values; {advice}");
            return null;
        }
        catch (YamlException e)
        {
            mistakes.Add(e.Start, $"this is not valid YAML: {e.Message}");
            return null;
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or FormatException or KeyNotFoundException)
        {
            // YamlDotNet meets some broken texts with exceptions of the platform instead of its own.
            mistakes.Add(mark, $"this is not valid YAML from here on: {e.Message}");
            return null;
        }
    }

    /// <summary>Looks at the events only, so that a hostile text can't exhaust the stack or expand aliases.</summary>
    private static bool IsShallow(string yaml, int maxDepth, ref Mark mark)
    {
        var parser = new Parser(new StringReader(yaml));
        var depth = 0;
        while (parser.MoveNext())
        {
            depth += parser.Current!.NestingIncrease;
            mark = parser.Current.Start;
            if (depth > maxDepth || parser.Current is AnchorAlias)
            {
                return false;
            }
        }

        return true;
    }
}
