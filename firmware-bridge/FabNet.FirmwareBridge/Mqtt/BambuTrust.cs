// Decides whether a machine is who it should be: the maker's CA or the certificate itself pinned, the serial number in its name, not expired.
// Source: OpenBambuAPI tls.md: the common name is the serial number, and there is often no subject alternative name.

using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace FabNet.FirmwareBridge.Mqtt;

/// <summary>The check, for MQTT and FTPS alike. Nothing that fails it is ever accepted.</summary>
internal sealed class BambuTrust(string serialNumber, X509Certificate2Collection? authority, string? fingerprint, TimeProvider time)
{
    /// <summary>False if nothing was pinned, so that nobody can be trusted.</summary>
    public bool IsPossible => authority is { Count: > 0 } || fingerprint is not null;

    /// <summary>Checks a certificate.</summary>
    /// <param name="certificate">What the machine showed.</param>
    /// <param name="sent">What it sent along: intermediate certificates, not trusted by themselves.</param>
    /// <returns>Null, or why it is not trusted and what to do.</returns>
    public string? Check(X509Certificate2 certificate, X509Certificate2Collection sent)
    {
        if (!IsPossible)
            return "neither a CA nor a fingerprint is pinned for it. Name one in the machine's configuration (certificateAuthority or certificateSha256).";
        var now = time.GetUtcNow();
        if (now.LocalDateTime > certificate.NotAfter || now.LocalDateTime < certificate.NotBefore)
        {
            return $"its certificate is valid from {certificate.NotBefore:yyyy-MM-dd} to {certificate.NotAfter:yyyy-MM-dd}, and now is {now:yyyy-MM-dd}. "
                + "Check this computer's clock; otherwise update the machine's firmware, which renews the certificate.";
        }

        var name = certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
        if (!string.Equals(name, serialNumber, StringComparison.OrdinalIgnoreCase))
            return $"its certificate is that of '{name}', and the configuration says {serialNumber}. Check address and serial number: this is another machine, or someone in between.";
        if (fingerprint is not null && !string.Equals(certificate.GetCertHashString(HashAlgorithmName.SHA256), fingerprint, StringComparison.OrdinalIgnoreCase))
            return $"its certificate's SHA-256 is {certificate.GetCertHashString(HashAlgorithmName.SHA256)}, and another one is pinned. If its certificate was renewed, check that on its screen and pin the new one.";
        return authority is { Count: > 0 } ? CheckChain(certificate, sent, now) : null;
    }

    private string? CheckChain(X509Certificate2 certificate, X509Certificate2Collection sent, DateTimeOffset now)
    {
        using var chain = new X509Chain();
        var policy = chain.ChainPolicy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.CustomTrustStore.AddRange(authority!);
        policy.ExtraStore.AddRange(sent);
        policy.RevocationMode = X509RevocationMode.NoCheck; // The maker publishes no list that a workshop without a way out could reach.
        policy.DisableCertificateDownloads = true;
        policy.VerificationTime = now.LocalDateTime;
        return chain.Build(certificate)
            ? null
            : $"its certificate ({certificate.Subject}, issued by {certificate.Issuer}) does not chain to the pinned CA: "
                + string.Join(" ", chain.ChainStatus.Select(static status => status.StatusInformation.Trim()))
                + " The PEM file must hold the maker's root certificate.";
    }
}
