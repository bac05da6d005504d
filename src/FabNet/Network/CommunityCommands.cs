// `fabnet communities`: which communities are followed, what is made for them, and whose guests are here.

using System.CommandLine;
using System.Globalization;
using FabNet.CommandLine;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Network;

internal static class CommunityCommands
{
    public static Command Create()
    {
        var server = ServerOption.Create();
        var command = new Command("communities",
            """
            Shows the communities that a coordinator follows: whether they are reached, which of its sites are their guests, and what these make for them; and whose guests are here.

            Examples:
              fabnet communities
              fabnet communities --json | jq '.followed[] | select(.reachable | not)'
              fabnet communities follow lisbon=http://127.0.0.1:7310
              fabnet communities claim lisbon/o-7.2 --machine north/mk3
            """)
        { server, CreateFollow(), CreateUnfollow(), CreateClaim() };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            using var channel = result.Connect(server);
            var reply = await new Wire.Coordination.CoordinationClient(channel).ListCommunitiesAsync(new Wire.ListCommunitiesRequest(), cancellationToken: stop);
            console.Emit(reply);
            Say(console, reply);
            return CommandRunner.Succeeded;
        });
        return command;
    }

    /// <summary>That a community is not reached, and why.</summary>
    public static string Away(Wire.CommunityStatus community) => $"{community.Name} ({community.Address}) is not reached{(community.Since is null ? " yet" : $" since {BoardText.At(community.Since)}")}{(community.HasFault ? $": {community.Fault}" : "")}";

    private static void Say(CommandConsole console, Wire.ListCommunitiesReply reply)
    {
        console.Say($"this community is called {reply.Community}");
        foreach (var followed in reply.Followed)
        {
            console.Say(followed.Leaving ? $"\nfollows {followed.Name} ({followed.Address}) no longer; what its guests have from it is finished and told" : followed.Reachable ? $"\nfollows {followed.Name} ({followed.Address}), reached since {BoardText.At(followed.Since)}" : $"\nfollows {Away(followed)}");
            var table = new TextTable("SITE", "THERE", "STATE", "MAKES");
            foreach (var site in followed.Sites)
            {
                table.Add(
                    site.Site, site.As, site.Connected ? "connected" : $"away{(site.HasFault ? $": {site.Fault}" : "")}",
                    site.Jobs.Count == 0 ? "-" : string.Join(", ", site.Jobs.Take(5).Select(static j => $"{j.JobId} as {j.Here} ({j.State.Word()})")) + (site.Jobs.Count > 5 ? $" and {site.Jobs.Count - 5} more" : ""));
            }

            if (followed.Sites.Count > 0)
            {
                console.Say(table);
            }
        }

        if (reply.Followed.Count == 0)
        {
            console.Say("It follows no other. Begin with: fabnet communities follow NAME=ADDRESS");
        }

        if (reply.Guests.Count > 0)
        {
            console.Say("\nGUESTS here");
            var table = new TextTable("SITE", "OF", "MACHINES", "STATE", "TITLE");
            foreach (var guest in reply.Guests)
            {
                table.Add(guest.Site, guest.Community, guest.Machines.ToString(CultureInfo.InvariantCulture), guest.Online ? "online" : "offline", guest.Title);
            }

            console.Say(table);
        }
    }

    private static Command CreateFollow()
    {
        var community = new Argument<string>("NAME=ADDRESS") { Description = "What it is called here, and its coordinator's address, such as lisbon=http://127.0.0.1:7310." };
        var server = ServerOption.Create();
        var command = new Command("follow",
            """
            Follows a community from now on, also after a restart: idle machines help it. Said again with another address, it is followed there. It holds over the coordinator's --follow.

            Example:
              fabnet communities follow lisbon=http://127.0.0.1:7310
            """)
        { community, server };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            var (name, address) = NamedAddress(result.GetRequiredValue(community), "follow");
            using var channel = result.Connect(server);
            var reply = await new Wire.Coordination.CoordinationClient(channel).FollowCommunityAsync(new Wire.FollowCommunityRequest { Name = name, Address = address.ToString() }, cancellationToken: stop);
            console.Emit(reply);
            console.Say($"{reply.Name} ({reply.Address}) is followed. See how it goes: fabnet communities");
            return CommandRunner.Succeeded;
        });
        return command;
    }

    private static Command CreateUnfollow()
    {
        var community = new Argument<string>("NAME") { Description = "A followed community." };
        var server = ServerOption.Create();
        var command = new Command("unfollow",
            """
            Follows a community no longer, also after a restart: nothing new is made for it. What is under way is finished and told; what it pays later is read when it is followed again.

            Example:
              fabnet communities unfollow lisbon
            """)
        { community, server };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            var name = result.GetRequiredValue(community);
            using var channel = result.Connect(server);
            var reply = await new Wire.Coordination.CoordinationClient(channel).UnfollowCommunityAsync(new Wire.UnfollowCommunityRequest { Name = name }, cancellationToken: stop);
            console.Emit(reply);
            console.Say($"{name} is not followed any more.{reply.Jobs switch { 0 => "", 1 => " A job for it is still finished.", var jobs => $" {jobs} jobs for it are still finished." }}");
            return CommandRunner.Succeeded;
        });
        return command;
    }

    /// <summary>A community and its coordinator's address, as a person writes them.</summary>
    /// <exception cref="UsageException">They are not of the form NAME=ADDRESS.</exception>
    public static (string Name, Uri Address) NamedAddress(string text, string word) => text.Split('=', 2) is [var name, var address]
        ? (name, ServerOption.Parse(address))
        : throw new UsageException($"{word}: '{text}' names no community. Write it as NAME=ADDRESS, such as lisbon=http://127.0.0.1:7310.");

    private static Command CreateClaim()
    {
        var job = new Argument<string>("COMMUNITY/JOB") { Description = "A job that is open in a followed community, such as lisbon/o-7.2: fabnet board lists them." };
        var machine = new Option<string>("--machine") { Description = "The machine that is to make it, such as north/mk3.", Required = true };
        var server = ServerOption.Create();
        var command = new Command("claim",
            """
            Takes a job that is open in another community, for a machine of this one. The machine's site is then offered it, as any job.

            Example:
              fabnet communities claim lisbon/o-7.2 --machine north/mk3
            """)
        { job, machine, server };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            if (result.GetRequiredValue(job).Split('/') is not [var community, var id])
            {
                throw new UsageException($"'{result.GetRequiredValue(job)}' is no job of another community. Write it as lisbon/o-7.2.");
            }

            using var channel = result.Connect(server);
            var reply = await new Wire.Coordination.CoordinationClient(channel).ClaimElsewhereAsync(
                new Wire.ClaimElsewhereRequest { Community = community, JobId = id, Machine = result.GetRequiredValue(machine) }, cancellationToken: stop);
            console.Emit(reply);
            console.Say($"{community} leased {id}; it is made here as {reply.JobId}: fabnet job show {reply.JobId}");
            return CommandRunner.Succeeded;
        });
        return command;
    }
}
