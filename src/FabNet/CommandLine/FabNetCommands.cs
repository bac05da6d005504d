// The tree of commands.

using System.CommandLine;

namespace FabNet.CommandLine;

internal static class FabNetCommands
{
    public static RootCommand CreateRoot() => new(
        """
        FabNet: a controller for networks of fablabs. Open designs come in, parts come out.

        Examples:
          fabnet up                                    a whole network here, with simulated machines
          fabnet order cable-clip --quantity 3 --wait  order a design and watch it being made
          fabnet machine send part.gcode --port /dev/ttyUSB0
                                                       run a program on a machine, with nothing else
        """)
    {
        CommandRunner.Json,
        Up.UpCommand.Create(),
        Network.QuoteCommand.Create(),
        Network.OrderCommand.Create(),
        Network.AcceptCommand.Create(),
        Network.DeliveryCommands.Create(),
        Network.StatusCommand.Create(),
        Network.WatchCommand.Create(),
        Network.BoardCommand.Create(),
        Network.CommunityCommands.Create(),
        Network.StatsCommand.Create(),
        Network.JobCommands.Create(),
        Designs.CatalogueCommands.Create(),
        Designs.KeyCommands.Create(),
        Sites.SiteCommands.Create(),
        Machines.MachineCommands.Create(),
        Programs.GCodeCommands.Create(),
        Plans.PlanCommands.Create(),
        Ledger.LedgerCommands.Create(),
        Roles.AgentCommand.Create(),
        Roles.CoordinatorCommands.Create(),
    };
}
