// `fabnet board`: what is open to be taken, once or as it changes.

using System.CommandLine;
using FabNet.CommandLine;
using Google.Protobuf.Collections;
using Grpc.Core;
using Spectre.Console;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Network;

internal static class BoardCommand
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);

    public static Command Create()
    {
        var server = ServerOption.Create();
        var watch = new Option<bool>("--watch") { Description = "Go on with what changes. Ctrl-C ends it." };
        var command = new Command("board",
            """
            Shows what is open to be taken: demand, offers, loaded set-ups that wait for more work, idle capacity by the hour, deliveries. A site claims anything of it that it is able to make.

            Examples:
              fabnet board
              fabnet board --watch
              fabnet board --json | jq '.demand[] | select(.material == "PETG")'
            """)
        { watch, server };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            using var channel = result.Connect(server);
            var client = new Wire.Coordination.CoordinationClient(channel);
            if (!result.GetValue(watch))
            {
                var board = await client.GetBoardAsync(new Wire.GetBoardRequest(), cancellationToken: stop);
                console.Emit(board);
                console.Say(BoardText.Of(board));
                return CommandRunner.Succeeded;
            }

            try
            {
                if (console.IsInteractive)
                {
                    await AnsiConsole.Live(new Text("connecting …")).AutoClear(false)
                        .StartAsync(context => WatchAsync(client, board => context.UpdateTarget(new Text(BoardText.Of(board))), _ => { }, stop));
                }
                else
                {
                    await WatchAsync(client, _ => { }, piece => Print(console, piece), stop);
                }
            }
            catch (Exception e) when (stop.IsCancellationRequested && e is OperationCanceledException or RpcException)
            {
                // Who watched has seen enough.
            }

            return CommandRunner.Succeeded;
        });
        return command;
    }

    private static async Task WatchAsync(Wire.Coordination.CoordinationClient client, Action<Wire.Board> redraw, Action<Wire.BoardChange> print, CancellationToken stop)
    {
        var board = new Wire.Board();
        var isKnown = false;
        while (true)
        {
            try
            {
                using var watch = client.WatchBoard(new Wire.WatchBoardRequest(), cancellationToken: stop);
                await foreach (var piece in watch.ResponseStream.ReadAllAsync(stop))
                {
                    isKnown = true;
                    Apply(board, piece);
                    print(piece);
                    if (piece.Complete)
                    {
                        redraw(board);
                    }
                }
            }
            catch (RpcException) when (!stop.IsCancellationRequested && isKnown)
            {
                // It was there before: a coordinator that is started again goes on.
            }

            await Task.Delay(Retry, TimeProvider.System, stop);
        }
    }

    /// <summary>Brings a board up to date.</summary>
    internal static void Apply(Wire.Board board, Wire.BoardChange piece)
    {
        var gone = piece.Gone.ToHashSet(StringComparer.Ordinal);
        Merge(board.Demand, piece.Demand, static r => r.Key, piece.Begin, gone);
        Merge(board.Offers, piece.Offers, static r => r.Key, piece.Begin, gone);
        Merge(board.Capacity, piece.Capacity, static r => r.Key, piece.Begin, gone);
        Merge(board.SetUps, piece.SetUps, static r => r.Key, piece.Begin, gone);
        Merge(board.Deliveries, piece.Deliveries, static r => $"delivery/{r.Id}", piece.Begin, gone);
        Merge(board.Foreign, piece.Foreign, static r => r.Key, piece.Begin, gone);
        Merge(board.Communities, piece.Communities, static r => r.Key, piece.Begin, gone);
        board.At = piece.At;
        board.OpenJobs = board.Demand.Sum(static d => d.Jobs);
    }

    private static void Merge<T>(RepeatedField<T> rows, RepeatedField<T> changed, Func<T, string> keyOf, bool begins, HashSet<string> gone)
    {
        if (!begins && changed.Count == 0 && gone.Count == 0)
        {
            return;
        }

        var newest = changed.ToDictionary(keyOf, StringComparer.Ordinal);
        List<T> kept = begins ? [] : [.. rows.Where(r => !gone.Contains(keyOf(r))).Select(r => newest.Remove(keyOf(r), out var row) ? row : r)];
        rows.Clear();
        rows.AddRange(kept);
        rows.AddRange(changed.Where(r => newest.ContainsKey(keyOf(r))));
    }

    private static void Print(CommandConsole console, Wire.BoardChange piece)
    {
        console.Emit(piece);
        foreach (var line in BoardText.Lines(piece))
        {
            console.SayLine(line);
        }
    }
}
