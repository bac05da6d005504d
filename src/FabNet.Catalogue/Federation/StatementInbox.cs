// Statements from other nodes on their way into the journal: judged, put, or kept waiting for what they build on.

using System.Collections.Concurrent;
using FabNet.Catalogue.Trust;
using FabNet.Model;
using FabNet.Protocol;
using FabNet.Protocol.Statements;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Catalogue.Federation;

/// <summary>What became of a page of statements.</summary>
/// <param name="Accepted">Those that are in the journal now, or were.</param>
/// <param name="Added">How many of them, or of their signatures, were new.</param>
/// <param name="Waiting">Those that wait, each with what for.</param>
/// <param name="Refused">How many broke a rule.</param>
/// <param name="Reason">Why, of one that did.</param>
internal sealed record TakenPage(IReadOnlyList<SignedStatement> Accepted, long Added, IReadOnlyList<(Envelope Envelope, Need Need)> Waiting, int Refused, string? Reason)
{
    /// <summary>Nothing.</summary>
    public static TakenPage Empty { get; } = new([], 0, [], 0, null);
}

/// <summary>
/// Takes statements in whichever order they come. Those of a page are put at once, so that they share syncs of the disk; one whose basis is not here yet waits, in <see cref="FollowStore"/>, until a statement
/// that it waits for is taken, wherever that came from.
/// </summary>
internal sealed class StatementInbox(CatalogueStore store, FollowStore follows) : IDisposable
{
    private const int MaxLookedUp = 10_000;

    private readonly SemaphoreSlim _waking = new(1);

    // Up to where the log was looked through for what somebody waits for.
    private long _seen = -1;

    /// <summary>Takes statements.</summary>
    /// <exception cref="Journal.JournalException">The journal can't be written; what was put before is.</exception>
    public async Task<TakenPage> TakeAsync(IEnumerable<Wire.Envelope> envelopes, CancellationToken cancellationToken)
    {
        var (accepted, waiting, refusals) = (new List<SignedStatement>(), new List<(Envelope, Need)>(), new ConcurrentBag<string>());
        var added = 0L;
        foreach (var step in Read(envelopes, refusals).GroupBy(StepOf).OrderBy(g => g.Key))
        {
            // Within a step one may build on another: as long as some get in, the others are tried again.
            for (List<Envelope> left = [.. step]; left.Count > 0;)
            {
                // Judging takes the processor, putting the disk: what was judged is put at once, with few syncs.
                var (admitted, missing) = (new ConcurrentBag<(Envelope Whole, Admitted Judged)>(), new ConcurrentBag<(Envelope Envelope, Need Need)>());
                Parallel.ForEach(left, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken }, envelope =>
                {
                    try
                    {
                        admitted.Add((envelope, store.Admit(envelope)));
                    }
                    catch (CatalogueException e) when (e.Need is { } need)
                    {
                        missing.Add((envelope, need));
                    }
                    catch (CatalogueException e) when (e.Fault is CatalogueFault.Invalid or CatalogueFault.NotAllowed)
                    {
                        refusals.Add(e.Message);
                    }
                });
                added += (await Task.WhenAll(admitted.Select(a => store.PutAsync(a.Judged, cancellationToken)))).Count(isAdded => isAdded);
                accepted.AddRange(admitted.Select(a => a.Judged.Said));
                waiting.AddRange(admitted.Where(a => a.Judged.Awaited is not null).Select(a => (a.Whole, a.Judged.Awaited!.Value)));
                if (admitted.IsEmpty)
                {
                    waiting.AddRange(missing);
                    break;
                }

                left = [.. missing.Select(m => m.Envelope)];
            }
        }

        return new TakenPage(accepted, added, waiting, refusals.Count, refusals.FirstOrDefault());
    }

    /// <summary>Puts what waited for statements that are here now, whoever brought them.</summary>
    /// <exception cref="Journal.JournalException">The journal can't be written; what was put before is.</exception>
    public async Task WakeAsync(CancellationToken cancellationToken)
    {
        await _waking.WaitAsync(cancellationToken);
        try
        {
            for (var head = store.Head; head != _seen && !follows.IsNothingWaiting; head = store.Head)
            {
                await WakeAsync(head, cancellationToken);
                _seen = head;
            }
        }
        finally
        {
            _waking.Release();
        }
    }

    public void Dispose() => _waking.Dispose();

    private async Task WakeAsync(long head, CancellationToken cancellationToken)
    {
        // At the first time, whatever came before this process began.
        var met = _seen < 0 ? null : MetSince(_seen, head);
        foreach (var waiting in follows.WaitingFor(met is { Count: <= MaxLookedUp } ? met : null))
        {
            try
            {
                var admitted = store.Admit(waiting.Envelope);
                await store.PutAsync(admitted, cancellationToken);
                if (admitted.Said.Statement is DesignStatement { Design: var design } && follows.List().FirstOrDefault(f => f.Id == waiting.Follow) is { } follow)
                {
                    follows.Keep(follow, TakenPage.Empty, null, store.MissingBlobs(design), follow.HasBlobs && follow.IsAll);
                }

                follows.SetWaiting(waiting, admitted.Awaited);
            }
            catch (CatalogueException e) when (e.Fault is CatalogueFault.StatementMissing or CatalogueFault.Invalid or CatalogueFault.NotAllowed)
            {
                follows.SetWaiting(waiting, e.Need);
            }
        }
    }

    private static List<Envelope> Read(IEnumerable<Wire.Envelope> envelopes, ConcurrentBag<string> refusals)
    {
        var read = new List<Envelope>();
        foreach (var envelope in envelopes)
        {
            try
            {
                read.Add(envelope.ToModel());
            }
            catch (FormatException e)
            {
                refusals.Add(e.Message);
            }
        }

        return read;
    }

    private HashSet<Digest> MetSince(long after, long head) => [.. store.Log(after).TakeWhile(s => s.Cursor <= head).SelectMany(s => Need.MetBy(s.Said))];

    // Publishers go before what they say, the beginning of a chain before the rest of it.
    private static int StepOf(Envelope envelope) => StatementKinds.Of(envelope.PayloadType) switch
    {
        StatementKinds.Publisher => 0,
        StatementKinds.Collection => 1,
        StatementKinds.Design => 2,
        StatementKinds.Proposal => 3,
        _ => 4,
    };
}
