// A design as a command names it: in the catalogue, in a folder, or in an archive.

using System.CommandLine;
using FabNet.Catalogue.Client;
using FabNet.Catalogue.Designs;
using FabNet.Model.Designs;
using FabNet.Network;
using FabNet.Protocol.Statements;

namespace FabNet.Designs;

/// <summary>Finds a design by what a person typed.</summary>
internal static class DesignSource
{
    public const string Description = "A design's name, name@version or publisher/name@version in the catalogue, or the path of a folder or an archive; write ./name for a folder beside you.";

    /// <summary>True if the text is the path of something on this machine: an archive, or a folder that is written as a path.</summary>
    public static bool IsPath(string text) =>
        File.Exists(text) || text is "." or ".." || ((text.Contains('/', StringComparison.Ordinal) || text.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal))
            && (Directory.Exists(text) || text[0] is '.' or '/' or '~'));

    /// <summary>The design; where it is a path, with its files and findings, to be disposed.</summary>
    public static async Task<(Design Design, ImportedDesign? Imported)> FindAsync(ParseResult result, Option<string> server, string text, CancellationToken stop)
    {
        if (IsPath(text))
        {
            var imported = await DesignImporter.ImportAsync(text, cancellationToken: stop);
            return (imported.Design, imported);
        }

        using var client = CatalogueClient.Connect(result.AddressOf(server));
        return (await FindAsync(client, text, stop), null);
    }

    /// <summary>A design of a catalogue, by name, name@version, or publisher/name@version; its digests and signatures verified.</summary>
    public static async Task<Design> FindAsync(CatalogueClient client, string name, CancellationToken stop) => (await client.GetVerifiedAsync(DesignName.Parse(name), stop)).Design;
}
