// Bounds texts of peers before they are kept.

namespace FabNet.Coordinator;

/// <summary>Cuts texts that came from outside, so that nobody fills the journal with them.</summary>
internal static class Clip
{
    /// <summary>Enough for a slicer's words or the first violations of an admission.</summary>
    public const int ReasonLength = 4000;

    /// <summary>The text, cut to a length, with a mark where it was cut; <paramref name="fallback"/> if it is blank.</summary>
    public static string Reason(string? text, string fallback, int length = ReasonLength)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return fallback;
        }

        text = text.Trim();
        if (text.Length <= length)
        {
            return text;
        }

        // Not between the halves of a surrogate pair: what is kept must be text.
        var end = char.IsHighSurrogate(text[length - 2]) ? length - 2 : length - 1;
        return string.Concat(text.AsSpan(0, end), "…");
    }
}
