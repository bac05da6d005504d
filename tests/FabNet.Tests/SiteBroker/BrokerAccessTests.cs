// A broker that lets only those in who may: TLS with a CA of its own, a user and a password.

using FabNet.Tests.Edge;
using FabNet.Tests.Mqtt;
using Xunit;

namespace FabNet.Tests.SiteBroker;

public sealed class BrokerAccessTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_password_that_is_put_right_is_used_at_the_next_try()
    {
        await using var bench = await BrokerBench.CreateAsync(login: ("fabnet", "right"));
        var file = Path.Combine(bench.DataFolder, "password");
        await File.WriteAllTextAsync(file, "wrong\n", Bench.Token);
        bench.Config = bench.Config with { Broker = bench.Config.Broker! with { User = "fabnet", PasswordFile = file } };
        bench.StartSparkplug();
        await bench.Broker.LoggedAsync("not authorised", Bench.Token);

        await File.WriteAllTextAsync(file, "right\n", Bench.Token);
        await bench.Broker.LoggedAsync("'spBv1.0/FabNet/NBIRTH/lab-test'", Bench.Token);
    }

    [Fact(Timeout = 60_000)]
    public async Task TLS_is_spoken_with_a_broker_whose_CA_the_site_names()
    {
        using var authority = new TestAuthority();
        await using var bench = await BrokerBench.CreateAsync(authority: authority);
        var file = Path.Combine(bench.DataFolder, "ca.pem");
        await File.WriteAllTextAsync(file, authority.Certificate.ExportCertificatePem(), Bench.Token);
        bench.Config = bench.Config with { Broker = bench.Config.Broker! with { Host = "localhost", Tls = true, CertificateAuthority = file } };
        bench.StartSparkplug();
        await bench.Broker.LoggedAsync("'spBv1.0/FabNet/NBIRTH/lab-test'", Bench.Token);
    }
}
