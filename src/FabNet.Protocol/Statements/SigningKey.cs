// The private half of a key: made, kept in a file that only its owner reads, and used to sign.

using System.Security.Cryptography;

namespace FabNet.Protocol.Statements;

/// <summary>An ECDSA key on P-256 that signs. Dispose it when nothing more is to be signed. Not thread safe.</summary>
public sealed class SigningKey : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly ECDsa _key;

    private SigningKey(ECDsa key) => (_key, Public) = (key, VerifyingKey.Parse(key.ExportSubjectPublicKeyInfo()));

    /// <summary>The public half.</summary>
    public VerifyingKey Public { get; }

    /// <summary>Makes a new key.</summary>
    public static SigningKey Create() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>Reads a key file: PEM, PKCS#8, not encrypted.</summary>
    /// <exception cref="IOException">It can't be read, or others may read it.</exception>
    /// <exception cref="FormatException">It is no such key.</exception>
    public static SigningKey ReadFile(string path)
    {
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~OwnerOnly) is not UnixFileMode.None and var mode)
        {
            throw new IOException($"The key file {path} can be used by others ({mode}). If nobody else read it yet: chmod 600 {path}. Otherwise rotate the key: fabnet key rotate");
        }

        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(path));
            return new SigningKey(key);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or FormatException)
        {
            key.Dispose();
            throw new FormatException($"The key file {path} holds no ECDSA key on P-256 (PEM, PKCS#8, not encrypted): {e.Message}", e);
        }
    }

    /// <summary>Writes the key to a new file that only its owner may read (mode 600).</summary>
    /// <exception cref="IOException">The file is there already, or can't be written.</exception>
    public void WriteFile(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        using var file = new FileStream(path, options);
        file.Write(System.Text.Encoding.ASCII.GetBytes(_key.ExportPkcs8PrivateKeyPem() + "\n"));
        file.Flush(flushToDisk: true);
    }

    /// <summary>Signs bytes: SHA-256, ASN.1 DER.</summary>
    public byte[] Sign(ReadOnlySpan<byte> bytes) => _key.SignData(bytes, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);

    /// <inheritdoc />
    public void Dispose() => _key.Dispose();
}
