// `fabnet plan sample`: a synthetic network to try the planner on.

using System.CommandLine;
using FabNet.CommandLine;

namespace FabNet.Plans;

internal static class SampleCommand
{
    public static Command Create()
    {
        var sites = Count("--sites", 12, 5_000, "Workshops.");
        var machines = Count("--machines", 50, 100_000, "Machines, spread evenly.");
        var jobs = Count("--jobs", 500, 1_000_000, "Jobs, one order each.");
        var families = Count("--families", 40, 100, "Different set-ups.");
        var seed = new Option<int>("--seed") { Description = "What all of it follows from.", DefaultValueFactory = static _ => 1 };
        var command = new Command("sample",
            """
            Writes a synthetic network as a problem for fabnet plan solve: workshops with their prices and hours, machines, and jobs in a limited number of set-ups.
            The same numbers give the same network everywhere.

            Examples:
              fabnet plan sample > snapshot.json
              fabnet plan sample --jobs 100000 --machines 5000 --sites 500 --seed 7 > large.json
            """)
        { sites, machines, jobs, families, seed };
        command.SetAction(result =>
        {
            var network = new SyntheticNetwork(result.GetValue(sites), result.GetValue(machines), result.GetValue(jobs), result.GetValue(families), (ulong)result.GetValue(seed));
            Console.Out.WriteLine(ScheduleFormat.Write(network.Create()));
            return CommandRunner.Succeeded;
        });
        return command;
    }

    private static Option<int> Count(string name, int usual, int most, string what)
    {
        var option = new Option<int>(name) { Description = what, DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 || result.GetValueOrDefault<int>() > most)
            {
                result.AddError($"{name} is from 1 to {most}.");
            }
        });
        return option;
    }
}
