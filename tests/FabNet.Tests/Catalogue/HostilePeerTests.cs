// A peer that lies costs a node neither its data, nor its memory, nor its disk, and is shown with what it did.

using FabNet.Catalogue;
using FabNet.Catalogue.Federation;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Protocol;
using FabNet.Protocol.Statements;
using FabNet.Protocol.V1;
using FabNet.Tests.Edge;
using Google.Protobuf;
using Grpc.Core;
using Xunit;
using Envelope = FabNet.Protocol.Statements.Envelope;

namespace FabNet.Tests.Catalogue;

public sealed class HostilePeerTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly HostilePeer _peer = new();
    private readonly TestPublisher _alice = new("alice");
    private FederationNode _node = null!;
    private GrpcHost _host = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _host = await GrpcHost.StartAsync(_peer);
        _node = await FederationNode.StartAsync(_folder.Sub("node"), o => o with { MaxBlobBytes = 1 << 20 });
    }

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        await _host.DisposeAsync();
        _folder.Dispose();
    }

    [Fact(Timeout = 60_000)]
    public async Task Statements_with_wrong_signatures_are_not_kept_and_right_ones_beside_them_are()
    {
        var design = Sign(SampleDesign.Of("clip"));
        var forged = design with { Signatures = [design.Signatures[0] with { Value = Sign(SampleDesign.Of("knob")).Signatures[0].Value }] };
        var changed = Sign(SampleDesign.Of("hook")) with { Payload = DesignManifest.Write(SampleDesign.Of("hook", title: "Another title")) };
        var good = Sign(SampleDesign.Of("good"));
        _peer.Log = r => HostilePeer.Page(r.After == 0 ? Bytes(_alice.Chain[0], forged, changed, good) : []);
        var following = _node.Follow(_host.Address);
        var fault = await Assert.ThrowsAsync<PeerException>(() => following.SyncAsync(Stop));
        Assert.Contains("2 statements that break a rule", fault.Message, StringComparison.Ordinal);
        Assert.Contains("changed after it was signed", fault.Message, StringComparison.Ordinal);
        Assert.Equal(["good"], (await _node.Client.SearchAsync("", cancellationToken: Stop).ToListAsync(Stop)).Select(d => d.Ref.Name));
        var described = following.Describe();
        Assert.Equal((2L, 2L, 4L), (described.Taken, described.Refused, described.Cursor));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_cursor_that_goes_backwards_and_a_log_without_end_are_noticed_before_anything_is_taken()
    {
        await RefusedAsync(_ => Cursors(5, 3), "goes backwards");
        await RefusedAsync(_ => Cursors(1, 1), "goes backwards");
        await RefusedAsync(_ => new ListStatementsReply { End = false }, "go on after place 0");
        await RefusedAsync(_ => new ListStatementsReply { Cursor = -1, End = true }, "go on after place -1");
        await RefusedAsync(r => HostilePeer.Page(Enumerable.Repeat(HostilePeer.Bytes(_alice.Chain[0]), r.Limit + 1)), "was asked for 1000 statements");
        await RefusedAsync(_ => HostilePeer.Page([new FabNet.Protocol.V1.Envelope { PayloadType = "x", Payload = ByteString.CopyFrom(new byte[5 << 20]) }.ToByteArray()]), "ResourceExhausted");
        Assert.Equal(0, _node.Store.Head);
    }

    [Fact(Timeout = 60_000)]
    public async Task Junk_in_thousands_is_bounded_and_the_peer_is_left_alone_longer_each_time()
    {
        // Right statements of publishers that the peer never shows: they might come, so they wait, but not without end.
        var stranger = new TestPublisher("stranger");
        var junk = Enumerable.Range(0, 400).Select(i => HostilePeer.Bytes(stranger.Sign(new DesignStatement(SampleDesign.Of($"junk-{i}").Sealed())))).ToList();
        _peer.Log = r => HostilePeer.Page(junk.Select((j, i) => Rename(j, (r.After / 400 * 400) + i)), r.After, isEnd: false);
        await _node.Node.FollowAsync(_host.Address, new FollowScope(), hasBlobs: true, Stop);
        while (_node.Node.List() is not [{ HasFault: true }])
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Stop);
        }

        var followed = Assert.Single(_node.Node.List());
        Assert.Contains("build on others which it does not send", followed.Fault, StringComparison.Ordinal);
        Assert.NotNull(followed.RetryAt);
        Assert.InRange(followed.Waiting, 1, StatementSync.MaxWaiting);
        Assert.Equal(0, _node.Store.Head);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_log_that_was_rewound_or_replaced_is_read_again_and_nothing_is_lost()
    {
        await using var first = await FederationNode.StartAsync(_folder.Sub("first"));
        var port = first.Address.Port;
        await first.PutAsync(_alice.Chain[0], Sign(SampleDesign.Of("clip")), Sign(SampleDesign.Of("knob")));
        var following = _node.Follow(first.Address);
        await following.SyncAsync(Stop);
        await first.DisposeAsync();

        // Another journal at the same address, as long as the first: a copy from before, gone on with.
        await using var host = await GrpcHost.StartAsync(s => s.AddCatalogue(new CatalogueOptions { DataFolder = _folder.Sub("second"), MinFreeBytes = 0 }), app => app.MapCatalogue(), port);
        using var client = FabNet.Catalogue.Client.CatalogueClient.Connect(host.Address);
        foreach (var envelope in new[] { _alice.Chain[0], Sign(SampleDesign.Of("clip")), Sign(SampleDesign.Of("hook")) })
        {
            await client.Statements.PutAsync(envelope, Stop);
        }

        var fault = await Assert.ThrowsAsync<PeerException>(() => following.SyncAsync(Stop));
        Assert.Contains("another one than before", fault.Message, StringComparison.Ordinal);
        await following.SyncAsync(Stop);
        Assert.Equal(["clip", "hook", "knob"], (await _node.Client.SearchAsync("", cancellationToken: Stop).ToListAsync(Stop)).Select(d => d.Ref.Name));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_node_that_follows_itself_under_another_name_is_told_so()
    {
        await _node.PutAsync(_alice.Chain[0]);
        var fault = await Assert.ThrowsAsync<PeerException>(() => _node.Follow(new UriBuilder(_node.Address) { Host = "localhost" }.Uri).SyncAsync(Stop));
        Assert.Contains("this catalogue itself", fault.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Wrong_bytes_for_a_file_are_thrown_away_and_an_honest_node_still_brings_it()
    {
        var content = new byte[200_000];
        new Random(5).NextBytes(content);
        var (blob, design) = Design("clip", content.Length, Digest.Of(content));
        _peer.Log = r => HostilePeer.Page(r.After == 0 ? Bytes(_alice.Chain[0], design) : []);
        var following = _node.Follow(_host.Address);
        await following.SyncAsync(Stop);
        foreach (var lie in (IEnumerable<GetBlobReply>[])
        [
            [new GetBlobReply { Size = content.Length, Chunk = ByteString.CopyFrom(new byte[content.Length]) }],
            [new GetBlobReply { Size = content.Length * 2L, Chunk = ByteString.CopyFrom(content) }],
            Enumerable.Repeat(new GetBlobReply { Size = content.Length, Chunk = ByteString.CopyFrom(content) }, 1_000_000),
        ])
        {
            _peer.Blob = _ => lie;
            var fault = await Assert.ThrowsAsync<PeerException>(() => following.PullAsync(Stop));
            Assert.Contains("thrown away", fault.Message, StringComparison.Ordinal);
            Assert.Empty(Directory.EnumerateFiles(Path.Combine(_folder.Path, "node", "blobs"), "*", SearchOption.AllDirectories));
        }

        // Half of them right and cut off: they are kept, and gone on from.
        _peer.Blob = r => [new GetBlobReply { Size = content.Length, Chunk = ByteString.CopyFrom(content.AsSpan(0, 100_000)) }];
        await Assert.ThrowsAsync<PeerException>(() => following.PullAsync(Stop));
        var offset = -1L;
        _peer.Blob = r => [new GetBlobReply { Size = content.Length, Chunk = ByteString.CopyFrom(content.AsSpan((int)(offset = r.Offset))) }];
        await following.PullAsync(Stop);
        Assert.Equal(100_000, offset);
        Assert.True(_node.Store.Blobs.Has(blob, content.Length));
        Assert.Equal(0, following.Describe().MissingBlobs);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_claim_of_ten_gigabytes_costs_no_byte()
    {
        var (blob, design) = Design("clip", 10L << 30, Digest.Of("large"u8));
        _peer.Log = r => HostilePeer.Page(r.After == 0 ? Bytes(_alice.Chain[0], design) : []);
        _peer.Blob = _ => throw new InvalidOperationException("It was asked for.");
        var following = _node.Follow(_host.Address);
        await following.SyncAsync(Stop);
        await following.PullAsync(Stop);
        var described = following.Describe();
        Assert.Equal(0, described.MissingBlobs);
        Assert.Contains("at most 1048576", Assert.Single(described.LeftOut), StringComparison.Ordinal);
        Assert.False(_node.Store.Blobs.Has(blob, 10L << 30));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_log_that_unpacks_to_more_than_an_answer_may_have_is_refused()
    {
        _peer.IsZipped = true;
        await RefusedAsync(_ => HostilePeer.Page([new FabNet.Protocol.V1.Envelope { PayloadType = "x", Payload = ByteString.CopyFrom(new byte[64 << 20]) }.ToByteArray()]), "ResourceExhausted");
        Assert.Equal(0, _node.Store.Head);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_file_that_trickles_in_is_given_up_and_gone_on_with_elsewhere(int bytesAtATime)
    {
        var content = new byte[200_000];
        new Random(7).NextBytes(content);
        var (digest, size) = (Digest.Of(content), content.Length);
        using var chunks = new SemaphoreSlim(0);
        _peer.Blob = _ => Trickle();
        var (time, begun) = (new ManualTimeProvider(), 0);
        using (var peer = new Peer(_host.Address, time))
        {
            var pull = new BlobPulls(_node.Store.Blobs, time).PullAsync(peer, digest, size, Stop);
            for (; !pull.IsCompleted; begun++)
            {
                chunks.Release();
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Stop);
                time.Advance(TimeSpan.FromSeconds(10));
            }

            await Assert.ThrowsAsync<PeerException>(() => pull);
        }

        // Whichever limit it was: silence, or too few bytes in five minutes and the next five.
        Assert.InRange(begun, 3, 61 + 10);
        chunks.Release(1 << 20);
        _peer.Blob = r => [new GetBlobReply { Size = size, Chunk = ByteString.CopyFrom(content.AsSpan((int)r.Offset)) }];
        using var honest = new Peer(_host.Address, TimeProvider.System);
        await new BlobPulls(_node.Store.Blobs, TimeProvider.System).PullAsync(honest, digest, size, Stop);
        Assert.True(_node.Store.Blobs.Has(digest, size));

        IEnumerable<GetBlobReply> Trickle()
        {
            for (var at = 0; ; at += bytesAtATime)
            {
                chunks.Wait(Stop);
                yield return new GetBlobReply { Size = at == 0 ? size : 0, Chunk = ByteString.CopyFrom(content.AsSpan(at, bytesAtATime)) };
            }
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Empty_chunks_without_end_are_silence()
    {
        var time = new ManualTimeProvider();
        using var peer = new Peer(_host.Address, time);
        using var seen = new SemaphoreSlim(0);
        _peer.Blob = _ => Empties();
        var pull = new BlobPulls(_node.Store.Blobs, time).PullAsync(peer, Digest.Of("x"u8), 1, Stop);
        await seen.WaitAsync(Stop);
        time.Advance(TimeSpan.FromSeconds(31));
        Assert.Contains("nothing came for 30 s", (await Assert.ThrowsAsync<PeerException>(() => pull)).Message, StringComparison.Ordinal);

        IEnumerable<GetBlobReply> Empties()
        {
            for (var count = 0L; ; count++)
            {
                if (count == 1000)
                {
                    seen.Release();
                }

                yield return new GetBlobReply { Size = 1 };
            }
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Without_the_reserve_on_the_disk_nothing_is_taken_and_nothing_is_lost()
    {
        await using var full = await FederationNode.StartAsync(_folder.Sub("full"), o => o with { MinFreeBytes = long.MaxValue / 2 });
        _peer.Log = r => HostilePeer.Page(r.After == 0 ? Bytes(_alice.Chain[0]) : []);
        var refusal = await Assert.ThrowsAsync<CatalogueException>(() => full.Follow(_host.Address).SyncAsync(Stop));
        Assert.Equal(CatalogueFault.NoSpace, refusal.Fault);
        Assert.Contains("until there is space", refusal.Message, StringComparison.Ordinal);
        Assert.Equal((0, 0L), (_peer.Asked, full.Store.Head));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_peer_that_never_finishes_its_answer_is_given_up_after_a_minute()
    {
        var time = new ManualTimeProvider();
        using var peer = new Peer(_host.Address, time);
        _peer.Gate = new TaskCompletionSource().Task;
        var asking = peer.ListAsync(new ListStatementsRequest { Limit = 1 }, Stop);
        await _peer.IsAsked.Task.WaitAsync(Stop);
        time.Advance(TimeSpan.FromSeconds(61));
        var fault = await Assert.ThrowsAsync<PeerException>(() => asking);
        Assert.Contains("within 60 s", fault.Message, StringComparison.Ordinal);
        Assert.True(fault.IsSlow);
    }

    [Fact(Timeout = 60_000)]
    public async Task More_signatures_than_an_envelope_has_room_for_leave_a_statement_readable()
    {
        var design = SampleDesign.Of("clip").Sealed();
        for (var i = 0; i < Envelope.MaxSignatures + 4; i++)
        {
            var signer = new TestPublisher($"signer-{i}");
            await _node.PutAsync(signer.Chain[0], signer.Sign(new DesignStatement(design)));
        }

        Assert.Equal(Envelope.MaxSignatures + 4, _node.Store.AskCommons(c => c.Standing(design.Ref.Manifest)).Publications.Count);
        Assert.Equal(Envelope.MaxSignatures, (await _node.Client.GetVerifiedAsync(DesignName.Parse("clip@1.0.0"), Stop)).Publishers.Count);
    }

    private static byte[] Rename(byte[] envelope, long number)
    {
        // Each page has others: their payloads differ, so that none is known by its id.
        var wire = FabNet.Protocol.V1.Envelope.Parser.ParseFrom(envelope);
        wire.Signatures[0].KeyId = Digest.Of(BitConverter.GetBytes(number)).Value;
        return wire.ToByteArray();
    }

    private static ListStatementsReply Cursors(params long[] cursors)
    {
        var reply = new ListStatementsReply { Cursor = cursors[^1], End = true };
        reply.Statements.AddRange(cursors.Select(c => new LoggedStatement { Cursor = c }));
        return reply;
    }

    private static IEnumerable<byte[]> Bytes(params IEnumerable<Envelope> envelopes) => envelopes.Select(HostilePeer.Bytes);

    private async Task RefusedAsync(Func<ListStatementsRequest, ListStatementsReply> log, string says)
    {
        _peer.Log = log;
        var fault = await Assert.ThrowsAsync<PeerException>(() => _node.Follow(_host.Address).SyncAsync(Stop));
        Assert.Contains(says, fault.Message, StringComparison.Ordinal);
    }

    private Envelope Sign(Design design) => _alice.Sign(new DesignStatement(design.Sealed()));

    private (Digest Blob, Envelope Design) Design(string name, long size, Digest blob)
    {
        var design = SampleDesign.Of(name, parts: "Part");
        return (blob, Sign(design with
        {
            Parts = [design.Parts[0] with { Artefacts = [new Artefact { Path = "part.stl", Kind = ArtefactKind.Mesh, MediaType = "model/stl", Digest = blob, Size = size }] }],
        }));
    }
}
