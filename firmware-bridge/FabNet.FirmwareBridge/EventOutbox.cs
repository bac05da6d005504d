// Carries a session's events to their one reader without ever holding up the machine's loop.

using System.Threading.Channels;
using FabNet.Model.Machines;

namespace FabNet.FirmwareBridge;

/// <summary>
/// Events in order. Samples are dropped, and counted, while <see cref="SampleLimit"/> events wait; all other events are kept: they are few (state changes, prompts,
/// outcomes), and the loop of a moving machine waits for nobody. Notes are held to <see cref="NoteLimit"/> so that a noisy link can't fill the memory of a host that reads nothing.
/// </summary>
internal sealed class EventOutbox
{
    /// <summary>Samples are dropped while so many events wait.</summary>
    internal const int SampleLimit = 256;

    /// <summary>Notes are dropped while so many events wait.</summary>
    public const int NoteLimit = 4096;

    private readonly Channel<MachineEvent> _events = Channel.CreateUnbounded<MachineEvent>();
    private readonly TimeProvider _time;
    private long _dropped;
    private MachineStateChanged? _last;

    internal EventOutbox(TimeProvider time) => _time = time;

    /// <summary>How many events were dropped because the reader was behind.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    internal DateTimeOffset Now => _time.GetUtcNow();

    internal void Add(MachineEvent item)
    {
        if (item is MachineStateChanged change)
        {
            if (_last is not null && _last.State == change.State && _last.Reason == change.Reason)
                return;
            _last = change;
        }

        var waiting = _events.Reader.Count;
        if ((item.IsSample && waiting >= SampleLimit) || (item is MachineNoted && waiting >= NoteLimit))
            Interlocked.Increment(ref _dropped);
        else
            _events.Writer.TryWrite(item);
    }

    internal void Note(string text) => Add(new MachineNoted { At = Now, Text = text });

    internal void Complete() => _events.Writer.TryComplete();

    /// <summary>The next event that waits; null if none does.</summary>
    internal MachineEvent? Take() => _events.Reader.TryRead(out var item) ? item : null;

    internal IAsyncEnumerable<MachineEvent> ReadAllAsync(CancellationToken cancellationToken) => _events.Reader.ReadAllAsync(cancellationToken);
}
