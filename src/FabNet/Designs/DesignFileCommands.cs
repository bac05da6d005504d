// `fabnet catalogue files`, `diff` and `export`: what a design is made of, here or in a catalogue.

using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using FabNet.Catalogue.Client;
using FabNet.Catalogue.Designs;
using FabNet.Catalogue.OpenKnowHow;
using FabNet.CommandLine;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Network;
using FabNet.Protocol;
using FabNet.Protocol.V1;
using Design = FabNet.Model.Designs.Design;

namespace FabNet.Designs;

internal static class DesignFileCommands
{
    public static Command CreateFiles()
    {
        var server = ServerOption.Create();
        var source = new Argument<string>("DESIGN") { Description = DesignSource.Description };
        var command = new Command("files",
            """
            Lists a design's files: what each is for, its size and its digest.

            Examples:
              fabnet catalogue files cable-clip
              fabnet catalogue files cable-clip@1.0.0 --json
              fabnet catalogue files ./cable-clip
            """)
        { source, server };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            var (design, imported) = await DesignSource.FindAsync(result, server, result.GetRequiredValue(source), stop);
            using (imported)
            {
                SayFiles(console, design);
                return CommandRunner.Succeeded;
            }
        });
        return command;
    }

    public static Command CreateDiff()
    {
        var server = ServerOption.Create();
        var left = new Argument<string>("A") { Description = DesignSource.Description };
        var right = new Argument<string>("B") { Description = "The one to compare it with, written likewise." };
        var command = new Command("diff",
            """
            Shows side by side what differs between two versions of a design: what they say, their files, and the size and volume of
            their parts.

            Examples:
              fabnet catalogue diff cable-clip@1.0.0 cable-clip@1.1.0
              fabnet catalogue diff cable-clip ./cable-clip       the newest version and a folder
              fabnet catalogue diff old.zip new.zip --json
            """)
        { left, right, server };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            var (a, importedA) = await DesignSource.FindAsync(result, server, result.GetRequiredValue(left), stop);
            using (importedA)
            {
                var (b, importedB) = await DesignSource.FindAsync(result, server, result.GetRequiredValue(right), stop);
                using (importedB)
                {
                    DiffText.Say(console, a, b, DesignDiff.Compare(a, b));
                    return CommandRunner.Succeeded;
                }
            }
        });
        return command;
    }

    public static Command CreateExport()
    {
        var server = ServerOption.Create();
        var source = new Argument<string[]>("DESIGN") { Description = DesignSource.Description, Arity = ArgumentArity.ZeroOrMore };
        var folder = new Option<DirectoryInfo?>("--to") { Description = "The folder. Default: a new one with the design's name." };
        var bundle = new Option<FileInfo?>("--bundle") { Description = "Write one file instead, with everything that is said about the designs, for another catalogue to import." };
        var scope = new ScopeOptions();
        var command = new Command("export",
            """
            Writes a design as a folder of Open Know-How 2.x: its files, and an okh.toml that says all that its manifest says. Imported
            again, it gives the same manifest. A folder with an okh.yml (v1) becomes one of 2.x.

            With --bundle, designs or a part of the catalogue (all of it, if nothing is named) go into one file, as on a USB stick, with
            every signature and verdict: 'fabnet catalogue import' takes it.

            Examples:
              fabnet catalogue export cable-clip
              fabnet catalogue export cable-clip@1.0.0 --to /tmp/clip
              fabnet catalogue export ./old-design --to ./new-design
              fabnet catalogue export --bundle commons.bundle
              fabnet catalogue export cable-clip wall-hook --bundle two.bundle
              fabnet catalogue export --collection carol/safe-tools --bundle safe.bundle
            """)
        { source, folder, bundle, server };
        scope.AddTo(command);
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            var (sources, part) = (result.GetValue(source) ?? [], scope.Scope(result));
            if (result.GetValue(bundle) is { } file)
            {
                return await BundleCommands.ExportAsync(console, result.AddressOf(server), file.FullName, sources, part, stop);
            }

            var text = sources is [var only] && part.Equals(new FollowScope()) ? only
                : throw new UsageException("Name one design to write as a folder, or a file for several with --bundle FILE.");
            var (design, imported) = await DesignSource.FindAsync(result, server, text, stop);
            using (imported)
            {
                var target = result.GetValue(folder)?.FullName ?? Path.GetFullPath(design.Ref.Name);
                if (imported is not null)
                {
                    await OkhFolder.ExportAsync(imported, target, stop);
                }
                else
                {
                    using var client = CatalogueClient.Connect(result.AddressOf(server));
                    using var progress = new TransferLine(console);
                    await client.Puller.PullAsync(design, target, progress, stop);
                }

                console.Emit(json =>
                {
                    json.WriteString("manifestDigest", design.Ref.Manifest.Value);
                    json.WriteString("folder", target);
                });
                console.Say($"exported {design.Ref} to {target}");
                return CommandRunner.Succeeded;
            }
        });
        return command;
    }

    private static void SayFiles(CommandConsole console, Design design)
    {
        var table = new TextTable("FILE", "KIND", "PART", "BYTES", "SHA-256");
        List<(string? Part, Artefact File)> files = [.. design.Parts.SelectMany(p => p.Artefacts.Select(a => ((string?)p.Name, a))), .. design.Files.Select(f => ((string?)null, f))];
        foreach (var (part, file) in files)
        {
            table.Add(file.Path, file.Kind.ToString().ToLowerInvariant(), part ?? "", file.Size.ToString(CultureInfo.InvariantCulture), file.Digest.Short);
        }

        console.Say(table);
        console.Say($"{files.DistinctBy(f => f.File.Path).Count()} files, {design.Blobs().Sum(b => b.Size)} bytes");
        console.Emit(json =>
        {
            json.WriteString("name", design.Ref.Name);
            json.WriteString("version", design.Ref.Version);
            json.WriteStartArray("files");
            foreach (var (part, file) in files)
            {
                json.WriteStartObject();
                json.WriteString("path", file.Path);
                json.WriteString("kind", file.Kind.ToString().ToLowerInvariant());
                json.WriteString("part", part);
                json.WriteString("mediaType", file.MediaType);
                json.WriteNumber("size", file.Size);
                json.WriteString("digest", file.Digest.Value);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }
}
