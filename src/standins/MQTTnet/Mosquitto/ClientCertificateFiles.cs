// The client's certificate and key as the two files that libmosquitto reads them from, for the moment of the connect.
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MQTTnet.Exceptions;

namespace MQTTnet.Mosquitto;

/// <summary>A directory that only this user can enter, with two files that only this user can read; both are gone after <see cref="Dispose"/>.</summary>
internal sealed class ClientCertificateFiles : IDisposable
{
    private readonly DirectoryInfo _directory;

    private ClientCertificateFiles(X509Certificate2 certificate)
    {
        _directory = Directory.CreateTempSubdirectory("mqtt-");
        CertificateFile = Path.Combine(_directory.FullName, "certificate.pem");
        KeyFile = Path.Combine(_directory.FullName, "key.pem");
        try
        {
            File.WriteAllText(CertificateFile, certificate.ExportCertificatePem());
            File.WriteAllText(KeyFile, PrivateKeyPem(certificate));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    internal string CertificateFile { get; }

    internal string KeyFile { get; }

    /// <summary>The files of the first certificate; null when there is none.</summary>
    internal static ClientCertificateFiles? Of(MqttClientTlsOptions tls) =>
        tls.ClientCertificatesProvider?.GetCertificates() is { Count: > 0 } certificates
            ? new ClientCertificateFiles(
                certificates[0] as X509Certificate2 ?? throw new MqttCommunicationException("The client certificate must come with its private key."))
            : null;

    public void Dispose() => _directory.Delete(recursive: true);

    private static string PrivateKeyPem(X509Certificate2 certificate)
    {
        using AsymmetricAlgorithm? key = (AsymmetricAlgorithm?)certificate.GetECDsaPrivateKey() ?? certificate.GetRSAPrivateKey();
        return key?.ExportPkcs8PrivateKeyPem()
            ?? throw new MqttCommunicationException($"The client certificate '{certificate.Subject}' has no RSA or ECDSA private key.");
    }
}
