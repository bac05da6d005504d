// `fabnet plan`: the planner without a network.

using System.CommandLine;

namespace FabNet.Plans;

internal static class PlanCommands
{
    public static Command Create() => new("plan",
        """
        Plans without a network, and measures the planner.

        Examples:
          fabnet plan sample > snapshot.json
          fabnet plan solve snapshot.json --time 1s
          fabnet plan bench upmsp instances/ --time 1s
        """)
    {
        SolveCommand.Create(),
        ExplainCommand.Create(),
        CompareCommand.Create(),
        SampleCommand.Create(),
        BenchCommand.Create(),
    };
}
