// `fabnet agent`: a site's edge agent as a process of its own.

using System.CommandLine;
using FabNet.CommandLine;
using FabNet.Edge;
using FabNet.Edge.Configuration;

namespace FabNet.Roles;

internal static class AgentCommand
{
    public static Command Create()
    {
        var config = new Option<FileInfo>("--config") { Description = "The site's configuration file (YAML).", Required = true };
        var urls = ServingOptions.Urls("http://127.0.0.1:7310");
        var command = new Command("agent",
            """
            Runs a site's edge agent until Ctrl-C: it drives the machines of its configuration file. Running programs are
            stopped safely then, and reported.

            Example:
              fabnet agent --config /etc/fabnet/site.yaml
            """)
        { config, urls };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            var site = EdgeConfigReader.ReadFile(result.GetRequiredValue(config).FullName);
            var address = result.GetRequiredValue(urls);
            await using var app = ServerHost.Build(address, services => services.AddEdge([site]), endpoints => endpoints.MapSiteConsole());
            return await app.ServeAsync(address, console, $"agent of {site.Site}, console at {address}, data in {site.DataFolder}", stop);
        });
        return command;
    }
}
