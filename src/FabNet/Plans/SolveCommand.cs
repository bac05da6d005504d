// `fabnet plan solve`: a problem in a file, scheduled in a given time.

using System.CommandLine;
using System.Globalization;
using FabNet.CommandLine;
using FabNet.Planning.Scheduling;

namespace FabNet.Plans;

internal static class SolveCommand
{
    private const int MostRuns = 40;

    public static Command Create()
    {
        var path = new Argument<string>("SNAPSHOT") { Description = "The problem, JSON (docs/protocols.md, Planning problems); - for standard input." };
        var budget = new SearchBudget();
        var command = new Command("solve",
            """
            Schedules jobs on machines of many workshops: who makes what, in which sequence and with whom on one bed, what goes out together, what each
            term of it costs, how far it is at most from the best, and S, what making it together saves.

            Examples:
              fabnet plan sample > snapshot.json
              fabnet plan solve snapshot.json --time 1s
              fabnet plan solve snapshot.json --time 10s --json > plan.json
            """)
        { path };
        budget.AddTo(command);
        command.SetAction(result =>
        {
            var options = budget.Of(result);
            var problem = ScheduleFormat.ReadProblem(result.GetRequiredValue(path));
            var schedule = Solved(() => ScheduleSearch.Solve(problem, options()));
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            if (console.IsJson)
            {
                Console.Out.WriteLine(ScheduleFormat.Write(schedule));
            }
            else
            {
                Tell(console, schedule);
            }

            return CommandRunner.Succeeded;
        });
        return command;
    }

    /// <summary>Runs a step of the planner; what its problem lacks is told as the command's failure.</summary>
    public static T Solved<T>(Func<T> step)
    {
        try
        {
            return step();
        }
        catch (ProblemException e)
        {
            throw new CommandFailedException(e.Message, e);
        }
    }

    private static void Tell(CommandConsole console, Schedule schedule)
    {
        var table = new TextTable("MACHINE", "STARTS", "ENDS", "SET-UP", "JOBS");
        foreach (var run in schedule.Runs.Take(MostRuns))
        {
            table.Add(run.Machine, At(run.StartsAt), At(run.EndsAt), run.Changes.Length > 0 ? run.Changes : "shared", string.Join(' ', run.Jobs.Select(static j => j.Id)));
        }

        console.Say(table);
        if (schedule.Runs.Count > MostRuns)
        {
            console.Say($"… and {schedule.Runs.Count - MostRuns} runs more; --json has them all.");
        }

        foreach (var left in schedule.Unscheduled)
        {
            console.Say($"{left.Id}: {left.Reason}");
        }

        foreach (var cost in schedule.Costs)
        {
            console.Say(string.Create(CultureInfo.InvariantCulture,
                $"{cost.Total:0.00} {cost.Currency}: machine time {cost.MachineTime:0.00}, set-up {cost.SetUp:0.00}, material {cost.Material:0.00}, energy {cost.Energy:0.00}, transport {cost.Transport:0.00}, lateness {cost.Lateness:0.00}, risk {cost.Risk:0.00}; {cost.Co2Grams / 1000:0.0} kg CO2"));
        }

        console.Say(string.Create(CultureInfo.InvariantCulture,
            $"{schedule.Runs.Sum(static r => r.Jobs.Count)} jobs in {schedule.Runs.Count} runs, {schedule.Runs.Count(static r => r.Changes.Length > 0)} changes of set-up, {schedule.Deliveries.Count} deliveries; at most {100 * schedule.Gap:0.0} % above the least possible"));
        if (schedule.Scope is { } scope)
        {
            console.Say(string.Create(CultureInfo.InvariantCulture, $"S = {scope.S:0.000}: alone, the {scope.Orders} orders would cost {scope.StandAloneCost:0.00}{(scope.Measured < scope.Orders ? $" (from {scope.Measured} of them)" : "")}"));
        }
    }

    private static string At(DateTimeOffset moment) => moment.UtcDateTime.ToString("MM-dd HH:mm", CultureInfo.InvariantCulture);
}
