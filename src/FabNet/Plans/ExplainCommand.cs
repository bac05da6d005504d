// `fabnet plan explain`: why a job is where a schedule has it.

using System.CommandLine;
using System.Globalization;
using FabNet.CommandLine;
using FabNet.Planning.Scheduling;

namespace FabNet.Plans;

internal static class ExplainCommand
{
    public static Command Create()
    {
        var snapshot = new Argument<string>("SNAPSHOT") { Description = "The problem, JSON." };
        var plan = new Argument<string>("PLAN") { Description = "A schedule of it: what fabnet plan solve --json wrote." };
        var job = new Argument<string>("JOB") { Description = "The job's id." };
        var command = new Command("explain",
            """
            Tells why a job is where a schedule has it: what it costs there, what all would cost more with it on each other machine, and why some can't make it.

            Examples:
              fabnet plan explain snapshot.json plan.json o-7.1
            """)
        { snapshot, plan, job };
        command.SetAction(result =>
        {
            var problem = ScheduleFormat.ReadProblem(result.GetRequiredValue(snapshot));
            var schedule = ScheduleFormat.ReadSchedule(result.GetRequiredValue(plan));
            var explanation = SolveCommand.Solved(() => ScheduleExplanation.Of(problem, schedule, result.GetRequiredValue(job)));
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            if (console.IsJson)
            {
                Console.Out.WriteLine(ScheduleFormat.Write(explanation));
            }
            else
            {
                Tell(console, schedule, explanation);
            }

            return CommandRunner.Succeeded;
        });
        return command;
    }

    private static void Tell(CommandConsole console, Schedule schedule, ScheduleExplanation explanation)
    {
        var there = schedule.Runs.SelectMany(static r => r.Jobs).First(j => j.Id == explanation.Job);
        console.Say(string.Create(CultureInfo.InvariantCulture,
            $"{explanation.Job} is on {explanation.Machine}: {there.Why}. It adds {explanation.Cost:0.00} to the schedule; its order alone would cost {explanation.StandAlone:0.00}."));
        var table = new TextTable("MACHINE", "EXTRA", "DONE", "ON ONE BED WITH");
        foreach (var place in explanation.Places.Where(static p => p.Obstacle is null))
        {
            table.Add(place.Machine, place.Extra!.Value.ToString("+0.00;-0.00;0.00", CultureInfo.InvariantCulture), place.DoneAt!.Value.UtcDateTime.ToString("MM-dd HH:mm", CultureInfo.InvariantCulture), string.Join(' ', place.SharesBedWith));
        }

        console.Say(table);
        foreach (var group in explanation.Places.Where(static p => p.Obstacle is not null).GroupBy(static p => p.Obstacle))
        {
            console.Say($"{group.Count()} can't: {group.Key}.");
        }
    }
}
