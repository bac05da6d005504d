// Reads TOML 1.0: the statements and the rules of tables. TomlScanner reads what stands within them.

using System.Text;

namespace FabNet.Catalogue.OpenKnowHow;

/// <summary>
/// Reads a TOML 1.0.0 document (https://toml.io/en/v1.0.0), completely and strictly. Every fault, and nothing else, throws
/// <see cref="ManifestSyntaxException"/> with its line. Nesting is limited to 64 levels, so that no document can exhaust the stack.
/// </summary>
internal sealed class TomlReader
{
    internal const int MaxDepth = 64;

    private readonly TomlScanner _scanner;
    private readonly Dictionary<MapNode, TableOrigin> _origins = [];
    private readonly HashSet<ListNode> _tableArrays = [];
    private int _sections;

    private TomlReader(string text) => _scanner = new TomlScanner(text);

    /// <summary>How a table came to be, which decides what may still be added to it.</summary>
    private enum Origin
    {
        /// <summary>As a step on the way to a table header: a header may still define it.</summary>
        Implied,

        /// <summary>By its own header.</summary>
        Header,

        /// <summary>By a dotted key: it may grow in its own section only.</summary>
        DottedKey,

        /// <summary>Written in braces: complete.</summary>
        Inline,
    }

    /// <summary>Reads a document.</summary>
    /// <exception cref="ManifestSyntaxException">It is not UTF-8 or not TOML 1.0.</exception>
    public static MapNode Read(ReadOnlySpan<byte> utf8)
    {
        if (utf8.StartsWith("\uFEFF"u8))
        {
            utf8 = utf8[3..];
        }

        return new TomlReader(DecodeStrictly(utf8)).ReadDocument();
    }

    private static string DecodeStrictly(ReadOnlySpan<byte> utf8)
    {
        var rest = utf8;
        while (!rest.IsEmpty)
        {
            var ascii = rest.IndexOfAnyExceptInRange((byte)0, (byte)0x7F);
            if (ascii < 0)
            {
                break;
            }

            rest = rest[ascii..];
            if (Rune.DecodeFromUtf8(rest, out _, out var consumed) != System.Buffers.OperationStatus.Done)
            {
                var before = utf8[..^rest.Length];
                var line = before.Count((byte)'\n') + 1;
                throw new ManifestSyntaxException(line, before.Length - before.LastIndexOf((byte)'\n'), "The file is not UTF-8. Save it as UTF-8.");
            }

            rest = rest[consumed..];
        }

        return Encoding.UTF8.GetString(utf8);
    }

    private MapNode ReadDocument()
    {
        var root = NewTable(Origin.Header);
        var current = root;
        while (_scanner.SkipToStatement())
        {
            if (_scanner.Peek() == '[')
            {
                current = ReadHeader(root);
                _sections++;
            }
            else
            {
                ReadKeyValue(current, depth: 0);
            }

            _scanner.RequireEndOfLine();
        }

        return root;
    }

    private MapNode ReadHeader(MapNode root)
    {
        _scanner.Advance();
        var isArray = _scanner.TryTake('[');
        var place = _scanner.Place;
        var key = ReadKey();
        _scanner.Require(']', "the table's header");
        if (isArray)
        {
            _scanner.Require(']', "the header of an array of tables");
        }

        var table = root;
        foreach (var name in key.AsSpan(0, key.Length - 1))
        {
            table = StepByHeader(table, name, place);
        }

        return isArray ? AddToTableArray(table, key[^1], place) : DefineTable(table, key[^1], place);
    }

    private MapNode StepByHeader(MapNode table, string name, TomlPlace place)
    {
        switch (table.Members.GetValueOrDefault(name))
        {
            case null:
                var added = NewTable(Origin.Implied);
                table.Members.Add(name, added);
                return added;
            case MapNode map when _origins[map].Origin != Origin.Inline:
                return map;
            case ListNode list when _tableArrays.Contains(list):
                return (MapNode)list.Items[^1];
            default:
                throw place.Fault($"'{name}' is a value already, so it can't hold a table.");
        }
    }

    private MapNode DefineTable(MapNode parent, string name, TomlPlace place)
    {
        switch (parent.Members.GetValueOrDefault(name))
        {
            case null:
                var added = NewTable(Origin.Header);
                parent.Members.Add(name, added);
                return added;
            case MapNode map when _origins[map].Origin == Origin.Implied:
                _origins[map] = new TableOrigin(Origin.Header, _sections);
                return map;
            default:
                throw place.Fault($"'{name}' is defined already. Define each table once; for several of them write [[{name}]].");
        }
    }

    private MapNode AddToTableArray(MapNode parent, string name, TomlPlace place)
    {
        ListNode list;
        switch (parent.Members.GetValueOrDefault(name))
        {
            case null:
                list = new ListNode(place.Line);
                _tableArrays.Add(list);
                parent.Members.Add(name, list);
                break;
            case ListNode known when _tableArrays.Contains(known):
                list = known;
                break;
            default:
                throw place.Fault($"'{name}' is defined already, and not as an array of tables.");
        }

        var table = NewTable(Origin.Header);
        list.Items.Add(table);
        return table;
    }

    private void ReadKeyValue(MapNode table, int depth)
    {
        var place = _scanner.Place;
        var key = ReadKey();
        _scanner.Require('=', "the key");
        _scanner.SkipBlanks();
        var value = ReadValue(depth);
        foreach (var name in key.AsSpan(0, key.Length - 1))
        {
            table = StepByDottedKey(table, name, place);
        }

        if (!table.Members.TryAdd(key[^1], value))
        {
            throw place.Fault($"The key '{key[^1]}' stands here for the second time. Keep one of them.");
        }
    }

    private MapNode StepByDottedKey(MapNode table, string name, TomlPlace place)
    {
        switch (table.Members.GetValueOrDefault(name))
        {
            case null:
                var added = NewTable(Origin.DottedKey);
                table.Members.Add(name, added);
                return added;
            case MapNode map when _origins[map] is { Origin: Origin.Implied }:
                _origins[map] = new TableOrigin(Origin.DottedKey, _sections);
                return map;
            case MapNode map when _origins[map] == new TableOrigin(Origin.DottedKey, _sections):
                return map;
            default:
                throw place.Fault($"'{name}' is complete already, so a dotted key can't add to it.");
        }
    }

    private string[] ReadKey()
    {
        var names = new List<string>(1);
        do
        {
            if (names.Count == MaxDepth)
            {
                throw _scanner.Fault($"The key has more than {MaxDepth} names in it.");
            }

            _scanner.SkipBlanks();
            names.Add(_scanner.ReadKeyName());
            _scanner.SkipBlanks();
        }
        while (_scanner.TryTake('.'));
        return [.. names];
    }

    private ManifestNode ReadValue(int depth)
    {
        if (depth >= MaxDepth)
        {
            throw _scanner.Fault($"Values are nested more than {MaxDepth} levels deep.");
        }

        return _scanner.Peek() switch
        {
            '[' => ReadArray(depth),
            '{' => ReadInlineTable(depth),
            _ => _scanner.ReadScalar(),
        };
    }

    private ListNode ReadArray(int depth)
    {
        var list = new ListNode(_scanner.Place.Line);
        _scanner.Advance();
        while (true)
        {
            _scanner.SkipBlanksCommentsAndLines();
            if (_scanner.TryTake(']'))
            {
                return list;
            }

            list.Items.Add(ReadValue(depth + 1));
            _scanner.SkipBlanksCommentsAndLines();
            if (!_scanner.TryTake(','))
            {
                _scanner.Require(']', "the array's values");
                return list;
            }
        }
    }

    private MapNode ReadInlineTable(int depth)
    {
        // A section of its own: dotted keys within the braces add to tables within the braces only.
        var (outer, table) = (_sections, NewTable(Origin.Inline));
        _sections = _origins.Count + 1_000_000_000;
        _scanner.Advance();
        _scanner.SkipBlanks();
        if (!_scanner.TryTake('}'))
        {
            do
            {
                _scanner.SkipBlanks();
                ReadKeyValue(table, depth + 1);
                _scanner.SkipBlanks();
            }
            while (_scanner.TryTake(','));
            _scanner.Require('}', "the inline table's values (on one line, without a comma after the last)");
        }

        _sections = outer;
        Complete(table);
        return table;
    }

    private void Complete(MapNode table)
    {
        _origins[table] = new TableOrigin(Origin.Inline, 0);
        foreach (var member in table.Members.Values)
        {
            if (member is MapNode map && _origins[map].Origin != Origin.Inline)
            {
                Complete(map);
            }
        }
    }

    private MapNode NewTable(Origin origin)
    {
        var table = new MapNode(_scanner.Place.Line);
        _origins.Add(table, new TableOrigin(origin, _sections));
        return table;
    }

    private readonly record struct TableOrigin(Origin Origin, int Section);
}
