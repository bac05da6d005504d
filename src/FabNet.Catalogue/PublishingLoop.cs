// The one loop that publishes, and the owner of the index.

using System.Threading.Channels;
using FabNet.Catalogue.Search;
using FabNet.Journal;
using FabNet.Model.Designs;
using Microsoft.Data.Sqlite;

namespace FabNet.Catalogue;

/// <summary>
/// Takes everything that waits to be published, checks it against what is published, appends it to the journal as one unit with one sync
/// of the disk, and applies it to the index. So the more publishers there are at once, the less each waits for the disk.
/// </summary>
/// <remarks>Publishers wait while the queue is full.</remarks>
internal sealed class PublishingLoop : IAsyncDisposable
{
    private const int MaxBatch = 256;

    private readonly Channel<Turn> _queue = Channel.CreateBounded<Turn>(1024);
    private readonly IJournal _journal;
    private readonly string _indexPath;
    private readonly Action<string> _rebuilding;
    private readonly Task _loop;

    // Null while it is made anew. Written by the loop only.
    private volatile DesignIndex? _index;
    private volatile bool _isDamaged;

    /// <summary>Opens the index, brings it up to the journal, and begins to publish.</summary>
    /// <param name="journal">What decides; stays the caller's.</param>
    /// <param name="indexPath">The index's file.</param>
    /// <param name="rebuilding">Told why the index is made anew, where it has to be.</param>
    /// <exception cref="JournalException">The journal can't be read.</exception>
    /// <exception cref="SqliteException">The index can't be written.</exception>
    public PublishingLoop(IJournal journal, string indexPath, Action<string> rebuilding)
    {
        (_journal, _indexPath, _rebuilding) = (journal, indexPath, rebuilding);
        _index = OpenIndex();
        _loop = Task.Run(RunAsync);
    }

    /// <summary>The index; null while it is made anew.</summary>
    public DesignIndex? Index => _index;

    /// <summary>Publishes a design whose manifest and blobs were checked. Returns when it is on the disk and can be found.</summary>
    /// <exception cref="CatalogueException">Its name and version are taken by another manifest.</exception>
    /// <exception cref="JournalException">The journal or the index can't be written.</exception>
    public async Task PublishAsync(Design design, byte[] manifest, CancellationToken cancellationToken)
    {
        var turn = new Turn(design, manifest);
        await _queue.Writer.WriteAsync(turn, cancellationToken);
        await turn.Done.Task.WaitAsync(cancellationToken);
    }

    /// <summary>The index was found damaged: it is made anew as soon as the loop comes to it.</summary>
    public void RequestRebuild()
    {
        _isDamaged = true;

        // A full queue wakes the loop just as well.
        _queue.Writer.TryWrite(new Turn(null, []));
    }

    /// <summary>Returns when the index has everything that the journal had when this was called.</summary>
    /// <exception cref="JournalException">The journal can't be read, or the index can't be written.</exception>
    public async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        var turn = new Turn(null, []);
        await _queue.Writer.WriteAsync(turn, cancellationToken);
        await turn.Done.Task.WaitAsync(cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _loop;
        _index?.Dispose();
    }

    private async Task RunAsync()
    {
        // Of two publications of one version the second waits until the first is in the index.
        var held = new Queue<Turn>();
        while (held.Count > 0 || await _queue.Reader.WaitToReadAsync())
        {
            var batch = TakeBatch(held);
            try
            {
                Publish(batch);
            }
            catch (Exception e)
            {
                // Each that waits is told, whatever it was; the next batch begins with what the journal says.
                var answer = Explain(e);
                batch.ForEach(p => p.Done.TrySetException(answer));
            }
        }
    }

    private List<Turn> TakeBatch(Queue<Turn> held)
    {
        var versions = new HashSet<(string, string)>();
        var batch = new List<Turn>();
        var later = new List<Turn>();
        while (batch.Count < MaxBatch && (held.TryDequeue(out var next) || _queue.Reader.TryRead(out next)))
        {
            (next.Design is not { } design || versions.Add((design.Ref.Name, design.Ref.Version)) ? batch : later).Add(next);
        }

        later.ForEach(held.Enqueue);
        return batch;
    }

    private void Publish(List<Turn> batch)
    {
        var index = CurrentIndex();
        var accepted = batch.FindAll(p => Accept(p, index));
        if (accepted.Count > 0)
        {
            _journal.Append([.. accepted.Select(p => new JournalRecord(JournalRules.DesignPublished, p.Manifest))]);
            index.CatchUp();
        }

        batch.ForEach(p => p.Done.TrySetResult());
    }

    private Exception Explain(Exception e)
    {
        if (e is SqliteException sqlite && DesignIndex.IsDamage(sqlite))
        {
            _isDamaged = true;
            return new JournalException($"The catalogue's index {_indexPath} was found damaged and is made anew from the journal. Try again in a moment.", e);
        }

        return e is SqliteException or UnauthorizedAccessException
            ? new JournalException($"The catalogue's index {_indexPath} can't be written: {e.Message} Free some space on its disk, then try again.", e) { IsOutOfSpace = FullDisk.IsCauseOf(e) }
            : e;
    }

    // True if it is to be appended. What is published already is left alone; what can't be is refused.
    private static bool Accept(Turn turn, DesignIndex index)
    {
        if (turn.Design is not { } design)
        {
            return false;
        }

        var (name, version, digest) = design.Ref;
        if (index.Read(reader => reader.Find(name, version)) is not { } published)
        {
            return true;
        }

        if (published.Manifest != digest)
        {
            turn.Done.TrySetException(new CatalogueException(CatalogueFault.AlreadyExists,
                $"{design.Ref} is published already with other contents ({published.Manifest.Short}). Published versions never change: give yours a new version."));
        }

        return false;
    }

    // The index with everything that the journal has; made anew where it was found damaged, or could not be opened the last time.
    private DesignIndex CurrentIndex()
    {
        if (_isDamaged || _index is null)
        {
            var damaged = _index;
            _index = null;
            damaged?.Dispose();
            if (_isDamaged)
            {
                DesignIndex.Delete(_indexPath);
                _isDamaged = false;
            }

            _index = OpenIndex();
        }

        _index.CatchUp();
        return _index;
    }

    private DesignIndex OpenIndex() => DesignIndex.Open(_indexPath, _journal, JournalRules.Read, _rebuilding);

    /// <summary>What waits for the loop: a design to publish, or nothing but the loop's coming by.</summary>
    private sealed record Turn(Design? Design, byte[] Manifest)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
