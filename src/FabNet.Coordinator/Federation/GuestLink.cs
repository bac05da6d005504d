// The stream of one guest: carries messages between another community's coordinator and this one's loop, and resolves the designs that are asked for.

using System.Threading.Channels;
using FabNet.Coordinator.Orders;
using FabNet.Journal;
using FabNet.Protocol.Links;
using FabNet.Protocol.V1;
using Grpc.Core;
using Design = FabNet.Model.Designs.Design;

namespace FabNet.Coordinator.Federation;

/// <summary>Keeps one guest's stream. What breaks the contract ends it, and has that community left alone for a while that doubles each time, up to an hour.</summary>
internal sealed class GuestLink(CoordinatorNode node, GuestSession session, EdgeLink.EdgeLinkClient client, DesignResolver designs, TimeSpan firstDelay, TimeProvider time)
{
    private const int MostAsks = 2048;
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    private readonly Channel<GuestAsk> _asks = Channel.CreateBounded<GuestAsk>(MostAsks);
    private bool _isBroken;

    /// <summary>Keeps the stream until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var answering = AnswerAsync(stopping.Token);
        var stream = new CoordinatorStream(client, new CoordinatorStreamEvents
        {
            Hello = HelloAsync,
            Up = WelcomedAsync,
            Said = SaidAsync,
            Down = reason => new ValueTask(node.PostAsync(() => node.Guests.Down(session, reason))),
            Retrying = (reason, delay) => { _ = node.PostAsync(() => node.Guests.Down(session, reason)); },
            Pause = Pause,
        }, firstDelay, time);
        try
        {
            await stream.RunAsync(cancellationToken);
        }
        finally
        {
            await stopping.CancelAsync();
            await answering;
            await node.PostAsync(() => node.Guests.End(session));
        }
    }

    // What keeps it from saying hello is told, and tried again, as where nobody answers.
    private async ValueTask<EdgeUp.Types.Hello> HelloAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await node.AskAsync(() => node.Guests.Hello(session), cancellationToken);
        }
        catch (Exception e) when (e is FormatException or JournalException)
        {
            throw new RpcException(new Status(StatusCode.FailedPrecondition, e.Message));
        }
    }

    private async ValueTask<string?> WelcomedAsync(EdgeDown.Types.Welcome welcome, ChannelWriter<EdgeUp> up, long helloAt, CancellationToken cancellationToken) =>
        await BoundedAsync(async () =>
        {
            var (enough, asks) = await node.AskAsync(() => node.Guests.Welcomed(session, welcome, up, helloAt), cancellationToken);
            return asks.All(_asks.Writer.TryWrite) ? enough : $"It asks for more than {MostAsks} jobs at once.";
        });

    private async ValueTask<string?> SaidAsync(EdgeDown message, CancellationToken cancellationToken) =>
        await BoundedAsync(async () =>
        {
            var (enough, ask) = await node.AskAsync(() => node.Guests.Heard(session, message), cancellationToken);
            return ask is null || _asks.Writer.TryWrite(ask) ? enough : $"It asks for more than {MostAsks} jobs at once.";
        });

    // What can't be so is the other side's fault; what can't be journaled is ours, and passes.
    private async Task<string?> BoundedAsync(Func<Task<string?>> take)
    {
        try
        {
            var enough = await take();
            _isBroken |= enough is not null;
            return enough;
        }
        catch (Exception e) when (e is FormatException or ArgumentException or OverflowException)
        {
            _isBroken = true;
            return $"It said what can't be so: {e.Message}";
        }
        catch (JournalException e)
        {
            return $"What it said can't be journaled here: {e.Message}";
        }
    }

    private TimeSpan Pause()
    {
        session.Faults = _isBroken ? Math.Min(session.Faults + 1, 20) : 0;
        _isBroken = false;
        return session.Faults == 0 ? firstDelay : TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, Math.Pow(2, session.Faults)));
    }

    private async Task AnswerAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var ask in _asks.Reader.ReadAllAsync(cancellationToken))
            {
                var (design, fault) = await ResolveAsync(ask, cancellationToken);
                await node.PostAsync(() => node.Guests.Answer(session, ask, design, fault));
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // It is being stopped: what was not answered is asked again.
        }
    }

    /// <summary>A design from this community's own catalogue, by its digest: nothing is believed that another one says of it.</summary>
    private async Task<(Design? Design, string? Fault)> ResolveAsync(GuestAsk ask, CancellationToken cancellationToken)
    {
        try
        {
            // Asked each time: a design may have been found unsafe since.
            return ((await designs.ResolveAsync(ask.Job.Design.Manifest.Value, "", cancellationToken)).Design, null);
        }
        catch (RefusedException e)
        {
            return (null, e.Refusal is Refusal.NotFound ? "Our catalogue has no such design; let it follow yours." : e.Message);
        }
    }
}
