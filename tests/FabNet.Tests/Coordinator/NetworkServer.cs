// A catalogue and a coordinator behind Kestrel on a free loopback port, and a site that speaks the wire.

using System.Threading.Channels;
using FabNet.Catalogue;
using FabNet.Coordinator;
using FabNet.Model;
using FabNet.Protocol;
using FabNet.Protocol.Statements;
using FabNet.Protocol.V1;
using FabNet.Tests.Catalogue;
using FabNet.Tests.Planning;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using ArtefactKind = FabNet.Model.Designs.ArtefactKind;

namespace FabNet.Tests.Coordinator;

internal sealed class NetworkServer : IAsyncDisposable
{
    private readonly GrpcHost _host;
    private readonly GrpcChannel _channel;

    private NetworkServer(GrpcHost host, string folder)
    {
        (_host, Folder) = (host, folder);
        _channel = GrpcChannel.ForAddress(Address);
        Coordination = new Coordination.CoordinationClient(_channel);
        Link = new EdgeLink.EdgeLinkClient(_channel);
        Catalogue = new DesignCatalogue.DesignCatalogueClient(_channel);
    }

    public string Folder { get; }

    public Uri Address => _host.Address;

    public Coordination.CoordinationClient Coordination { get; }

    public EdgeLink.EdgeLinkClient Link { get; }

    public DesignCatalogue.DesignCatalogueClient Catalogue { get; }

    /// <summary>Who publishes its designs.</summary>
    public TestPublisher Publisher { get; } = new("tester");

    public CoordinatorNode Node => _host.Services.GetRequiredService<CoordinatorNode>();

    /// <param name="folder">Of an earlier server, to go on there; null for a new one.</param>
    /// <param name="catalogue">What the coordinator asks instead of the catalogue beside it.</param>
    /// <param name="configure">Changes the coordinator's options.</param>
    /// <param name="port">The port that an earlier one had; 0 for a free one.</param>
    public static async Task<NetworkServer> StartAsync(
        string? folder = null, DesignCatalogue.DesignCatalogueClient? catalogue = null, Func<CoordinatorOptions, CoordinatorOptions>? configure = null, int port = 0)
    {
        configure ??= static options => options;
        folder ??= Directory.CreateTempSubdirectory("fabnet-network-").FullName;
        var host = await GrpcHost.StartAsync(
            services =>
            {
                services.AddCatalogue(new CatalogueOptions { DataFolder = Path.Combine(folder, "catalogue"), MinFreeBytes = 0 });
                services.AddSingleton(provider => catalogue ?? new DesignCatalogue.DesignCatalogueClient(
                    GrpcChannel.ForAddress(provider.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single())));
                services.AddCoordinator(configure(new CoordinatorOptions { DataFolder = Path.Combine(folder, "coordinator"), PlanDebounce = TimeSpan.FromMilliseconds(5), CatalogueInterval = TimeSpan.FromMilliseconds(50) }));
            },
            app =>
            {
                app.MapCatalogue();
                app.MapCoordinator();
            },
            port);
        return new NetworkServer(host, folder);
    }

    /// <summary>Stops it; its folder stays.</summary>
    public async Task StopAsync()
    {
        _channel.Dispose();
        await _host.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Publishes a design with one printed part, in the real catalogue.</summary>
    public async Task<PublishedDesign> PublishAsync(string name = "clip", string version = "1.0.0")
    {
        var mesh = "solid clip\nendsolid clip\n"u8.ToArray();
        var digest = Digest.Of(mesh);
        using (var put = Catalogue.PutBlob(cancellationToken: TestContext.Current.CancellationToken))
        {
            await put.RequestStream.WriteAsync(new() { Header = new() { Blob = new() { Digest = digest.Value, Size = mesh.Length } } });
            await put.RequestStream.WriteAsync(new() { Chunk = Google.Protobuf.ByteString.CopyFrom(mesh) });
            await put.RequestStream.CompleteAsync();
            await put.ResponseAsync;
        }

        var manifest = DesignManifest.Write(CoordinatorHarness.Design with
        {
            Ref = new FabNet.Model.Designs.DesignRef(name, version, default),
            Parts =
            [
                Plants.Part() with
                {
                    Material = "PLA",
                    Artefacts = [new FabNet.Model.Designs.Artefact { Path = "clip.stl", Kind = ArtefactKind.Mesh, MediaType = "model/stl", Digest = digest, Size = mesh.Length }],
                },
            ],
        });
        await PutAsync(Publisher.Chain[0]);
        await PutAsync(Publisher.Sign(new DesignStatement(DesignManifest.Read(manifest, DateTimeOffset.UnixEpoch))));
        return await Catalogue.GetDesignAsync(new() { ManifestDigest = Digest.Of(manifest).Value }, cancellationToken: TestContext.Current.CancellationToken);
    }

    /// <summary>Puts a statement into the catalogue.</summary>
    public async Task PutAsync(FabNet.Protocol.Statements.Envelope envelope) =>
        await Catalogue.PutStatementAsync(new() { Envelope = envelope.ToWire() }, cancellationToken: TestContext.Current.CancellationToken);

    public async Task<WireSite> ConnectAsync(string site = "lab-a", string boot = "boot-1", string machine = "left", bool ownCommunityOnly = false)
    {
        var announced = Plants.Site(site, new FabNet.Model.Sites.Machine
        {
            Id = MachineId.Parse($"{site}/{machine}"),
            Profile = FabNet.Model.Machines.MachineProfiles.Find("prusa-mk3s"),
            Loaded = new FabNet.Model.Sites.LoadedMaterial("PLA", "black"),
        }) with { OwnCommunityOnly = ownCommunityOnly };
        var wire = await WireSite.ConnectAsync(Link, new() { Hello = new() { Site = announced.ToWire(), BootId = boot, Version = "test" } });
        await wire.SendAsync(new() { MachineStatus = Status($"{site}/{machine}").ToWire() });
        return wire;
    }

    /// <summary>Waits until the coordinator has been told that a machine is idle.</summary>
    public async Task HearsOfAsync(string machine)
    {
        using var watch = Coordination.WatchNetwork(new(), cancellationToken: TestContext.Current.CancellationToken);
        await foreach (var change in watch.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            IEnumerable<SiteStatus> sites = change.Snapshot?.Sites ?? (change.Site is { } site ? [site] : []);
            if (sites.SelectMany(static s => s.Machines).Append(change.Machine).Any(m => m?.Machine == machine && m.State == MachineState.Idle))
            {
                return;
            }
        }
    }

    public static FabNet.Model.Sites.MachineStatus Status(string machine, FabNet.Model.Machines.MachineState state = FabNet.Model.Machines.MachineState.Idle) =>
        new() { Machine = MachineId.Parse(machine), State = state, Loaded = new FabNet.Model.Sites.LoadedMaterial("PLA", "black"), At = TimeProvider.System.GetUtcNow() };
}

/// <summary>A hand-written edge: it says what the test says.</summary>
internal sealed class WireSite : IAsyncDisposable
{
    private readonly AsyncDuplexStreamingCall<EdgeUp, EdgeDown> _call;
    private readonly Channel<EdgeDown> _received = Channel.CreateUnbounded<EdgeDown>();
    private readonly Task _reading;

    private WireSite(AsyncDuplexStreamingCall<EdgeUp, EdgeDown> call)
    {
        _call = call;
        _reading = ReadAsync();
    }

    public static async Task<WireSite> ConnectAsync(EdgeLink.EdgeLinkClient link, EdgeUp first)
    {
        var site = new WireSite(link.Connect());
        await site.SayAsync(first);
        return site;
    }

    public Task SendAsync(EdgeUp message) => _call.RequestStream.WriteAsync(message, TestContext.Current.CancellationToken);

    /// <summary>Sends a message to a coordinator that may have had enough already: then <see cref="EndAsync"/> tells its answer.</summary>
    public async Task SayAsync(EdgeUp message)
    {
        try
        {
            await SendAsync(message);
        }
        catch (RpcException)
        {
            await _reading.WaitAsync(TestContext.Current.CancellationToken);
        }
    }

    /// <summary>The next message of a kind; others before it are passed over.</summary>
    public async Task<EdgeDown> ExpectAsync(EdgeDown.MessageOneofCase kind)
    {
        while (true)
        {
            var message = await _received.Reader.ReadAsync(TestContext.Current.CancellationToken);
            if (message.MessageCase == kind)
            {
                return message;
            }
        }
    }

    /// <summary>The status with which the coordinator ended the stream.</summary>
    public async Task<Status> EndAsync()
    {
        await _reading.WaitAsync(TestContext.Current.CancellationToken);
        return _call.GetStatus();
    }

    public async Task ReportAsync(long sequence, JobEvent happened, string job, int epoch)
    {
        happened.JobId = job;
        happened.Epoch = epoch;
        happened.At = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow());
        await SendAsync(new() { JobEvent = new() { Sequence = sequence, Event = happened } });
        Assert.Equal(sequence, (await ExpectAsync(EdgeDown.MessageOneofCase.Acknowledged)).Acknowledged.JobEventSequence);
    }

    public async ValueTask DisposeAsync()
    {
        _call.Dispose();
        await _reading;
    }

    private async Task ReadAsync()
    {
        try
        {
            await foreach (var message in _call.ResponseStream.ReadAllAsync())
            {
                _received.Writer.TryWrite(message);
            }

            _received.Writer.Complete();
        }
        catch (RpcException e)
        {
            _received.Writer.Complete(e);
        }
    }
}
