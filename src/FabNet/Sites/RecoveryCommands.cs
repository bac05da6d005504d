// `fabnet site recover` and `fabnet site give-up`: what becomes of a job that was interrupted.

using System.CommandLine;
using FabNet.CommandLine;
using FabNet.Network;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Sites;

internal static class RecoveryCommands
{
    public static Command CreateRecover()
    {
        var machine = SiteCommands.MachineArgument();
        var fromLine = new Option<int?>("--from-line") { Description = "The first line to execute, from 1; default: the one after the last that was surely executed." };
        var yes = new Option<bool>("--yes") { Description = "You have looked at the machine, and what is shown first holds." };
        var server = ServerOption.Create();
        var command = new Command("recover",
            """
            Goes on with the job that was interrupted on a machine, once you have confirmed what it shows.

            Examples:
              fabnet site recover lab-north/mk3-left
              fabnet site recover lab-north/router --from-line 1200 --yes
            """)
        { machine, fromLine, yes, server };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            using var channel = result.Connect(server);
            var client = new Wire.SiteConsole.SiteConsoleClient(channel);
            var request = new Wire.RecoverRequest { Machine = result.GetRequiredValue(machine) };
            if (result.GetValue(fromLine) is { } line)
            {
                request.FromLine = line;
            }

            var plan = await client.RecoverAsync(request, cancellationToken: stop);
            Say(console, plan);
            if (!result.GetValue(yes) && !console.Confirms(plan.Precondition))
            {
                console.Emit(plan);
                return console.Fail($"{plan.Precondition} Nothing was sent. See to it, then confirm, or add --yes.", CommandRunner.Failed);
            }

            // The very line that was shown, whatever has happened since.
            request.FromLine = plan.FromLine;
            request.Confirm = plan.Key;
            var reply = await client.RecoverAsync(request, cancellationToken: stop);
            console.Emit(reply);
            console.Say(reply.Message);
            return CommandRunner.Succeeded;
        });
        return command;
    }

    public static Command CreateGiveUp()
    {
        var machine = SiteCommands.MachineArgument();
        var reason = new Option<string>("--reason") { Description = "Why, for those who see it.", DefaultValueFactory = _ => "" };
        var server = ServerOption.Create();
        var command = new Command("give-up",
            """
            Lets the job that was interrupted on a machine fail, so that it is made again from the start.

            Example:
              fabnet site give-up lab-north/mk3-left --reason "the part came off the bed"
            """)
        { machine, reason, server };
        command.SetAction((result, stop) => SiteCommands.AskAsync(result, server, (client, s) => client.GiveUpAsync(
            new Wire.GiveUpRequest { Machine = result.GetRequiredValue(machine), Reason = result.GetRequiredValue(reason) }, cancellationToken: s), stop));
        return command;
    }

    private static void Say(CommandConsole console, Wire.RecoverReply plan)
    {
        console.Say(plan.Message);
        console.Say($"The last line surely executed is {plan.LastLine}. Heaters and spindle are turned off, then it sends:");
        foreach (var line in plan.Preamble)
        {
            console.Say("  " + line);
        }

        console.Say($"and the rest of the program, from line {plan.FromLine} on.");
    }
}
