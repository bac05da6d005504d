// ledger.proto, answered.

using FabNet.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Coordinator.Ledger;

/// <summary>The gRPC face of the ledger.</summary>
internal sealed class LedgerService(CoordinatorNode node) : Wire.Ledger.LedgerBase
{
    public override async Task ReadLedger(ReadLedgerRequest request, IServerStreamWriter<LedgerLine> responseStream, ServerCallContext context)
    {
        var (ended, after) = (context.CancellationToken, request.After);
        try
        {
            while (true)
            {
                var grown = node.Ledger.WhenGrownAsync();
                await Ask(node.Ledger.Flush, ended);
                foreach (var (cursor, line) in node.Ledger.Read(after))
                {
                    await responseStream.WriteAsync(new LedgerLine { Cursor = cursor, Line = UnsafeByteOperations.UnsafeWrap(line) }, ended);
                    after = cursor;
                }

                if (!request.Follow)
                {
                    return;
                }

                if (node.Ledger.IsClosed)
                {
                    throw new RpcException(new Status(StatusCode.Unavailable, "The coordinator is stopping. Read on in a moment."));
                }

                await grown.WaitAsync(ended);
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // Who read has seen enough.
        }
        catch (Exception e) when (RpcErrors.StatusOf(e) is { } status)
        {
            throw new RpcException(status);
        }
    }

    public override Task<SettleClaimReply> SettleClaim(SettleClaimRequest request, ServerCallContext context) => RpcErrors.Mapped(async () =>
    {
        await Ask(() => node.SettleClaim(request.Claim, Clip.Reason(request.Note, "no word on how", 400)), context.CancellationToken);
        return new SettleClaimReply();
    });

    private Task<bool> Ask(Action command, CancellationToken cancellationToken) => node.AskAsync(
        () =>
        {
            command();
            return true;
        },
        cancellationToken);
}
