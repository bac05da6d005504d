// The one clock of all links.

using System.Collections.Concurrent;
using FabNet.FirmwareBridge.Serial;
using Xunit;

namespace FabNet.Tests.Bridge;

public sealed class WireClockTests
{
    [Fact(Timeout = 20_000)]
    public async Task Timers_fire_in_order_in_one_thread_that_is_not_the_callers()
    {
        var fired = new ConcurrentQueue<(int Timer, bool IsClock)>();
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var late = Timer(() =>
        {
            fired.Enqueue((2, WireClock.IsCurrent));
            done.SetResult();
        });
        await using var early = Timer(() => fired.Enqueue((1, WireClock.IsCurrent)));
        late.Change(TimeSpan.FromMilliseconds(60), Timeout.InfiniteTimeSpan);
        early.Change(TimeSpan.FromMilliseconds(5), Timeout.InfiniteTimeSpan);
        await done.Task.WaitAsync(Bench.Limit());
        Assert.Equal([(1, true), (2, true)], fired);
        Assert.False(WireClock.IsCurrent);
    }

    [Fact(Timeout = 20_000)]
    public async Task A_periodic_timer_goes_on_and_one_that_was_disposed_does_not()
    {
        var count = 0;
        var silent = 0;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var disposed = Timer(() => silent++);
        disposed.Change(TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(1));
        await disposed.DisposeAsync();
        await using var periodic = WireClock.Shared.CreateTimer(
            _ =>
            {
                if (++count == 300)
                    done.SetResult();
            },
            null,
            TimeSpan.FromMilliseconds(1),
            TimeSpan.FromMilliseconds(1));
        await done.Task.WaitAsync(Bench.Limit());
        Assert.Equal(0, silent);
    }

    [Fact(Timeout = 20_000)]
    public async Task A_timer_may_be_set_again_by_its_own_callback()
    {
        var count = 0;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ITimer? again = null;
        again = Timer(() =>
        {
            if (++count == 20)
                done.SetResult();
            else
                again!.Change(TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
        });
        again.Change(TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
        await done.Task.WaitAsync(Bench.Limit());
        await again.DisposeAsync();
        Assert.Equal(20, count);
    }

    private static ITimer Timer(Action callback) => WireClock.Shared.CreateTimer(_ => callback(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
}
