// Which of two versions is newer.

using System.Text;

namespace FabNet.Catalogue.Search;

/// <summary>
/// Orders versions by Semantic Versioning 2.0.0, clause 11, and does something sensible with those that are not semantic: missing numbers
/// are 0, a leading v does not count, words sort after numbers. Build metadata does not count.
/// </summary>
internal static class DesignVersions
{
    private const byte End = 0;

    private const byte EmptyIdentifier = 1;

    private const byte NumberIdentifier = 2;

    private const byte WordIdentifier = 3;

    private const byte IsPreRelease = 1;

    private const byte IsRelease = 2;

    /// <summary>Below zero if <paramref name="left"/> is older.</summary>
    public static int Compare(string left, string right) => KeyOf(left).AsSpan().SequenceCompareTo(KeyOf(right));

    /// <summary>Bytes that sort, one by one, as the versions do: what the index keeps them in order by.</summary>
    /// <param name="version">At most 255 characters.</param>
    public static byte[] KeyOf(string version)
    {
        version = version.StartsWith('v') ? version[1..] : version;
        var build = version.IndexOf('+', StringComparison.Ordinal);
        version = build < 0 ? version : version[..build];
        var dash = version.IndexOf('-', StringComparison.Ordinal);
        var core = (dash < 0 ? version : version[..dash]).Split('.').ToList();
        while (core.Count > 1 && core[^1].Length > 0 && core[^1].All(c => c == '0'))
        {
            core.RemoveAt(core.Count - 1);
        }

        var key = new List<byte>();
        Add(key, core);
        key.Add(dash < 0 ? IsRelease : IsPreRelease);
        if (dash >= 0)
        {
            Add(key, version[(dash + 1)..].Split('.'));
        }

        return [.. key];
    }

    private static void Add(List<byte> key, IEnumerable<string> identifiers)
    {
        foreach (var identifier in identifiers)
        {
            if (identifier.Length == 0)
            {
                key.Add(EmptyIdentifier);
            }
            else if (identifier.All(char.IsAsciiDigit))
            {
                // A number with more digits is greater.
                var digits = identifier.TrimStart('0');
                key.AddRange([NumberIdentifier, checked((byte)digits.Length), .. Encoding.ASCII.GetBytes(digits)]);
            }
            else
            {
                key.AddRange([WordIdentifier, .. Encoding.UTF8.GetBytes(identifier), End]);
            }
        }

        key.Add(End);
    }
}
