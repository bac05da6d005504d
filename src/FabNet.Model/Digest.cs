// The content address of a blob: SHA-256, written as OCI does.

using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json.Serialization;

namespace FabNet.Model;

/// <summary>The SHA-256 of a blob, written <c>sha256:</c> and 64 lower-case hexadecimal digits. Equal digests mean equal bytes.</summary>
/// <param name="Value">The written form.</param>
[JsonConverter(typeof(DigestText))]
public readonly record struct Digest(string Value)
{
    private const string Prefix = "sha256:";

    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");

    /// <summary>The 64 hexadecimal digits without the prefix: a safe file name.</summary>
    public string Hex => Value[Prefix.Length..];

    /// <summary>The digest of bytes in memory.</summary>
    public static Digest Of(ReadOnlySpan<byte> bytes) => FromHash(SHA256.HashData(bytes));

    /// <summary>The digest of everything that is left of a stream, which is read to its end.</summary>
    public static async Task<Digest> OfAsync(Stream stream, CancellationToken cancellationToken = default) =>
        FromHash(await SHA256.HashDataAsync(stream, cancellationToken));

    /// <summary>The digest with these 32 bytes.</summary>
    public static Digest FromHash(ReadOnlySpan<byte> hash) => new(Prefix + Convert.ToHexStringLower(hash));

    /// <summary>Reads the written form.</summary>
    /// <exception cref="FormatException">It is not <c>sha256:</c> and 64 lower-case hexadecimal digits.</exception>
    public static Digest Parse(string text) =>
        TryParse(text, out var digest) ? digest : throw new FormatException($"'{text}' is not a digest. Write it as sha256: and 64 hexadecimal digits.");

    /// <summary>Reads the written form, if it is one.</summary>
    public static bool TryParse(string? text, out Digest digest)
    {
        digest = new Digest(text ?? "");
        return text is { Length: 71 } && text.StartsWith(Prefix, StringComparison.Ordinal)
            && text.AsSpan(Prefix.Length).IndexOfAnyExcept(LowerHex) < 0;
    }

    /// <summary>The first 12 hexadecimal digits, for people.</summary>
    public string Short => Value is { Length: 71 } ? Value.Substring(Prefix.Length, 12) : Value;

    /// <inheritdoc />
    public override string ToString() => Value;
}
