// `fabnet catalogue fork`: a design as the beginning of another one, with where it comes from in its manifest.

using System.CommandLine;
using FabNet.Catalogue.Client;
using FabNet.Catalogue.Designs;
using FabNet.Catalogue.OpenKnowHow;
using FabNet.CommandLine;
using FabNet.Model.Designs;
using FabNet.Model.Licensing;
using FabNet.Network;
using FabNet.Protocol.Statements;

namespace FabNet.Designs;

internal static class ForkCommand
{
    public static Command Create()
    {
        var (design, server, publisher) = (CatalogueCommands.DesignArgument(), ServerOption.Create(), PublisherOption.Create());
        var name = new Option<string?>("--name") { Description = "The fork's name. Default: the design's own, which is yours under your namespace." };
        var version = new Option<string>("--version-number") { Description = "The fork's first version.", DefaultValueFactory = _ => "0.1.0" };
        var license = new Option<string?>("--license") { Description = "The fork's licence, an SPDX expression. Default: the design's own." };
        var folder = new Option<DirectoryInfo?>("--to") { Description = "An empty folder for its files, to be changed and published. Default: a new folder with the fork's name." };
        var command = new Command("fork",
            """
            Publishes a design as a fork of your own, with its origin in the manifest, and pulls its files for you to change. A fork can't
            shed what the licence of its origin asks: copyleft, share-alike, attribution.

            Examples:
              fabnet catalogue fork cable-clip
              fabnet catalogue fork alice/cable-clip@1.0.0 --name better-clip --to better-clip
            """)
        { design, name, version, license, folder, publisher, server };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            var me = result.OpenPublisher(publisher);
            using var client = CatalogueClient.Connect(result.AddressOf(server), publisher: me);
            var verified = await client.GetVerifiedAsync(DesignName.Parse(result.GetRequiredValue(design)), stop);
            var wanted = ForkOf(verified, me, result.GetValue(name), result.GetRequiredValue(version), result.GetValue(license));
            var target = result.GetValue(folder)?.FullName ?? Path.GetFullPath(wanted.Ref.Name);
            if (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any())
            {
                throw new CommandFailedException($"The folder {target} is not empty. Choose another with --to.");
            }

            Design fork;
            using (var progress = new TransferLine(console))
            {
                await client.Puller.PullAsync(verified.Design, target, progress, stop);
                foreach (var old in Directory.EnumerateFiles(target).Where(f => OkhFolder.IsManifest(Path.GetFileName(f))))
                {
                    File.Delete(old); // The fork's own manifest takes its place: the origin's would say another name, licence and version.
                }

                await File.WriteAllBytesAsync(Path.Combine(target, OkhWriter.FileName), OkhWriter.Write(wanted), stop);
                using var imported = await DesignImporter.ImportAsync(target, cancellationToken: stop);
                fork = await client.Publisher.PublishAsync(imported, progress, stop);
            }

            console.Emit(json =>
            {
                json.WriteString("name", fork.Ref.Name);
                json.WriteString("version", fork.Ref.Version);
                json.WriteString("manifestDigest", fork.Ref.Manifest.Value);
                json.WriteString("forkOf", verified.Design.Ref.Manifest.Value);
                json.WriteString("folder", target);
            });
            console.Say($"forked {verified.Design.Ref} as {me.Name}/{fork.Ref}: {fork.Ref.Manifest}");
            console.Say($"its files are in {target}: change them, then publish the next version from there");
            TrustText.SayObligations(console, fork);
            return CommandRunner.Succeeded;
        });
        return command;
    }

    private static Design ForkOf(VerifiedDesign verified, PublisherFolder me, string? name, string version, string? license)
    {
        var origin = verified.Design;
        var wanted = license is null ? origin.License : LicenseExpression.Parse(license).ToString();
        if (ForkCompatibility.FindObstacle(LicenseExpression.Parse(origin.License), LicenseExpression.Parse(wanted)) is { } obstacle)
        {
            throw new CommandFailedException($"{origin.Ref} can't be forked under {wanted}: {obstacle}");
        }

        return origin with
        {
            Ref = new DesignRef(name ?? origin.Ref.Name, version, default),
            License = wanted,
            Publisher = me.Current.Namespace,
            ForkOf = new ForkOrigin(verified.Publishers.Count > 0 ? verified.Publishers[0].Identity : null, origin.Ref),
            Attribution = origin.Licensor.Length == 0 || origin.Attribution.Contains(origin.Licensor) ? origin.Attribution : [.. origin.Attribution, origin.Licensor],
        };
    }
}
