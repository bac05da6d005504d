// `fabnet plan bench`: published instances, solved in a given time and compared with the best values known.

using System.CommandLine;
using FabNet.CommandLine;
using FabNet.Planning.Beds;
using FabNet.Planning.Search;
using FabNet.Planning.Sequencing;

namespace FabNet.Plans;

internal static class BenchCommand
{
    // What an hour of set-up is worth to the plant beside an hour by which all is done later: its own sequences give about eight for one.
    private const double FactorySetUpWeight = 8;

    public static Command Create()
    {
        var set = new Argument<string>("SET") { Description = "What the instances are: upmsp, am or factory (docs/protocols.md says how each is written)." };
        set.AcceptOnlyFromAmong("upmsp", "am", "factory");
        var path = new Argument<string>("PATH") { Description = "An instance (.txt or .txt.gz), or a folder of them." };
        var budget = new SearchBudget();
        var command = new Command("bench",
            """
            Solves published instances and tells makespan, the gap to the best value known and to a lower bound. The best values are read
            from best_known.csv or reference_values.csv beside the instances, where there is one.

            Examples:
              fabnet plan bench upmsp upmsp/large --time 1s
              fabnet plan bench factory factory/instances --time 1s --json
            """)
        { set, path };
        budget.AddTo(command);
        command.SetAction(result =>
        {
            var options = budget.Of(result);
            var where = result.GetRequiredValue(path);
            var published = PublishedValues.Beside(where);
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            Func<string, Func<SearchOptions>, Solved> solve = result.GetRequiredValue(set) switch
            {
                "upmsp" => static (file, options) => Sequence(InstanceText.Read(file, UpmspInstance.Read), options()),
                "factory" => static (file, options) => Factory(InstanceText.Read(file, FactoryInstance.Read), options() with { SetUpWeight = FactorySetUpWeight }),
                _ => static (file, options) => Beds(InstanceText.Read(file, BedInstance.Read), options()),
            };
            var report = new BenchReport(console);
            foreach (var file in Files(where))
            {
                report.Add(file, published.Of(file), solve(file, options));
            }

            report.End();
            return CommandRunner.Succeeded;
        });
        return command;
    }

    private static Solved Sequence(SequencingProblem problem, SearchOptions options)
    {
        var found = SequencingSearch.Solve(problem, options);
        return new Solved(found.Makespan, problem.LowerBound(), SetUpHours: null);
    }

    private static Solved Factory(FactoryInstance plant, SearchOptions options)
    {
        var found = SequencingSearch.Solve(plant.Problem, options);
        const double Hour = FactoryInstance.UnitsPerHour;
        return new Solved(found.Makespan / Hour, plant.Problem.LowerBound() / Hour, (found.SetUpTime + plant.MaintenanceSetUp) / Hour);
    }

    private static Solved Beds(BedProblem problem, SearchOptions options) => new(BedSearch.Solve(problem, options).Makespan, problem.LowerBound(), SetUpHours: null);

    private static string[] Files(string path)
    {
        if (File.Exists(path))
        {
            return [path];
        }

        string[] files = Directory.Exists(path)
            ? [.. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Where(static f => f.EndsWith(".txt", StringComparison.Ordinal) || f.EndsWith(".txt.gz", StringComparison.Ordinal)).Where(static f => !f.Contains("_Sequence", StringComparison.Ordinal)).Order(StringComparer.Ordinal)]
            : throw new UsageException($"There is no file or folder {path}.");
        return files.Length > 0 ? files : throw new CommandFailedException($"{path} holds no instance (.txt or .txt.gz).");
    }
}
