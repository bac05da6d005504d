// `fabnet plan compare`: what planning together saves beside how work is shared out today.

using System.CommandLine;
using System.Globalization;
using FabNet.CommandLine;
using FabNet.Planning.Scheduling;

namespace FabNet.Plans;

internal static class CompareCommand
{
    public static Command Create()
    {
        var path = new Argument<string>("SNAPSHOT") { Description = "The problem, JSON; - for standard input." };
        var budget = new SearchBudget();
        var command = new Command("compare",
            """
            Schedules a problem and compares the cost with first come, first served, and with workshops that each plan for themselves as well as they can.

            Examples:
              fabnet plan sample --jobs 500 --machines 50 --sites 12 --families 40 --seed 1 > snapshot.json
              fabnet plan compare snapshot.json --time 1s
            """)
        { path };
        budget.AddTo(command);
        command.SetAction(result =>
        {
            var problem = ScheduleFormat.ReadProblem(result.GetRequiredValue(path));
            var (options, time) = (budget.Of(result), budget.TimeOf(result));
            var schedule = SolveCommand.Solved(() => ScheduleSearch.Solve(problem, options()));
            var first = Baselines.FirstComeFirstServed(problem).TotalCost;
            var alone = Baselines.EachWorkshopAlone(problem, jobs => SearchBudget.Part(options(), time * Math.Max(0.01, (double)jobs / problem.Jobs.Count)));
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            console.Say(string.Create(CultureInfo.InvariantCulture, $"together              {schedule.TotalCost,12:0.00}   S = {schedule.Scope?.S ?? 0:0.000}"));
            Tell("each workshop alone", alone);
            Tell("first come, first served", first);
            console.Emit(json =>
            {
                json.WriteNumber("cost", Math.Round(schedule.TotalCost, 4));
                json.WriteNumber("s", Math.Round(schedule.Scope?.S ?? 0, 6));
                json.WriteNumber("eachWorkshopAlone", Math.Round(alone, 4));
                json.WriteNumber("firstComeFirstServed", Math.Round(first, 4));
                json.WriteNumber("lowerBound", Math.Round(schedule.LowerBound, 4));
            });
            return CommandRunner.Succeeded;

            void Tell(string what, double cost) => console.Say(string.Create(CultureInfo.InvariantCulture, $"{what,-24}{cost,10:0.00}   together is {100 * (1 - (schedule.TotalCost / cost)):0.0} % cheaper"));
        });
        return command;
    }
}
