// `fabnet plan bench`: published instances, solved in a given time and compared with the best values known.

using System.CommandLine;
using FabNet.CommandLine;
using FabNet.Planning.Beds;
using FabNet.Planning.Search;
using FabNet.Planning.Sequencing;

namespace FabNet.Plans;

internal static class BenchCommand
{
    // Where a plant's own plan is not known: part of the time goes into the soonest makespan, and set-ups are then made few within so much more, or within none where one job decides when all is done.
    private const double SoonestShare = 0.3;
    private const double FactorySlack = 1.05;
    private const double DecidedByOneJob = 1.005;

    public static Command Create()
    {
        var set = new Argument<string>("SET") { Description = "What the instances are: upmsp, am or factory (docs/protocols.md says how each is written)." };
        set.AcceptOnlyFromAmong("upmsp", "am", "factory");
        var path = new Argument<string>("PATH") { Description = "An instance (.txt or .txt.gz), or a folder of them." };
        var budget = new SearchBudget();
        var command = new Command("bench",
            """
            Solves published instances and tells makespan, the gap to the best value known and to a lower bound. The best values are read
            from best_known.csv or reference_values.csv beside the instances, where there is one. A factory gets the fewest set-up hours that
            keep to the makespan of its own plan in that table; without one, to 5 % more than the soonest.

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
            Func<string, PublishedValue, Func<SearchOptions>, Solved> solve = result.GetRequiredValue(set) switch
            {
                "upmsp" => static (file, _, options) => Sequence(InstanceText.Read(file, UpmspInstance.Read), options()),
                "factory" => static (file, own, options) => Factory(InstanceText.Read(file, FactoryInstance.Read), own, options),
                _ => static (file, _, options) => Beds(InstanceText.Read(file, BedInstance.Read), options()),
            };
            var report = new BenchReport(console);
            foreach (var file in Files(where))
            {
                report.Add(file, published.Of(file), solve(file, published.Of(file), options));
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

    private static Solved Factory(FactoryInstance plant, PublishedValue own, Func<SearchOptions> options)
    {
        var (problem, bound) = (plant.Problem, plant.Problem.LowerBound());
        const double Hour = FactoryInstance.UnitsPerHour;
        double limit;
        var whole = options();
        var begun = 0.0;
        if (own.Makespan is { } makespan)
        {
            // As the table gives it, to a thousandth of an hour.
            limit = (makespan + 0.0005) * Hour;
        }
        else
        {
            begun = SoonestShare;
            double soonest = SequencingSearch.Solve(problem, whole with { Progress = step => whole.Progress(step) / SoonestShare }).Makespan;
            limit = soonest <= bound * DecidedByOneJob ? soonest : soonest * FactorySlack;
        }

        var found = SequencingSearch.Solve(problem, whole with { MakespanLimit = limit, Progress = step => (whole.Progress(step) - begun) / (1 - begun) });
        return new Solved(Math.Round(found.Makespan / Hour, 3), bound / Hour, Math.Round((found.SetUpTime + plant.MaintenanceSetUp) / Hour, 3));
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
