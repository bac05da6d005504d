// `fabnet plan`: the planner without a network.

using System.CommandLine;
using FabNet.CommandLine;

namespace FabNet.Plans;

internal static class PlanCommands
{
    public static Command Create() => new("plan",
        """
        Plans without a network, and measures the planner.

        Examples:
          fabnet plan bench upmsp instances/ --time 1s
        """)
    {
        BenchCommand.Create(),
    };
}
