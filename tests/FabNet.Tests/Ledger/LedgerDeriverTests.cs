// What the ledger makes of facts: who pays what for a shared set-up, scrap, refusals, deliveries, credits, claims.

using FabNet.Coordinator.State;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Model.Ledger;
using FabNet.Model.Sites;
using FabNet.Protocol.Statements;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FabNet.Tests.Ledger;

public sealed class LedgerDeriverTests : IDisposable
{
    private static readonly JobId First = JobId.Parse("o-1.1");
    private static readonly JobId Second = JobId.Parse("o-2.1");

    private readonly SigningKey _key = SigningKey.Create();

    public void Dispose() => _key.Dispose();

    [Fact]
    public void Two_orders_that_need_the_same_change_of_colour_pay_half_of_it_each()
    {
        var life = Shared();
        var cost = Assert.Single(life.Entries.OfType<SharedCost>());

        // A change is 4 minutes of labour (1.20) and machine (0.1333) and 8 g of purge (0.20).
        var change = life.Entries.OfType<EconomicEvent>().Where(e => e.InputOf == "set-up/o-1.1/1").ToList();
        Assert.Equal([1.2000m, 0.1333m, 0.2000m], change.Select(e => e.Cost!.Amount));
        Assert.Equal(1.5333m / cost.Total, cost.Saving, 4);
        Assert.All(cost.Orders, o => Assert.Equal(1.5333m, o.Alone - o.Incremental));
        Assert.All(cost.Orders, o => Assert.InRange(o.Share - o.Incremental - (1.5333m / 2), -0.01m, 0.01m));
        Assert.Equal((SharingRule.Shapley, SharingBounds.Kept), (cost.Rule, cost.Bounds));
        AssertSound(life);
    }

    [Fact]
    public void Orders_on_one_bed_share_its_clearing_and_warming_up_and_pay_for_their_own_part_of_the_run()
    {
        var life = new LedgerLife();
        life.Join("lab-a", machines: ["left"]);
        life.Order(2, "white");
        life.Order(1, "white", "ben");
        life.StartTogether("lab-a/left", First, JobId.Parse("o-1.2"), Second);
        life.Pass(60);
        life.Complete(First, seconds: 600, grams: 3);
        life.Complete(JobId.Parse("o-1.2"), seconds: 600, grams: 3);
        life.Complete(Second, seconds: 1200, grams: 6);

        var events = life.Entries.OfType<EconomicEvent>().ToList();
        var bed = events.Where(e => e.InputOf == "bed/o-1.1/1").ToList();
        Assert.Equal(["event/o-1.1/1/bed-work", "event/o-1.1/1/bed-machine"], bed.Select(e => e.Id));
        Assert.DoesNotContain(events, e => e.Id.Contains("/set-up-", StringComparison.Ordinal));
        var cost = Assert.Single(life.Entries.OfType<SharedCost>());
        var once = bed.Sum(e => e.Cost!.Amount);
        Assert.All(cost.Items.Where(i => bed.Exists(b => b.Id == i.Event)), i => Assert.Equal([OrderId.FromNumber(1), OrderId.FromNumber(2)], i.Users));
        Assert.All(cost.Orders, o => Assert.Equal(once, o.Alone - o.Incremental));
        Assert.All(cost.Orders, o => Assert.InRange(o.Share - o.Incremental - (once / 2), -0.01m, 0.01m));
        Assert.True(cost.Saving > 0);
        AssertSound(life);
    }

    [Fact]
    public void A_plate_that_fails_is_scrap_by_each_jobs_part_and_its_clearing_once()
    {
        var life = new LedgerLife();
        life.Join("lab-a", machines: ["left"]);
        life.Order(1, "white");
        life.Order(1, "white");
        life.StartTogether("lab-a/left", First, Second);
        life.Pass(60);
        life.Fail(First);
        life.Fail(Second);
        var scrap = life.Entries.OfType<EconomicEvent>().Where(e => e is { IsScrap: true, Cost: not null }).ToList();
        Assert.Equal(2, scrap.Count(e => e.InputOf == "bed/o-1.1/1"));
        Assert.Equal([0.5m, 0.5m], scrap.Where(e => e.Id.EndsWith("/run", StringComparison.Ordinal)).Select(e => e.Effort!.Value.Value));
        Assert.Empty(life.Entries.OfType<SharedCost>());
        AssertSound(life);
    }

    [Fact]
    public void The_terms_of_a_run_are_its_measures_times_the_prices_that_were_in_force_when_it_was_taken()
    {
        var life = new LedgerLife();
        life.Join("lab-a", new SitePrices { MachinePerHour = 3.60m, EnergyPerKwh = 0.50m, DefaultMaterialPerKg = 20m, LabourPerHour = 12m }, machines: ["left"]);
        life.Order(1, "white");
        life.Lease(First, "lab-a/left");
        life.Join("lab-a", new SitePrices { MachinePerHour = 999m }, machines: ["left"]);
        life.Start(First);
        life.Complete(First, seconds: 1000, grams: 10);

        var terms = life.Entries.OfType<EconomicEvent>().Where(e => e.Cost is not null).ToDictionary(e => e.Id["event/o-1.1/1/".Length..], e => e.Cost!.Amount);
        Assert.Equal(1.0000m, terms["run"], 4);
        Assert.Equal(0.2000m, terms["material"]);
        Assert.Equal(Math.Round(0.0567m * 0.5m, 4), terms["energy"]);
        Assert.Equal(0.6000m, terms["set-up-work"]);
        Assert.Equal(0.4200m, terms["set-up-machine"], 4);
        Assert.Equal(Math.Round(0.05m * terms.Where(t => t.Key != "warranty").Sum(t => t.Value), 4), terms["warranty"]);
        AssertSound(life);
    }

    [Fact]
    public void Nothing_is_paid_before_its_receiver_accepted_it_and_then_the_share_to_the_cent()
    {
        var life = Shared();
        Assert.DoesNotContain(life.Entries, e => e is EconomicEvent { Action: LedgerAction.Transfer });

        life.Accept(OrderId.Parse("o-1"));
        var paid = Assert.Single(life.Entries.OfType<EconomicEvent>(), e => e.Action is LedgerAction.Transfer);
        var share = life.Entries.OfType<SharedCost>().Single().Orders[0];
        Assert.Equal(("customer/ana", "site/lab-a", share.Share, "cost/o-1.1/1"), (paid.Provider, paid.Receiver, paid.Resource!.Value.Value, paid.Pays));
        var books = AssertSound(life);
        Assert.Equal([0m, life.Entries.OfType<SharedCost>().Single().Orders[1].Share], books.Orders().Select(o => o.Open));
        Assert.Equal(share.Share, books.Sites().Single().Paid);
    }

    [Fact]
    public void Partial_completion_counts_and_what_is_refused_is_not_paid_for_but_made_again()
    {
        var life = new LedgerLife();
        life.Join("lab-a", machines: ["left"]);
        life.Order(3, "white");
        Make(life, First);
        Make(life, JobId.Parse("o-1.2"));
        life.Accept(OrderId.Parse("o-1"), refused: First);

        var payments = life.Entries.OfType<EconomicEvent>().Where(e => e.Action is LedgerAction.Transfer).ToList();
        Assert.Equal("cost/o-1.2/1", Assert.Single(payments).Pays);
        var refused = Assert.Single(life.Entries.OfType<EconomicEvent>(), e => e.Corrects is not null);
        Assert.Equal((LedgerAction.Lower, "event/o-1.1/1/made", "warped"), (refused.Action, refused.Corrects, refused.Note));
        Make(life, JobId.Parse("o-1.4"));
        Make(life, JobId.Parse("o-1.3"));
        life.Accept(OrderId.Parse("o-1"));

        var books = AssertSound(life);
        var order = Assert.Single(books.Orders());
        Assert.Equal((0m, order.Shares), (order.Open, order.Paid + order.Refused));
        Assert.True(order.Refused > 0);
        Assert.Equal(FabNet.Model.Orders.OrderStatus.Delivered, life.State.Orders[OrderId.Parse("o-1")].Status);
    }

    [Fact]
    public void A_failed_run_is_scrap_that_the_site_bears_and_no_order_shares_it()
    {
        var life = new LedgerLife();
        life.Join("lab-a", machines: ["left"]);
        life.Order(1, "red");
        life.Lease(First, "lab-a/left");
        life.Start(First);
        life.Pass(15);
        life.Fail(First);

        var events = life.Entries.OfType<EconomicEvent>().ToList();
        Assert.All(events, e => Assert.True(e.IsScrap, e.Id));
        Assert.Equal(new Measure(0.25m, LedgerUnit.Hour), events.Single(e => e.Id.EndsWith("/run", StringComparison.Ordinal)).Effort);
        Assert.Equal(new Measure(4.5m, LedgerUnit.Gram), events.Single(e => e.Id.EndsWith("/material", StringComparison.Ordinal)).Resource);
        Assert.Contains(events, e => e.Id == "event/o-1.1/1/purge");
        Assert.DoesNotContain(events, e => e.Action is LedgerAction.Produce or LedgerAction.Cite);
        Assert.Empty(life.Entries.OfType<SharedCost>());
        var site = Assert.Single(AssertSound(life).Sites());
        Assert.True(site.Scrap > 0);
        Assert.Equal(0, site.Shares);
    }

    [Fact]
    public void A_delivery_costs_its_fixed_price_and_its_way_by_mass_and_is_the_orders_own()
    {
        var life = new LedgerLife();
        life.Join("lab-a", latitude: 40, machines: ["left"]);
        life.Join("lab-b", latitude: 41, machines: ["left"]);
        life.Order(1, "white", destination: SiteId.Parse("lab-b"));
        Make(life, First);
        life.Accept(OrderId.Parse("o-1"));

        var delivery = Assert.Single(life.Entries.OfType<SharedCost>(), s => s.Thing is SharedThing.Delivery);
        Assert.Equal(4.00m + Math.Round(0.01m * 111.195m * 0.008125m, 4), delivery.Total, 3);
        Assert.Equal("site/lab-b", Assert.Single(life.Entries.OfType<EconomicEvent>(), e => e.Action is LedgerAction.TransferCustody).ToLocation);
        AssertSound(life);
    }

    [Fact]
    public void Work_that_is_lost_for_good_holds_up_nobodys_bill_once_it_is_given_to_another()
    {
        var life = new LedgerLife();
        life.Join("lab-a", machines: ["left"]);
        life.Join("lab-b", machines: ["left"]);
        life.Order(1, "red");
        life.Order(1, "red", "ben");
        life.Lease(First, "lab-a/left");
        life.Lease(Second, "lab-a/left");
        life.Start(First);
        life.Complete(First);
        life.Start(Second);
        life.Happen(new JobLost { Job = Second, Epoch = 0, At = life.Now, Reason = "the lab burnt down" });
        life.Accept(OrderId.Parse("o-1"));
        Assert.Empty(life.Entries.OfType<SharedCost>());

        life.Replace(Second);
        Assert.Equal("o-1", Assert.Single(Assert.Single(life.Entries.OfType<SharedCost>()).Orders).Order.Value);
        Assert.Single(life.Entries, e => e is EconomicEvent { Action: LedgerAction.Transfer });
        AssertSound(life);
    }

    [Fact]
    public void What_costs_nothing_is_shared_and_delivered_for_nothing()
    {
        var life = new LedgerLife();
        var free = new SitePrices { MachinePerHour = 0, LabourPerHour = 0, DefaultMaterialPerKg = 0, EnergyPerKwh = 0, TransportFixed = 0, TransportPerKmKg = 0 };
        life.Join("lab-a", free, machines: ["left"]);
        life.Join("lab-b", free, machines: ["left"]);
        life.Order(1, "red", destination: SiteId.Parse("lab-b"));
        Make(life, First);
        life.Accept(OrderId.Parse("o-1"));

        Assert.Equal(2, life.Entries.OfType<SharedCost>().Count());
        Assert.All(life.Entries.OfType<SharedCost>(), s => Assert.Equal((0m, 0m), (s.Total, s.Saving)));
        Assert.DoesNotContain(life.Entries, e => e is EconomicEvent { Action: LedgerAction.Transfer });
        AssertSound(life);
    }

    [Fact]
    public void What_a_site_brings_back_after_its_work_was_given_to_another_is_made_twice_and_nobody_pays_for_it()
    {
        var life = new LedgerLife();
        life.Join("lab-a", machines: ["left"]);
        life.Order(1, "white");
        life.Lease(First, "lab-a/left");
        life.Start(First);
        life.Happen(new JobLost { Job = First, Epoch = 0, At = life.Now, Reason = "silent" });
        Make(life, life.Replace(First));
        life.Complete(First);
        life.Accept(OrderId.Parse("o-1"));

        Assert.Equal(2, life.Entries.OfType<EconomicEvent>().Count(e => e.Action is LedgerAction.Produce));
        Assert.Equal("event/o-1.1/1/made", Assert.Single(life.Entries.OfType<EconomicEvent>(), e => e.Corrects is not null).Corrects);
        var order = Assert.Single(AssertSound(life).Orders());
        Assert.True(order.Refused > 0 && order.Paid > 0 && order.Open == 0);
    }

    [Theory]
    [InlineData(1, "1")]
    [InlineData(2, "0.5 0.5")]
    [InlineData(3, "0.5 0.25 0.25")]
    [InlineData(4, "0.5 0.25 0.125 0.125")]
    [InlineData(30, "0.5 0.25 0.125 0.0625 0.03125 0.015625 0.0078125 0.0078125")]
    public void A_made_copy_credits_the_whole_chain_of_forks_with_one(int chain, string credits)
    {
        Assert.Equal(credits, string.Join(' ', ForkCredit.Along(chain).Select(c => c.ToString(System.Globalization.CultureInfo.InvariantCulture))));
        var life = new LedgerLife();
        life.Join("lab-a", machines: ["left"]);
        life.Order(1, "white", credit: new DesignCredit { Chain = [.. Enumerable.Range(0, chain).Select(i => new CreditedDesign(Digest.Of([(byte)i]), $"d{i:00}"))] });
        Make(life, First);

        Assert.Equal(credits, string.Join(' ', AssertSound(life).Designers().Select(d => d.Credits.ToString(System.Globalization.CultureInfo.InvariantCulture))));
    }

    [Fact]
    public void A_reciprocity_claim_is_open_until_it_is_settled_and_blocks_nothing()
    {
        var life = new LedgerLife();
        life.Join("lab-a", machines: ["left"]);
        life.Order(2, "white", "acme", credit: new DesignCredit { Chain = [new(Digest.Of("clip"u8), "alice")], Owes = new OwedReciprocity("LicenseRef-PPL", 0.75m, "EUR") });
        Make(life, First);
        Make(life, JobId.Parse("o-1.2"));
        life.Accept(OrderId.Parse("o-1"));
        Assert.Equal(["claim/o-1.1/1", "claim/o-1.2/1"], life.OpenClaims.Keys);
        Assert.Equal(1.50m, AssertSound(life).Designers().Single().Claims["EUR"]);

        life.Settle("claim/o-1.1/1");
        life.Settle("claim/o-1.1/1");
        var books = AssertSound(life);
        Assert.Equal("claim/o-1.2/1", Assert.Single(books.OpenClaims).Id);
        Assert.Equal(0.75m, books.Designers().Single().Settled["EUR"]);
    }

    [Fact]
    public void An_absurd_measure_is_contained_and_the_books_still_balance()
    {
        var life = new LedgerLife();
        life.Join("lab-a", new SitePrices { MachinePerHour = 1_000_000m, DefaultMaterialPerKg = 1_000_000m }, machines: ["left"]);
        life.Order(1, "white");
        life.Lease(First, "lab-a/left");
        life.Start(First);
        life.Complete(First, seconds: 1e9, grams: 1e9);

        Assert.Contains(life.Entries.OfType<EconomicEvent>(), e => e.Cost?.Amount == EventCost.MostAmount);
        AssertSound(life);
    }

    [Fact]
    public void Whatever_happens_every_number_can_be_computed_again_and_the_books_balance_to_the_cent() => Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
    {
        var life = LedgerLife.Of(seed);
        var verifier = LedgerLife.Verify(LedgerLife.Export(life.Entries, _key));
        Assert.True(verifier.Findings.Count == 0, $"seed {seed}: {string.Join('\n', verifier.Findings.Take(5))}");
        Assert.Empty(verifier.Books.Imbalances());
        return verifier.Books.Shared.All(s => s.Orders.All(o => o.Share > o.Incremental - 0.01m && o.Share < o.Alone + 0.01m));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_same_facts_give_the_same_ledger_to_the_byte()
    {
        var twice = Enumerable.Range(0, 2).Select(_ => LedgerLife.Of(7).Entries.Select((e, i) => FabNet.Protocol.Ledger.LedgerFormat.Write(new(i + 1, Digest.Of([]), e))).SelectMany(l => l).ToArray()).ToList();
        Assert.True(twice[0].Length > 10_000);
        Assert.Equal(twice[0], twice[1]);
    }

    private static LedgerLife Shared()
    {
        var life = new LedgerLife();
        life.Join("lab-a", machines: ["left"]);
        life.Order(1, "red");
        life.Order(1, "red", "ben");
        life.Lease(First, "lab-a/left");
        life.Start(First);
        life.Lease(Second, "lab-a/left");
        life.Complete(First);
        life.Start(Second);
        life.Complete(Second, seconds: 3600);
        return life;
    }

    private static void Make(LedgerLife life, JobId job)
    {
        life.Lease(job, "lab-a/left");
        life.Start(job);
        life.Complete(job);
    }

    private FabNet.Coordinator.Ledger.LedgerBooks AssertSound(LedgerLife life)
    {
        var verifier = LedgerLife.Verify(LedgerLife.Export(life.Entries, _key), _key.Public.Id);
        Assert.Empty(verifier.Findings);
        return verifier.Books;
    }
}
