// `fabnet coordinator serve`: a coordinator as a process of its own.

using System.CommandLine;
using FabNet.CommandLine;
using FabNet.Coordinator;
using FabNet.Coordinator.Federation;
using FabNet.Network;

namespace FabNet.Roles;

internal static class CoordinatorCommands
{
    public static Command Create() => new("coordinator",
        """
        Serves a coordinator.

        Examples:
          fabnet coordinator serve --data /var/lib/fabnet
        """) { CreateServe() };

    private static Command CreateServe()
    {
        var data = ServingOptions.Data();
        var urls = ServingOptions.Urls(ServerOption.DefaultAddress);
        var catalogue = new Option<string>("--catalogue") { Description = "The catalogue's address.", DefaultValueFactory = _ => ServerOption.DefaultCatalogueAddress };
        var leaseSeconds = new Option<int>("--lease-seconds") { Description = "How long a lease lasts when its site is silent, 10 to 86400.", DefaultValueFactory = _ => 60 };
        var store = ServingOptions.Store();
        var community = new Option<string>("--community") { Description = "What this community is called by others: lower-case letters, digits and dashes.", DefaultValueFactory = _ => CoordinatorOptions.DefaultCommunity };
        var follow = new Option<string[]>("--follow") { Description = "Another community that idle machines help, as NAME=ADDRESS. May be said several times; needs --community. What 'fabnet communities follow' and 'unfollow' say holds over it." };
        var command = new Command("serve",
            """
            Serves a coordinator until Ctrl-C.

            Examples:
              fabnet coordinator serve --catalogue http://127.0.0.1:7301 --data /var/lib/fabnet
              fabnet coordinator serve --community porto --follow lisbon=http://127.0.0.1:7310
            """)
        { data, urls, store, catalogue, leaseSeconds, community, follow };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            var address = result.GetRequiredValue(urls);
            var options = new CoordinatorOptions
            {
                DataFolder = Path.Combine(Path.GetFullPath(result.GetRequiredValue(data)), "coordinator"),
                Store = ServingOptions.Parse(result.GetValue(store)),
                CatalogueAddress = result.AddressOf(catalogue),
                LeaseTtl = result.GetValue(leaseSeconds) is >= 10 and <= 86400 and var seconds
                    ? TimeSpan.FromSeconds(seconds)
                    : throw new UsageException("--lease-seconds must be from 10 to 86400."),
                Community = result.GetRequiredValue(community),
                Follows = [.. (result.GetValue(follow) ?? []).Select(FollowedOf)],
            };
            RequireNames(options);
            await using var app = ServerHost.Build(address, services => services.AddCoordinator(options), endpoints => endpoints.MapCoordinator());
            return await app.ServeAsync(address, console, $"coordinator at {address}, data in {options.DataFolder}", stop);
        });
        return command;
    }

    private static FollowedCommunity FollowedOf(string text)
    {
        var (name, address) = CommunityCommands.NamedAddress(text, "--follow");
        return new FollowedCommunity(name, address);
    }

    private static void RequireNames(CoordinatorOptions options)
    {
        try
        {
            options.RequireCommunities();
        }
        catch (ArgumentException e)
        {
            throw new UsageException(e.Message);
        }
    }
}
