// Reads a YAML manifest (okh.yml) into the same tree as TOML, within bounds.

using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace FabNet.Catalogue.OpenKnowHow;

/// <summary>
/// Reads the first document of a YAML file. Scalars stay text; an alias is the node that it names, never a copy, so that nested aliases
/// cost nothing; depth and size are limited. Every fault, and nothing else, throws <see cref="ManifestSyntaxException"/>.
/// </summary>
internal static class YamlManifestReader
{
    private const int MaxDepth = 64;

    private const int MaxNodes = 100_000;

    /// <summary>Reads a document; an empty one is an empty map.</summary>
    /// <exception cref="ManifestSyntaxException">It is not YAML, its top is no map, or it is over a limit.</exception>
    public static MapNode Read(ReadOnlySpan<byte> utf8)
    {
        try
        {
            using var text = new StringReader(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(utf8));
            var builder = new Builder(new Parser(text));
            return builder.ReadDocument();
        }
        catch (DecoderFallbackException e)
        {
            throw new ManifestSyntaxException(1, 1, "The file is not UTF-8. Save it as UTF-8.", e);
        }
        catch (YamlException e)
        {
            throw new ManifestSyntaxException(ToInt(e.Start.Line), ToInt(e.Start.Column), $"This is not YAML: {e.Message.TrimEnd('.')}.", e);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or OverflowException)
        {
            // YamlDotNet's scanner lets some malformed escapes and directives out as these.
            throw new ManifestSyntaxException(1, 1, $"This is not YAML: {e.Message.TrimEnd('.')}.", e);
        }
    }

    private static int ToInt(long position) => (int)Math.Clamp(position, 1, int.MaxValue);

    private sealed class Builder(Parser parser)
    {
        private readonly Dictionary<AnchorName, ManifestNode> _anchors = [];
        private int _nodes;

        public MapNode ReadDocument()
        {
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _))
            {
                return new MapNode(1);
            }

            parser.Consume<DocumentStart>();
            return ReadNode(0) switch
            {
                MapNode map => map,
                ScalarNode { Value: "" } empty => new MapNode(empty.Line),
                var other => throw new ManifestSyntaxException(other.Line, 1, "The manifest should be 'key: value' lines at its top."),
            };
        }

        private ManifestNode ReadNode(int depth)
        {
            var line = ToInt(parser.Current?.Start.Line ?? 1);
            if (depth > MaxDepth)
            {
                throw new ManifestSyntaxException(line, 1, $"Values are nested more than {MaxDepth} levels deep.");
            }

            if (++_nodes > MaxNodes)
            {
                throw new ManifestSyntaxException(line, 1, $"The manifest has more than {MaxNodes} values.");
            }

            if (parser.TryConsume<AnchorAlias>(out var alias))
            {
                return _anchors.GetValueOrDefault(alias.Value)
                    ?? throw new ManifestSyntaxException(line, 1, $"The alias *{alias.Value} names nothing that is complete before it.");
            }

            if (parser.TryConsume<Scalar>(out var scalar))
            {
                return Remember(scalar.Anchor, new ScalarNode(scalar.Value, line));
            }

            if (parser.TryConsume<SequenceStart>(out var sequence))
            {
                var list = new ListNode(line);
                while (!parser.TryConsume<SequenceEnd>(out _))
                {
                    list.Items.Add(ReadNode(depth + 1));
                }

                return Remember(sequence.Anchor, list);
            }

            var start = parser.Consume<MappingStart>();
            var map = new MapNode(line);
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                var key = ReadNode(depth + 1);
                if (key is not ScalarNode { Value: string name })
                {
                    throw new ManifestSyntaxException(key.Line, 1, "A key should be a plain word.");
                }

                var value = ReadNode(depth + 1);
                if (!map.Members.TryAdd(name, value))
                {
                    throw new ManifestSyntaxException(value.Line, 1, $"The key '{name}' stands here for the second time. Keep one of them.");
                }
            }

            return Remember(start.Anchor, map);
        }

        private ManifestNode Remember(AnchorName anchor, ManifestNode node)
        {
            if (!anchor.IsEmpty)
            {
                _anchors[anchor] = node;
            }

            return node;
        }
    }
}
