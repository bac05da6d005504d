// Writes JSON that has one form only, so that its digest can name it.

using System.Buffers;
using System.Text;

namespace FabNet.Protocol;

/// <summary>
/// Writes canonical JSON (RFC 8785, restricted to integers and to decimals of at most three digits after the point): members sorted by
/// name, no blanks, UTF-8, only the escapes that JSON demands.
/// </summary>
internal sealed class CanonicalJson
{
    private readonly ArrayBufferWriter<byte> _bytes = new(1024);
    private readonly Stack<string?> _lastNames = new();
    private bool _needsComma;

    /// <summary>What was written so far.</summary>
    public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    public CanonicalJson BeginObject()
    {
        BeginValue();
        _bytes.Write("{"u8);
        _lastNames.Push(null);
        _needsComma = false;
        return this;
    }

    public void EndObject()
    {
        _lastNames.Pop();
        _bytes.Write("}"u8);
        _needsComma = true;
    }

    public void BeginArray()
    {
        BeginValue();
        _bytes.Write("["u8);
        _needsComma = false;
    }

    public void EndArray()
    {
        _bytes.Write("]"u8);
        _needsComma = true;
    }

    /// <summary>Writes a member's name. Names must come in ordinal order: the writer checks, it does not sort.</summary>
    public CanonicalJson Name(string name)
    {
        if (string.CompareOrdinal(_lastNames.Pop(), name) >= 0)
        {
            throw new InvalidOperationException($"The member {name} is written out of order.");
        }

        _lastNames.Push(name);
        String(name);
        _bytes.Write(":"u8);
        _needsComma = false;
        return this;
    }

    public void Number(long value)
    {
        BeginValue();
        Span<byte> text = stackalloc byte[20];
        value.TryFormat(text, out var length);
        _bytes.Write(text[..length]);
    }

    /// <summary>Writes a number to three digits after the point, without trailing zeros.</summary>
    public void Number(double value)
    {
        BeginValue();
        Span<byte> text = stackalloc byte[40];
        RoundToThousandths(value).TryFormat(text, out var length, "0.###");
        _bytes.Write(text[..length]);
    }

    /// <summary>The decimal that <see cref="Number(double)"/> writes.</summary>
    /// <exception cref="FormatException">The value is not finite, negative, or above 10¹².</exception>
    public static decimal RoundToThousandths(double value) => value is >= 0 and <= 1e12
        ? Math.Round((decimal)Math.Abs(value), 3, MidpointRounding.AwayFromZero)
        : throw new FormatException($"{value} is not a number from 0 to 1e12.");

    /// <summary>Writes a string.</summary>
    /// <exception cref="FormatException">It has half of a surrogate pair in it.</exception>
    public void String(string value)
    {
        BeginValue();
        _bytes.Write("\""u8);
        var rest = value.AsSpan();
        while (!rest.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(rest, out var rune, out var consumed) != OperationStatus.Done)
            {
                throw new FormatException("A text has half of a surrogate pair in it, which UTF-8 can't hold.");
            }

            WriteRune(rune);
            rest = rest[consumed..];
        }

        _bytes.Write("\""u8);
    }

    private void WriteRune(Rune rune)
    {
        switch (rune.Value)
        {
            case '"':
                _bytes.Write("\\\""u8);
                break;
            case '\\':
                _bytes.Write("\\\\"u8);
                break;
            case '\b':
                _bytes.Write("\\b"u8);
                break;
            case '\t':
                _bytes.Write("\\t"u8);
                break;
            case '\n':
                _bytes.Write("\\n"u8);
                break;
            case '\f':
                _bytes.Write("\\f"u8);
                break;
            case '\r':
                _bytes.Write("\\r"u8);
                break;
            case < 0x20:
                _bytes.Write(Encoding.ASCII.GetBytes($"\\u{rune.Value:x4}"));
                break;
            default:
                var text = _bytes.GetSpan(4);
                _bytes.Advance(rune.EncodeToUtf8(text));
                break;
        }
    }

    private void BeginValue()
    {
        if (_needsComma)
        {
            _bytes.Write(","u8);
        }

        _needsComma = true;
    }
}
