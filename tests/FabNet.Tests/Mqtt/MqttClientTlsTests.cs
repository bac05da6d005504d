// Whom an encrypted connection trusts.
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using MQTTnet;
using MQTTnet.Exceptions;
using Xunit;

namespace FabNet.Tests.Mqtt;

public sealed class MqttClientTlsTests : IAsyncLifetime
{
    private readonly TestAuthority _authority = new();
    private readonly TestAuthority _foreign = new("A foreign authority");
    private MosquittoBroker _broker = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _broker = await MosquittoBroker.StartAsync(authority: _authority);

    public async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        _authority.Dispose();
        _foreign.Dispose();
    }

    [Theory(Timeout = 60_000)]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    public async Task A_broker_with_a_certificate_of_a_trusted_authority_is_accepted(string host)
    {
        using var client = new MqttTestClient();

        await client.Client.ConnectAsync(Options(_authority, host: host), Ct);
        await client.Client.SubscribeAsync("t", cancellationToken: Ct);
        byte[] payload = new byte[100_000];
        await client.Client.PublishBinaryAsync("t", payload, cancellationToken: Ct);

        Assert.Equal(payload.Length, (await client.ReceiveAsync()).Payload.Length);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_broker_of_a_foreign_authority_is_refused_before_it_learns_anything()
    {
        using var client = new MqttTestClient();

        var refusal = await Assert.ThrowsAnyAsync<MqttCommunicationException>(() => client.Client.ConnectAsync(Options(_foreign), Ct));

        Assert.Contains("certificate", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(SslPolicyErrors.RemoteCertificateChainErrors), refusal.Message, StringComparison.Ordinal);
        using var trusting = new MqttTestClient();
        await trusting.Client.ConnectAsync(Options(_authority), Ct);
        await _broker.LoggedAsync($"as {trusting.Client.Options!.ClientId}", Ct);
        Assert.DoesNotContain(client.Client.Options!.ClientId, _broker.Log, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_machine_that_trusts_nobody_of_the_kind_refuses()
    {
        using var client = new MqttTestClient();
        await Assert.ThrowsAnyAsync<MqttCommunicationException>(() => client.Client.ConnectAsync(Options(null), Ct));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_certificate_of_another_name_is_refused_unless_that_name_is_wanted()
    {
        using var client = new MqttTestClient();

        var refusal = await Assert.ThrowsAnyAsync<MqttCommunicationException>(
            () => client.Client.ConnectAsync(Options(_authority, tls => tls.WithTargetHost("01S00C123456789")), Ct));
        Assert.Contains(nameof(SslPolicyErrors.RemoteCertificateNameMismatch), refusal.Message, StringComparison.Ordinal);
        MqttClientConnectResult accepted = await client.Client.ConnectAsync(
            Options(_authority, tls => tls.WithTargetHost("localhost"), host: "127.0.0.1"), Ct);
        Assert.Equal(MqttClientConnectResultCode.Success, accepted.ResultCode);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_handler_decides_on_the_certificate(bool accepts)
    {
        using var client = new MqttTestClient();
        MqttClientCertificateValidationEventArgs? seen = null;
        string subject = "";
        MqttClientOptions options = Options(_foreign, tls => tls.WithCertificateValidationHandler(args =>
        {
            seen = args;
            subject = args.Certificate.Subject;
            return accepts;
        }));

        if (accepts)
        {
            Assert.Equal(MqttClientConnectResultCode.Success, (await client.Client.ConnectAsync(options, Ct)).ResultCode);
        }
        else
        {
            await Assert.ThrowsAnyAsync<MqttCommunicationException>(() => client.Client.ConnectAsync(options, Ct));
        }

        Assert.Equal(SslPolicyErrors.RemoteCertificateChainErrors, seen!.SslPolicyErrors);
        Assert.Equal("CN=localhost", subject);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_client_certificate_logs_in()
    {
        using X509Certificate2 identity = _authority.IssueClient("site-1");
        await using var broker = await MosquittoBroker.StartAsync("require_certificate true\nuse_identity_as_username true", authority: _authority);
        using var known = new MqttTestClient();
        using var unknown = new MqttTestClient();

        MqttClientConnectResult accepted = await known.Client.ConnectAsync(
            Options(_authority, tls => tls.WithClientCertificates([identity]), broker: broker), Ct);

        Assert.Equal(MqttClientConnectResultCode.Success, accepted.ResultCode);
        await broker.LoggedAsync("u'site-1'", Ct);
        await Assert.ThrowsAnyAsync<MqttCommunicationException>(() => unknown.Client.ConnectAsync(Options(_authority, broker: broker), Ct));
    }

    private MqttClientOptions Options(
        TestAuthority? trusted, Action<MqttClientTlsOptionsBuilder>? more = null, string host = "localhost", MosquittoBroker? broker = null) =>
        new MqttClientOptionsBuilder().WithTcpServer(host, (broker ?? _broker).Port).WithTimeout(TimeSpan.FromSeconds(20)).WithTlsOptions(tls =>
        {
            tls.WithRevocationMode(X509RevocationMode.NoCheck);
            if (trusted is not null)
            {
                tls.WithTrustChain(trusted.TrustChain);
            }

            more?.Invoke(tls);
        }).Build();
}
