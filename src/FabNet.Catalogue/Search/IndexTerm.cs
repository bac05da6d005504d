// The terms of the stored index: words and attributes, each told apart by its first letter.

using System.Globalization;
using System.Text;

namespace FabNet.Catalogue.Search;

/// <summary>
/// Writes the terms that a design is found by. The full-text table knows nothing but terms and the designs that have them, so that a
/// search with filters is one intersection of sorted lists, read only as far as a page needs.
/// </summary>
internal static class IndexTerm
{
    /// <summary>Every design has it.</summary>
    public const string Any = "a";

    private const int MaxBucket = 14;

    /// <summary>A word of the name.</summary>
    public static string InName(string word) => "n" + word;

    /// <summary>A word of the name or the title.</summary>
    public static string InTitle(string word) => "t" + word;

    /// <summary>A word of any searched field.</summary>
    public static string InBody(string word) => "b" + word;

    /// <summary>All words of the name, in their order.</summary>
    public static string WholeName(IEnumerable<string> words) => "e" + string.Join('_', words);

    /// <summary>A process that some part is made by.</summary>
    public static string Process(string tsdc) => "p" + Encode(tsdc);

    /// <summary>A material that some part is made of.</summary>
    public static string Material(string material) => "m" + Encode(material);

    /// <summary>A process and a material of the same part.</summary>
    public static string ProcessAndMaterial(string tsdc, string material) => $"c{Encode(tsdc)}_{Encode(material)}";

    /// <summary>The whole licence expression, or a licence in it.</summary>
    public static string License(string license) => "l" + Encode(license);

    /// <summary>Whoever published it.</summary>
    public static string Publisher(string publisher) => "u" + Encode(publisher);

    /// <summary>The terms of a design whose parts are at most so high: one for each power of two in mm that is not exceeded.</summary>
    public static IEnumerable<string> HeightsOf(double mm) => Enumerable.Range(Bucket(mm), MaxBucket + 1 - Bucket(mm)).Select(b => Bound('h', b));

    /// <summary>The same for the longer side of the footprint.</summary>
    public static IEnumerable<string> LengthsOf(double mm) => Enumerable.Range(Bucket(mm), MaxBucket + 1 - Bucket(mm)).Select(b => Bound('k', b));

    /// <summary>The term of all designs of known size that may fit a height and a length, and of some that don't: the one of both that fewer have.</summary>
    public static string MayFit(double heightMm, double lengthMm) => Bucket(heightMm) < Bucket(lengthMm) ? Bound('h', Bucket(heightMm)) : Bound('k', Bucket(lengthMm));

    private static string Bound(char dimension, int bucket) => string.Create(CultureInfo.InvariantCulture, $"{dimension}{bucket}");

    private static int Bucket(double mm) => mm <= 1 ? 0 : (int)Math.Clamp(Math.Ceiling(Math.Log2(mm)), 0, MaxBucket);

    // Attributes compare without case. What is neither a letter nor a digit of ASCII becomes its bytes, so that no two get one term.
    private static string Encode(string text)
    {
        var term = new StringBuilder();
        foreach (var b in Encoding.UTF8.GetBytes(text.ToLowerInvariant()))
        {
            term = char.IsAsciiLetterOrDigit((char)b) ? term.Append((char)b) : term.Append(CultureInfo.InvariantCulture, $"_{b:x2}");
        }

        return term.ToString();
    }
}
