// The identifiers of the SPDX licence list: which there are, how they are spelt, and which are out of use.

namespace FabNet.Model.Licensing;

/// <summary>Looks up SPDX identifiers. Case does not matter when looking (SPDX specification, annex on licence expressions); the list's own spelling comes back.</summary>
public static class SpdxList
{
    private const int FarthestSuggestion = 2;

    private static readonly Lazy<Dictionary<string, Entry>> Licences = new(() => Load("licensing/spdx-licenses.txt"));

    private static readonly Lazy<Dictionary<string, Entry>> Exceptions = new(() => Load("licensing/spdx-exceptions.txt"));

    /// <summary>Every licence identifier, in the list's spelling.</summary>
    public static IEnumerable<string> LicenseIds => Licences.Value.Values.Select(e => e.Id);

    /// <summary>A licence's identifier in the list's spelling; null if the list has none such.</summary>
    public static string? FindLicense(string id) => Licences.Value.GetValueOrDefault(id).Id;

    /// <summary>An exception's identifier in the list's spelling; null if the list has none such.</summary>
    public static string? FindException(string id) => Exceptions.Value.GetValueOrDefault(id).Id;

    /// <summary>True for an identifier that the list keeps only so that old expressions can be read.</summary>
    public static bool IsDeprecated(string licenseId) => Licences.Value.GetValueOrDefault(licenseId).IsDeprecated;

    /// <summary>The identifier that somebody may have meant: what is left without blanks and punctuation differs by at most two letters. Null if nothing is near.</summary>
    public static string? Suggest(string text)
    {
        var wanted = Fold(text);
        return wanted.Length < 2 ? null : Licences.Value.Values
            .Where(e => !e.IsDeprecated)
            .Select(e => (e.Id, Distance: Distance(wanted, Fold(e.Id))))
            .Where(c => c.Distance <= Math.Min(FarthestSuggestion, wanted.Length / 3))
            .OrderBy(c => c.Distance).ThenBy(c => c.Id.Length).ThenBy(c => c.Id, StringComparer.Ordinal)
            .Select(c => c.Id)
            .FirstOrDefault();
    }

    // "GPLv3", "CC BY-SA 4.0" and "CERN OHL v2 S" are common: blanks, dashes, a v, the zero of a version and "only" are not what tells licences apart.
    private static string Fold(string text)
    {
        var folded = text.ToLowerInvariant().Replace(".0", "", StringComparison.Ordinal).Replace("-only", "", StringComparison.Ordinal).Replace("+", "orlater", StringComparison.Ordinal);
        return string.Concat(folded.Where((c, i) => char.IsAsciiLetterOrDigit(c) && !(c == 'v' && i + 1 < folded.Length && char.IsAsciiDigit(folded[i + 1]))));
    }

    private static int Distance(string left, string right)
    {
        if (Math.Abs(left.Length - right.Length) > FarthestSuggestion)
        {
            return int.MaxValue;
        }

        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var replaced = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }

    private static Dictionary<string, Entry> Load(string resource)
    {
        using var reader = new StreamReader(typeof(SpdxList).Assembly.GetManifestResourceStream(resource)!);
        var entries = new Dictionary<string, Entry>(StringComparer.OrdinalIgnoreCase);
        while (reader.ReadLine() is { } line)
        {
            if (line is not ['#', ..])
            {
                var id = line.TrimStart('-');
                entries.Add(id, new Entry(id, line is ['-', ..]));
            }
        }

        return entries;
    }

    private readonly record struct Entry(string Id, bool IsDeprecated);
}
