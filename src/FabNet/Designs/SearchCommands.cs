// `fabnet catalogue search` and `list`: finding designs.

using System.CommandLine;
using System.Globalization;
using FabNet.CommandLine;
using FabNet.Network;
using FabNet.Programs;
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
        var process = new Option<string?>("--process") { Description = "Some part is made by this process: 3DP, CNC, LAS." };
        var material = new Option<string?>("--material") { Description = "Some part is made of this material, such as PETG." };
        var license = new Option<string?>("--license") { Description = "It is under this licence (SPDX), such as CERN-OHL-S-2.0." };
        var publisher = new Option<string?>("--publisher") { Description = "It was published by this publisher." };
        var validated = new Option<bool>("--validated") { Description = "Maintainers have validated it." };
        var fits = new Option<string[]>("--fits") { Description = "Its parts fit this machine: a profile's name or file, or WIDTHxDEPTHxHEIGHT in mm. May be given several times." };
        var command = new Command("search",
            """
            Finds designs by words and by what they need, best first: validated ones, and those with a proven toolpath, come
            before others that match as well.

            Examples:
              fabnet catalogue search cable clip
              fabnet catalogue search lamp --material PETG --fits prusa-mk3s --validated
              fabnet catalogue search --process LAS --fits 600x400x10
            """)
        { words, process, material, license, publisher, validated, fits, limit, server };
        command.SetAction((result, stop) =>
        {
            var filter = new DesignFilter { ValidatedOnly = result.GetValue(validated) };
            Set(result.GetValue(process), value => filter.Process = value);
            Set(result.GetValue(material), value => filter.Material = value);
            Set(result.GetValue(license), value => filter.License = value);
            Set(result.GetValue(publisher), value => filter.Publisher = value);
            filter.Fits.AddRange((result.GetValue(fits) ?? []).Select(EnvelopeOf));
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

    private static void Set(string? value, Action<string> set)
    {
        if (value is not null)
        {
            set(value);
        }
    }

    private static MachineEnvelope EnvelopeOf(string text)
    {
        if (text.Split('x') is [var width, var depth, var height] && TryParse(width, out var x) && TryParse(depth, out var y) && TryParse(height, out var z))
        {
            return new MachineEnvelope { WidthMm = x, DepthMm = y, HeightMm = z };
        }

        var envelope = ProfileOption.Load(text).EnvelopeMm;
        return new MachineEnvelope { WidthMm = envelope.X.Length, DepthMm = envelope.Y.Length, HeightMm = envelope.Z.Length };
    }

    private static bool TryParse(string text, out double mm) => double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out mm);
}
