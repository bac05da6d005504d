// What an order would cost if it were placed now.

using FabNet.Coordinator.Statistics;
using FabNet.Model.Designs;
using FabNet.Planning;
using FabNet.Protocol;
using FabNet.Protocol.V1;
using Google.Protobuf.WellKnownTypes;
using OpenJob = FabNet.Planning.OpenJob;
using OrderQuote = FabNet.Protocol.V1.OrderQuote;

namespace FabNet.Coordinator.Orders;

/// <summary>Quotes orders, one at a time: each is three plans, made beside the coordinator's loop. Nothing is journaled.</summary>
internal sealed class OrderQuotes(CoordinatorNode node) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Quotes an order.</summary>
    /// <param name="request">Checked.</param>
    /// <param name="design">Verified.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="RefusedException">It can't be made as asked for.</exception>
    public async Task<OrderQuote> QuoteAsync(OrderRequest request, Design design, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var (snapshot, draft) = await node.AskAsync(() => (node.Plan.Snapshot(design.Parts.Select(p => new PartKey(design.Ref.Manifest, p.Name))), node.Orders.Draft(request, design)), cancellationToken);
            List<OpenJob> jobs =
            [
                .. draft.Jobs.Select(j => new OpenJob
                {
                    Id = j.Id,
                    Work = new Work { Design = design.Ref, Part = draft.Parts[j.Part], Material = j.Material, Color = j.Color },
                    PlacedAt = draft.Order.PlacedAt,
                    Due = draft.Order.Due,
                    Destination = draft.Order.Destination,
                }),
            ];
            var quote = await Task.Run(() => Planner.QuoteOrder(snapshot, jobs), cancellationToken);
            return ToWire(design, jobs, quote);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private static OrderQuote ToWire(Design design, List<OpenJob> jobs, FabNet.Planning.OrderQuote quote)
    {
        var parts = jobs.ToDictionary(static j => j.Id, static j => j.Work.Part.Name);
        var wire = new OrderQuote { Design = design.Ref.ToWire() };
        wire.Jobs.AddRange(quote.Assignments.OrderBy(static a => a.EndsAt).Select(a => new OrderQuote.Types.QuotedJob
        {
            Part = parts[a.Job],
            Machine = a.Machine.ToString(),
            StartsAt = Timestamp.FromDateTimeOffset(a.StartsAt),
            EndsAt = Timestamp.FromDateTimeOffset(a.EndsAt),
            PromisedBy = Timestamp.FromDateTimeOffset(a.PromisedBy),
            Cost = a.Cost.ToWire(),
            Why = a.Why,
        }));
        wire.Unplaced.AddRange(quote.Unplaced.GroupBy(u => (Part: parts[u.Job], u.Reason))
            .Select(static g => new OrderQuote.Types.UnplacedPart { Part = g.Key.Part, Copies = g.Count(), Reason = g.Key.Reason }));
        wire.Costs.AddRange(Model.Plans.CostBreakdown.Sum(quote.Assignments.Select(static a => a.Cost)).Select(static c => c.ToWire()));
        wire.StandAlone.AddRange(quote.StandAlone.Select(static c => c.ToWire()));
        wire.Incremental.AddRange(quote.Incremental.Select(static c => c.ToWire()));
        return wire;
    }
}
