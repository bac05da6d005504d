// Reads another community's board as it changes: its open demand, bounded.

using FabNet.Protocol.V1;

namespace FabNet.Coordinator.Federation;

/// <summary>Watches a board. What is taken of it is at most <see cref="MostRows"/> rows with short texts, read at most once a second.</summary>
internal sealed class CommunityBoard(CoordinatorNode node, FollowedCommunity community, Coordination.CoordinationClient client, TimeProvider time)
{
    /// <summary>Rows of a community that are shown; the ones that come first on its own board.</summary>
    public const int MostRows = 1000;

    private const int MostText = 300;
    private const int MostIds = 20;
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    private readonly OrderedDictionary<string, OpenDemand> _rows = new(StringComparer.Ordinal);

    /// <summary>Watches until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) =>
        CommunityStream.RunAsync(WatchAsync, reason => node.PostAsync(() => node.Communities.Away(community.Name, reason)), time, cancellationToken);

    private async Task WatchAsync(Action came, CancellationToken cancellationToken)
    {
        using var watch = client.WatchBoard(new WatchBoardRequest(), cancellationToken: cancellationToken);
        while (await watch.ResponseStream.MoveNext(cancellationToken))
        {
            came();
            var piece = watch.ResponseStream.Current;
            Take(piece);
            if (piece.Complete)
            {
                IReadOnlyList<ForeignDemand> demand = [.. _rows.Values.Select(Foreign)];
                await node.PostAsync(() => node.Communities.Read(community.Name, demand));
                await Task.Delay(Rest, time, cancellationToken);
            }
        }
    }

    private void Take(BoardChange piece)
    {
        if (piece.Begin)
        {
            _rows.Clear();
        }

        foreach (var key in piece.Gone)
        {
            _rows.Remove(key);
        }

        foreach (var row in piece.Demand.Where(r => r.Key.Length is > 0 and <= MostText && (_rows.Count < MostRows || _rows.ContainsKey(r.Key))))
        {
            _rows[row.Key] = Bounded(row);
        }
    }

    // What is shown to people here is short, whatever was sent.
    private static OpenDemand Bounded(OpenDemand row)
    {
        var bounded = new OpenDemand
        {
            Key = row.Key, OrderId = Clip.Reason(row.OrderId, "", 40), Part = Clip.Reason(row.Part, "", MostText), Jobs = Math.Max(0, row.Jobs), Copies = Math.Max(0, row.Copies), Due = row.Due, PlacedAt = row.PlacedAt,
            StartsAt = row.StartsAt, Why = Clip.Reason(row.Why, "", MostText),
            Design = new DesignRef { Name = Clip.Reason(row.Design?.Name, "", 63), Version = Clip.Reason(row.Design?.Version, "", 40), ManifestDigest = Clip.Reason(row.Design?.ManifestDigest, "", 80) },
        };
        if (row.HasMaterial)
        {
            bounded.Material = Clip.Reason(row.Material, "", 40);
        }

        if (row.HasColor)
        {
            bounded.Color = Clip.Reason(row.Color, "", 40);
        }

        if (row.HasDestination)
        {
            bounded.Destination = Clip.Reason(row.Destination, "", 63);
        }

        bounded.JobIds.AddRange(row.JobIds.Take(MostIds).Select(static j => Clip.Reason(j, "", 40)));
        bounded.Machines.AddRange(row.Machines.Take(MostIds).Select(static m => Clip.Reason(m, "", 130)));
        return bounded;
    }

    private ForeignDemand Foreign(OpenDemand demand) => new() { Key = $"foreign/{community.Name}/{demand.Key}", Community = community.Name, Demand = demand };
}
