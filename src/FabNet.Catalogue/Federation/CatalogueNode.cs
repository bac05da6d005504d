// A catalogue among others: what it follows, begun with the program and ended with it.

using System.Collections.Concurrent;
using FabNet.Model;
using FabNet.Protocol.Statements;
using FabNet.Protocol.V1;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FabNet.Catalogue.Federation;

/// <summary>Owns the follows of a node. Thread safe.</summary>
internal sealed class CatalogueNode : IHostedService, IAsyncDisposable
{
    /// <summary>Who asks for a file that is elsewhere waits so long for it, and is told to come again then.</summary>
    private static readonly TimeSpan FetchWithin = TimeSpan.FromSeconds(20);

    private readonly CatalogueStore _store;
    private readonly FollowStore _follows;
    private readonly StatementInbox _inbox;
    private readonly BlobPulls _pulls;
    private readonly FollowingOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<CatalogueNode> _log;
    private readonly IReadOnlyCollection<Uri> _wanted;
    private readonly ConcurrentDictionary<long, Following> _running = new();
    private readonly SemaphoreSlim _changing = new(1);
    private readonly CancellationTokenSource _stop = new();
    private bool _isStarted;
    private int _disposed;

    public CatalogueNode(CatalogueStore store, CatalogueOptions options, FollowingOptions following, TimeProvider time, ILogger<CatalogueNode> log)
    {
        (_store, _options, _time, _log, _wanted) = (store, following, time, log, options.Follows);
        _follows = FollowStore.Open(Path.Combine(Path.GetFullPath(options.DataFolder), "follows.db"));
        _inbox = new StatementInbox(store, _follows);
        _pulls = new BlobPulls(store.Blobs, time);
    }

    /// <inheritdoc />
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var follow in _follows.List())
        {
            Add(follow);
        }

        foreach (var address in _wanted)
        {
            await FollowAsync(address, new FollowScope(), _follows.List().FirstOrDefault(f => f.Address == address && f.IsAll)?.HasBlobs ?? true, cancellationToken);
        }

        _isStarted = true;
        foreach (var following in _running.Values)
        {
            following.Start();
        }
    }

    /// <inheritdoc />
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        while (_running.Keys.FirstOrDefault() is var id && _running.TryRemove(id, out var following))
        {
            await following.DisposeAsync();
        }
    }

    /// <summary>Begins to follow, or changes whether files are kept.</summary>
    /// <exception cref="CatalogueException">The address or the scope makes no sense.</exception>
    public async Task<Followed> FollowAsync(Uri address, FollowScope scope, bool hasBlobs, CancellationToken cancellationToken)
    {
        Check(scope);
        await _changing.WaitAsync(cancellationToken);
        try
        {
            var follow = _follows.Add(address, scope, hasBlobs);
            if (_running.TryGetValue(follow.Id, out var running))
            {
                running.Change(follow);
                return running.Describe();
            }

            var following = Add(follow);
            if (_isStarted)
            {
                following.Start();
            }

            return following.Describe();
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Ends it; with no scope, all that is followed of the address.</summary>
    /// <returns>What was ended.</returns>
    /// <exception cref="CatalogueException">It is not followed.</exception>
    public async Task<IReadOnlyList<Followed>> UnfollowAsync(Uri address, FollowScope? scope, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            var ended = _running.Values.Where(f => f.Follow.Address == address && (scope is null || f.Follow.Scope.Equals(scope))).ToList();
            if (ended.Count == 0)
            {
                throw new CatalogueException(CatalogueFault.NotFound, $"{address} is not followed{(scope is null ? "" : " so")}. What is: fabnet catalogue follow --list");
            }

            var described = ended.ConvertAll(f => f.Describe());
            foreach (var following in ended)
            {
                _running.TryRemove(following.Follow.Id, out _);
                await following.DisposeAsync();
                _follows.Remove(following.Follow.Id);
            }

            return described;
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>What is followed, in the order in which it was begun.</summary>
    public IReadOnlyList<Followed> List() => [.. _running.Values.OrderBy(f => f.Follow.Id).Select(f => f.Describe())];

    /// <summary>Pulls a file that a design here names from a node that has it. The pull goes on where nobody waits for it any more.</summary>
    /// <returns>False if nobody is known to have it.</returns>
    /// <exception cref="CatalogueException">It is not here yet, or can't be had; the message says why.</exception>
    public async Task<bool> FetchAsync(Digest blob, CancellationToken cancellationToken)
    {
        string? reason = null;
        foreach (var source in _follows.SourcesOf(blob))
        {
            if (_running.TryGetValue(source.Follow, out var following))
            {
                try
                {
                    await _pulls.PullAsync(following.Peer, blob, source.Size, _stop.Token).WaitAsync(FetchWithin, _time, cancellationToken);
                    _follows.Forget(blob);
                    return true;
                }
                catch (TimeoutException e)
                {
                    throw new CatalogueException(CatalogueFault.Busy, $"The blob {blob.Short} is on its way from {following.Follow.Address}. Try again in a moment.", e);
                }
                catch (PeerException e)
                {
                    reason = $"{following.Follow.Address}: {e.Message}";
                }
            }
        }

        return reason is null ? false : throw new CatalogueException(CatalogueFault.Busy, $"The blob {blob.Short} is not here, and can't be had now. {reason}");
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        // A hosted service is the application's twice: as what it is, and as what is started.
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await StopAsync(CancellationToken.None);
        _inbox.Dispose();
        _follows.Dispose();
        _changing.Dispose();
        _stop.Dispose();
    }

    private Following Add(Follow follow) => _running.GetOrAdd(follow.Id, _ => new Following(follow, _store, _follows, _inbox, _pulls, _options, _time, _log));

    private static void Check(FollowScope scope)
    {
        switch (scope.PartCase)
        {
            case FollowScope.PartOneofCase.Publisher:
                _ = PublisherName.Parse(scope.Publisher);
                break;
            case FollowScope.PartOneofCase.Collection:
                _ = scope.Collection.Split('/') is [var owner, var name] && Names.IsValid(name) ? PublisherName.Parse(owner)
                    : throw new CatalogueException(CatalogueFault.Invalid, $"'{scope.Collection}' is no collection. Write it as carol/safe-tools.");
                break;
            case FollowScope.PartOneofCase.Designs when scope.Designs.ManifestDigests.Count is 0 or > LogSelection.MaxDigests:
                throw new CatalogueException(CatalogueFault.Invalid, $"{scope.Designs.ManifestDigests.Count} designs are named; name 1 to {LogSelection.MaxDigests}, or follow a publisher or a collection.");
            case FollowScope.PartOneofCase.Designs:
                _ = scope.Designs.ManifestDigests.Select(Digest.Parse).ToList();
                break;
            case FollowScope.PartOneofCase.Query:
                var search = Search.SearchRequest.Parse(scope.Query.Text, DesignCatalogueService.FilterOf(scope.Query.Filter));
                if (search is { Words.Count: 0, Filter.IsEmpty: true })
                {
                    throw new CatalogueException(CatalogueFault.Invalid, "The query is empty. Give it words or a filter, or follow all of the catalogue.");
                }

                break;
        }
    }
}
