// `fabnet site export-okw` and `fabnet site import-okw`: a site's configuration and an Open Know-Where manifest, each from the other.

using System.CommandLine;
using System.Text.Json.Nodes;
using FabNet.CommandLine;
using FabNet.Edge.Configuration;
using FabNet.Edge.OpenKnowWhere;
using FabNet.Model.Yaml;

namespace FabNet.Sites;

internal static class OkwCommands
{
    private const string Kind = "an Open Know-Where manifest";

    public static Command CreateExport()
    {
        var config = new Option<FileInfo>("--config") { Description = "The site's configuration file (YAML).", Required = true };
        var to = new Argument<FileInfo>("FILE") { Description = "The manifest to write: JSON if its name ends in .json, else YAML. What is there is replaced." };
        var command = new Command("export-okw",
            """
            Writes a site and its machines as an Open Know-Where manifest, for maps and directories of workshops. What else the manifest that the configuration
            names (openKnowWhere:) says of the site is kept.

            Examples:
              fabnet site export-okw lab-lisbon.okw.yaml --config site.yaml
              fabnet site export-okw lab-lisbon.json --config site.yaml
            """)
        { to, config };
        command.SetAction(result =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            var (site, file) = (EdgeConfigReader.ReadFile(result.GetRequiredValue(config).FullName), result.GetRequiredValue(to));
            var manifest = OkwExport.Of(site);
            Write(file.FullName, manifest);
            console.Emit(json =>
            {
                json.WriteString("file", file.FullName);
                json.WriteString("site", site.Site.Value);
                json.WriteNumber("machines", site.Machines.Count);
            });
            console.Say($"{file} has {site.Title} with {site.Machines.Count} {(site.Machines.Count == 1 ? "machine" : "machines")}");
            return CommandRunner.Succeeded;
        });
        return command;
    }

    public static Command CreateImport()
    {
        var from = new Argument<FileInfo>("FILE") { Description = "The manifest: YAML or JSON." };
        var to = new Option<FileInfo>("--to") { Description = "The configuration file to write; one that is there is left as it is.", Required = true };
        var command = new Command("import-okw",
            """
            Drafts a site's configuration from an Open Know-Where manifest, as far as it goes, and says in order what is missing. Fields that FabNet does not know
            are kept in a manifest beside the draft, from which export-okw writes them again.

            Example:
              fabnet site import-okw lab.yaml --to site.yaml
            """)
        { from, to };
        command.SetAction(result =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            var (file, config) = (result.GetRequiredValue(from), result.GetRequiredValue(to));
            var kept = Path.ChangeExtension(config.FullName, ".okw.json");
            foreach (var path in (string[])[config.FullName, kept])
            {
                if (File.Exists(path))
                {
                    throw new UsageException($"{path} is there already. Name another file with --to, or move it away.");
                }
            }

            if (file.Length > YamlText.MaxLength * 4L)
            {
                throw new UsageException($"{file} has {file.Length} bytes, and is hardly {Kind}.");
            }

            var draft = OkwImport.Draft(YamlTree.Read(File.ReadAllText(file.FullName), file.Name, Kind), Path.GetFileName(kept));
            Write(kept, draft.Manifest);
            File.WriteAllText(config.FullName, draft.Yaml);
            console.Emit(json =>
            {
                json.WriteString("config", config.FullName);
                json.WriteString("manifest", kept);
                json.WriteStartArray("missing");
                draft.Missing.ToList().ForEach(json.WriteStringValue);
                json.WriteEndArray();
            });
            console.Say($"{config} is a draft of the site; {kept} keeps the manifest. Still to be done:");
            foreach (var missing in draft.Missing)
            {
                console.Say($"  {missing}");
            }

            return CommandRunner.Succeeded;
        });
        return command;
    }

    private static void Write(string path, JsonObject manifest) =>
        File.WriteAllText(path, path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? YamlTree.ToJson(manifest) : YamlTree.ToYaml(manifest));
}
