// What holds in the commons: chains of keys, verdicts, yanks, forks, proposals, runs and claims, rule by rule.

using FabNet.Catalogue;
using FabNet.Catalogue.Trust;
using FabNet.Model;
using FabNet.Protocol.Statements;
using Xunit;

namespace FabNet.Tests.Catalogue;

public sealed class TrustRulesTests
{
    private const string Nonce = "00112233445566778899aabbccddeeff";

    private readonly TrustWorld _world = new();

    [Fact]
    public void A_key_that_was_rotated_out_still_speaks_for_what_it_signed_then()
    {
        var alice = _world.Publisher("alice");
        var design = _world.Design(alice, "clip");
        var yank = _world.Yank(alice, design);
        _world.Say(alice.Rotate());
        var chain = _world.Commons().Publisher(alice.Identity)!;
        Assert.Equal((2, false), (chain.Current.Sequence, chain.IsDisputed));
        Assert.Null(_world.Commons().Standing(design).FindStop());
        Assert.True(chain.Counts(Signed(yank)));
    }

    [Fact]
    public void A_revoked_key_counts_only_for_what_was_signed_before_in_the_chain()
    {
        var alice = _world.Publisher("alice");
        var design = _world.Design(alice, "clip");
        var (stolen, before) = (alice.Key, _world.Yank(alice, design));
        _world.Say(alice.RevokeKey());
        var forged = _world.Say(StatementFormat.Sign(new YankStatement { By = alice.Author, Manifest = design, Reason = "forged" }, stolen));
        var chain = _world.Commons().Publisher(alice.Identity)!;
        Assert.True(chain.Counts(Signed(before)));
        Assert.Contains("no key that spoke for", chain.FindFault(Signed(forged)), StringComparison.Ordinal);

        // Withdrawn from the beginning, what it signed before does not count either.
        var bob = _world.Publisher("bob");
        var said = _world.Yank(bob, design);
        _world.Say(bob.RevokeKey(since: 1));
        Assert.Contains("was revoked by bob", _world.Commons().Publisher(bob.Identity)!.FindFault(Signed(said)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_design_that_only_a_revoked_key_signed_stops_until_a_current_key_signs_it()
    {
        var alice = _world.Publisher("alice");
        var design = _world.Design(alice, "clip");
        _world.Say(alice.RevokeKey());
        Assert.Contains("was revoked: stolen", _world.Commons().Standing(design).FindStop(), StringComparison.Ordinal);
        Assert.Contains("yanked, or its publisher's key was revoked", Assert.Throws<CatalogueException>(() => _world.Commons().Resolve(DesignName.Parse("clip"))).Message, StringComparison.Ordinal);

        Assert.Equal(design, _world.Design(alice, "clip"));
        Assert.Null(_world.Commons().Standing(design).FindStop());
        Assert.Equal(design, _world.Commons().Resolve(DesignName.Parse("alice/clip"))!.Design.Ref.Manifest);
    }

    [Fact]
    public void Nobody_takes_a_key_into_a_chain_that_did_not_agree()
    {
        var alice = _world.Publisher("alice");
        var design = _world.Design(alice, "clip");
        var mallory = new TestPublisher("alice");
        var begin = mallory.Current with { Keys = [.. new[] { mallory.Key.Public, alice.Key.Public }.OrderBy(k => k.Id.Value, StringComparer.Ordinal)] };
        var stolen = _world.Say(StatementFormat.Sign(begin, mallory.Key));
        Assert.Null(_world.Commons().Publisher(stolen.Id));
        Assert.Equal([alice.Identity], _world.Commons().PublishersOf(design).Select(p => p.Identity));
    }

    [Theory]
    [InlineData("namespace")]
    [InlineData("unsigned")]
    [InlineData("unrevoke")]
    [InlineData("gap")]
    public void A_statement_that_breaks_its_chain_is_not_followed(string fault)
    {
        var alice = _world.Publisher("alice");
        _world.Say(alice.RevokeKey());
        var bad = fault switch
        {
            "namespace" => alice.Branch(s => s with { Namespace = "bob" }),
            "unrevoke" => alice.Branch(s => s with { Revoked = [] }),
            "gap" => alice.Branch(s => s with { Sequence = s.Sequence + 1 }),
            _ => StatementFormat.Sign(alice.Current with { Sequence = 3, Previous = alice.Chain[^1].Id, Publisher = alice.Identity }, new TestPublisher("eve").Key),
        };
        var before = alice.Chain[^1].Id;
        _world.Say(bad);
        Assert.Equal(before, TrustWorld.Commons(_world.Said).Publisher(alice.Identity)!.Head);
    }

    [Fact]
    public void Two_successors_make_a_publisher_disputed_and_the_lower_id_decides()
    {
        var alice = _world.Publisher("alice");
        var branches = new[] { alice.Branch(s => s with { DisplayName = "One" }), alice.Branch(s => s with { DisplayName = "Two" }) };
        foreach (var branch in branches)
        {
            _world.Say(branch);
        }

        var chain = _world.Commons().Publisher(alice.Identity)!;
        Assert.True(chain.IsDisputed);
        Assert.Equal(branches.Min(b => b.Id.Value), chain.Head.Value);
    }

    [Fact]
    public void Two_publishers_of_one_name_are_both_kept_and_told_apart()
    {
        var (first, second) = (_world.Publisher("alice"), _world.Publisher("alice"));
        var (one, two) = (_world.Design(first, "clip"), _world.Design(second, "clip", license: "ISC"));
        var commons = _world.Commons();
        var error = Assert.Throws<CatalogueException>(() => commons.Resolve(DesignName.Parse("clip")));
        Assert.Contains($"{PublisherName.Of("alice", first.Identity)}/clip", error.Message, StringComparison.Ordinal);
        Assert.Contains($"{PublisherName.Of("alice", second.Identity)}/clip", error.Message, StringComparison.Ordinal);

        // The namespace alone means the one that this node saw first.
        Assert.Equal(one, commons.Resolve(DesignName.Parse("alice/clip"))!.Design.Ref.Manifest);
        Assert.Equal(two, commons.Resolve(DesignName.Parse($"{PublisherName.Of("alice", second.Identity)}/clip"))!.Design.Ref.Manifest);
        Assert.Null(commons.Resolve(DesignName.Parse("other")));
    }

    [Fact]
    public void The_newest_verdict_of_each_collection_holds_and_of_equal_ones_the_most_careful()
    {
        var (alice, bob) = (_world.Publisher("alice"), _world.Publisher("bob"));
        var design = _world.Design(alice, "clip");
        var collection = _world.Collection(alice, bob);
        _world.Attest(bob, collection, design, Verdict.Unsafe, 1);
        Assert.Contains("found it unsafe: It is Unsafe.", _world.Commons().Standing(design).FindStop(), StringComparison.Ordinal);

        _world.Attest(alice, collection, design, Verdict.Validated, 2);
        Assert.Equal(Verdict.Validated, Assert.Single(_world.Commons().Standing(design).Findings).Attestation.Verdict);
        Assert.Null(_world.Commons().Standing(design).FindStop());

        _world.Attest(bob, collection, design, Verdict.NeedsWork, 2);
        Assert.Equal(Verdict.NeedsWork, Assert.Single(_world.Commons().Standing(design).Findings).Attestation.Verdict);
    }

    [Fact]
    public void Only_maintainers_of_now_and_collections_that_are_heeded_count()
    {
        var (alice, bob, eve) = (_world.Publisher("alice"), _world.Publisher("bob"), _world.Publisher("eve"));
        var design = _world.Design(alice, "clip");
        var collection = _world.Collection(alice, bob);
        _world.Attest(eve, collection, design, Verdict.Unsafe, 9);
        Assert.Empty(_world.Commons().Standing(design).Findings);

        _world.Attest(bob, collection, design, Verdict.Unsafe, 1);
        Assert.NotNull(_world.Commons().Standing(design).FindStop());
        Assert.Null(TrustWorld.Commons(_world.Said, heeded: []).Standing(design).FindStop());
        var name = _world.Commons().FindCollection(PublisherName.Parse("alice"), "safe-tools").Name;
        Assert.NotNull(TrustWorld.Commons(_world.Said, heeded: [name]).Standing(design).FindStop());

        _world.Say(alice.Sign(new CollectionStatement { By = alice.Author, Name = "safe-tools", Title = "Safe tools", Sequence = 2, Maintainers = [], Collection = collection, Previous = collection }));
        Assert.Empty(_world.Commons().Standing(design).Findings);
    }

    [Fact]
    public void A_yank_hides_and_only_its_publisher_yanks()
    {
        var (alice, eve) = (_world.Publisher("alice"), _world.Publisher("eve"));
        var (old, design) = (_world.Design(alice, "clip", "1.0.0"), _world.Design(alice, "clip", "1.1.0"));
        _world.Yank(eve, design);
        Assert.False(_world.Commons().Standing(design).IsYanked);
        _world.Yank(alice, design);
        Assert.True(_world.Commons().Standing(design).IsYanked);
        Assert.Null(_world.Commons().Standing(design).FindStop());
        Assert.Equal(old, _world.Commons().Resolve(DesignName.Parse("clip"))!.Design.Ref.Manifest);
        Assert.Equal(design, _world.Commons().Resolve(DesignName.Parse("clip@1.1.0"))!.Design.Ref.Manifest);
    }

    [Fact]
    public void Forks_are_seen_from_both_sides()
    {
        var (alice, bob) = (_world.Publisher("alice"), _world.Publisher("bob"));
        var origin = _world.Design(alice, "clip");
        var fork = _world.Design(bob, "better-clip", forkOf: origin);
        var second = _world.Design(alice, "best-clip", forkOf: fork);
        var commons = _world.Commons();
        Assert.Equal([new ForkStep(fork, 1, second), new ForkStep(origin, 2, fork)], commons.Report(second).Origins);
        Assert.Equal([new ForkStep(fork, 1, origin), new ForkStep(second, 2, fork)], commons.Report(origin).Forks);
    }

    [Fact]
    public void A_circle_of_forks_ends_a_walk_and_a_crowd_is_bounded()
    {
        var ring = Enumerable.Range(0, 5).Select(i => Digest.Of([(byte)i])).ToList();
        Assert.Equal(4, ForkGraph.Origins(ring[0], m => ring[(ring.IndexOf(m) + 1) % 5]).Count);
        Assert.Empty(ForkGraph.Origins(ring[0], m => m));
        Assert.Equal(ForkGraph.MaxSteps, ForkGraph.Forks(ring[0], m => Enumerable.Range(0, 2_000).Select(i => Digest.Of(BitConverter.GetBytes(i)))).Count);
    }

    [Fact]
    public void A_proposal_is_answered_by_the_upstreams_publisher_only()
    {
        var (alice, bob, eve) = (_world.Publisher("alice"), _world.Publisher("bob"), _world.Publisher("eve"));
        var origin = _world.Design(alice, "clip");
        var fork = _world.Design(bob, "better-clip", forkOf: origin);
        var offer = _world.Say(bob.Sign(new ProposalStatement { By = bob.Author, From = fork, To = origin, Text = "Thicker lip." }));
        _world.Say(eve.Sign(new ProposalStatement { By = eve.Author, From = fork, To = origin, Text = "Not mine to offer." }));
        _world.Say(eve.Sign(new ProposalAnswerStatement { By = eve.Author, Proposal = offer.Id, IsTaken = true, Reason = "" }));
        var open = Assert.Single(_world.Commons().Report(origin).Proposals);
        Assert.Equal((offer.Id, null), (open.Id, open.Answer));

        _world.Say(alice.Sign(new ProposalAnswerStatement { By = alice.Author, Proposal = offer.Id, IsTaken = false, Reason = "Too heavy." }));
        Assert.Equal("Too heavy.", Assert.Single(_world.Commons().Report(origin).Proposals).Answer!.Reason);
    }

    [Fact]
    public void Runs_tell_reliability_and_real_times_by_machine_class()
    {
        var (alice, lab) = (_world.Publisher("alice"), _world.Publisher("lab"));
        var design = _world.Design(alice, "clip");
        _world.Run(lab, design, made: 4, good: 3, seconds: 1_000, nonce: 1);
        _world.Run(lab, design, made: 4, good: 3, seconds: 1_000, nonce: 2);
        _world.Run(alice, design, made: 2, good: 0, seconds: 100, machine: "ender-3", nonce: 3);
        var runs = _world.Commons().Report(design).Runs;
        Assert.Equal([("ender-3", 1, 0.0), ("prusa-mk3s", 2, 0.75)], runs.Select(r => (r.MachineClass, r.Runs, r.Reliability)));
        Assert.Equal([null, 2_000.0 / 6], runs.Select(r => r.SecondsEach));
        Assert.True(_world.Commons().IsContributor(lab.Identity));
        Assert.False(_world.Commons().IsContributor(_world.Publisher("nobody").Identity));
    }

    [Fact]
    public void A_claim_stays_visible_and_its_creditor_settles_it()
    {
        var (alice, company) = (_world.Publisher("alice"), _world.Publisher("company"));
        var design = _world.Design(alice, "clip", license: "LicenseRef-PPL");
        var claim = _world.Say(company.Sign(new ClaimStatement { By = company.Author, Manifest = design, Quantity = 10, Rate = new ReciprocityRate(0.5, "EUR"), Nonce = Nonce }));
        _world.Say(company.Sign(new ClaimStatement { By = company.Author, Manifest = design, Quantity = 10, Settles = claim.Id, Nonce = Nonce }));
        Assert.False(Assert.Single(_world.Commons().Report(design).Claims).IsSettled);

        _world.Say(alice.Sign(new ClaimStatement { By = alice.Author, Manifest = design, Quantity = 10, Settles = claim.Id, Nonce = Nonce }));
        var settled = Assert.Single(_world.Commons().Report(design).Claims);
        Assert.Equal((claim.Id, true, 10), (settled.Id, settled.IsSettled, settled.Claim.Quantity));
    }

    private SignedStatement Signed(Envelope envelope) => _world.Commons().Statements.Find(envelope.Id)!.Said;
}
