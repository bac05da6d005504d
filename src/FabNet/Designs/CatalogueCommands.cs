// `fabnet catalogue`: designs in and out of a catalogue, and serving one.

using System.CommandLine;
using System.Text.Json;
using FabNet.Catalogue;
using FabNet.Catalogue.Client;
using FabNet.Catalogue.Designs;
using FabNet.CommandLine;
using FabNet.Network;
using FabNet.Protocol;
using FabNet.Protocol.Statements;
using FabNet.Roles;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Designs;

internal static class CatalogueCommands
{
    public static Command Create()
    {
        var command = new Command("catalogue",
            """
            Publishes, finds and pulls open designs; says what holds about them; serves a catalogue.

            Examples:
              fabnet catalogue search cable clip --fits prusa-mk3s
              fabnet catalogue pull cable-clip
            """)
        {
            CreatePublish(),
            SearchCommands.CreateList(),
            SearchCommands.CreateSearch(),
            CreateShow(),
            CreateVersions(),
            DesignFileCommands.CreateFiles(),
            DesignFileCommands.CreateDiff(),
            CreatePull(),
            DesignFileCommands.CreateExport(),
            BundleCommands.CreateImport(),
            FollowCommand.Create(),
            CreateServe(),
            ForkCommand.Create(),
        };
        foreach (var trust in TrustCommands.Create())
        {
            command.Add(trust);
        }

        return command;
    }

    private static Command CreatePublish()
    {
        var server = ServerOption.Create();
        var path = new Argument<string>("PATH") { Description = "A folder, a git checkout or an archive (zip, tar, tar.gz) with okh.toml or okh.yml and the design's files." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Read and check the design; publish nothing." };
        var publisher = PublisherOption.Create();
        var command = new Command("publish",
            """
            Publishes a folder, a git checkout or an archive as one immutable version of a design, signed with your key ('fabnet key
            create' makes one). What its manifest lacks is told in the order in which to mend it.

            Examples:
              fabnet catalogue publish designs/cable-clip
              fabnet catalogue publish . --dry-run
              fabnet catalogue publish clip-1.2.0.tar.gz
            """)
        { path, dryRun, publisher, server };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            var source = Path.GetFullPath(result.GetRequiredValue(path));
            using var imported = Path.Exists(source)
                ? await DesignImporter.ImportAsync(source, cancellationToken: stop)
                : throw new UsageException($"There is no folder and no archive {source}.");
            foreach (var finding in imported.Findings)
            {
                console.Say($"{Word(finding.Kind)}: {finding}");
            }

            var design = imported.Design;
            if (!result.GetValue(dryRun))
            {
                using var client = CatalogueClient.Connect(result.AddressOf(server), publisher: result.OpenPublisher(publisher));
                using var progress = new TransferLine(console);
                design = await client.Publisher.PublishAsync(imported, progress, stop);
            }

            console.Emit(json =>
            {
                json.WriteString("name", design.Ref.Name);
                json.WriteString("version", design.Ref.Version);
                json.WriteString("manifestDigest", design.Ref.Manifest.Value);
                json.WriteNumber("parts", design.Parts.Count);
                json.WriteStartArray("findings");
                foreach (var finding in imported.Findings)
                {
                    json.WriteStartObject();
                    json.WriteString("kind", Word(finding.Kind));
                    json.WriteString("file", finding.File);
                    if (finding.Line is { } line)
                    {
                        json.WriteNumber("line", line);
                    }

                    json.WriteString("message", finding.Message);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            });
            console.Say($"{(result.GetValue(dryRun) ? "would publish" : "published")} {design.Ref}: {design.Parts.Count} {(design.Parts.Count == 1 ? "part" : "parts")}, {imported.FilesByDigest.Count} {(imported.FilesByDigest.Count == 1 ? "file" : "files")}, {design.Ref.Manifest}");
            return CommandRunner.Succeeded;
        });
        return command;
    }

    private static Command CreateVersions()
    {
        var server = ServerOption.Create();
        var name = new Argument<string>("DESIGN") { Description = "A design's name." };
        var command = new Command("versions",
            """
            Lists every version of a design, newest first.

            Example:
              fabnet catalogue versions cable-clip
            """)
        { name, server };
        command.SetAction(async (result, stop) =>
        {
            using var client = Connect(result, server);
            return Show(result, await client.ListVersionsAsync(result.GetRequiredValue(name), stop));
        });
        return command;
    }

    private static Command CreateShow()
    {
        var server = ServerOption.Create();
        var name = DesignArgument();
        var command = new Command("show",
            """
            Shows a design with its parts and files, who published it, and what production and people found: verdicts, reliability and
            real times by machine class, claims, proposals, forks.

            Examples:
              fabnet catalogue show cable-clip
              fabnet catalogue show cable-clip@1.0.0 --json
            """)
        { name, server };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            using var client = Connect(result, server);
            var verified = await client.GetVerifiedAsync(DesignName.Parse(result.GetRequiredValue(name)), stop);
            var design = verified.Design;
            var report = await client.Statements.ReportAsync(design.Ref.Manifest, stop);
            DesignText.Say(console, design);
            var publishers = TrustText.SayPublishers(console, verified);
            TrustText.Say(console, report);
            console.Emit(json =>
            {
                TrustText.Write(json, design.Ref, publishers, report);
                json.WritePropertyName("manifest");
                json.WriteRawValue(DesignManifest.Write(design));
            });
            return CommandRunner.Succeeded;
        });
        return command;
    }

    private static Command CreatePull()
    {
        var server = ServerOption.Create();
        var name = DesignArgument();
        var folder = new Option<DirectoryInfo?>("--to") { Description = "The folder for its files. Default: a new one with the design's name." };
        var publisher = PublisherOption.Create();
        var command = new Command("pull",
            """
            Pulls a design's files and verifies each, and the signatures on it. Repeated after a cut, it goes on where it was. A for-profit
            publisher's pull of a design under a reciprocal licence is recorded as a claim; it never stops the pull.

            Examples:
              fabnet catalogue pull cable-clip
              fabnet catalogue pull cable-clip@1.0.0 --to /tmp/clip
            """)
        { name, folder, publisher, server };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            using var client = Connect(result, server);
            var verified = await client.GetVerifiedAsync(DesignName.Parse(result.GetRequiredValue(name)), stop);
            var design = verified.Design;
            var target = result.GetValue(folder)?.FullName ?? Path.GetFullPath(design.Ref.Name);
            using (var progress = new TransferLine(console))
            {
                await client.Puller.PullAsync(design, target, progress, stop);
            }

            var report = await client.Statements.ReportAsync(design.Ref.Manifest, stop);
            console.Say($"pulled {design.Ref} to {target}; every file has its digest");
            var publishers = TrustText.SayPublishers(console, verified);
            TrustText.SayObligations(console, design);
            TrustText.Say(console, report);
            console.Emit(json =>
            {
                TrustText.Write(json, design.Ref, publishers, report);
                json.WriteString("folder", target);
            });
            await PullClaim.RecordAsync(console, client, verified, result.GetValue(publisher), stop);
            return CommandRunner.Succeeded;
        });
        return command;
    }

    private static Command CreateServe()
    {
        var data = ServingOptions.Data();
        var urls = ServingOptions.Urls(ServerOption.DefaultCatalogueAddress);
        var heed = new Option<string[]?>("--heed") { Description = "The collections whose verdicts count here, such as carol~5e6f7a8b/safe-tools. Default: every one that it has.", AllowMultipleArgumentsPerToken = true };
        var store = ServingOptions.Store();
        var follow = new Option<string[]?>("--follow") { Description = "Other catalogues to follow, all of each; 'fabnet catalogue follow' follows parts.", AllowMultipleArgumentsPerToken = true };
        var command = new Command("serve",
            """
            Serves a catalogue until Ctrl-C.

            Examples:
              fabnet catalogue serve --urls http://127.0.0.1:7301 --data /var/lib/fabnet
              fabnet catalogue serve --store postgres://fabnet@db.example.org/fabnet
              fabnet catalogue serve --follow http://127.0.0.1:7302
            """)
        { data, urls, store, heed, follow };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            var options = new CatalogueOptions
            {
                DataFolder = Path.Combine(Path.GetFullPath(result.GetRequiredValue(data)), "catalogue"),
                Store = ServingOptions.Parse(result.GetValue(store)),
                Follows = [.. (result.GetValue(follow) ?? []).Select(ServerOption.Parse)],
                Heeded = result.GetValue(heed) is { Length: > 0 } heeded ? heeded : null,
            };
            var address = result.GetRequiredValue(urls);
            await using var app = ServerHost.Build(address, services => services.AddCatalogue(options), endpoints =>
            {
                endpoints.MapCatalogue();
                endpoints.MapCatalogueFederation();
            });
            return await app.ServeAsync(address, console, $"catalogue at {address}, data in {options.DataFolder}", stop);
        });
        return command;
    }

    private static string Word(FindingKind kind) => JsonNamingPolicy.KebabCaseLower.ConvertName(kind.ToString());

    internal static Argument<string> DesignArgument() => new("DESIGN") { Description = "A design's name (newest version), name@version, or publisher/name@version." };

    internal static CatalogueClient Connect(ParseResult result, Option<string> server) => CatalogueClient.Connect(result.AddressOf(server));

    internal static int Show(ParseResult result, IReadOnlyList<Wire.DesignSummary> designs)
    {
        var console = new CommandConsole(result.GetValue(CommandRunner.Json));
        foreach (var design in designs)
        {
            console.Emit(design);
        }

        console.Say(DesignText.Table(designs));
        return CommandRunner.Succeeded;
    }
}
