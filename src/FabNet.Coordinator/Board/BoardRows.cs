// The board at one moment as rows with keys, and the pieces that bring a reader from what it was told to it.

using FabNet.Protocol.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace FabNet.Coordinator.Board;

/// <summary>Rows, the ones that are due first before others of their kind. Never changed once made: any thread reads them, and a row that is the same in two of them is one object.</summary>
internal sealed class BoardRows
{
    /// <summary>Rows in one message: some 200 kB, far below gRPC's usual 4 MiB.</summary>
    public const int RowsPerMessage = 500;

    /// <summary>Rows of a kind in an answer that is one message.</summary>
    public const int RowsPerBoard = 2000;

    private readonly Dictionary<string, IMessage> _byKey;
    private readonly List<(string Key, IMessage Row)> _rows;
    private readonly Timestamp _at;
    private readonly int _openJobs;

    /// <summary>Takes rows.</summary>
    /// <param name="at">Their moment.</param>
    /// <param name="rows">The rows, each with its key, in their order.</param>
    /// <param name="openJobs">How many jobs wait in all of them.</param>
    /// <param name="before">Rows of an earlier moment: those that are still the same are taken from there.</param>
    public BoardRows(DateTimeOffset at, IEnumerable<(string Key, IMessage Row)> rows, int openJobs, BoardRows? before)
    {
        (_at, _openJobs) = (Timestamp.FromDateTimeOffset(at), openJobs);
        _rows = [.. rows.Select(r => before is not null && before._byKey.TryGetValue(r.Key, out var old) && old.Equals(r.Row) ? (r.Key, old) : r)];
        _byKey = _rows.ToDictionary(static r => r.Key, static r => r.Row, StringComparer.Ordinal);
    }

    /// <summary>What somebody must be told who knows an earlier moment.</summary>
    /// <param name="told">What was told; null for nothing.</param>
    /// <returns>Pieces; none where nothing changed.</returns>
    public IEnumerable<BoardChange> Since(BoardRows? told)
    {
        var piece = new BoardChange { At = _at, Begin = told is null };
        var count = 0;
        foreach (var (key, row) in _rows)
        {
            if (told is not null && told._byKey.TryGetValue(key, out var old) && ReferenceEquals(old, row))
            {
                continue;
            }

            Add(piece, row);
            if (++count % RowsPerMessage == 0)
            {
                yield return piece;
                piece = new BoardChange { At = _at };
            }
        }

        foreach (var key in told?._byKey.Keys.Where(k => !_byKey.ContainsKey(k)) ?? [])
        {
            piece.Gone.Add(key);
            if (++count % RowsPerMessage == 0)
            {
                yield return piece;
                piece = new BoardChange { At = _at };
            }
        }

        if (count > 0 || told is null)
        {
            piece.Complete = true;
            yield return piece;
        }
    }

    /// <summary>The board as one message, bounded.</summary>
    public Protocol.V1.Board ToBoard()
    {
        var board = new Protocol.V1.Board { At = _at, OpenJobs = _openJobs };
        board.Demand.AddRange(Of<OpenDemand>());
        board.Offers.AddRange(Of<BoardOffer>());
        board.Capacity.AddRange(Of<IdleCapacity>());
        board.SetUps.AddRange(Of<LoadedSetUp>());
        board.Deliveries.AddRange(Of<Delivery>());
        board.Foreign.AddRange(Of<ForeignDemand>());
        board.Communities.AddRange(Of<CommunityStatus>());
        board.LeftOff = _rows.Count - board.Demand.Count - board.Offers.Count - board.Capacity.Count - board.SetUps.Count - board.Deliveries.Count - board.Foreign.Count - board.Communities.Count;
        return board;
    }

    private IEnumerable<T> Of<T>() => _rows.Select(static r => r.Row).OfType<T>().Take(RowsPerBoard);

    private static void Add(BoardChange piece, IMessage row)
    {
        switch (row)
        {
            case OpenDemand r: piece.Demand.Add(r); break;
            case BoardOffer r: piece.Offers.Add(r); break;
            case IdleCapacity r: piece.Capacity.Add(r); break;
            case LoadedSetUp r: piece.SetUps.Add(r); break;
            case Delivery r: piece.Deliveries.Add(r); break;
            case ForeignDemand r: piece.Foreign.Add(r); break;
            case CommunityStatus r: piece.Communities.Add(r); break;
            default: throw new NotSupportedException($"{row.GetType().Name} is no row of the board.");
        }
    }
}
