// A simulated printer's certificate, and the CA that issued it: as the real ones have them, with the serial number as common name and no other name.

using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace FabNet.FirmwareSimulator.Ftps;

/// <summary>A certificate with its key, and its CA. Made anew for each printer; nothing else trusts it.</summary>
internal sealed class PrinterIdentity : IDisposable
{
    /// <summary>Makes both.</summary>
    /// <param name="serial">The serial number.</param>
    /// <param name="now">The present time; valid from a day before it, for ten years.</param>
    public PrinterIdentity(string serial, DateTimeOffset now)
    {
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authority = new CertificateRequest("CN=Simulated printers CA", authorityKey, HashAlgorithmName.SHA256);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        authority.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        using var signer = authority.CreateSelfSigned(now.AddDays(-1), now.AddYears(10));
        Authority = X509CertificateLoader.LoadCertificate(signer.RawData);

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var printer = new CertificateRequest($"CN={serial}", key, HashAlgorithmName.SHA256);
        printer.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        using var issued = printer.Create(signer, now.AddDays(-1), now.AddYears(10).AddSeconds(-1), RandomNumberGenerator.GetBytes(16));
        Certificate = issued.CopyWithPrivateKey(key);
    }

    /// <summary>The CA, without its key.</summary>
    public X509Certificate2 Authority { get; }

    /// <summary>The printer's own, with its key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <inheritdoc />
    public void Dispose()
    {
        Authority.Dispose();
        Certificate.Dispose();
    }
}
