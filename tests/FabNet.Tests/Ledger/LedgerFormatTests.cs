// Golden text: the lines of a ledger are its wire contract; and every entry is read as it was written.

using System.Text;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Ledger;
using FabNet.Protocol.Ledger;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FabNet.Tests.Ledger;

public sealed class LedgerFormatTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 2, 12, 0, 0, TimeSpan.FromHours(1));
    private static readonly Digest Manifest = Digest.Of("manifest"u8);

    private static readonly (LedgerEntry Entry, string Text)[] Golden =
    [
        (new OrderAgreement { Id = "order/o-7", At = Noon, Fact = 3, Order = OrderId.Parse("o-7"), Receiver = LedgerNames.Customer("Ana Böhm"), Design = new DesignRef("cable-clip", "1.0.0", Manifest), Copies = 2, Due = Noon.AddDays(1), Destination = SiteId.Parse("lab-b") },
            """{"@id":"order/o-7","@type":"Agreement","created":"2026-03-02T11:00:00Z","due":"2026-03-03T11:00:00Z","fabnet:fact":3,"fabnet:order":"o-7","fabnet:previous":"sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f","fabnet:sequence":1,"name":"cable-clip@1.0.0","receiver":"customer/Ana%20B%C3%B6hm","resourceConformsTo":"design/sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f","resourceQuantity":{"hasNumericalValue":"2","hasUnit":"om2:one"},"toLocation":"site/lab-b"}"""),
        (new EconomicEvent
        {
            Id = "event/o-7.1/1/run", At = Noon, Fact = 9, Action = LedgerAction.Use, Provider = "site/lab-a", Receiver = "site/lab-a", ConformsTo = "machine-class/mk3", Inventoried = "machine/lab-a/left",
            Effort = new Measure(0.472361m, LedgerUnit.Hour), Cost = EventCost.Of(CostTerm.MachineTime, 0.472361m, 2.00m, "EUR"), Basis = QuantityBasis.Measured, Order = OrderId.Parse("o-7"), InputOf = "process/o-7.1/1",
        }, """{"@id":"event/o-7.1/1/run","@type":"EconomicEvent","action":"use","agreedIn":"order/o-7","effortQuantity":{"hasNumericalValue":"0.472361","hasUnit":"om2:hour"},"fabnet:amount":"0.9447","fabnet:basis":"measured","fabnet:currency":"EUR","fabnet:fact":9,"fabnet:previous":"sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f","fabnet:price":"2","fabnet:sequence":1,"fabnet:term":"machineTime","hasPointInTime":"2026-03-02T11:00:00Z","inputOf":"process/o-7.1/1","provider":"site/lab-a","receiver":"site/lab-a","resourceConformsTo":"machine-class/mk3","resourceInventoriedAs":"machine/lab-a/left"}"""),
        (new SharedCost
        {
            Id = "cost/o-7.1/1", At = Noon, Fact = 12, Thing = SharedThing.SetUp, Receiver = "site/lab-a", Machine = MachineId.Parse("lab-a/left"), Currency = "EUR", Total = 0.9447m, Saving = 0, Rule = SharingRule.Shapley, Bounds = SharingBounds.Kept,
            Items = [new SharedItem("event/o-7.1/1/run", 0.9447m, [OrderId.Parse("o-7")])],
            Orders = [new OrderShare { Order = OrderId.Parse("o-7"), Jobs = [JobId.Parse("o-7.1")], Alone = 0.9447m, Incremental = 0.9447m, Share = 0.94m }],
        }, """{"@id":"cost/o-7.1/1","@type":"fabnet:SharedCost","created":"2026-03-02T11:00:00Z","fabnet:bounds":"kept","fabnet:currency":"EUR","fabnet:fact":12,"fabnet:items":[{"fabnet:amount":"0.9447","fabnet:event":"event/o-7.1/1/run","fabnet:users":["o-7"]}],"fabnet:orders":[{"fabnet:alone":"0.9447","fabnet:incremental":"0.9447","fabnet:jobs":["o-7.1"],"fabnet:order":"o-7","fabnet:share":"0.94"}],"fabnet:previous":"sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f","fabnet:rule":"shapley","fabnet:saving":"0","fabnet:sequence":1,"fabnet:thing":"set-up","fabnet:total":"0.9447","receiver":"site/lab-a","resourceInventoriedAs":"machine/lab-a/left"}"""),
        (new ReciprocityClaim { Id = "claim/o-7.1/1", At = Noon, Fact = 9, Order = OrderId.Parse("o-7"), Provider = "customer/acme", Receiver = "designer/alice~1a2b3c4d", TriggeredBy = "event/o-7.1/1/made", License = "LicenseRef-PPL", Amount = 0.75m, Currency = "EUR" },
            """{"@id":"claim/o-7.1/1","@type":"Claim","action":"transfer","agreedIn":"order/o-7","created":"2026-03-02T11:00:00Z","fabnet:fact":9,"fabnet:license":"LicenseRef-PPL","fabnet:previous":"sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f","fabnet:sequence":1,"provider":"customer/acme","receiver":"designer/alice~1a2b3c4d","resourceConformsTo":"currency/EUR","resourceQuantity":{"hasNumericalValue":"0.75","hasUnit":"fabnet:currency"},"triggeredBy":"event/o-7.1/1/made"}"""),
        (new WorkCommitment
        {
            Id = "commitment/o-7.1/1", At = Noon, Fact = 5, Order = OrderId.Parse("o-7"), Process = "process/o-7.1/1", Provider = "site/lab-a", Receiver = "customer/ana", ConformsTo = "design/x#clip", Copies = 1, Currency = "EUR", Why = "It is loaded.",
            Planned = [new(CostTerm.MachineTime, 1.25m), new(CostTerm.Risk, 0.0625m)],
        }, """{"@id":"commitment/o-7.1/1","@type":"Commitment","action":"produce","agreedIn":"order/o-7","created":"2026-03-02T11:00:00Z","fabnet:currency":"EUR","fabnet:fact":5,"fabnet:planned":[{"fabnet:amount":"1.25","fabnet:term":"machineTime"},{"fabnet:amount":"0.0625","fabnet:term":"risk"}],"fabnet:previous":"sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f","fabnet:sequence":1,"note":"It is loaded.","outputOf":"process/o-7.1/1","provider":"site/lab-a","receiver":"customer/ana","resourceConformsTo":"design/x#clip","resourceQuantity":{"hasNumericalValue":"1","hasUnit":"om2:one"}}"""),
    ];

    public static TheoryData<int> Entries => [.. Enumerable.Range(0, Golden.Length)];

    [Theory]
    [MemberData(nameof(Entries))]
    public void An_entry_is_written_as_it_always_was(int index) =>
        Assert.Equal(Golden[index].Text, Encoding.UTF8.GetString(LedgerFormat.Write(new LedgerLine(1, Manifest, Golden[index].Entry))));

    [Fact]
    public void Every_entry_of_any_life_is_read_as_it_was_written() => Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed => LedgerLife.Of(seed).Entries.All(entry =>
    {
        var line = LedgerFormat.Write(new LedgerLine(4, Manifest, entry));
        return LedgerFormat.Write(LedgerFormat.Read(line)).AsSpan().SequenceEqual(line);
    })).Check(Config.QuickThrowOnFailure.WithMaxTest(20));

    [Theory]
    [InlineData("\"fabnet:amount\":\"0.9447\"", "\"fabnet:amount\":\"0.94470\"", "fabnet:amount")]
    [InlineData("\"fabnet:fact\":9", "\"fabnet:fact\":9.0", "fabnet:fact")]
    [InlineData("\"action\":\"use\"", "\"action\":\"steal\"", "action")]
    [InlineData("\"action\":\"use\"", "\"action\":\"use\",\"action\":\"use\"", "canonical")]
    [InlineData("\"action\":\"use\"", "\"action\": \"use\"", "canonical")]
    [InlineData("\"action\":\"use\"", "\"action\":\"\\u0075se\"", "action")]
    [InlineData("\"inputOf\"", "\"inputOff\"", "inputOff")]
    [InlineData("2026-03-02T11:00:00Z", "2026-03-02T11:00:00.000Z", "hasPointInTime")]
    public void Any_other_way_to_write_the_same_is_refused_with_the_member_named(string right, string other, string words)
    {
        var text = Golden[1].Text.Replace(right, other, StringComparison.Ordinal);
        Assert.NotEqual(Golden[1].Text, text);
        var error = Assert.Throws<FormatException>(() => LedgerFormat.Read(Encoding.UTF8.GetBytes(text)));
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }
}
