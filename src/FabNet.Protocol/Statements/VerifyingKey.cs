// The public half of a key: its form, its id, and what it says of a signature.

using System.Security.Cryptography;
using FabNet.Model;

namespace FabNet.Protocol.Statements;

/// <summary>
/// An ECDSA key on P-256 that verifies signatures over SHA-256, which are ASN.1 DER: what <c>openssl dgst -sha256 -verify</c> reads. Equal keys have equal ids. Immutable and thread safe.
/// </summary>
public sealed class VerifyingKey : IEquatable<VerifyingKey>
{
    /// <summary>The bytes of a SubjectPublicKeyInfo of this kind: an algorithm, a curve and an uncompressed point (RFC 5480).</summary>
    public const int Size = 91;

    private const string P256 = "1.2.840.10045.3.1.7";

    private readonly byte[] _info;

    private VerifyingKey(byte[] info) => (_info, Id) = (info, Digest.Of(info));

    /// <summary>The SHA-256 of the SubjectPublicKeyInfo: DSSE's <c>keyid</c>.</summary>
    public Digest Id { get; }

    /// <summary>The SubjectPublicKeyInfo, DER.</summary>
    public ReadOnlyMemory<byte> Info => _info;

    /// <summary>Reads a SubjectPublicKeyInfo. Only its one canonical form is read, so that a key has one id.</summary>
    /// <exception cref="FormatException">It is not a P-256 key in that form.</exception>
    public static VerifyingKey Parse(ReadOnlySpan<byte> info)
    {
        try
        {
            using var key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(info, out _);
            if (info.Length == Size && key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value == P256 && key.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(info))
            {
                return new VerifyingKey(info.ToArray());
            }
        }
        catch (Exception e) when (e is CryptographicException or PlatformNotSupportedException)
        {
            throw new FormatException($"The key is none that can be read: {e.Message} Write an ECDSA key on P-256 as SubjectPublicKeyInfo, DER.", e);
        }

        throw new FormatException($"The key is not an ECDSA key on P-256 with an uncompressed point ({Size} bytes of SubjectPublicKeyInfo, DER).");
    }

    /// <summary>True if this key's other half signed these bytes.</summary>
    public bool Verifies(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> signature)
    {
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(_info, out _);
        return key.VerifyData(bytes, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }

    /// <inheritdoc />
    public bool Equals(VerifyingKey? other) => other is not null && Id == other.Id;

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as VerifyingKey);

    /// <inheritdoc />
    public override int GetHashCode() => Id.GetHashCode();

    /// <inheritdoc />
    public override string ToString() => Id.ToString();
}
