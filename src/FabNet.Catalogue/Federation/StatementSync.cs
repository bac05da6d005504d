// One sync of what is followed: the statements that came since the last one, page by page.

using FabNet.Catalogue.Trust;
using FabNet.Model;
using FabNet.Protocol.Statements;
using FabNet.Protocol.V1;
using Envelope = FabNet.Protocol.V1.Envelope;

namespace FabNet.Catalogue.Federation;

/// <summary>
/// Pulls the log of another node, all of it. Each page is judged, put into the journal, and only then counted as had; so a cut costs at most a page, which is then asked for again.
/// </summary>
/// <remarks>One sync of a follow at a time.</remarks>
internal class StatementSync(Follow follow, Peer peer, CatalogueStore store, FollowStore follows, StatementInbox inbox)
{
    /// <summary>So many statements of one node may wait for what it did not send, and so many bytes of them.</summary>
    internal const int MaxWaiting = 10_000;

    internal const long MaxWaitingBytes = 64L << 20;

    private const int MaxPage = 1_000;

    private const int MaxRefused = 1_000;

    // A log that repeats itself without end costs so much at a time, and no more.
    private const int MaxIdlePages = 1_000;

    private int _limit = MaxPage;
    private int _refused;
    private int _waiting;
    private int _idlePages;
    private string? _reason;

    /// <summary>What is followed.</summary>
    protected Follow Follow => follow;

    /// <summary>Where it is.</summary>
    protected Peer Peer => peer;

    /// <summary>What is here.</summary>
    protected CatalogueStore Store => store;

    /// <summary>Where what is known of it is kept.</summary>
    protected FollowStore Follows => follows;

    /// <summary>The newest place of the other's log when it was asked last.</summary>
    public long Head { get; private set; }

    /// <summary>Pulls what is new.</summary>
    /// <exception cref="PeerException">The other does not answer, or not as an honest node does; what was right before is kept.</exception>
    /// <exception cref="CatalogueException">There is no space.</exception>
    /// <exception cref="Journal.JournalException">It can't be written.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await inbox.WakeAsync(cancellationToken);
        (_waiting, _refused) = (0, 0);
        try
        {
            await PullAsync(cancellationToken);
        }
        catch (PeerException e) when (e.IsRewound)
        {
            follows.Rewind(follow.Id);
            throw;
        }
        catch (PeerException e) when (e.IsSlow)
        {
            _limit = Math.Max(1, _limit / 4);
            throw;
        }
    }

    /// <summary>Pulls what is new.</summary>
    protected virtual async Task PullAsync(CancellationToken cancellationToken)
    {
        for (var isEnd = false; !isEnd;)
        {
            var progress = follows.Progress(follow.Id);
            var reply = await ListAsync(new ListStatementsRequest { After = progress.Cursor, Mark = progress.Mark }, cancellationToken);
            isEnd = reply.End;
            if (reply.Cursor > progress.Cursor)
            {
                await TakeAsync(reply.Statements.Select(s => s.Envelope), (reply.Cursor, reply.Mark), _ => follow.HasBlobs, cancellationToken);
                RequireRight();
            }
        }
    }

    /// <summary>A page, as large as the way between the two allows.</summary>
    protected async Task<ListStatementsReply> ListAsync(ListStatementsRequest request, CancellationToken cancellationToken)
    {
        store.Blobs.RequireReserve();
        request.Limit = _limit;
        var reply = await peer.ListAsync(request, cancellationToken);
        RequireOther(reply);
        Head = reply.Head;
        _limit = Math.Min(MaxPage, _limit * 2);
        return reply;
    }

    /// <summary>Takes statements, and keeps what came of them.</summary>
    /// <param name="envelopes">The statements.</param>
    /// <param name="place">Where the other's log is with them; null where they are no page of it.</param>
    /// <param name="isKept">True for a design whose files are to be pulled.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Those that are here now. Those that broke a rule are counted for <see cref="RequireRight"/>.</returns>
    /// <exception cref="PeerException">Too many wait for what the other does not send, or break a rule.</exception>
    protected async Task<IReadOnlyList<SignedStatement>> TakeAsync(IEnumerable<Envelope> envelopes, (long Cursor, string Mark)? place, Func<Digest, bool> isKept, CancellationToken cancellationToken)
    {
        var page = await inbox.TakeAsync(envelopes, cancellationToken);
        var before = follows.WaitingOf(follow.Id);
        _waiting += page.Waiting.Count;
        if (page.Waiting.Count > 0 && (_waiting > MaxWaiting || before.Count + page.Waiting.Count > MaxWaiting || before.Bytes + page.Waiting.Sum(w => (long)w.Envelope.Payload.Length) > MaxWaitingBytes))
        {
            throw new PeerException($"It sends statements that build on others which it does not send: {before.Count} of them wait, and no more are kept. Ask whoever runs it.");
        }

        _idlePages = page.Added > 0 ? 0 : _idlePages + 1;
        if (_idlePages > MaxIdlePages)
        {
            _idlePages = 0;
            throw new PeerException($"It sent {MaxIdlePages} pages of statements, and nothing in them is new here. Its log goes on; so does this node, later.");
        }

        var designs = page.Accepted.Select(s => s.Statement).OfType<DesignStatement>().Select(s => s.Design).ToList();
        foreach (var isWanted in (ReadOnlySpan<bool>)[true, false])
        {
            follows.Keep(
                follow, isWanted ? page : TakenPage.Empty, isWanted ? null : place,
                designs.Where(d => isKept(d.Ref.Manifest) == isWanted).SelectMany(store.MissingBlobs).DistinctBy(b => b.Digest), isWanted);
        }

        await inbox.WakeAsync(cancellationToken);
        (_refused, _reason) = (_refused + page.Refused, page.Reason ?? _reason);
        if (_refused > MaxRefused)
        {
            RequireRight();
        }

        return page.Accepted;
    }

    /// <summary>Ends the sync where statements broke a rule since the last time: what did not is kept, and the other is left alone for a while.</summary>
    /// <exception cref="PeerException">Some did.</exception>
    protected void RequireRight()
    {
        var refused = _refused;
        _refused = 0;
        if (refused > 0)
        {
            throw new PeerException($"It sent {refused} statements that break a rule; they are not kept. One of them: {_reason}");
        }
    }

    // The same log under another address: nothing would ever come of it.
    private void RequireOther(ListStatementsReply reply)
    {
        if (reply.Cursor > 0 && reply.Mark.Length > 0 && store.MarkOf(reply.Cursor) == reply.Mark)
        {
            throw new PeerException($"It is this catalogue itself. Stop following it: fabnet catalogue follow --stop {follow.Address}");
        }
    }
}
