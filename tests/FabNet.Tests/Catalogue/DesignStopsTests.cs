// What networks and sites ask a catalogue before a machine moves: of the log only its news.

using FabNet.Model;
using FabNet.Protocol.Catalogue;
using FabNet.Protocol.V1;
using Grpc.Net.Client;
using Xunit;

namespace FabNet.Tests.Catalogue;

public sealed class DesignStopsTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task The_first_sync_begins_at_the_logs_head_and_a_log_that_was_rewound_has_all_asked_again()
    {
        var (head, asked, design) = (1_000_000L, new List<long>(), Digest.Of("design"u8));
        var peer = new HostilePeer
        {
            Log = request =>
            {
                asked.Add(request.After);
                var reply = new ListStatementsReply { Cursor = Math.Max(head, request.After), Head = Math.Max(head, 1), End = true };
                if (request.After > 0 && request.After < head)
                {
                    reply.Statements.Add(new LoggedStatement { Cursor = head });
                }

                return reply;
            },
        };
        await using var host = await GrpcHost.StartAsync(peer);
        using var channel = GrpcChannel.ForAddress(host.Address);
        var stops = new DesignStops(new DesignCatalogue.DesignCatalogueClient(channel), TimeProvider.System, reason => Assert.Fail(reason));
        Assert.Equal("report 1", (await stops.SyncAsync([design], Stop))[design]);
        Assert.Equal([0, 1_000_000L], asked);
        Assert.Equal("report 1", (await stops.SyncAsync([design], Stop))[design]);
        head++;
        Assert.Equal("report 2", (await stops.SyncAsync([design], Stop))[design]);
        Assert.Equal([0, 1_000_000L, 1_000_000L, 1_000_000L], asked);

        head = 500;
        Assert.Equal("report 3", (await stops.SyncAsync([design], Stop))[design]);
        Assert.Equal("report 3", (await stops.SyncAsync([design], Stop))[design]);
        Assert.Equal([1_000_001L, 500L], asked[^2..]);
    }
}
