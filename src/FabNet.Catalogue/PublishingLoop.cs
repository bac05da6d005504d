// The one loop that publishes, and the owner of the index.

using System.Threading.Channels;
using FabNet.Catalogue.Search;
using FabNet.Catalogue.Trust;
using FabNet.Journal;
using FabNet.Protocol.Statements;
using Microsoft.Data.Sqlite;

namespace FabNet.Catalogue;

/// <summary>
/// Takes every statement that waits to be put, checks it against what is here, appends it to the journal as one unit with one sync
/// of the disk, and applies it to the index. So the more publishers there are at once, the less each waits for the disk.
/// </summary>
/// <remarks>Publishers wait while the queue is full.</remarks>
internal sealed class PublishingLoop : IAsyncDisposable
{
    private const int MaxBatch = 256;

    private readonly Channel<Turn> _queue = Channel.CreateBounded<Turn>(1024);
    private readonly IJournal _journal;
    private readonly CommonsRules _rules;
    private readonly string _indexPath;
    private readonly Action<string> _rebuilding;
    private readonly Task _loop;

    // Null while it is made anew. Written by the loop only.
    private volatile DesignIndex? _index;
    private volatile bool _isDamaged;

    /// <summary>Opens the index, brings it up to the journal, and begins to publish.</summary>
    /// <param name="journal">What decides; stays the caller's.</param>
    /// <param name="rules">What its entries mean.</param>
    /// <param name="indexPath">The index's file.</param>
    /// <param name="rebuilding">Told why the index is made anew, where it has to be.</param>
    /// <exception cref="JournalException">The journal can't be read.</exception>
    /// <exception cref="SqliteException">The index can't be written.</exception>
    public PublishingLoop(IJournal journal, CommonsRules rules, string indexPath, Action<string> rebuilding)
    {
        (_journal, _rules, _indexPath, _rebuilding) = (journal, rules, indexPath, rebuilding);
        _index = OpenIndex();
        _loop = Task.Run(RunAsync);
    }

    /// <summary>The index; null while it is made anew.</summary>
    public DesignIndex? Index => _index;

    /// <summary>Puts a statement that was accepted. Returns when it is on the disk and can be found.</summary>
    /// <param name="said">The statement.</param>
    /// <param name="envelope">Its envelope.</param>
    /// <param name="isRelayed">Another node took it: a design is kept beside another of its publisher's with the same name and version.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <returns>True if it, or a signature on it, was not here.</returns>
    /// <exception cref="CatalogueException">It is a design whose publisher has its name and version with another manifest.</exception>
    /// <exception cref="JournalException">The journal or the index can't be written.</exception>
    public async Task<bool> PutAsync(SignedStatement said, Envelope envelope, bool isRelayed, CancellationToken cancellationToken)
    {
        var turn = new Turn(said, envelope, isRelayed);
        await _queue.Writer.WriteAsync(turn, cancellationToken);
        return await turn.Done.Task.WaitAsync(cancellationToken);
    }

    /// <summary>The index was found damaged: it is made anew as soon as the loop comes to it.</summary>
    public void RequestRebuild()
    {
        _isDamaged = true;

        // A full queue wakes the loop just as well.
        _queue.Writer.TryWrite(new Turn(null, null));
    }

    /// <summary>Returns when the index has everything that the journal had when this was called.</summary>
    /// <exception cref="JournalException">The journal can't be read, or the index can't be written.</exception>
    public async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        var turn = new Turn(null, null);
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
        // Of two statements of one, and of two designs with one name and version, the second waits until the first is in the index.
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
        var taken = new HashSet<string>(StringComparer.Ordinal);
        var batch = new List<Turn>();
        var later = new List<Turn>();
        while (batch.Count < MaxBatch && (held.TryDequeue(out var next) || _queue.Reader.TryRead(out next)))
        {
            (next.Said is not { } said || taken.Add(said.Statement is DesignStatement { Design.Ref: var design } ? design.ToString() : said.Id.Value) ? batch : later).Add(next);
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
            _journal.Append([.. accepted.Select(p => new JournalRecord(JournaledStatements.Kind, p.Envelope!.Write()))]);
            index.CatchUp();
        }

        batch.ForEach(p => p.Done.TrySetResult(accepted.Contains(p)));
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

    // True if it is to be appended. What is here already is left alone; what can't be is refused.
    private bool Accept(Turn turn, DesignIndex index)
    {
        if (turn.Said is not { } said)
        {
            return false;
        }

        try
        {
            return index.Read(reader =>
            {
                var commons = new Commons(new JournaledStatements(reader.Statements, _journal), found: []);
                if (said.Statement is DesignStatement && !turn.IsRelayed)
                {
                    new StatementIntake(commons).RequireFreeVersion(said);
                }

                return commons.Statements.Find(said.Id) is not { } known || !said.SignedBy.IsSubsetOf(known.Said.SignedBy);
            });
        }
        catch (CatalogueException e)
        {
            turn.Done.TrySetException(e);
            return false;
        }
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

    private DesignIndex OpenIndex() => DesignIndex.Open(_indexPath, _journal, _rules.Read, _rebuilding, _rules.Basis);

    /// <summary>What waits for the loop: a statement to put, or nothing but the loop's coming by.</summary>
    private sealed record Turn(SignedStatement? Said, Envelope? Envelope, bool IsRelayed = false)
    {
        public TaskCompletionSource<bool> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
