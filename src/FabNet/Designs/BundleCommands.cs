// `fabnet catalogue export --bundle` and `import`: a part of a catalogue on a USB stick.

using System.CommandLine;
using System.Globalization;
using FabNet.Catalogue.Bundles;
using FabNet.Catalogue.Client;
using FabNet.CommandLine;
using FabNet.Network;
using FabNet.Protocol.V1;

namespace FabNet.Designs;

internal static class BundleCommands
{
    /// <summary>Writes a bundle of designs, or of a part of the catalogue.</summary>
    public static async Task<int> ExportAsync(CommandConsole console, Uri address, string path, IReadOnlyList<string> designs, FollowScope scope, CancellationToken stop)
    {
        using var client = CatalogueClient.Connect(address);
        if (designs.Count > 0)
        {
            scope = scope.PartCase is FollowScope.PartOneofCase.None ? await ScopeOptions.DesignsAsync(client, designs, stop)
                : throw new UsageException("Name designs, or a publisher, a collection or a query; not both at once.");
        }

        var line = new StatusLine(console);
        var contents = await client.Bundles.ExportAsync(path, scope, c => line.Draw($"{c.Designs} designs, {c.Blobs} files, {Megabytes(c.Bytes)}"), stop);
        line.Erase();
        console.Emit(json =>
        {
            json.WriteString("bundle", path);
            json.WriteNumber("statements", contents.Statements);
            json.WriteNumber("designs", contents.Designs);
            json.WriteNumber("files", contents.Blobs);
            json.WriteNumber("bytes", contents.Bytes);
            json.WriteStartArray("leftOut");
            foreach (var reason in contents.LeftOut)
            {
                json.WriteStringValue(reason);
            }

            json.WriteEndArray();
        });
        foreach (var reason in contents.LeftOut)
        {
            console.Say($"left out: {reason}");
        }

        console.Say($"exported {contents.Statements} statements, {contents.Designs} designs among them, and {contents.Blobs} files ({Megabytes(contents.Bytes)}) to {path}");
        return CommandRunner.Succeeded;
    }

    public static Command CreateImport()
    {
        var server = ServerOption.Create();
        var path = new Argument<FileInfo>("FILE") { Description = "A bundle, from 'fabnet catalogue export --bundle'." };
        var command = new Command("import",
            """
            Imports a bundle with the checks that a statement from another catalogue meets: digests, signatures, and who may say what.
            What is there already is passed over; an import that was cut is repeated.

            Example:
              fabnet catalogue import /media/stick/commons.bundle
            """)
        { path, server };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            var file = result.GetRequiredValue(path);
            using var client = CatalogueClient.Connect(result.AddressOf(server));
            await using var archive = new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.Asynchronous | FileOptions.SequentialScan);
            var line = new StatusLine(console);
            BundleImport import;
            try
            {
                import = await client.Bundles.ImportAsync(archive, i => line.Draw($"{StatusLine.Bar((double)archive.Position / Math.Max(archive.Length, 1))}  {i.Statements} statements, {i.Blobs} files"), stop);
            }
            finally
            {
                line.Erase();
            }

            console.Emit(json =>
            {
                json.WriteNumber("statements", import.Statements);
                json.WriteNumber("known", import.Known);
                json.WriteNumber("files", import.Blobs);
                json.WriteNumber("refused", import.RefusedCount);
                json.WriteStartArray("reasons");
                foreach (var reason in import.Refused)
                {
                    json.WriteStringValue(reason);
                }

                json.WriteEndArray();
            });
            foreach (var reason in import.Refused)
            {
                console.Say($"refused: {reason}");
            }

            console.Say($"imported {import.Statements} statements and {import.Blobs} files from {file.FullName}; {import.Known} statements were there");
            return import.RefusedCount == 0 ? CommandRunner.Succeeded
                : throw new CommandFailedException($"{import.RefusedCount} statements of {file.FullName} were refused; all else is imported.");
        });
        return command;
    }

    private static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB");
}
