// Statements over gRPC: who may say what, what is kept over a restart, what a client believes.

using FabNet.Catalogue;
using FabNet.Catalogue.Client;
using FabNet.Journal;
using FabNet.Model;
using FabNet.Protocol;
using FabNet.Protocol.Catalogue;
using FabNet.Protocol.Statements;
using FabNet.Protocol.V1;
using Grpc.Core;
using Xunit;
using Envelope = FabNet.Protocol.Statements.Envelope;

namespace FabNet.Tests.Catalogue;

public sealed class TrustServiceTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TrustWorld _world = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Data => Path.Combine(_folder.Path, "data");

    public void Dispose() => _folder.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task A_client_verifies_the_publisher_from_its_own_statements_and_a_restart_keeps_them()
    {
        var alice = _world.Publisher("alice");
        var design = _world.Design(alice, "clip");
        _world.Say(alice.Rotate());
        await using (var server = await StartAsync())
        {
            Assert.False((await server.Client.Statements.PutAsync(_world.Said[1], Stop)).Added);
        }

        await using var again = await CatalogueServer.StartAsync(Data);
        var verified = await again.Client.GetVerifiedAsync(DesignName.Parse("alice/clip"), Stop);
        var publisher = Assert.Single(verified.Publishers);
        Assert.Equal((design, alice.Identity, 2, null), (verified.Design.Ref.Manifest, publisher.Identity, publisher.Sequence, publisher.RevokedBecause));
        Assert.Equal(3, await again.Client.Statements.LogAsync(0, [], Stop).CountAsync(Stop));
        Assert.Equal(3, Assert.Single(await again.Client.Statements.LogAsync(1, [StatementKinds.Publisher], Stop).ToListAsync(Stop)).Cursor);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_its_author_may_not_say_is_refused_with_what_to_do()
    {
        var (alice, eve) = (_world.Publisher("alice"), _world.Publisher("eve"));
        var design = _world.Design(alice, "clip", license: "CERN-OHL-S-2.0");
        var collection = _world.Collection(alice);
        await using var server = await StartAsync();

        await RefusedAsync(server, new TestPublisher("bob").Sign(new DesignStatement(SampleDesign.Of("box").Sealed())), StatusCode.FailedPrecondition, "Put its publisher's statements first");
        await RefusedAsync(server, eve.Sign(new YankStatement { By = eve.Author, Manifest = design, Reason = "I want it gone." }), StatusCode.PermissionDenied, "only who published clip@1.0.0 may yank it");
        await RefusedAsync(server, eve.Sign(new YankStatement { By = alice.Author, Manifest = design, Reason = "Forged." }), StatusCode.PermissionDenied, "no key that spoke for alice");
        await RefusedAsync(server, eve.Sign(Attestation(eve, collection, design)), StatusCode.PermissionDenied, "no maintainer of alice");
        await RefusedAsync(server, alice.Sign(Attestation(alice, design, design)), StatusCode.FailedPrecondition, "collection");
        await RefusedAsync(server, alice.Sign(new DesignStatement((SampleDesign.Of("clip") with { License = "ISC" }).Sealed())), StatusCode.AlreadyExists, "give yours a new version");
        await RefusedAsync(server, eve.Sign(new DesignStatement((SampleDesign.Of("mine") with { Publisher = "alice" }).Sealed())), StatusCode.PermissionDenied, "alice publishes it");
        await RefusedAsync(server, alice.Branch(s => s with { Namespace = "bob" }), StatusCode.PermissionDenied, "changes the namespace");

        // A stranger's statements don't hang on her chain, where they would be listed with it.
        var mallory = _world.Publisher("alice");
        Assert.True((await server.Client.Statements.PutAsync(mallory.Chain[0], Stop)).Added);
        await RefusedAsync(server, mallory.Branch(s => s with { Publisher = alice.Identity }), StatusCode.PermissionDenied, "of another publisher");
        await RefusedAsync(server, mallory.Branch(s => s with { Publisher = alice.Identity, Previous = alice.Chain[0].Id }), StatusCode.PermissionDenied, "no key that is current in the one before");
        Assert.Single((await server.Client.Statements.PublisherAsync("alice", Stop)).Chain);

        // A fork can't shed what its origin's licence asks.
        var fork = new TrustWorld();
        fork.Design(eve, "fork", forkOf: design, license: "MIT");
        await RefusedAsync(server, fork.Said[0], StatusCode.PermissionDenied, "cannot shed copyleft: CERN-OHL-S-2.0");
        fork.Design(eve, "fork", forkOf: design, license: "CERN-OHL-S-2.0");
        Assert.True((await server.Client.Statements.PutAsync(fork.Said[1], Stop)).Added);
        Assert.Equal(fork.Said[1].Id.Value, Assert.Single((await server.Client.Statements.ReportAsync(design, Stop)).Forks).ManifestDigest);
        var standing = await server.Raw.GetReportAsync(new GetReportRequest { ManifestDigest = design.Value, StandingOnly = true }, cancellationToken: Stop);
        Assert.Equal((1, 0), (standing.Publications.Count, standing.Forks.Count));

        var broken = alice.Sign(new YankStatement { By = alice.Author, Manifest = design, Reason = "x" });
        broken.Signatures[0].Value[^1] ^= 1;
        await RefusedAsync(server, broken, StatusCode.InvalidArgument, "changed after it was signed");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_yanked_version_is_hidden_by_name_and_there_by_version()
    {
        var alice = _world.Publisher("alice");
        _world.Design(alice, "clip", "1.0.0");
        var newer = _world.Design(alice, "clip", "1.1.0");
        _world.Yank(alice, newer);
        await using var server = await StartAsync();
        var found = Assert.Single(await server.Client.SearchAsync("clip", cancellationToken: Stop).ToListAsync(Stop));
        Assert.Equal(("1.0.0", PublisherName.Of("alice", alice.Identity).ToString(), false), (found.Ref.Version, found.Publisher, found.Validated));
        Assert.Equal("1.0.0", (await server.Client.GetAsync("clip", null, Stop)).Ref.Version);
        Assert.Equal(newer, (await server.Client.GetAsync("clip", "1.1.0", Stop)).Ref.Manifest);
        var versions = await server.Client.ListVersionsAsync("clip", Stop);
        Assert.Equal([("1.1.0", $"yanked by {PublisherName.Of("alice", alice.Identity)}: Wrong file."), ("1.0.0", "")], versions.Select(v => (v.Ref.Version, v.HiddenBecause)));
        Assert.Equal("Wrong file.", Assert.Single((await server.Client.Statements.ReportAsync(newer, Stop)).Publications).YankedBecause);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_validated_is_found_so_and_what_is_unsafe_or_revoked_is_not_found_by_words()
    {
        var (alice, carol) = (_world.Publisher("alice"), _world.Publisher("carol"));
        var (good, bad) = (_world.Design(alice, "good-clip"), _world.Design(alice, "bad-clip"));
        var collection = _world.Collection(carol);
        _world.Attest(carol, collection, good, Verdict.Validated);
        _world.Attest(carol, collection, bad, Verdict.Unsafe);
        await using var server = await StartAsync();
        var found = Assert.Single(await server.Client.SearchAsync("clip", new DesignFilter { Publisher = "alice" }, Stop).ToListAsync(Stop));
        Assert.Equal((good.Value, true), (found.Ref.ManifestDigest, found.Validated));

        await server.Client.Statements.PutAsync(alice.RevokeKey(), Stop);
        Assert.Empty(await server.Client.SearchAsync("clip", cancellationToken: Stop).ToListAsync(Stop));
        var again = alice.Sign(new DesignStatement(SampleDesign.Of("good-clip").Sealed()));
        Assert.True((await server.Client.Statements.PutAsync(again, Stop)).Added);
        Assert.Single(await server.Client.SearchAsync("clip", cancellationToken: Stop).ToListAsync(Stop));
    }

    [Fact(Timeout = 60_000)]
    public async Task Nobody_validates_what_they_published_themselves_but_anybody_may_warn_of_it()
    {
        var (alice, carol) = (_world.Publisher("alice"), _world.Publisher("carol"));
        var (clip, knob) = (_world.Design(alice, "clip"), _world.Design(alice, "knob"));
        var collection = _world.Collection(alice, carol);
        _world.Attest(alice, collection, clip, Verdict.Validated);
        _world.Attest(alice, collection, knob, Verdict.Unsafe);
        await using var server = await StartAsync();
        Assert.False(Assert.Single(await server.Client.SearchAsync("", cancellationToken: Stop).ToListAsync(Stop)).Validated);
        Assert.Contains("found it unsafe", (await server.Client.ListVersionsAsync("knob", Stop))[0].HiddenBecause, StringComparison.Ordinal);
        Assert.Equal("validated", Assert.Single((await server.Client.Statements.ReportAsync(clip, Stop)).Findings).Verdict);

        await server.Client.Statements.PutAsync(_world.Attest(carol, collection, clip, Verdict.Validated, sequence: 2), Stop);
        Assert.True(Assert.Single(await server.Client.SearchAsync("", cancellationToken: Stop).ToListAsync(Stop)).Validated);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_journal_from_before_designs_were_signed_stays_readable_by_nobodys_word()
    {
        var design = SampleDesign.Of("old").Sealed();
        using (var journal = SqliteJournal.Open(Path.Combine(Data, "journal.db"), TimeProvider.System))
        {
            journal.Append(new JournalRecord("design.published", DesignManifest.Write(design)));
        }

        await using var server = await CatalogueServer.StartAsync(Data);
        var verified = await server.Client.GetVerifiedAsync(DesignName.Parse("old"), Stop);
        Assert.Equal(design.Ref.Manifest, verified.Design.Ref.Manifest);
        Assert.Empty(verified.Publishers);
        Assert.Empty((await server.Client.Statements.ReportAsync(design.Ref.Manifest, Stop)).Publications);

        // Signed later by somebody who stands by it.
        await server.Client.Statements.PutAsync(server.Publisher, new DesignStatement(design), Stop);
        Assert.Equal(server.Publisher.Identity, Assert.Single((await server.Client.GetVerifiedAsync(DesignName.Parse("old"), Stop)).Publishers).Identity);
    }

    [Fact]
    public void The_first_publisher_of_a_name_is_pinned_and_a_shorter_chain_is_found_out()
    {
        var (alice, other) = (new TestPublisher("alice"), new TestPublisher("alice"));
        var pins = PublisherPins.Open(_folder.Path);
        Assert.Equal(PinState.FirstSeen, pins.See("alice", alice.Identity, 2));
        Assert.Equal(PinState.Changed, PublisherPins.Open(_folder.Path).See("alice", alice.Identity, 3));
        Assert.Equal(PinState.Known, PublisherPins.Open(_folder.Path).See("alice", alice.Identity, 3));
        Assert.Equal(PinState.Other, PublisherPins.Open(_folder.Path).See("alice", other.Identity, 9));
        Assert.Contains("up to statement 2", Assert.Throws<TamperedException>(() => PublisherPins.Open(_folder.Path).See("alice", alice.Identity, 2)).Message, StringComparison.Ordinal);
        _folder.Add("known-publishers", "alice\n");
        Assert.Contains("line 1", Assert.Throws<IOException>(() => PublisherPins.Open(_folder.Path)).Message, StringComparison.Ordinal);
    }

    private static AttestationStatement Attestation(TestPublisher by, Digest collection, Digest manifest) =>
        new() { By = by.Author, Collection = collection, Manifest = manifest, Verdict = Verdict.Unsafe, Reason = "x", Sequence = 1 };

    private static async Task RefusedAsync(CatalogueServer server, Envelope envelope, StatusCode status, string says)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => server.Client.Statements.PutAsync(envelope, Stop));
        Assert.Equal(status, error.StatusCode);
        Assert.Contains(says, error.Status.Detail, StringComparison.Ordinal);
    }

    private async Task<CatalogueServer> StartAsync()
    {
        var server = await CatalogueServer.StartAsync(Data);
        foreach (var envelope in _world.Said)
        {
            Assert.True((await server.Client.Statements.PutAsync(envelope, Stop)).Added);
        }

        return server;
    }
}
