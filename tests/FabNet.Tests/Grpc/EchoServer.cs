using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FabNet.Tests.Grpc.Wire;
using Grpc.AspNetCore.Server;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace FabNet.Tests.Grpc;

/// <summary>Our server with the test service, on a free loopback port, for the length of a test.</summary>
internal sealed class EchoServer : IAsyncDisposable
{
    private readonly GrpcHost _host;

    private EchoServer(GrpcHost host, EchoProbe probe, X509Certificate2? certificate)
    {
        _host = host;
        Probe = probe;
        Certificate = certificate;
    }

    /// <summary>Deadlines to try in turn (ms), until one is long enough for the call to have reached its handler on a busy machine.</summary>
    public static IReadOnlyList<int> Deadlines { get; } = [200, 2_000, 10_000];

    public EchoProbe Probe { get; }

    public Uri Address => _host.Address;

    public X509Certificate2? Certificate { get; }

    public static async Task<EchoServer> StartAsync(
        Action<GrpcServiceOptions>? grpc = null,
        bool tls = false,
        Action<IServiceCollection>? services = null,
        Action<WebApplication>? map = null,
        HttpProtocols protocols = HttpProtocols.Http2)
    {
        var certificate = tls ? CreateCertificate() : null;
        var probe = new EchoProbe();
        var host = await GrpcHost.StartAsync(
            all =>
            {
                all.Configure<KestrelServerOptions>(kestrel => kestrel.Limits.MinResponseDataRate = null);
                all.AddSingleton(probe);
                all.AddGrpc(grpc ?? (_ => { }));
                services?.Invoke(all);
            },
            app =>
            {
                app.Use(probe.NoteEncodingAsync);
                (map ?? (endpoints => endpoints.MapGrpcService<EchoService>()))(app);
            },
            listen: listen =>
            {
                listen.Protocols = protocols;
                if (certificate is not null)
                {
                    listen.UseHttps(certificate);
                }
            });
        return new EchoServer(host, probe, certificate);
    }

    public GrpcChannel Channel(GrpcChannelOptions? options = null) => GrpcChannel.ForAddress(Address, options ?? Options());

    public Echo.EchoClient Client(GrpcChannel channel) => new(channel);

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    /// <summary>Options that trust this server's certificate, if it has one.</summary>
    public GrpcChannelOptions Options()
    {
        var handler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true };
        if (Certificate is { } own)
        {
            handler.SslOptions.RemoteCertificateValidationCallback = (_, presented, _, _) => presented?.GetCertHashString() == own.GetCertHashString();
        }

        return new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true };
    }

    public static X509Certificate2 CreateCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), password: null);
    }
}
