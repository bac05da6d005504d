// A certificate authority of the test's own.
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace FabNet.Tests.Mqtt;

/// <summary>Issues certificates for servers and clients; its own is what the other side is to trust.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private int _serial;

    public TestAuthority(string name = "FabNet test authority")
    {
        var request = new CertificateRequest($"CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        Certificate = request.CreateSelfSigned(Now.AddDays(-1), Now.AddYears(1));
    }

    public X509Certificate2 Certificate { get; }

    public X509Certificate2Collection TrustChain => [Certificate];

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    /// <summary>A server's certificate for this name and for 127.0.0.1, and its key.</summary>
    /// <param name="name">The name.</param>
    /// <param name="isExpired">True for one that ended an hour ago.</param>
    public (string CertificatePem, string KeyPem) IssueServerPem(string name, bool isExpired = false)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        names.AddIpAddress(IPAddress.Loopback);
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = Issue(name, key, "1.3.6.1.5.5.7.3.1", names.Build(), isExpired ? Now.AddHours(-1) : Now.AddDays(30));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>A client's certificate with its key.</summary>
    public X509Certificate2 IssueClient(string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = Issue(name, key, "1.3.6.1.5.5.7.3.2", null, Now.AddDays(30));
        return certificate.CopyWithPrivateKey(key);
    }

    public void Dispose()
    {
        Certificate.Dispose();
        _key.Dispose();
    }

    private X509Certificate2 Issue(string name, ECDsa key, string usage, X509Extension? names, DateTimeOffset until)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        if (names is not null)
        {
            request.CertificateExtensions.Add(names);
        }

        return request.Create(Certificate, Now.AddHours(-20), until, [1, 2, 3, (byte)++_serial]);
    }
}
