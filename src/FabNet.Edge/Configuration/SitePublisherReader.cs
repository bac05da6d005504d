// Reads the `publisher:` section of a site's configuration, and looks whether its keys are there.

using FabNet.Model.Yaml;
using FabNet.Protocol.Statements;

namespace FabNet.Edge.Configuration;

internal static class SitePublisherReader
{
    /// <param name="section">The section; null where the file has none.</param>
    /// <param name="resolve">Makes a path absolute.</param>
    public static SitePublisherConfig? Read(YamlSection? section, Func<string, string> resolve)
    {
        if (section is null)
        {
            return null;
        }

        var publisher = new SitePublisherConfig
        {
            Name = section.RequiredText("name", "lab-lisbon"),
            Folder = section.Text("folder") is { } keys ? resolve(keys) : PublisherFolder.DefaultConfiguration,
            SharesRuns = section.Flag("shareRuns") ?? false,
        };
        try
        {
            _ = publisher.Name.Length == 0 ? null : PublisherFolder.Open(publisher.Folder, publisher.Name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            section.Refuse("name", e.Message);
        }

        section.RefuseUnknownKeys();
        return publisher;
    }
}
