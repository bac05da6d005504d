// `fabnet site`: what a site's people ask of their own agent.

using System.CommandLine;
using FabNet.CommandLine;
using FabNet.Model.Machines;
using FabNet.Network;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Sites;

internal static class SiteCommands
{
    public static Command Create() => new("site",
        """
        For the people of a site: machines, offers, clearing, loading, reserving, holding, stopping, and going on after a power cut.

        Examples:
          fabnet site machines
          fabnet site clear lab-lisbon/mk3
        """)
    {
        CreateMachines(),
        CreateOffers(),
        CreateClaim(),
        CreateDecline(),
        CreateClear(),
        CreateLoad(),
        CreateForMachine("pause", "Holds a machine's program.", (client, request, stop) => client.PauseAsync(request, cancellationToken: stop)),
        CreateForMachine("resume", "Lets a held program go on.", (client, request, stop) => client.ResumeAsync(request, cancellationToken: stop)),
        CreateForMachine("stop", "Emergency stop: ahead of everything. The machine may need a reset afterwards.", (client, request, stop) => client.EmergencyStopAsync(request, cancellationToken: stop)),
        CreateMaintenance(),
        ReservationCommands.CreateReserve(),
        ReservationCommands.CreateList(),
        ReservationCommands.CreateCancel(),
        CreateOperate(),
        RecoveryCommands.CreateRecover(),
        RecoveryCommands.CreateGiveUp(),
        OkwCommands.CreateExport(),
        OkwCommands.CreateImport(),
    };

    private static Command CreateClear()
    {
        var machine = new Argument<string>("MACHINE") { Description = "The machine, such as lab-north/mk3-left." };
        var scrap = new Option<int>("--scrap") { Description = "How many of the pieces are no good: their jobs are planned again." };
        var job = new Option<string>("--job") { Description = "Of which job those pieces are, where different parts were on one bed.", DefaultValueFactory = _ => "" };
        var reason = new Option<string>("--reason") { Description = "What is wrong with them.", DefaultValueFactory = _ => "" };
        var server = ServerOption.Create();
        var command = new Command("clear",
            """
            Says that the part is off a machine, so that the next job may start.

            Examples:
              fabnet site clear lab-lisbon/mk3
              fabnet site clear lab-lisbon/mk3 --scrap 1 --reason "layers shifted"
              fabnet site clear lab-lisbon/mk3 --scrap 1 --job o-7.2
            """)
        { machine, scrap, job, reason, server };
        command.SetAction((result, stop) => AskAsync(result, server, (client, s) => client.ClearMachineAsync(
            new Wire.ClearMachineRequest
            {
                Machine = result.GetRequiredValue(machine), Scrapped = result.GetValue(scrap), JobId = result.GetRequiredValue(job), Reason = result.GetRequiredValue(reason),
            },
            cancellationToken: s), stop));
        return command;
    }

    private static Command CreateMachines()
    {
        var server = ServerOption.Create();
        var command = new Command("machines",
            """
            Shows the site's machines.

            Example:
              fabnet site machines --server http://127.0.0.1:7310
            """)
        { server };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            using var channel = result.Connect(server);
            var reply = await new Wire.SiteConsole.SiteConsoleClient(channel).ListMachinesAsync(new Wire.ListMachinesRequest(), cancellationToken: stop);
            console.Emit(reply);
            console.Say(NetworkTables.Machines(reply.Machines));
            return CommandRunner.Succeeded;
        });
        return command;
    }

    private static Command CreateOffers()
    {
        var server = ServerOption.Create();
        var command = new Command("offers",
            """
            Shows the offers that wait for the operator, with what each shares and costs.

            Example:
              fabnet site offers
            """)
        { server };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            using var channel = result.Connect(server);
            var reply = await new Wire.SiteConsole.SiteConsoleClient(channel).ListOffersAsync(new Wire.ListOffersRequest(), cancellationToken: stop);
            console.Emit(reply);
            var table = new TextTable("JOB", "MACHINE", "DESIGN", "PART", "WHY");
            foreach (var offer in reply.Offers)
            {
                table.Add(offer.Job.Id, offer.Machine, $"{offer.Job.Design.Name}@{offer.Job.Design.Version}", offer.Job.Part, offer.Why);
            }

            console.Say(table);
            return CommandRunner.Succeeded;
        });
        return command;
    }

    private static Command CreateClaim()
    {
        var job = new Argument<string>("JOB") { Description = "An offered job, or one that is open on the board, such as o-7.2." };
        var machine = new Option<string>("--machine") { Description = "The machine that will make it, such as lab-north/mk3-left.", Required = true };
        var by = ByOption();
        var server = ServerOption.Create();
        var command = new Command("claim",
            """
            Takes a job for one of the site's machines.

            Example:
              fabnet site claim o-7.2 --machine lab-north/mk3-left
            """)
        { job, machine, by, server };
        command.SetAction((result, stop) => AskAsync(result, server, (client, s) => client.ClaimAsync(
            new Wire.OperatorClaim { JobId = result.GetRequiredValue(job), Machine = result.GetRequiredValue(machine), By = result.GetRequiredValue(by) }, cancellationToken: s), stop));
        return command;
    }

    private static Command CreateDecline()
    {
        var job = new Argument<string>("JOB") { Description = "An offered job, such as o-7.2." };
        var reason = new Option<string?>("--reason") { Description = "Why; a decline needs none." };
        var server = ServerOption.Create();
        var command = new Command("decline",
            """
            Declines an offer.

            Example:
              fabnet site decline o-7.2
            """)
        { job, reason, server };
        command.SetAction((result, stop) =>
        {
            var request = new Wire.OperatorDecline { JobId = result.GetRequiredValue(job) };
            if (result.GetValue(reason) is { } why)
            {
                request.Reason = why;
            }

            return AskAsync(result, server, (client, s) => client.DeclineAsync(request, cancellationToken: s), stop);
        });
        return command;
    }

    private static Command CreateLoad()
    {
        var machine = MachineArgument();
        var material = new Argument<string>("MATERIAL") { Description = "Such as PLA." };
        var color = new Argument<string?>("COLOR") { Description = "Such as black.", Arity = ArgumentArity.ZeroOrOne };
        var server = ServerOption.Create();
        var command = new Command("load",
            """
            Says which material is loaded on a machine now.

            Example:
              fabnet site load lab-north/mk3-left PETG white
            """)
        { machine, material, color, server };
        command.SetAction((result, stop) =>
        {
            var loaded = new Wire.LoadedMaterial { Material = result.GetRequiredValue(material).ToUpperInvariant() };
            if (result.GetValue(color) is { } name)
            {
                loaded.Color = name.ToLowerInvariant();
            }

            var request = new Wire.LoadMaterialRequest { Machine = result.GetRequiredValue(machine), Loaded = loaded };
            return AskAsync(result, server, (client, s) => client.LoadMaterialAsync(request, cancellationToken: s), stop);
        });
        return command;
    }

    private static Command CreateMaintenance()
    {
        var machine = MachineArgument();
        var done = new Option<bool>("--done") { Description = "Take it back into service." };
        var reason = new Option<string>("--reason") { Description = "Why it is out of service.", DefaultValueFactory = _ => "maintenance" };
        var server = ServerOption.Create();
        var command = new Command("maintenance",
            """
            Takes a machine out of service, or back into it.

            Examples:
              fabnet site maintenance lab-north/mk3-left --reason "new nozzle"
              fabnet site maintenance lab-north/mk3-left --done
            """)
        { machine, done, reason, server };
        command.SetAction((result, stop) => AskAsync(result, server, (client, s) => client.SetMaintenanceAsync(
            new Wire.SetMaintenanceRequest { Machine = result.GetRequiredValue(machine), InMaintenance = !result.GetValue(done), Reason = result.GetRequiredValue(reason) }, cancellationToken: s), stop));
        return command;
    }

    private static Command CreateOperate()
    {
        var machine = MachineArgument();
        var operation = new Argument<string[]>("OPERATION") { Description = ManualOperation.Grammar + ".", Arity = ArgumentArity.OneOrMore };
        var by = ByOption();
        var server = ServerOption.Create();
        var command = new Command("operate",
            """
            Jogs, homes, probes or zeroes a machine that is out of service or reserved now, or changes the speed of one that runs.

            Examples:
              fabnet site operate lab-north/router home
              fabnet site operate lab-north/router jog X10 Y-5 F1000
              fabnet site operate lab-north/mk3-left feed 80
            """)
        { machine, operation, by, server };
        command.SetAction((result, stop) => AskAsync(result, server, (client, s) => client.OperateAsync(
            new Wire.OperateRequest { Machine = result.GetRequiredValue(machine), Operation = string.Join(' ', result.GetRequiredValue(operation)), By = result.GetRequiredValue(by) }, cancellationToken: s), stop));
        return command;
    }

    private static Command CreateForMachine(
        string name, string description, Func<Wire.SiteConsole.SiteConsoleClient, Wire.MachineRequest, CancellationToken, Grpc.Core.AsyncUnaryCall<Wire.OperatorReply>> ask)
    {
        var machine = MachineArgument();
        var server = ServerOption.Create();
        var command = new Command(name, $"{description}\n\nExample:\n  fabnet site {name} lab-north/mk3-left") { machine, server };
        command.SetAction((result, stop) => AskAsync(result, server, (client, s) => ask(client, new Wire.MachineRequest { Machine = result.GetRequiredValue(machine) }, s), stop));
        return command;
    }

    private static Option<string> ByOption() => new("--by") { Description = "Who you are; needed where the machine asks for a training.", DefaultValueFactory = _ => Environment.UserName };

    /// <summary>The machine that a command is about.</summary>
    public static Argument<string> MachineArgument() => new("MACHINE") { Description = "A machine as site/name, such as lab-north/mk3-left." };

    /// <summary>Asks the agent, and tells its one sentence.</summary>
    public static async Task<int> AskAsync(
        ParseResult result, Option<string> server, Func<Wire.SiteConsole.SiteConsoleClient, CancellationToken, Grpc.Core.AsyncUnaryCall<Wire.OperatorReply>> ask, CancellationToken stop)
    {
        var console = new CommandConsole(result.GetValue(CommandRunner.Json));
        using var channel = result.Connect(server);
        var reply = await ask(new Wire.SiteConsole.SiteConsoleClient(channel), stop);
        console.Emit(reply);
        console.Say(reply.Message);
        return CommandRunner.Succeeded;
    }
}
