// Keeps the board for whoever reads it: written once for all readers, beside the loop, at most once a second, and only while somebody reads.

using System.Diagnostics;
using FabNet.Coordinator.Deliveries;
using FabNet.Coordinator.Federation;
using FabNet.Coordinator.Leases;
using FabNet.Coordinator.Planning;
using FabNet.Coordinator.State;
using FabNet.Model.Jobs;
using Microsoft.Extensions.Logging;

namespace FabNet.Coordinator.Board;

/// <summary>
/// The board's owner. <see cref="Enter"/>, <see cref="Leave"/> and <see cref="Tick"/> belong to the coordinator's loop; <see cref="NewerThanAsync"/> is thread safe. A reader holds the rows that
/// it was told last and compares them with the newest, so that nothing is kept for a slow one but those.
/// </summary>
internal sealed class BoardPublisher(
    NetworkBoard network, PlanApplier plan, DeliveryDesk deliveries, CommunityDirectory communities, CoordinatorState state, OfferBook offers, TimeProvider time, Func<Action, Task> post, ILogger log)
{
    /// <summary>Hours go by and runs go on also when nothing happens.</summary>
    private static readonly TimeSpan Oldest = TimeSpan.FromMinutes(1);

    /// <summary>How many times longer than the writing is the pause after it: the board of a large network is written less often, and takes a tenth of a core.</summary>
    private const int Rest = 10;

    /// <summary>However long it takes, readers wait no longer for the next one to be begun.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private BoardRows? _current;
    private bool _isClosed;
    private int _readers;
    private bool _isWriting;
    private (long Changes, long Plans)? _written;
    private long _writtenAt;
    private TimeSpan _pause;

    /// <summary>Somebody begins to read.</summary>
    public void Enter()
    {
        if (_readers++ == 0)
        {
            lock (_gate)
            {
                _current = null; // It was nobody's, and is old.
            }

            _written = null; // Should one be under way, the next tick writes another.
            Write();
        }
    }

    /// <summary>Somebody has read enough.</summary>
    public void Leave() => _readers--;

    /// <summary>A second has passed.</summary>
    public void Tick()
    {
        if (_readers > 0 && time.GetElapsedTime(_writtenAt) >= _pause && (_written != (network.Changes, plan.Plans) || time.GetElapsedTime(_writtenAt) >= Oldest))
        {
            Write();
        }
    }

    /// <summary>The coordinator stops: nothing newer comes.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            _changed.TrySetResult();
        }
    }

    /// <summary>What the board is written from now.</summary>
    public BoardFacts Facts() => new()
    {
        Snapshot = plan.Snapshot(),
        Planned = plan.InForce,
        Waiting = plan.Waiting,
        Offers = [.. offers.All.Select(o => (Offer: o, Entry: state.Jobs[o.Job])).Where(static o => o.Entry is { Job.State: JobState.Offered, Terms: not null })
            .Select(static o => new OpenOffer(o.Offer.Job, o.Offer.Machine, SnapshotBuilder.WorkOf(o.Entry), o.Entry.Terms!.Cost, o.Entry.Terms.Why, o.Offer.AnswerBy))],
        Deliveries = [.. deliveries.Open.Select(deliveries.ToWire)],
        Foreign = communities.Demand,
        Communities = communities.Followed,
    };

    /// <summary>Waits for rows that are newer than those that a reader has.</summary>
    /// <param name="told">What it has; null for nothing.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Null once the coordinator stops.</returns>
    public async Task<BoardRows?> NewerThanAsync(BoardRows? told, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_isClosed)
                {
                    return null;
                }

                if (_current is { } current && current != told)
                {
                    return current;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    private void Write()
    {
        if (_isWriting)
        {
            return; // The next tick sees what changed since.
        }

        _isWriting = true;
        (_written, _writtenAt) = ((network.Changes, plan.Plans), time.GetTimestamp());
        var facts = Facts();
        BoardRows? before;
        lock (_gate)
        {
            before = _current;
        }

        _ = Task.Run(async () =>
        {
            var begun = Stopwatch.GetTimestamp();
            try
            {
                Publish(BoardWriter.Write(facts, before));
            }
            catch (Exception e)
            {
                CoordinatorLog.BoardFailed(log, e);
            }

            var pause = Rest * Stopwatch.GetElapsedTime(begun);
            await post(() => (_isWriting, _pause) = (false, pause < LongestPause ? pause : LongestPause));
        });
    }

    private void Publish(BoardRows rows)
    {
        lock (_gate)
        {
            _current = rows;
            if (!_isClosed)
            {
                _changed.TrySetResult();
                _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }
}
