// Which designs must not be made: what every network and site asks its catalogue before a machine moves.

using FabNet.Model;
using FabNet.Protocol.Statements;
using FabNet.Protocol.V1;
using Grpc.Core;

namespace FabNet.Protocol.Catalogue;

/// <summary>
/// Follows a catalogue's log of statements by cursor. One sync is one poll of it: where a verdict, a key or a collection changed since the last one, what holds about the designs in question is asked
/// again. A catalogue that can't be asked stops nothing: what was known stays, and who is offline makes what it has.
/// </summary>
/// <remarks>Not thread safe: one loop syncs.</remarks>
/// <param name="catalogue">The catalogue.</param>
/// <param name="time">The clock that an answer is waited for by.</param>
/// <param name="onAway">Told why, when the catalogue can't be asked any more.</param>
public sealed class DesignStops(DesignCatalogue.DesignCatalogueClient catalogue, TimeProvider time, Action<string> onAway)
{
    private const int PageSize = 1_000;

    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(15);

    private readonly Dictionary<Digest, string?> _known = [];

    // Those about which was asked since the last news.
    private readonly HashSet<Digest> _asked = [];
    private long _cursor;
    private bool _isAway;

    /// <summary>How often a network or a site syncs where nobody says otherwise.</summary>
    public static TimeSpan DefaultInterval { get; } = TimeSpan.FromSeconds(5);

    /// <summary>Syncs once.</summary>
    /// <param name="manifests">The designs in question: those of jobs that were not started.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Those of them that must not be made, each with the reason.</returns>
    public async Task<IReadOnlyDictionary<Digest, string>> SyncAsync(IReadOnlyCollection<Digest> manifests, CancellationToken cancellationToken)
    {
        foreach (var gone in _known.Keys.Except(manifests).ToList())
        {
            _known.Remove(gone);
            _asked.Remove(gone);
        }

        if (manifests.Count > 0)
        {
            using var patience = new CancellationTokenSource(AnswerWithin, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
            try
            {
                await AskAsync(manifests, either.Token);
                _isAway = false;
            }
            catch (RpcException e) when (cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException(e.Message, e, cancellationToken);
            }
            catch (Exception e) when (e is RpcException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                if (!_isAway)
                {
                    onAway(e.Message);
                }

                _isAway = true;
            }
        }

        return _known.Where(k => k.Value is not null).ToDictionary(k => k.Key, k => k.Value!);
    }

    private async Task AskAsync(IReadOnlyCollection<Digest> manifests, CancellationToken cancellationToken)
    {
        if (_cursor == 0)
        {
            // All are asked about anyway: news are what comes after now.
            _cursor = (await catalogue.ListStatementsAsync(new ListStatementsRequest { Limit = 1 }, cancellationToken: cancellationToken)).Head;
        }

        for (var isEnd = false; !isEnd;)
        {
            var request = new ListStatementsRequest { After = _cursor, Limit = PageSize };
            request.Kinds.AddRange([StatementKinds.Attestation, StatementKinds.Collection, StatementKinds.Publisher]);
            var reply = await catalogue.ListStatementsAsync(request, cancellationToken: cancellationToken);
            if (reply.Statements.Count > 0)
            {
                // All are asked for again, now or after a failure; until then what was known holds.
                _asked.Clear();
            }

            if (reply.Head > 0 && reply.Head < _cursor)
            {
                // The catalogue was restored from a copy: what it lost is not known, so all holds anew.
                _asked.Clear();
                _cursor = reply.Head;
                break;
            }

            isEnd = reply.End || reply.Cursor <= _cursor;
            _cursor = Math.Max(_cursor, reply.Cursor);
        }

        foreach (var manifest in manifests.Where(m => !_asked.Contains(m)))
        {
            _known[manifest] = await ReasonAsync(manifest, cancellationToken);
            _asked.Add(manifest);
        }
    }

    private async Task<string?> ReasonAsync(Digest manifest, CancellationToken cancellationToken)
    {
        try
        {
            var report = await catalogue.GetReportAsync(new GetReportRequest { ManifestDigest = manifest.Value, StandingOnly = true }, cancellationToken: cancellationToken);
            return report.HasStopReason ? report.StopReason : null;
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.NotFound)
        {
            return null; // Made from a copy that came another way; this catalogue has nothing to say about it.
        }
    }
}
