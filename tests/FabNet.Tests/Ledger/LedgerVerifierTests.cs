// A changed ledger is found out, and it is said which entry was changed and what differs.

using System.Text;
using FabNet.Model;
using FabNet.Model.Ledger;
using FabNet.Protocol.Ledger;
using FabNet.Protocol.Statements;
using Xunit;

namespace FabNet.Tests.Ledger;

public sealed class LedgerVerifierTests : IDisposable
{
    private const int Flips = 200;

    private readonly SigningKey _key = SigningKey.Create();
    private readonly byte[] _file;
    private readonly LedgerLife _life = LedgerLife.Of(20261122);

    public LedgerVerifierTests() => _file = LedgerLife.Export(_life.Entries, _key);

    public void Dispose() => _key.Dispose();

    [Fact]
    public void A_ledger_that_nobody_touched_is_sound()
    {
        var verifier = LedgerLife.Verify(_file, _key.Public.Id);
        Assert.Empty(verifier.Findings);
        Assert.Equal(_life.Entries.Count, verifier.Entries);
        Assert.True(verifier.Entries > 200 && verifier.Books.Shared.Count > 5, $"{verifier.Entries} entries");
    }

    [Fact(Timeout = 120_000)]
    public async Task Every_single_byte_that_is_changed_is_found_out()
    {
        var seed = 20261122;
        var file = LedgerLife.Export(_life.Entries.Take(100), _key);
        var missed = await Task.Run(() => Enumerable.Range(0, Flips).AsParallel().Select(i =>
        {
            var random = new Random(seed + i);
            var changed = (byte[])file.Clone();
            var at = random.Next(changed.Length);
            changed[at] ^= (byte)(1 << random.Next(8));
            return LedgerLife.Verify(changed).Findings.Count > 0 ? null : $"byte {at}";
        }).OfType<string>().ToList(), TestContext.Current.CancellationToken);
        Assert.Empty(missed);
    }

    [Fact]
    public void Every_byte_of_a_short_ledger_counts()
    {
        var file = LedgerLife.Export(_life.Entries.Take(5), _key);
        Assert.DoesNotContain(Enumerable.Range(0, file.Length), at =>
        {
            var changed = (byte[])file.Clone();
            changed[at] ^= 1;
            return LedgerLife.Verify(changed).Findings.Count == 0;
        });
    }

    [Fact]
    public void A_changed_quantity_is_named_with_what_it_should_come_to()
    {
        var e = _life.Entries.OfType<EconomicEvent>().First(e => e is { Cost: not null, Effort: not null, IsScrap: false });
        var findings = Findings(e, e with { Effort = e.Effort!.Value with { Value = e.Effort.Value.Value + 1 } });

        Assert.All(findings, f => Assert.Equal(e.Id, f.Entry));
        Assert.Contains(findings, f => f.What.Contains("Its amount is", StringComparison.Ordinal));
        Assert.Contains(findings, f => f.What.Contains("It was changed", StringComparison.Ordinal));
    }

    [Fact]
    public void A_changed_share_is_found_even_by_who_signs_all_of_it_anew()
    {
        var cost = _life.Entries.OfType<SharedCost>().First(s => s.Orders.Count > 1);
        var cheap = cost with { Orders = [cost.Orders[0] with { Share = cost.Orders[0].Share - 0.01m }, cost.Orders[1] with { Share = cost.Orders[1].Share + 0.01m }, .. cost.Orders.Skip(2)] };
        var findings = LedgerLife.Verify(LedgerLife.Export(_life.Entries.Select(e => e == cost ? cheap : e), _key)).Findings;

        Assert.Contains(findings, f => f.Entry == cost.Id && f.What.Contains($"The share of {cost.Orders[0].Order} is {cheap.Orders[0].Share}, and the rule gives {cost.Orders[0].Share}", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("saving")]
    [InlineData("alone")]
    [InlineData("rule")]
    [InlineData("item")]
    [InlineData("users")]
    [InlineData("payment")]
    [InlineData("risk")]
    [InlineData("twice")]
    [InlineData("missing")]
    [InlineData("reference")]
    public void What_cannot_be_is_found_although_it_is_signed(string what)
    {
        List<LedgerEntry> entries = [.. _life.Entries];
        var cost = entries.OfType<SharedCost>().First(s => s.Orders.Count > 1);
        var payment = entries.OfType<EconomicEvent>().First(e => e.Pays is not null);
        var risk = entries.OfType<EconomicEvent>().First(e => e.Cost?.Term is CostTerm.Risk);
        LedgerEntry Changed(LedgerEntry e) => what switch
        {
            "saving" when e == cost => cost with { Saving = cost.Saving + 0.1m },
            "alone" when e == cost => cost with { Orders = [cost.Orders[0] with { Alone = cost.Orders[0].Alone + 1 }, .. cost.Orders.Skip(1)] },
            "rule" when e == cost => cost with { Rule = SharingRule.MidPoint },
            "item" when e == cost => cost with { Items = [.. cost.Items.Skip(1)] },
            "users" when e == cost => cost with { Items = [.. cost.Items.Select(i => i with { Users = [.. cost.Orders.Select(o => o.Order)] })] },
            "payment" when e == payment => payment with { Resource = new Measure(payment.Resource!.Value.Value + 0.01m, LedgerUnit.Currency) },
            "risk" when e == risk => risk with { Cost = EventCost.Of(CostTerm.Risk, risk.Resource!.Value.Value, risk.Cost!.Price + 5, risk.Cost.Currency) },
            "reference" when e == payment => payment with { Order = OrderId.Parse("o-999") },
            _ => e,
        };
        var changed = entries.SelectMany(e => what == "missing" && e is OrderAgreement ? [] : what == "twice" && e == cost ? (IEnumerable<LedgerEntry>)[e, e] : [Changed(e)]);
        Assert.NotEmpty(LedgerLife.Verify(LedgerLife.Export(changed, _key)).Findings);
    }

    [Fact]
    public void A_line_left_out_doubled_or_moved_is_told()
    {
        var lines = Encoding.UTF8.GetString(_file).Split('\n');
        foreach (var changed in (string[][])[[.. lines[..20], .. lines[21..]], [.. lines[..20], lines[19], .. lines[20..]], [.. lines[..20], lines[21], lines[20], .. lines[22..]], lines[..40]])
        {
            Assert.NotEmpty(LedgerLife.Verify(Encoding.UTF8.GetBytes(string.Join('\n', changed))).Findings);
        }
    }

    [Fact]
    public void Another_key_than_the_node_is_known_by_is_told()
    {
        using var other = SigningKey.Create();
        Assert.Empty(LedgerLife.Verify(LedgerLife.Export(_life.Entries, other)).Findings);
        Assert.Contains(LedgerLife.Verify(LedgerLife.Export(_life.Entries, other), _key.Public.Id).Findings, f => f.What.Contains("signed by the key", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("no ledger at all\n")]
    [InlineData("[]\n{}\nnull\n")]
    [InlineData("""{"@type":"fabnet:Ledger"}""")]
    public void What_is_no_ledger_is_not_sound_and_nothing_breaks(string text)
    {
        var verifier = LedgerLife.Verify(Encoding.UTF8.GetBytes(text));
        Assert.NotEmpty(verifier.Findings);
    }

    [Fact]
    public void Bytes_that_are_anything_at_all_are_refused_in_words()
    {
        var random = new Random(5);
        for (var i = 0; i < 300; i++)
        {
            var line = _life.Entries[i % _life.Entries.Count] is var entry ? LedgerFormat.Write(new LedgerLine(1, Digest.Of([]), entry)) : [];
            for (var n = random.Next(1, 6); n > 0; n--)
            {
                line[random.Next(line.Length)] = (byte)random.Next(256);
            }

            // Either it reads, or it is refused; no other exception leaves it.
            try
            {
                Assert.Equal(line, LedgerFormat.Write(LedgerFormat.Read(line)));
            }
            catch (FormatException e)
            {
                Assert.NotEmpty(e.Message);
            }
        }
    }

    // An entry changed in the middle of a file, with the chain and the signatures left as they were.
    private IReadOnlyList<FabNet.Coordinator.Ledger.LedgerFinding> Findings(LedgerEntry entry, LedgerEntry changed)
    {
        var lines = Encoding.UTF8.GetString(_file).Split('\n');
        var at = Array.FindIndex(lines, l => l.StartsWith($$"""{"@id":"{{entry.Id}}",""", StringComparison.Ordinal));
        var read = LedgerFormat.Read(Encoding.UTF8.GetBytes(lines[at]));
        lines[at] = Encoding.UTF8.GetString(LedgerFormat.Write(read with { Entry = changed }));
        return LedgerLife.Verify(Encoding.UTF8.GetBytes(string.Join('\n', lines))).Findings;
    }
}
