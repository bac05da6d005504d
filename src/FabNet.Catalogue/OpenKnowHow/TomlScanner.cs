// Reads the characters of TOML: blanks, comments, names of keys, strings and other scalars, with their places.

using System.Buffers;
using System.Globalization;
using System.Text;

namespace FabNet.Catalogue.OpenKnowHow;

/// <summary>A place in a document, counted from 1.</summary>
internal readonly record struct TomlPlace(int Line, int Column)
{
    public ManifestSyntaxException Fault(string sentence) => new(Line, Column, sentence);
}

/// <summary>A cursor over the text of a TOML document. It never moves back over a line.</summary>
internal sealed class TomlScanner(string text)
{
    /// <summary>What <see cref="Peek"/> answers at the end. TOML has no such character anywhere.</summary>
    private const char End = '\0';

    private static readonly SearchValues<char> BareKeyCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    private static readonly SearchValues<char> TokenEnds = SearchValues.Create(" \t\r\n,]}#=[{\"'");

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    private int _at;
    private int _line = 1;
    private int _lineStart;

    public TomlPlace Place => new(_line, _at - _lineStart + 1);

    private bool IsAtEnd => _at >= text.Length;

    public ManifestSyntaxException Fault(string sentence) => Place.Fault(sentence);

    public char Peek(int ahead = 0) => _at + ahead < text.Length ? text[_at + ahead] : End;

    public void Advance() => _at++;

    public bool TryTake(char expected)
    {
        if (IsAtEnd || text[_at] != expected)
        {
            return false;
        }

        _at++;
        return true;
    }

    public void Require(char expected, string after)
    {
        if (!TryTake(expected))
        {
            throw Fault($"There should be a '{expected}' after {after}, and there is {Seen()}.");
        }
    }

    public void SkipBlanks()
    {
        while (Peek() is ' ' or '\t')
        {
            _at++;
        }
    }

    public void SkipBlanksCommentsAndLines()
    {
        do
        {
            SkipBlanks();
            SkipComment();
        }
        while (TryTakeLineEnd());
    }

    /// <summary>Goes to the next statement; false at the end of the document.</summary>
    public bool SkipToStatement()
    {
        SkipBlanksCommentsAndLines();
        return !IsAtEnd;
    }

    public void RequireEndOfLine()
    {
        SkipBlanks();
        SkipComment();
        if (!IsAtEnd && !TryTakeLineEnd())
        {
            throw Fault($"The line should end here, and there is {Seen()}.");
        }
    }

    public string ReadKeyName()
    {
        switch (Peek())
        {
            case '"':
                return ReadBasicString();
            case '\'':
                return ReadLiteralString();
        }

        var rest = text.AsSpan(_at);
        var length = rest.IndexOfAnyExcept(BareKeyCharacters);
        length = length < 0 ? rest.Length : length;
        if (length == 0)
        {
            throw Fault($"There should be a key here, and there is {Seen()}. Put a key in quotes if it has other characters than A-Z, a-z, 0-9, _ and -.");
        }

        _at += length;
        return rest[..length].ToString();
    }

    public ScalarNode ReadScalar()
    {
        var line = _line;
        return new ScalarNode(Peek() switch
        {
            '"' => Peek(1) == '"' && Peek(2) == '"' ? ReadMultilineString('"') : ReadBasicString(),
            '\'' => Peek(1) == '\'' && Peek(2) == '\'' ? ReadMultilineString('\'') : ReadLiteralString(),
            _ => ReadToken(),
        }, line);
    }

    private object ReadToken()
    {
        var place = Place;
        var token = Token(0);
        if (token.Length == 10 && token[4] == '-' && Peek(10) == ' ' && char.IsAsciiDigit(Peek(11)) && char.IsAsciiDigit(Peek(12)) && Peek(13) == ':')
        {
            token = text.AsSpan(_at, 11 + Token(11).Length);
        }

        if (token.IsEmpty)
        {
            throw Fault($"There should be a value here, and there is {Seen()}. Put text in quotes.");
        }

        var value = TomlScalars.Parse(token)
            ?? throw place.Fault($"'{Shorten(token)}' is not a value of TOML: a number, a date or time, true or false. Put text in quotes.");
        _at += token.Length;
        return value;
    }

    private ReadOnlySpan<char> Token(int ahead)
    {
        var rest = text.AsSpan(_at + ahead);
        var length = rest.IndexOfAny(TokenEnds);
        return length < 0 ? rest : rest[..length];
    }

    private string ReadLiteralString()
    {
        var place = Place;
        _at++;
        var start = _at;
        while (Peek() != '\'')
        {
            RequireTextCharacter(place);
            _at++;
        }

        return text[start.._at++];
    }

    private string ReadBasicString()
    {
        var place = Place;
        _at++;
        var value = new StringBuilder();
        while (Peek() != '"')
        {
            RequireTextCharacter(place);
            if (Peek() == '\\')
            {
                ReadEscape(value);
            }
            else
            {
                value.Append(text[_at++]);
            }
        }

        _at++;
        return value.ToString();
    }

    private string ReadMultilineString(char quote)
    {
        var place = Place;
        _at += 3;
        TryTakeLineEnd();
        var value = new StringBuilder();
        while (true)
        {
            if (Peek() == quote && Peek(1) == quote && Peek(2) == quote)
            {
                _at += 3;

                // One or two more quotes belong to the text: they stand right before the closing three.
                for (var extra = 0; extra < 2 && TryTake(quote); extra++)
                {
                    value.Append(quote);
                }

                return value.ToString();
            }

            if (TryTakeLineEnd())
            {
                value.Append('\n');
                continue;
            }

            RequireTextCharacter(place);
            if (quote == '"' && Peek() == '\\')
            {
                ReadMultilineEscape(value);
            }
            else
            {
                value.Append(text[_at++]);
            }
        }
    }

    private void ReadMultilineEscape(StringBuilder value)
    {
        var blanks = 1;
        while (Peek(blanks) is ' ' or '\t')
        {
            blanks++;
        }

        if (Peek(blanks) is not ('\n' or '\r'))
        {
            ReadEscape(value);
            return;
        }

        _at += blanks;
        while (TryTakeLineEnd())
        {
            SkipBlanks();
        }
    }

    private void ReadEscape(StringBuilder value)
    {
        var place = Place;
        _at++;
        var escape = Peek();
        _at++;
        var plain = escape switch
        {
            'b' => '\b',
            't' => '\t',
            'n' => '\n',
            'f' => '\f',
            'r' => '\r',
            '"' => '"',
            '\\' => '\\',
            _ => End,
        };
        if (plain != End)
        {
            value.Append(plain);
            return;
        }

        var digits = escape switch { 'u' => 4, 'U' => 8, _ => 0 };
        if (digits == 0)
        {
            throw place.Fault("There is a backslash that begins no escape. Write \\\\ for a backslash, or put the text in single quotes.");
        }

        var hex = text.AsSpan(_at, Math.Min(digits, text.Length - Math.Min(_at, text.Length)));
        if (hex.Length < digits || hex.ContainsAnyExcept(HexDigits)
            || !uint.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var scalar) || !Rune.TryCreate(scalar, out var rune))
        {
            throw place.Fault($"\\{escape} should be followed by {digits} hexadecimal digits of a Unicode character.");
        }

        value.Append(rune.ToString());
        _at += digits;
    }

    private void RequireTextCharacter(TomlPlace opened)
    {
        if (IsAtEnd || Peek() is '\n' or '\r')
        {
            throw opened.Fault("The text that begins here has no closing quote.");
        }

        if (IsControl(Peek()))
        {
            throw Fault($"There is {Seen()} in the text. Write it as an escape, such as \\u0007.");
        }
    }

    private void SkipComment()
    {
        if (Peek() != '#')
        {
            return;
        }

        while (!IsAtEnd && Peek() != '\n' && !(Peek() == '\r' && Peek(1) == '\n'))
        {
            if (IsControl(Peek()))
            {
                throw Fault($"There is {Seen()} in the comment. Remove it.");
            }

            _at++;
        }
    }

    private bool TryTakeLineEnd()
    {
        var length = Peek() == '\n' ? 1 : Peek() == '\r' && Peek(1) == '\n' ? 2 : 0;
        if (length == 0 || IsAtEnd)
        {
            return false;
        }

        _at += length;
        _line++;
        _lineStart = _at;
        return true;
    }

    private static bool IsControl(char c) => c is (< ' ' and not '\t') or '\u007F';

    private string Seen() => IsAtEnd ? "the end of the file"
        : Peek() is '\n' or '\r' ? "the end of the line"
        : IsControl(Peek()) ? $"the control character U+{(int)Peek():X4}"
        : $"'{Peek()}'";

    private static string Shorten(ReadOnlySpan<char> token) => token.Length > 40 ? $"{token[..40]}…" : token.ToString();
}
