// How people name publishers and designs: a namespace, and where that is not enough the beginning of the identity.

using FabNet.Model;

namespace FabNet.Protocol.Statements;

/// <summary>A publisher as people write it: <c>alice</c>, or <c>alice~1a2b3c4d</c> where several call themselves so.</summary>
/// <param name="Namespace">The namespace.</param>
/// <param name="Prefix">The first eight hexadecimal digits of the identity; null for any publisher of the namespace.</param>
public readonly record struct PublisherName(string Namespace, string? Prefix)
{
    /// <summary>How many digits of the identity the short form has.</summary>
    public const int PrefixLength = 8;

    /// <summary>The short form of a publisher.</summary>
    public static PublisherName Of(string name, Digest identity) => new(name, identity.Hex[..PrefixLength]);

    /// <summary>Reads the written form.</summary>
    /// <exception cref="FormatException">It is not of that form.</exception>
    public static PublisherName Parse(string text)
    {
        var tilde = text.IndexOf('~', StringComparison.Ordinal);
        var (name, prefix) = tilde < 0 ? (text, null) : (text[..tilde], text[(tilde + 1)..]);
        return Names.IsValid(name) && (prefix is null || (prefix.Length == PrefixLength && prefix.All(char.IsAsciiHexDigitLower)))
            ? new PublisherName(name, prefix)
            : throw new FormatException($"'{StatementText.Printable(text)}' names no publisher. Write alice, or alice~1a2b3c4d with the first {PrefixLength} digits of its identity.");
    }

    /// <summary>
    /// True if a person may take one namespace for the other. Only lower-case Latin letters, digits and dashes stand in names, so letters of other scripts can't; what is left is
    /// 0 and o, 1 and i and l, 5 and s, <c>rn</c> and m, <c>vv</c> and w, <c>cl</c> and d, and dashes.
    /// </summary>
    public static bool LooksLike(string left, string right) => left != right && Skeleton(left) == Skeleton(right);

    /// <summary>True if this names a publisher.</summary>
    public bool Fits(string name, Digest identity) => name == Namespace && (Prefix is null || identity.Hex.StartsWith(Prefix, StringComparison.Ordinal));

    /// <inheritdoc />
    public override string ToString() => Prefix is null ? Namespace : $"{Namespace}~{Prefix}";

    private static string Skeleton(string name) => name.Replace("-", "", StringComparison.Ordinal).Replace("rn", "m", StringComparison.Ordinal)
        .Replace("vv", "w", StringComparison.Ordinal).Replace("cl", "d", StringComparison.Ordinal).Replace('0', 'o').Replace('1', 'l').Replace('i', 'l').Replace('5', 's');
}

/// <summary>A design as people write it: <c>cable-clip</c>, <c>alice/cable-clip</c>, <c>alice~1a2b3c4d/cable-clip@1.0.0</c>.</summary>
/// <param name="Publisher">Who published it; null for whoever did.</param>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version; null for the newest.</param>
public readonly record struct DesignName(PublisherName? Publisher, string Name, string? Version)
{
    private const int MaxVersion = 64;

    /// <summary>Reads the written form.</summary>
    /// <exception cref="FormatException">It is not of that form.</exception>
    public static DesignName Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var rest = text[(slash + 1)..];
        var at = rest.IndexOf('@', StringComparison.Ordinal);
        var (name, version) = at < 0 ? (rest, null) : (rest[..at], rest[(at + 1)..]);
        return Names.IsValid(name) && version is null or { Length: > 0 and <= MaxVersion } && !StatementText.HasInvisible(version ?? "")
            ? new DesignName(slash < 0 ? null : PublisherName.Parse(text[..slash]), name, version)
            : throw new FormatException($"'{StatementText.Printable(text)}' names no design. Write name, name@version, or publisher/name@version, such as alice/cable-clip@1.0.0.");
    }

    /// <inheritdoc />
    public override string ToString() => (Publisher is { } publisher ? $"{publisher}/" : "") + Name + (Version is null ? "" : $"@{Version}");
}
