// coordination.proto, answered: orders in, what the network does out.

using System.Globalization;
using FabNet.Coordinator.Orders;
using FabNet.Coordinator.State;
using FabNet.Coordinator.Statistics;
using FabNet.Model;
using FabNet.Model.Licensing;
using FabNet.Protocol;
using FabNet.Protocol.V1;
using Grpc.Core;

namespace FabNet.Coordinator.Board;

/// <summary>The gRPC face of a coordinator for people and programs.</summary>
internal sealed partial class CoordinationService(CoordinatorNode node, DesignResolver designs, OrderQuotes quotes, TimeProvider time) : Coordination.CoordinationBase
{
    private const int DefaultPage = 50;
    private const int LargestPage = 200;

    /// <summary>Orders with many jobs make short pages, so that no reply outgrows gRPC's usual 4 MiB.</summary>
    private const int LargestReply = 2 * 1024 * 1024;

    public override Task<Order> PlaceOrder(PlaceOrderRequest request, ServerCallContext context) => RpcErrors.Mapped(async () =>
    {
        var asked = Read(request).Checked(time.GetUtcNow());
        if (asked.Key is { } key && await node.AskAsync(() => node.State.OrderByKey(key) is { } placed ? node.Board.Order(placed) : null, context.CancellationToken) is { } before)
        {
            return before;
        }

        var (design, credit) = await designs.ResolveAsync(request.Design, request.Publisher.Trim(), context.CancellationToken);
        var order = await node.AskAsync(() => node.Board.Order(node.Orders.Place(asked, design, credit)), context.CancellationToken);
        order.Obligations.AddRange(LicenseObligations.Tell(design.License, design.Licensor, design.Repository));
        return order;
    });

    public override Task<OrderQuote> QuoteOrder(PlaceOrderRequest request, ServerCallContext context) => RpcErrors.Mapped(async () =>
    {
        var asked = Read(request).Checked(time.GetUtcNow());
        var (design, _) = await designs.ResolveAsync(request.Design, request.Publisher.Trim(), context.CancellationToken);
        var quote = await quotes.QuoteAsync(asked, design, context.CancellationToken);
        quote.Obligations.AddRange(LicenseObligations.Tell(design.License, design.Licensor, design.Repository));
        return quote;
    });

    public override Task<Order> GetOrder(GetOrderRequest request, ServerCallContext context) =>
        Ask(() => node.Board.Order(node.Orders.Order(request.Id)), context);

    public override Task<ListOrdersReply> ListOrders(ListOrdersRequest request, ServerCallContext context) => Ask(() => List(request), context);

    public override Task<Order> CancelOrder(CancelOrderRequest request, ServerCallContext context) => Ask(
        () =>
        {
            var order = node.Orders.Order(request.Id);
            node.Orders.Cancel(order, Clip.Reason(request.Reason, "called off", 400));
            return node.Board.Order(order);
        },
        context);

    public override Task<Order> AcceptOrder(AcceptOrderRequest request, ServerCallContext context) => Ask(
        () =>
        {
            var order = node.Orders.Order(request.Id);
            var refused = request.Refused.Select(r => new RefusedJob(node.Orders.Job(r.Id).Id, Clip.Reason(r.Reason, "refused", 400))).ToList();
            node.Orders.Accept(order, Clip.Reason(request.By, order.Order.Customer, 200), refused);
            return node.Board.Order(order);
        },
        context);

    public override Task<JobHistory> GetJob(GetJobRequest request, ServerCallContext context) =>
        Ask(() => node.Board.History(node.Orders.Job(request.Id)), context);

    public override Task<Job> CancelJob(CancelJobRequest request, ServerCallContext context) => Ask(
        () =>
        {
            var job = node.Orders.Job(request.Id);
            node.Orders.Cancel(job, Clip.Reason(request.Reason, "called off", 400));
            return node.Board.Job(job);
        },
        context);

    public override Task<Job> ReplaceLostJob(ReplaceLostJobRequest request, ServerCallContext context) =>
        Ask(() => node.Board.Job(node.Orders.ReplaceLost(node.Orders.Job(request.Id), Clip.Reason(request.Reason, "a person said so", 400))), context);

    public override Task<Network> GetNetwork(GetNetworkRequest request, ServerCallContext context) => Ask(node.Board.Network, context);

    public override Task<FabNet.Protocol.V1.Statistics> GetStatistics(GetStatisticsRequest request, ServerCallContext context) =>
        Ask(() => StatisticsView.Of(node.State, request, time.GetUtcNow()), context);

    public override async Task WatchNetwork(WatchNetworkRequest request, IServerStreamWriter<NetworkChange> responseStream, ServerCallContext context)
    {
        var ended = context.CancellationToken;
        var (watcher, changes) = await Ask(() => node.Board.Watch(request.OrderId.Length == 0 ? null : node.Orders.Order(request.OrderId)), context);
        try
        {
            while (true)
            {
                foreach (var change in changes)
                {
                    await responseStream.WriteAsync(change, ended);
                }

                if (!await watcher.Signal.WaitToReadAsync(ended))
                {
                    throw new RpcException(new Status(StatusCode.Unavailable, "The coordinator is stopping. Watch again in a moment."));
                }

                watcher.Signal.TryRead(out _);
                changes = await Ask(() => node.Board.Take(watcher), context);
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // Who watched has seen enough.
        }
        finally
        {
            await node.PostAsync(() => node.Board.Unwatch(watcher));
        }
    }

    private Task<T> Ask<T>(Func<T> command, ServerCallContext context) => RpcErrors.Mapped(() => node.AskAsync(command, context.CancellationToken));

    private ListOrdersReply List(ListOrdersRequest request)
    {
        if (request.PageSize is < 0 or > LargestPage)
        {
            throw new RefusedException(Refusal.Invalid, $"page_size: {request.PageSize} is not between 0 and {LargestPage}.");
        }

        var before = node.State.LastOrderNumber + 1;
        if (request.PageToken.Length > 0 && !long.TryParse(request.PageToken, NumberStyles.None, CultureInfo.InvariantCulture, out before))
        {
            throw new RefusedException(Refusal.Invalid, "page_token: it is not one that a reply before gave.");
        }

        var (reply, size, most) = (new ListOrdersReply(), 0, request.PageSize == 0 ? DefaultPage : request.PageSize);
        for (var number = Math.Min(before, node.State.LastOrderNumber + 1) - 1; number >= 1; number--)
        {
            var entry = node.State.Orders[OrderId.FromNumber(number)];
            if (request.OpenOnly && entry.Status is Model.Orders.OrderStatus.Completed or Model.Orders.OrderStatus.Cancelled or Model.Orders.OrderStatus.Delivered)
            {
                continue;
            }

            if (reply.Orders.Count == most || size > LargestReply)
            {
                reply.NextPageToken = (number + 1).ToString(CultureInfo.InvariantCulture);
                break;
            }

            var order = node.Board.Order(entry);
            size += order.CalculateSize();
            reply.Orders.Add(order);
        }

        return reply;
    }

    private static OrderRequest Read(PlaceOrderRequest request)
    {
        try
        {
            return new OrderRequest
            {
                Key = request.Key,
                Part = request.HasPart ? request.Part : null,
                Quantity = request.Quantity,
                Material = request.HasMaterial ? request.Material : null,
                Color = request.HasColor ? request.Color : null,
                Due = request.Due.ToModelOrNull(),
                Destination = request.HasDestination && request.Destination.Length > 0 ? SiteId.Parse(request.Destination) : null,
                Customer = request.Customer,
            };
        }
        catch (FormatException e)
        {
            throw new RefusedException(Refusal.Invalid, e.Message, e);
        }
    }
}
