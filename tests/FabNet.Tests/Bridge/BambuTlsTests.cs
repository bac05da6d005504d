// Whom a session trusts: MQTT over TLS to a real Mosquitto whose CA and certificate the test makes.

using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FabNet.FirmwareBridge;
using FabNet.FirmwareBridge.Mqtt;
using FabNet.Model.Machines;
using FabNet.Tests.Mqtt;
using Xunit;

namespace FabNet.Tests.Bridge;

public sealed class BambuTlsTests : IDisposable
{
    private readonly TestAuthority _authority = new();
    private readonly TestAuthority _foreign = new("A foreign authority");

    [Theory(Timeout = 40_000)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task A_machine_with_the_pinned_authority_or_fingerprint_and_its_serial_number_is_trusted(bool pinsAuthority, bool pinsFingerprint)
    {
        var identity = _authority.IssueServerPem(BambuStand.Serial);
        var plainPort = MosquittoBroker.FreePort();
        await using var broker = await MosquittoBroker.StartAsync($"listener {plainPort} 127.0.0.1", ("bblp", BambuStand.Code), _authority, identity);
        var card = Directory.CreateTempSubdirectory("fabnet-bambu-").FullName;
        await using var printer = BambuStand.StartPrinter(plainPort, card, 200);
        await using var session = new BambuSession(Options(broker) with
        {
            CertificateAuthority = pinsAuthority ? _authority.TrustChain : null,
            CertificateSha256 = pinsFingerprint ? Fingerprint(identity.CertificatePem) : null,
        });

        var info = await session.OpenAsync(Bench.Limit());

        Assert.StartsWith("Bambu Lab", info.Firmware, StringComparison.Ordinal);
        Directory.Delete(card, recursive: true);
    }

    [Fact(Timeout = 40_000)]
    public async Task A_machine_with_another_serial_number_is_refused() =>
        await AssertRefusedAsync(_authority.IssueServerPem("01S00C999999999"), static options => options, "is that of '01S00C999999999', and the configuration says 01S00C000000001");

    [Fact(Timeout = 40_000)]
    public async Task A_machine_of_another_authority_is_refused() =>
        await AssertRefusedAsync(_authority.IssueServerPem(BambuStand.Serial), options => options with { CertificateAuthority = _foreign.TrustChain }, "does not chain to the pinned CA");

    [Fact(Timeout = 40_000)]
    public async Task A_certificate_that_has_expired_is_refused() =>
        await AssertRefusedAsync(_authority.IssueServerPem(BambuStand.Serial, isExpired: true), static options => options, "its certificate is valid from");

    [Fact(Timeout = 40_000)]
    public async Task Another_certificate_than_the_pinned_one_is_refused_even_of_the_right_authority() => await AssertRefusedAsync(
        _authority.IssueServerPem(BambuStand.Serial), options => options with { CertificateSha256 = Fingerprint(_authority.IssueServerPem(BambuStand.Serial).CertificatePem) }, "another one is pinned");

    [Fact(Timeout = 40_000)]
    public async Task Without_anything_pinned_nobody_is_asked()
    {
        await using var session = new BambuSession(new BambuMachineOptions { Host = "127.0.0.1", SerialNumber = BambuStand.Serial, AccessCode = BambuStand.Code });
        var refused = await Assert.ThrowsAsync<MachineLinkException>(() => session.OpenAsync(Bench.Limit()));
        Assert.Contains("needs the maker's CA certificate or the machine's fingerprint", refused.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 40_000)]
    public async Task A_wrong_access_code_says_where_the_right_one_is()
    {
        await using var broker = await MosquittoBroker.StartAsync("", ("bblp", "87654321"), _authority, _authority.IssueServerPem(BambuStand.Serial));
        await using var session = new BambuSession(Options(broker));
        var refused = await Assert.ThrowsAsync<MachineLinkException>(() => session.OpenAsync(Bench.Limit()));
        Assert.Contains("does not accept the access code", refused.Message, StringComparison.Ordinal);
        Assert.Equal(MachineState.Offline, session.State);
    }

    [Fact(Timeout = 40_000)]
    public async Task A_machine_that_does_not_answer_is_given_up_in_time()
    {
        using var silent = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        await using var session = new BambuSession(new BambuMachineOptions
        {
            Host = "127.0.0.1",
            Port = ((System.Net.IPEndPoint)silent.LocalEndpoint).Port,
            SerialNumber = BambuStand.Serial,
            AccessCode = BambuStand.Code,
            CertificateAuthority = _authority.TrustChain,
            Connect = TimeSpan.FromMilliseconds(300),
        });
        var late = await Assert.ThrowsAsync<MachineLinkException>(() => session.OpenAsync(Bench.Limit()));
        Assert.Contains("within 0.3 s", late.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _authority.Dispose();
        _foreign.Dispose();
    }

    private async Task AssertRefusedAsync((string Certificate, string Key) identity, Func<BambuMachineOptions, BambuMachineOptions> change, string because)
    {
        await using var broker = await MosquittoBroker.StartAsync("", ("bblp", BambuStand.Code), _authority, identity);
        await using var session = new BambuSession(change(Options(broker)));
        var refused = await Assert.ThrowsAsync<MachineLinkException>(() => session.OpenAsync(Bench.Limit()));
        Assert.Contains(because, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("bblp", broker.Log, StringComparison.Ordinal); // Not even the user's name was sent.
    }

    private BambuMachineOptions Options(MosquittoBroker broker) => BambuStand.Options(broker, null) with { UseTls = true, CertificateAuthority = _authority.TrustChain };

    private static string Fingerprint(string pem)
    {
        using var certificate = X509Certificate2.CreateFromPem(pem);
        return certificate.GetCertHashString(HashAlgorithmName.SHA256);
    }
}
