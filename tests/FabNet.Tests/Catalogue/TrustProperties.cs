// Whatever is said, by whomever: what holds depends on the set of statements, never on the order in which they came or how often.

using FabNet.Catalogue;
using FabNet.Model;
using FabNet.Protocol.Statements;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace FabNet.Tests.Catalogue;

public sealed class TrustProperties
{
    internal static readonly Gen<(int Action, int Who, int What)[]> Scripts = Gen.ArrayOf(
        from action in Gen.Choose(0, 15) from who in Gen.Choose(0, 3) from what in Gen.Choose(0, 99) select (action, who, what), 25);

    [Fact]
    public void What_holds_is_the_same_for_every_order_and_repetition_of_statements() => Prop.ForAll(
        Gen.Zip(Scripts, Gen.Choose(0, int.MaxValue)).ToArbitrary(),
        input =>
        {
            var said = Play(input.Item1);
            var expected = TrustWorld.Describe(TrustWorld.Commons(said), said);
            var random = new Random(input.Item2);
            for (var attempt = 0; attempt < 3; attempt++)
            {
                var shuffled = said.Concat(said.Where(_ => random.Next(3) == 0)).ToArray();
                random.Shuffle(shuffled);
                Assert.Equal(expected, TrustWorld.Describe(TrustWorld.Commons(shuffled), said));
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20));

    [Fact(Timeout = 120_000)]
    public async Task A_node_answers_from_its_disk_as_the_set_of_what_it_took_does()
    {
        using var folder = new TempFolder();
        var said = Play([.. Enumerable.Range(0, 60).Select(i => (i * 7 % 16, i % 4, i * 13 % 97))]);
        var taken = new List<Envelope>();
        string expected;
        using (var store = Open(folder))
        {
            foreach (var envelope in said)
            {
                try
                {
                    await store.PutAsync(envelope, TestContext.Current.CancellationToken);
                    taken.Add(envelope);
                }
                catch (CatalogueException)
                {
                    // Its author may not say that: it was not taken.
                }
            }

            Assert.InRange(taken.Count, 20, said.Count);
            expected = TrustWorld.Describe(TrustWorld.Commons(taken), taken);
            Assert.Equal(expected, store.AskCommons(commons => TrustWorld.Describe(commons, taken)));
        }

        // Made anew from the journal it says the same.
        File.Delete(Path.Combine(folder.Path, "index.db"));
        using var again = Open(folder);
        Assert.Equal(expected, again.AskCommons(commons => TrustWorld.Describe(commons, taken)));
    }

    [Fact]
    public void More_statements_never_bring_a_revoked_key_back() => Prop.ForAll(Scripts.ToArbitrary(), script =>
    {
        var world = new TrustWorld();
        var alice = world.Publisher("alice");
        var design = world.Design(alice, "box");
        var stolen = alice.Key;
        world.Say(alice.RevokeKey(since: 1));
        var forged = world.Say(StatementFormat.Sign(new YankStatement { By = new Author(alice.Identity, 1), Manifest = design, Reason = "forged" }, stolen));
        foreach (var envelope in Play(script))
        {
            world.Say(envelope);
        }

        var commons = world.Commons();
        Assert.False(commons.Publisher(alice.Identity)!.Counts(commons.Statements.Find(forged.Id)!.Said));
        Assert.NotNull(commons.Standing(design).FindStop());
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(10));

    private static CatalogueStore Open(TempFolder folder) =>
        CatalogueStore.Open(new CatalogueOptions { DataFolder = folder.Path, MinFreeBytes = 0 }, TimeProvider.System, NullLogger.Instance);

    // Four people do what they may and what they may not: publish, fork, rotate, revoke, branch, attest, yank, offer, answer, run, claim.
    internal static IReadOnlyList<Envelope> Play((int Action, int Who, int What)[] script)
    {
        var world = new TrustWorld();
        TestPublisher[] people = [world.Publisher("alice"), world.Publisher("alice"), world.Publisher("bob"), world.Publisher("carol")];
        List<Digest> designs = [world.Design(people[0], "clip"), world.Design(people[2], "knob")];
        List<Digest> collections = [world.Collection(people[3], people[2])];
        List<Digest> proposals = [designs[0]];
        List<Digest> claims = [designs[0]];
        foreach (var (action, who, what) in script)
        {
            var (by, design, collection) = (people[who], designs[what % designs.Count], collections[what % collections.Count]);
            switch (action)
            {
                case 0: designs.Add(world.Design(by, what % 2 == 0 ? "clip" : "knob", $"1.{what}.0")); break;
                case 1: designs.Add(world.Design(by, "fork", $"1.{what}.0", design)); break;
                case 2: world.Say(by.Rotate()); break;
                case 3: world.Say(by.RevokeKey(1 + (what % by.Current.Sequence))); break;
                case 4: world.Say(by.Branch(s => s with { DisplayName = $"Branch {what}" })); break;
                case 5 or 6: world.Attest(by, collection, design, (Verdict)(what % 3), 1 + (what % 4)); break;
                case 7: world.Yank(by, design); break;
                case 8: proposals.Add(world.Say(by.Sign(new ProposalStatement { By = by.Author, From = designs[^1], To = designs[^1] == design ? Digest.Of("elsewhere"u8) : design, Text = $"Take {what}." })).Id); break;
                case 9: world.Say(by.Sign(new ProposalAnswerStatement { By = by.Author, Proposal = proposals[what % proposals.Count], IsTaken = what % 2 == 0, Reason = $"Because {what}." })); break;
                case 10 or 11: world.Run(by, design, 1 + (what % 5), what % 2, what, what % 2 == 0 ? "ender-3" : "prusa-mk3s", what); break;
                case 12: claims.Add(world.Say(by.Sign(Claim(by, design, what, null))).Id); break;
                case 13: world.Say(by.Sign(Claim(by, design, what, claims[what % claims.Count]))); break;
                case 14: collections.Add(world.Collection(by, people[what % 4])); break;
                default: world.Say(by.Sign(new CollectionStatement { By = by.Author, Name = "safe-tools", Title = $"Title {what}", Sequence = 2, Maintainers = [people[what % 4].Identity], Collection = collection, Previous = collection })); break;
            }
        }

        return world.Said;
    }

    private static ClaimStatement Claim(TestPublisher by, Digest design, int what, Digest? settles) => new()
    {
        By = by.Author, Manifest = design, Quantity = 1 + what, Settles = settles, Nonce = $"{what:x32}",
    };
}
