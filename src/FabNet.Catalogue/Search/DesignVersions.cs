// Which of two versions is newer.

using System.Globalization;

namespace FabNet.Catalogue.Search;

/// <summary>
/// Orders versions by Semantic Versioning 2.0.0, clause 11, and does something sensible with those that are not semantic: missing numbers
/// are 0, a leading v does not count, words sort after numbers.
/// </summary>
internal static class DesignVersions
{
    /// <summary>Below zero if <paramref name="left"/> is older.</summary>
    public static int Compare(string left, string right)
    {
        var (leftCore, leftPre) = Split(left);
        var (rightCore, rightPre) = Split(right);
        var core = CompareIdentifiers(leftCore, rightCore, missing: "0");
        return core != 0 ? core : (leftPre, rightPre) switch
        {
            (null, null) => 0,
            (null, _) => 1,
            (_, null) => -1,
            _ => CompareIdentifiers(leftPre, rightPre, missing: ""),
        };
    }

    private static (string Core, string? PreRelease) Split(string version)
    {
        version = version.StartsWith('v') ? version[1..] : version;
        var build = version.IndexOf('+', StringComparison.Ordinal);
        version = build < 0 ? version : version[..build];
        var dash = version.IndexOf('-', StringComparison.Ordinal);
        return dash < 0 ? (version, null) : (version[..dash], version[(dash + 1)..]);
    }

    private static int CompareIdentifiers(string left, string right, string missing)
    {
        var (lefts, rights) = (left.Split('.'), right.Split('.'));
        for (var i = 0; i < Math.Max(lefts.Length, rights.Length); i++)
        {
            var order = CompareIdentifier(i < lefts.Length ? lefts[i] : missing, i < rights.Length ? rights[i] : missing);
            if (order != 0)
            {
                return order;
            }
        }

        return 0;
    }

    private static int CompareIdentifier(string left, string right) => (ToNumber(left), ToNumber(right)) switch
    {
        ({ } l, { } r) => l.CompareTo(r),
        ({ }, null) => right.Length == 0 ? 1 : -1,
        (null, { }) => left.Length == 0 ? -1 : 1,
        _ => string.CompareOrdinal(left, right),
    };

    // A version has at most 64 characters, which a UInt128 can't hold all of; beyond its 38 digits they are compared as words.
    private static UInt128? ToNumber(string text) =>
        text.Length is > 0 and <= 38 && UInt128.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
