// Makes a firmware's bytes readable for people, and reads numbers out of them.

using System.Buffers.Text;
using System.Text;

namespace FabNet.FirmwareBridge.Streaming;

/// <summary>Bytes of a firmware as text and numbers.</summary>
internal static class FirmwareText
{
    /// <summary>The line as text; bytes that are not printable ASCII become <c>�</c>.</summary>
    public static string Of(ReadOnlySpan<byte> line)
    {
        var text = new StringBuilder(line.Length);
        foreach (var value in line)
            text.Append(value is >= 0x20 and < 0x7F or (byte)'\t' ? (char)value : '\uFFFD');
        return text.ToString();
    }

    /// <summary>Reads a whole number at the start of the text; -1 if there is none, or if it is followed by something that can't follow a number.</summary>
    public static int LeadingNumber(ReadOnlySpan<byte> text)
    {
        if (!Utf8Parser.TryParse(text, out int number, out var used) || number < 0)
            return -1;
        return used == text.Length || text[used] is (byte)' ' or (byte)',' or (byte)']' or (byte)'|' ? number : -1;
    }

    /// <summary>Reads a decimal number at the start of the text and steps over it.</summary>
    public static bool TryTakeNumber(ref ReadOnlySpan<byte> text, out double value)
    {
        if (!Utf8Parser.TryParse(text, out value, out var used) || !double.IsFinite(value))
            return false;
        text = text[used..];
        return true;
    }
}
