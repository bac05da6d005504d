// A community that says what a test has it say: leases that nobody claimed, jobs that make no sense, boards without end.

using System.Threading.Channels;
using FabNet.Protocol.V1;
using Grpc.Core;

namespace FabNet.Tests.Federation;

/// <summary>Answers hello with a welcome, then with what it is told to; keeps what it hears.</summary>
internal sealed class LyingCommunity : EdgeLink.EdgeLinkBase
{
    private readonly Channel<EdgeDown> _says = Channel.CreateUnbounded<EdgeDown>();

    public EdgeDown.Types.Welcome Welcome { get; set; } = new() { LeaseSeconds = 60 };

    /// <summary>What came up, stream after stream.</summary>
    public Channel<EdgeUp> Heard { get; } = Channel.CreateUnbounded<EdgeUp>();

    public void Say(EdgeDown message) => _says.Writer.TryWrite(message);

    public override async Task Connect(IAsyncStreamReader<EdgeUp> requestStream, IServerStreamWriter<EdgeDown> responseStream, ServerCallContext context)
    {
        await requestStream.MoveNext(context.CancellationToken);
        Heard.Writer.TryWrite(requestStream.Current);
        await responseStream.WriteAsync(new EdgeDown { Welcome = Welcome }, context.CancellationToken);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        var hearing = HearAsync(requestStream, either);
        try
        {
            await foreach (var message in _says.Reader.ReadAllAsync(either.Token))
            {
                await responseStream.WriteAsync(message, either.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The guest has had enough.
        }

        await hearing;
    }

    private async Task HearAsync(IAsyncStreamReader<EdgeUp> up, CancellationTokenSource either)
    {
        try
        {
            while (await up.MoveNext(either.Token))
            {
                Heard.Writer.TryWrite(up.Current);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or RpcException or IOException)
        {
            // The guest has had enough.
        }

        await either.CancelAsync();
    }
}

/// <summary>A board with more rows than anybody wants.</summary>
internal sealed class EndlessBoard(int rows) : Coordination.CoordinationBase
{
    public override async Task WatchBoard(WatchBoardRequest request, IServerStreamWriter<BoardChange> responseStream, ServerCallContext context)
    {
        for (var first = 0; first < rows; first += 500)
        {
            var piece = new BoardChange { Begin = first == 0, Complete = first + 500 >= rows };
            piece.Demand.AddRange(Enumerable.Range(first, 500).Select(static i => new OpenDemand { Key = $"k{i}", OrderId = $"o-{i + 1}", Part = new string('x', 2000), Why = new string('y', 3000), Jobs = -1 }));
            await responseStream.WriteAsync(piece, context.CancellationToken);
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
    }
}
