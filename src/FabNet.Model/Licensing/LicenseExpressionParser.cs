// Reads SPDX licence expressions: identifiers, +, WITH, AND, OR, brackets.

namespace FabNet.Model.Licensing;

/// <summary>A recursive descent over <c>or := and (OR and)*; and := simple (AND simple)*; simple := id [+] [WITH exception] | ( or )</c>.</summary>
internal ref struct LicenseExpressionParser
{
    private const int MaxDepth = 32;

    private static readonly string[] Ends = [" AND ", " OR ", " WITH ", ")"];

    private readonly string _text;
    private int _at;
    private int _depth;

    private LicenseExpressionParser(string text) => _text = text;

    private readonly int Column => _at + 1;

    public static LicenseExpression Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > LicenseExpression.MaxLength)
        {
            throw new LicenseSyntaxException($"The licence has {text.Length} characters; at most {LicenseExpression.MaxLength} are read.", LicenseExpression.MaxLength);
        }

        var parser = new LicenseExpressionParser(text);
        var expression = parser.ParseOr();
        if (!parser.AtEnd)
        {
            throw parser._text[parser._at] == ')' ? parser.Error("there is a closing bracket that nothing opened")
                : parser.Error($"after '{text[..parser._at].Trim()}' comes '{parser.PeekWord()}'; write AND, OR or WITH between licences");
        }

        return expression is AllOf or AnyOf && expression.Alternatives().Any(w => w.Any(l => l.IsNoAssertion))
            ? throw new LicenseSyntaxException("The licence says NOASSERTION beside others; it stands alone, or not at all.", text.IndexOf(LicenseExpression.NoAssertion, StringComparison.Ordinal) + 1)
            : expression;
    }

    private bool AtEnd
    {
        get
        {
            SkipBlanks();
            return _at == _text.Length;
        }
    }

    private LicenseExpression ParseOr()
    {
        List<LicenseExpression> parts = [ParseAnd()];
        while (TakeOperator("OR"))
        {
            parts.Add(ParseAnd());
        }

        return Join(parts, p => p is AnyOf any ? any.Parts : [p], sorted => new AnyOf(sorted));
    }

    private LicenseExpression ParseAnd()
    {
        List<LicenseExpression> parts = [ParseSimple()];
        while (TakeOperator("AND"))
        {
            parts.Add(ParseSimple());
        }

        return Join(parts, p => p is AllOf all ? all.Parts : [p], sorted => new AllOf(sorted));
    }

    private static LicenseExpression Join(List<LicenseExpression> parts, Func<LicenseExpression, IReadOnlyList<LicenseExpression>> flatten, Func<IReadOnlyList<LicenseExpression>, LicenseExpression> join)
    {
        var sorted = parts.SelectMany(flatten).DistinctBy(p => p.ToString(), StringComparer.Ordinal).OrderBy(p => p.ToString(), StringComparer.Ordinal).ToList();
        return sorted is [var only] ? only : join(sorted);
    }

    private LicenseExpression ParseSimple()
    {
        SkipBlanks();
        if (_at < _text.Length && _text[_at] == '(')
        {
            if (++_depth > MaxDepth)
            {
                throw Error($"brackets stand more than {MaxDepth} deep");
            }

            _at++;
            var inner = ParseOr();
            SkipBlanks();
            if (_at == _text.Length || _text[_at] != ')')
            {
                throw Error("a bracket is not closed");
            }

            _at++;
            _depth--;
            return inner;
        }

        var start = _at;
        var (id, orLater) = ParseId();
        if (!TakeOperator("WITH"))
        {
            return GnuNames.Modernise(new SimpleLicense(id, orLater));
        }

        if (id == LicenseExpression.NoAssertion || id.StartsWith("LicenseRef-", StringComparison.Ordinal))
        {
            _at = start;
            throw Error($"{id} takes no exception");
        }

        SkipBlanks();
        var word = PeekWord();
        if (word.Length == 0)
        {
            throw Error("after WITH comes the name of an exception, such as Classpath-exception-2.0");
        }

        var exception = word.StartsWith("AdditionRef-", StringComparison.Ordinal) && IsReference(word["AdditionRef-".Length..]) ? word
            : SpdxList.FindException(word) ?? throw Error($"'{word}' is no exception of the SPDX list");
        _at += word.Length;
        return GnuNames.Modernise(new SimpleLicense(id, orLater, exception));
    }

    private (string Id, bool OrLater) ParseId()
    {
        var word = PeekWord();
        if (word.Length == 0)
        {
            throw Error(_text.Length == 0 ? "there is no licence; write an SPDX identifier such as CERN-OHL-S-2.0, or NOASSERTION" : _at < _text.Length && _text[_at] is not ')'
                ? $"'{_text[_at]}' can't stand in a licence" : "a licence is missing; write an SPDX identifier such as CERN-OHL-S-2.0");
        }

        var orLater = word[^1] == '+';
        var name = orLater ? word[..^1] : word;
        var id = Resolve(name);
        if (orLater && !CanBeLater(id))
        {
            throw Error(id.EndsWith("-only", StringComparison.Ordinal) ? $"'{word}' contradicts itself; write {id[..^5]}-or-later, or {id}" : $"{name} takes no plus sign");
        }

        _at += word.Length;
        return (id, orLater && !id.EndsWith("-or-later", StringComparison.Ordinal));
    }

    private readonly string Resolve(string name)
    {
        if (name == LicenseExpression.NoAssertion || IsLicenseRef(name))
        {
            return name;
        }

        if (SpdxList.FindLicense(name) is { } id)
        {
            return id;
        }

        throw Error(name switch
        {
            "NONE" => "NONE grants nothing, so nobody could make the design; name an open licence, or write NOASSERTION while it is not known",
            "AND" or "OR" or "WITH" or "and" or "or" or "with" => $"a licence is missing before {name}",
            _ when name.StartsWith("LicenseRef-", StringComparison.OrdinalIgnoreCase) => $"'{name}' is no reference; write LicenseRef- and letters, digits, dots and dashes",
            _ => $"'{name}' is no licence of the SPDX list{(SpdxList.Suggest(UpToOperator()) is { } near ? $"; did you mean {near}?" : ". Look it up at spdx.org/licenses, or write LicenseRef- and a name of your own")}",
        });
    }

    // "CC BY-SA 4.0" is three words to the grammar and one licence to its writer.
    private readonly string UpToOperator()
    {
        var rest = _text[_at..];
        var end = Ends.Select(o => rest.IndexOf(o, StringComparison.OrdinalIgnoreCase)).Where(i => i >= 0).DefaultIfEmpty(rest.Length).Min();
        return rest[..end];
    }

    private static bool CanBeLater(string id) => id != LicenseExpression.NoAssertion && !id.EndsWith("-only", StringComparison.Ordinal) && !id.Contains("LicenseRef-", StringComparison.Ordinal);

    private static bool IsLicenseRef(string name)
    {
        if (name.StartsWith("DocumentRef-", StringComparison.Ordinal) && name.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon)
        {
            return IsReference(name["DocumentRef-".Length..colon]) && IsLicenseRef(name[(colon + 1)..]) && !name[(colon + 1)..].Contains(':', StringComparison.Ordinal);
        }

        return name.StartsWith("LicenseRef-", StringComparison.Ordinal) && IsReference(name["LicenseRef-".Length..]);
    }

    private static bool IsReference(string text) => text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-');

    // SPDX 2.3: operators are written in upper case; version 3 reads lower case too.
    private bool TakeOperator(string name)
    {
        SkipBlanks();
        var word = PeekWord();
        if (!word.Equals(name, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        if (word != name && word.Any(char.IsAsciiLetterUpper))
        {
            throw Error($"'{word}' is written {name}");
        }

        _at += word.Length;
        return true;
    }

    private readonly string PeekWord()
    {
        var end = _at;
        while (end < _text.Length && (char.IsAsciiLetterOrDigit(_text[end]) || _text[end] is '.' or '-' or ':' or '+' or '_' or '/'))
        {
            end++;
        }

        return _text[_at..end];
    }

    private void SkipBlanks()
    {
        while (_at < _text.Length && _text[_at] is ' ' or '\t')
        {
            _at++;
        }
    }

    private readonly LicenseSyntaxException Error(string what) => new($"The licence can't be read: {what}", Column);
}
