// What dividing a shared cost takes, and how fast a ledger is verified.

using System.Diagnostics;
using FabNet.Coordinator.Ledger;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Ledger;
using FabNet.Planning.Sharing;
using FabNet.Protocol.Ledger;
using FabNet.Protocol.Statements;

namespace FabNet.Benchmarks.Ledger;

internal static class LedgerBenchmark
{
    private const int Orders = 20_000;
    private static readonly string[] SharingHeadings = ["orders", "rule", "µs", "bytes allocated"];
    private static readonly string[] VerifyHeadings = ["entries", "MB", "entries/s", "MB/s"];

    public static void Run(BenchmarkOptions options)
    {
        Table.Print("Shares of one set-up", SharingHeadings, [.. new[] { 2, 5, 10, 11, 100 }.Select(orders => Share(orders, options.Repeat))]);
        var lines = Lines();
        var rate = new Figure();
        for (var i = 0; i < options.Repeat; i++)
        {
            var begun = Stopwatch.GetTimestamp();
            var verifier = new LedgerVerifier();
            foreach (var line in lines)
            {
                verifier.Take(line);
            }

            if (!verifier.Finish())
            {
                throw new InvalidOperationException(verifier.Findings[0].What);
            }

            rate.Add(verifier.Entries / Stopwatch.GetElapsedTime(begun).TotalSeconds);
        }

        var megabytes = lines.Sum(l => (long)l.Length) / 1e6;
        Table.Print("Verification of a ledger: chain, signatures, and every number computed again", VerifyHeadings, [[$"{lines.Count}", $"{megabytes:0.0}", rate.Text("0"), $"{megabytes * rate.Median / lines.Count:0.0}"]]);
    }

    private static string[] Share(int orders, int repeat)
    {
        const int Passes = 2000;
        JointItem[] items = [new(3.21m, [.. Enumerable.Range(0, orders)]), .. Enumerable.Range(0, orders).Select(o => new JointItem(1 + (o / 7m), [o]))];
        var (time, rule, bytes) = (new Figure(), SharingRule.Shapley, 0L);
        for (var i = 0; i <= repeat; i++)
        {
            var (begun, before) = (Stopwatch.GetTimestamp(), GC.GetAllocatedBytesForCurrentThread());
            for (var pass = 0; pass < Passes; pass++)
            {
                rule = JointCost.Share(orders, items).Rule;
            }

            bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / Passes;
            if (i > 0)
            {
                time.Add(Stopwatch.GetElapsedTime(begun).TotalMicroseconds / Passes);
            }
        }

        return [$"{orders}", $"{rule}", time.Text("0.0"), $"{bytes}"];
    }

    // Orders of one copy, divided five at a time, and sealed every hundred entries.
    private static List<byte[]> Lines()
    {
        using var key = SigningKey.Create();
        List<byte[]> lines = [new LedgerHead(key.Public).Write()];
        var (last, at, sequence) = (Digest.Of(lines[0]), DateTimeOffset.UnixEpoch, 0L);
        for (var first = 1; first <= Orders; first += 5)
        {
            var orders = Enumerable.Range(first, 5).Select(n => OrderId.FromNumber(n)).ToList();
            List<SharedItem> items = [];
            foreach (var order in orders)
            {
                Add(new OrderAgreement { Id = LedgerNames.Agreement(order), At = at, Fact = first, Order = order, Receiver = "customer/ana", Design = new DesignRef("clip", "1.0.0", last), Copies = 1 });
                Add(Cost(JobId.FromNumber(order, 1), order, items, 0.5m));
            }

            Add(Cost(JobId.FromNumber(orders[0], 2), orders[0], items, 0.25m, orders));
            var shared = JointCost.Share(5, [.. items.Select(i => new JointItem(i.Amount, [.. i.Users.Select(u => orders.IndexOf(u))]))]);
            Add(new SharedCost
            {
                Id = $"cost/{orders[0]}", At = at, Fact = first, Thing = SharedThing.SetUp, Receiver = "site/lab", Currency = "EUR", Items = items, Total = shared.Total, Saving = shared.Saving, Rule = shared.Rule, Bounds = shared.Bounds,
                Orders = [.. orders.Select((o, i) => new OrderShare { Order = o, Jobs = [JobId.FromNumber(o, 1)], Alone = shared.Orders[i].Alone, Incremental = shared.Orders[i].Incremental, Share = shared.Shares[i] })],
            });
        }

        lines.Add(LedgerCheckpoint.Sign(sequence, last, key).Write());
        return lines;

        EconomicEvent Cost(JobId job, OrderId order, List<SharedItem> items, decimal hours, List<OrderId>? users = null)
        {
            var happened = new EconomicEvent
            {
                Id = LedgerNames.Event(job, 1, "run"), At = at, Fact = 1, Action = LedgerAction.Use, Provider = "site/lab", Receiver = "site/lab", ConformsTo = "machine-class/mk3", Order = order,
                Effort = new Measure(hours, LedgerUnit.Hour), Cost = EventCost.Of(CostTerm.MachineTime, hours, 2.5m, "EUR"), InputOf = users is null ? LedgerNames.Process(job, 1) : LedgerNames.SetUp(job, 1),
            };
            items.Add(new SharedItem(happened.Id, happened.Cost.Amount, users ?? [order]));
            return happened;
        }

        void Add(LedgerEntry entry)
        {
            lines.Add(LedgerFormat.Write(new LedgerLine(++sequence, last, entry with { Fact = sequence })));
            last = Digest.Of(lines[^1]);
            if (sequence % 100 == 0)
            {
                lines.Add(LedgerCheckpoint.Sign(sequence, last, key).Write());
            }
        }
    }
}
