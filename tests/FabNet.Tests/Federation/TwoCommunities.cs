// Two communities, each with its coordinator and catalogue behind Kestrel: b follows a. What a test stops, it starts again on the same port and data.

using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using FabNet.Coordinator;
using FabNet.Coordinator.Federation;
using FabNet.Protocol.V1;
using FabNet.Tests.Coordinator;
using Grpc.Core;
using Xunit;

namespace FabNet.Tests.Federation;

internal sealed class TwoCommunities : IAsyncDisposable
{
    private static readonly ConcurrentDictionary<int, bool> Given = new();

    private readonly bool _isMutual;
    private readonly bool _bFollows;
    private readonly int _portOfB = FreePort();

    private TwoCommunities(bool isMutual, bool bFollows, NetworkServer a) => (_isMutual, _bFollows, A, B) = (isMutual, bFollows, a, a);

    public NetworkServer A { get; private set; }

    public NetworkServer B { get; private set; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <param name="isMutual">True: a follows b too.</param>
    /// <param name="bHasDesign">False: b's catalogue lacks what a makes.</param>
    /// <param name="bFollows">False: b is not started to follow a.</param>
    public static async Task<TwoCommunities> StartAsync(bool isMutual = false, bool bHasDesign = true, bool bFollows = true)
    {
        var portOfA = FreePort();
        var two = new TwoCommunities(isMutual, bFollows, null!);
        two.A = await NetworkServer.StartAsync(configure: two.OptionsOfA, port: portOfA);
        two.B = await NetworkServer.StartAsync(configure: two.OptionsOfB, port: two._portOfB);
        await two.A.PublishAsync();
        if (bHasDesign)
        {
            await two.B.PublishAsync();
        }

        return two;
    }

    public async Task RestartAAsync()
    {
        await A.StopAsync();
        await StartAAsync();
    }

    public async Task StartAAsync() => A = await NetworkServer.StartAsync(A.Folder, configure: OptionsOfA, port: A.Address.Port);

    public async Task RestartBAsync()
    {
        await B.StopAsync();
        await StartBAsync();
    }

    public async Task StartBAsync() => B = await NetworkServer.StartAsync(B.Folder, configure: OptionsOfB, port: _portOfB);

    public async Task<Order> OrderAtAAsync(int quantity = 1) =>
        await A.Coordination.PlaceOrderAsync(new() { Design = "clip", Quantity = quantity, Material = "PLA", Color = "black", Customer = "ana" }, cancellationToken: Cancel);

    /// <summary>Waits until a job is so, as the network tells.</summary>
    public static async Task<Job> JobAsync(NetworkServer network, string job, Predicate<Job> isSo)
    {
        using var watch = network.Coordination.WatchNetwork(new(), cancellationToken: Cancel);
        await foreach (var change in watch.ResponseStream.ReadAllAsync(Cancel))
        {
            if ((change.Snapshot?.Jobs ?? []).Append(change.Job).FirstOrDefault(j => j?.Id == job && isSo(j)) is { } found)
            {
                return found;
            }
        }

        throw new InvalidOperationException("The watch ended.");
    }

    public static Task<Job> JobAsync(NetworkServer network, string job, JobState state) => JobAsync(network, job, j => j.State == state);

    /// <summary>Waits until a network tells so of a machine.</summary>
    public static async Task<MachineStatus> MachineAsync(NetworkServer network, string machine, Predicate<MachineStatus> isSo)
    {
        using var watch = network.Coordination.WatchNetwork(new(), cancellationToken: Cancel);
        await foreach (var change in watch.ResponseStream.ReadAllAsync(Cancel))
        {
            IEnumerable<SiteStatus> sites = change.Snapshot?.Sites ?? (change.Site is { } site ? [site] : []);
            if (sites.SelectMany(static s => s.Machines).Append(change.Machine).FirstOrDefault(m => m?.Machine == machine && isSo(m)) is { } found)
            {
                return found;
            }
        }

        throw new InvalidOperationException("The watch ended.");
    }

    /// <summary>Waits until a site's stream has ended.</summary>
    public static async Task LeftAsync(NetworkServer network, string site)
    {
        using var watch = network.Coordination.WatchNetwork(new(), cancellationToken: Cancel);
        await foreach (var change in watch.ResponseStream.ReadAllAsync(Cancel))
        {
            IEnumerable<SiteStatus> sites = change.Snapshot?.Sites ?? (change.Site is { } told ? [told] : []);
            if (sites.Any(s => s.Site.Id == site && !s.Online))
            {
                return;
            }
        }

        throw new InvalidOperationException("The watch ended.");
    }

    /// <summary>A site of b takes the next offer.</summary>
    public static async Task<Job> ClaimNextAsync(WireSite site)
    {
        var offer = (await site.ExpectAsync(EdgeDown.MessageOneofCase.Offer)).Offer;
        await site.SendAsync(new() { Claim = new() { JobId = offer.Job.Id, Machine = offer.Machine } });
        return (await site.ExpectAsync(EdgeDown.MessageOneofCase.LeaseGranted)).LeaseGranted.Job;
    }

    /// <summary>A site makes a job, from its lease to the part.</summary>
    public static async Task MakeAsync(WireSite site, Job job, long firstSequence = 1)
    {
        await ReadyAsync(site, job, firstSequence);
        await site.ReportAsync(firstSequence + 2, new() { Started = new() }, job.Id, job.Epoch);
        await site.ReportAsync(firstSequence + 3, new() { Completed = new() { Seconds = 640, Grams = 4.2, EnergyKwh = 0.02 } }, job.Id, job.Epoch);
    }

    public static async Task ReadyAsync(WireSite site, Job job, long firstSequence = 1)
    {
        await site.ReportAsync(firstSequence, new() { Preparing = new() }, job.Id, job.Epoch);
        await site.ReportAsync(firstSequence + 1, new() { Ready = new() { ProgramDigest = job.Design.ManifestDigest, EstimatedSeconds = 600, EstimatedGrams = 4 } }, job.Id, job.Epoch);
    }

    public async ValueTask DisposeAsync()
    {
        await B.DisposeAsync();
        await A.DisposeAsync();
    }

    // Below the ports that outgoing connections get: what was stopped finds its own free when it is started again.
    private static int FreePort()
    {
        while (true)
        {
            var port = Random.Shared.Next(15_000, 32_000);
            if (!Given.TryAdd(port, true))
            {
                continue;
            }

            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse)
            {
                // Somebody has it: another.
            }
        }
    }

    private CoordinatorOptions OptionsOfA(CoordinatorOptions options) =>
        options with { Community = "a", FollowInterval = TimeSpan.FromMilliseconds(50), Follows = _isMutual ? [new FollowedCommunity("b", new Uri($"http://127.0.0.1:{_portOfB}"))] : [] };

    private CoordinatorOptions OptionsOfB(CoordinatorOptions options) => options with { Community = "b", FollowInterval = TimeSpan.FromMilliseconds(50), Follows = _bFollows ? [new FollowedCommunity("a", A.Address)] : [] };
}
