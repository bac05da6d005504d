// coordination.proto, answered: the board, and the deliveries on it.

using FabNet.Protocol.V1;
using Grpc.Core;

namespace FabNet.Coordinator.Board;

internal sealed partial class CoordinationService : IDisposable
{
    /// <summary>A board in one message is written for one caller at a time: nobody keeps a network busy by asking for it.</summary>
    private readonly SemaphoreSlim _boardTurn = new(1);

    public override async Task<Protocol.V1.Board> GetBoard(GetBoardRequest request, ServerCallContext context)
    {
        await _boardTurn.WaitAsync(context.CancellationToken);
        try
        {
            var facts = await Ask(node.Open.Facts, context);
            return await Task.Run(() => BoardWriter.Write(facts, before: null).ToBoard(), context.CancellationToken);
        }
        finally
        {
            _boardTurn.Release();
        }
    }

    public override async Task WatchBoard(WatchBoardRequest request, IServerStreamWriter<BoardChange> responseStream, ServerCallContext context)
    {
        var ended = context.CancellationToken;
        BoardRows? told = null;

        // Not cancelled: whoever entered leaves.
        await node.PostAsync(node.Open.Enter);
        try
        {
            while (true)
            {
                var newest = await node.Open.NewerThanAsync(told, ended) ?? throw new RpcException(new Status(StatusCode.Unavailable, "The coordinator is stopping. Watch again in a moment."));
                foreach (var piece in newest.Since(told))
                {
                    await responseStream.WriteAsync(piece, ended);
                }

                told = newest;
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // Who watched has seen enough.
        }
        finally
        {
            await node.PostAsync(node.Open.Leave);
        }
    }

    public override Task<ListDeliveriesReply> ListDeliveries(ListDeliveriesRequest request, ServerCallContext context) => Ask(() => node.Deliveries.List(request), context);

    public override Task<Delivery> ClaimDelivery(ClaimDeliveryRequest request, ServerCallContext context) => Ask(
        () =>
        {
            var delivery = node.Deliveries.Find(request.Id);
            node.Deliveries.Claim(delivery, WhoOf(request.By));
            return node.Deliveries.ToWire(delivery);
        },
        context);

    public override Task<Delivery> ReportDelivery(ReportDeliveryRequest request, ServerCallContext context) => Ask(
        () =>
        {
            var delivery = node.Deliveries.Find(request.Id);
            var step = request.Step switch
            {
                Protocol.V1.DeliveryStep.PickedUp => State.DeliveryStep.PickedUp,
                Protocol.V1.DeliveryStep.DroppedOff => State.DeliveryStep.DroppedOff,
                Protocol.V1.DeliveryStep.Failed => State.DeliveryStep.Failed,
                Protocol.V1.DeliveryStep.PlanAgain => State.DeliveryStep.PlannedAgain,
                _ => throw new RefusedException(Refusal.Invalid, "step: say what became of it."),
            };
            var reason = Clip.Reason(request.Reason, "", 400);
            node.Deliveries.Step(delivery, step, WhoOf(request.By), step is not State.DeliveryStep.Failed ? null
                : reason.Length > 0 ? reason : throw new RefusedException(Refusal.Invalid, "reason: say what happened to it, so that a person can decide."));
            return node.Deliveries.ToWire(delivery);
        },
        context);

    public void Dispose() => _boardTurn.Dispose();

    private static string WhoOf(string by) => Clip.Reason(by, "", 200) is { Length: > 0 } who && !who.Any(char.IsControl) ? who : throw new RefusedException(Refusal.Invalid, "by: say who, a site or a person, in one line.");
}
