// `fabnet catalogue search` and `list`: finding designs.

using System.CommandLine;
using FabNet.CommandLine;
using FabNet.Network;
using FabNet.Protocol.V1;

namespace FabNet.Designs;

internal static class SearchCommands
{
    private const int DefaultLimit = 50;

    public static Command CreateList()
    {
        var server = ServerOption.Create();
        var limit = Limit();
        var command = new Command("list",
            """
            Lists every design's newest version, by name.

            Example:
              fabnet catalogue list --limit 1000
            """)
        { limit, server };
        command.SetAction((result, stop) => FindAsync(result, server, limit, "", null, stop));
        return command;
    }

    public static Command CreateSearch()
    {
        var server = ServerOption.Create();
        var limit = Limit();
        var words = new Argument<string[]>("WORDS") { Description = "Words of its name, title, function, parts or materials. Beginnings and slight misspellings do.", Arity = ArgumentArity.ZeroOrMore };
        var query = new QueryOptions();
        var publisher = new Option<string?>("--publisher") { Description = "It was published by this publisher." };
        var command = new Command("search",
            """
            Finds designs by words and by what they need, best first: validated ones, and those with a proven toolpath, come
            before others that match as well.

            Examples:
              fabnet catalogue search cable clip
              fabnet catalogue search lamp --material PETG --fits prusa-mk3s --validated
              fabnet catalogue search --process LAS --fits 600x400x10
            """)
        { words, publisher, limit, server };
        query.AddTo(command);
        command.SetAction((result, stop) =>
        {
            var filter = query.Filter(result);
            QueryOptions.Set(result.GetValue(publisher), value => filter.Publisher = value);
            return FindAsync(result, server, limit, string.Join(' ', result.GetValue(words) ?? []), filter, stop);
        });
        return command;
    }

    private static Option<int> Limit() => new("--limit") { Description = "How many are shown at most.", DefaultValueFactory = _ => DefaultLimit };

    private static async Task<int> FindAsync(ParseResult result, Option<string> server, Option<int> limit, string text, DesignFilter? filter, CancellationToken stop)
    {
        var most = result.GetValue(limit) is >= 1 and var value ? value : throw new UsageException("--limit must be 1 or more.");
        using var client = CatalogueCommands.Connect(result, server);
        return CatalogueCommands.Show(result, await client.SearchAsync(text, filter, stop).Take(most).ToListAsync(stop));
    }
}
