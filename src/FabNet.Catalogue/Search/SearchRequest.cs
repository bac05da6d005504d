// What is searched for.

using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using FabNet.Model;

namespace FabNet.Catalogue.Search;

/// <summary>What a design must be to be found. Null and empty: whatever it is. Compared without case.</summary>
internal sealed record SearchFilter
{
    /// <summary>Open Know-How's code of a process, such as <c>3DP</c>. With a material: some part is made by the one of the other.</summary>
    public string? Process { get; init; }

    /// <summary>A material that some part calls for or has a toolpath for, such as <c>PETG</c>.</summary>
    public string? Material { get; init; }

    /// <summary>A licence expression, or a licence in it, such as <c>CERN-OHL-S-2.0</c>.</summary>
    public string? License { get; init; }

    /// <summary>Whoever published it.</summary>
    public string? Publisher { get; init; }

    /// <summary>True: validated designs only.</summary>
    public bool IsValidatedOnly { get; init; }

    /// <summary>What machines can reach, in mm: every part whose size is known fits into the same one of these, as it stands or turned by 90° about Z, and some size is known.</summary>
    public IReadOnlyList<Size3> Fits { get; init; } = [];

    /// <summary>True if it lets every design through.</summary>
    public bool IsEmpty => Process is null && Material is null && License is null && Publisher is null && !IsValidatedOnly && Fits.Count == 0;
}

/// <summary>Words and filter of a search.</summary>
/// <param name="Words">Distinct, in the order of the text.</param>
/// <param name="Filter">What else must hold.</param>
internal sealed record SearchRequest(IReadOnlyList<string> Words, SearchFilter Filter)
{
    /// <summary>The most characters of a text.</summary>
    public const int MaxLength = 200;

    private const int MaxWords = 12;

    private const int MaxFits = 16;

    private const int MaxAttribute = 200;

    /// <summary>Reads what a person typed. Words that say nothing are left out where others are there.</summary>
    /// <exception cref="CatalogueException">It is too long, or a filter makes no sense.</exception>
    public static SearchRequest Parse(string text, SearchFilter? filter = null)
    {
        filter ??= new SearchFilter();
        if (text.Length > MaxLength)
        {
            throw Invalid($"The search text has {text.Length} characters; at most {MaxLength} are searched. Use fewer words.");
        }

        if (new[] { filter.Process, filter.Material, filter.License, filter.Publisher }.FirstOrDefault(a => a?.Length is 0 or > MaxAttribute) is { } attribute)
        {
            throw Invalid($"A filter has {attribute.Length} characters; it may have 1 to {MaxAttribute}.");
        }

        if (filter.Fits.Count > MaxFits || filter.Fits.Any(s => !IsLength(s.Width) || !IsLength(s.Depth) || !IsLength(s.Height)))
        {
            throw Invalid($"Name at most {MaxFits} machine envelopes, each as width, depth and height in mm above 0.");
        }

        var words = SearchText.Split(text).Distinct(StringComparer.Ordinal).ToList();
        var telling = words.Where(w => !SearchText.IsStopWord(w)).ToList();
        return new SearchRequest([.. (telling.Count > 0 ? telling : words).Take(MaxWords)], filter);
    }

    /// <summary>Eight bytes that tell this search from others, for its page tokens.</summary>
    public long Fingerprint()
    {
        var fits = string.Join(' ', Filter.Fits.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Width:R}x{s.Depth:R}x{s.Height:R}")));
        var text = string.Join('\n', [string.Join(' ', Words), Filter.Process, Filter.Material, Filter.License, Filter.Publisher, Filter.IsValidatedOnly ? "validated" : "", fits]);
        return BitConverter.ToInt64(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    private static bool IsLength(double mm) => mm is > 0 and <= 1e6;

    private static CatalogueException Invalid(string message) => new(CatalogueFault.Invalid, message);
}
