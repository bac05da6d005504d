// Which part of a catalogue: what is followed, and what a bundle carries.

using System.CommandLine;
using FabNet.Catalogue.Client;
using FabNet.CommandLine;
using FabNet.Protocol.Statements;
using FabNet.Protocol.V1;

namespace FabNet.Designs;

/// <summary>A publisher, a collection or a search, as options; none of them for all of a catalogue.</summary>
internal sealed class ScopeOptions
{
    private readonly Option<string?> _publisher = new("--publisher") { Description = "Only what this publisher says, such as alice or alice~1a2b3c4d." };
    private readonly Option<string?> _collection = new("--collection") { Description = "Only designs of which this collection has verdicts, such as carol/safe-tools." };
    private readonly Option<string?> _query = new("--query") { Description = "Only designs that these words find; may be narrowed down as with 'fabnet catalogue search'." };
    private readonly QueryOptions _filter = new();

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_publisher);
        command.Add(_collection);
        command.Add(_query);
        _filter.AddTo(command);
    }

    /// <summary>The part that was asked for.</summary>
    /// <exception cref="UsageException">Several were.</exception>
    public FollowScope Scope(ParseResult result)
    {
        var (publisher, collection, query, filter) = (result.GetValue(_publisher), result.GetValue(_collection), result.GetValue(_query), _filter.Filter(result));
        var isQuery = query is not null || !filter.Equals(new DesignFilter());
        return (publisher, collection, isQuery) switch
        {
            (null, null, false) => new FollowScope(),
            ({ } name, null, false) => new FollowScope { Publisher = name },
            (null, { } name, false) => new FollowScope { Collection = name },
            (null, null, true) => new FollowScope { Query = new DesignQuery { Text = query ?? "", Filter = filter } },
            _ => throw new UsageException("Name a publisher, a collection or a query, not several at once. What follows several parts follows each of them: give the command once for each."),
        };
    }

    /// <summary>Exactly these designs.</summary>
    public static async Task<FollowScope> DesignsAsync(CatalogueClient client, IEnumerable<string> names, CancellationToken stop)
    {
        var list = new ManifestList();
        foreach (var name in names)
        {
            list.ManifestDigests.Add((await client.GetVerifiedAsync(DesignName.Parse(name), stop)).Design.Ref.Manifest.Value);
        }

        return new FollowScope { Designs = list };
    }

    /// <summary>A part in words.</summary>
    public static string Describe(FollowScope? scope) => scope?.PartCase switch
    {
        FollowScope.PartOneofCase.Publisher => $"publisher {scope.Publisher}",
        FollowScope.PartOneofCase.Collection => $"collection {scope.Collection}",
        FollowScope.PartOneofCase.Designs => $"{scope.Designs.ManifestDigests.Count} designs",
        FollowScope.PartOneofCase.Query => $"query {Words(scope.Query)}",
        _ => "all",
    };

    private static string Words(DesignQuery query)
    {
        var filter = query.Filter ?? new DesignFilter();
        string[] words =
        [
            $"\"{query.Text}\"", filter.HasProcess ? filter.Process : "", filter.HasMaterial ? filter.Material : "", filter.HasLicense ? filter.License : "",
            filter.ValidatedOnly ? "validated" : "", .. filter.Fits.Select(f => FormattableString.Invariant($"{f.WidthMm}x{f.DepthMm}x{f.HeightMm}")),
        ];
        return string.Join(' ', words.Where(w => w.Length > 0));
    }
}
