// `fabnet key`: the publishers on this machine, and the keys that speak for them.

using System.CommandLine;
using System.Globalization;
using FabNet.Catalogue.Client;
using FabNet.CommandLine;
using FabNet.Model;
using FabNet.Model.Licensing;
using FabNet.Network;
using FabNet.Protocol.Statements;

namespace FabNet.Designs;

internal static class KeyCommands
{
    public static Command Create() => new("key",
        """
        Makes and changes the keys that sign what you publish. They are kept in your configuration folder (FABNET_CONFIG chooses
        another); copy it to a safe place: a publisher whose last key is lost can't say anything any more.

        Examples:
          fabnet key create alice --name "Alice Ito"
          fabnet key show
        """)
    {
        CreateCreate(),
        CreateShow(),
        CreateRotate(),
        CreateRevoke(),
    };

    private static Command CreateCreate()
    {
        var name = new Argument<string>("NAMESPACE") { Description = "What your designs' names begin with: lower-case letters, digits and dashes." };
        var display = new Option<string?>("--name") { Description = "The name that people read. Default: the namespace." };
        var organisation = new Option<OrganisationKind>("--organisation") { Description = "What you are: person, cooperative, nonprofit or company.", DefaultValueFactory = _ => OrganisationKind.Person };
        var rate = new Option<string?>("--rate") { Description = "What a for-profit organisation owes you for each product under a reciprocal licence, such as 0.50EUR." };
        var command = new Command("create",
            """
            Makes a publisher with a key of its own. Its name is yours once somebody has seen it; others may use the same one and are
            told apart by the digits behind it.

            Examples:
              fabnet key create alice --name "Alice Ito"
              fabnet key create lab-lisbon --organisation cooperative --rate 0.50EUR
            """)
        { name, display, organisation, rate };
        command.SetAction(result =>
        {
            var wanted = result.GetRequiredValue(name);
            var publisher = PublisherFolder.Create(
                PublisherFolder.DefaultConfiguration, wanted, result.GetValue(display) ?? wanted, result.GetValue(organisation), ParseRate(result.GetValue(rate)));
            Say(new CommandConsole(result.GetValue(CommandRunner.Json)), publisher);
            return CommandRunner.Succeeded;
        });
        return command;
    }

    private static Command CreateShow()
    {
        var name = new Argument<string?>("NAMESPACE") { Description = "One publisher; all without it.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("show",
            """
            Shows the publishers on this machine and their keys.

            Examples:
              fabnet key show
              fabnet key show alice --json
            """)
        { name };
        command.SetAction(result =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            var configuration = PublisherFolder.DefaultConfiguration;
            var names = result.GetValue(name) is { } wanted ? [wanted] : PublisherFolder.Names(configuration);
            if (names.Count == 0)
            {
                console.Say($"There is no publisher in {configuration}. Make one with: fabnet key create NAME");
            }

            foreach (var each in names)
            {
                Say(console, PublisherFolder.Open(configuration, each));
            }

            return CommandRunner.Succeeded;
        });
        return command;
    }

    private static Command CreateRotate()
    {
        var (name, server) = (PublisherOption.Create(), ServerOption.Create());
        var command = new Command("rotate",
            """
            Makes a new key current in place of the old one, and tells a catalogue. What the old key signed stays good; delete its
            file once the catalogue has the new one.

            Example:
              fabnet key rotate
            """)
        { name, server };
        command.SetAction(async (result, stop) =>
        {
            var publisher = result.OpenPublisher(name);
            publisher.Rotate();
            return await TellAsync(result, publisher, server, stop);
        });
        return command;
    }

    private static Command CreateRevoke()
    {
        var (name, server) = (PublisherOption.Create(), ServerOption.Create());
        var key = new Argument<string?>("KEY") { Description = "The key's id, sha256:…; the current one without it.", Arity = ArgumentArity.ZeroOrOne };
        var reason = new Option<string>("--reason") { Description = "Why, for people.", Required = true };
        var since = new Option<int?>("--since") { Description = "The first statement of your chain under which its signatures do not count. 1 withdraws all that it signed. Default: the new one." };
        var command = new Command("revoke",
            """
            Declares that a key is not to be believed any more, and tells a catalogue. Designs that only this key signed stop being
            made within one sync; publish again what you stand by, and your new key signs the same version.

            Examples:
              fabnet key revoke --reason "the laptop was stolen"
              fabnet key revoke sha256:… --reason "it was in a backup that leaked" --since 1
            """)
        { key, reason, since, name, server };
        command.SetAction(async (result, stop) =>
        {
            var publisher = result.OpenPublisher(name);
            publisher.Revoke(result.GetValue(key) is { } id ? Digest.Parse(id) : publisher.Current.Keys[0].Id, result.GetRequiredValue(reason), result.GetValue(since));
            return await TellAsync(result, publisher, server, stop);
        });
        return command;
    }

    // The change is on the disk already: what could not be told now is told with the next statement.
    private static async Task<int> TellAsync(ParseResult result, PublisherFolder publisher, Option<string> server, CancellationToken stop)
    {
        var console = new CommandConsole(result.GetValue(CommandRunner.Json));
        Say(console, publisher);
        using var client = CatalogueClient.Connect(result.AddressOf(server));
        await client.Statements.PutChainAsync(publisher, stop);
        console.Say($"told {result.GetRequiredValue(server)}");
        return CommandRunner.Succeeded;
    }

    private static void Say(CommandConsole console, PublisherFolder publisher)
    {
        var current = publisher.Current;
        console.Emit(json =>
        {
            json.WriteString("name", publisher.Name.ToString());
            json.WriteString("identity", publisher.Identity.Value);
            json.WriteString("displayName", current.DisplayName);
            json.WriteString("organisation", current.Organisation.ToString().ToLowerInvariant());
            json.WriteNumber("sequence", current.Sequence);
            json.WriteStartArray("keys");
            current.Keys.ToList().ForEach(k => json.WriteStringValue(k.Id.Value));
            json.WriteEndArray();
            json.WriteStartArray("earlier");
            publisher.EarlierKeys.ToList().ForEach(k => json.WriteStringValue(k.Value));
            json.WriteEndArray();
            json.WriteString("folder", publisher.Folder);
            json.WriteStartArray("revoked");
            current.Revoked.ToList().ForEach(r => json.WriteStringValue(r.Key.Value));
            json.WriteEndArray();
        });
        console.SayLine($"{publisher.Name}  {current.DisplayName}, {current.Organisation.ToString().ToLowerInvariant()}");
        console.Say($"identity   {publisher.Identity}");
        foreach (var key in current.Keys)
        {
            console.Say($"key        {key.Id}{(publisher.Has(key.Id) ? "" : "  (its private half is not here)")}");
        }

        foreach (var earlier in publisher.EarlierKeys)
        {
            console.Say($"earlier    {earlier}{(publisher.Has(earlier) ? $"  (no longer needed: {publisher.KeyFileOf(earlier)})" : "")}");
        }

        foreach (var revoked in current.Revoked)
        {
            console.SayLine($"revoked    {revoked.Key}  {revoked.Reason}");
        }

        console.Say($"folder     {publisher.Folder}{(current.Keys.Any(k => publisher.Has(k.Id)) ? "" : "  (no current key is here: put it back from a copy, or nobody can speak for this publisher any more)")}");
    }

    private static ReciprocityRate? ParseRate(string? text) => text switch
    {
        null => null,
        { Length: > 3 } when double.TryParse(text[..^3], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount) => new ReciprocityRate(amount, text[^3..]),
        _ => throw new UsageException($"'{text}' is no rate. Write it as 0.50EUR."),
    };
}
