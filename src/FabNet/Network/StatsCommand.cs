// `fabnet stats`: what machines and parts were really like, and what is expected of the next run.

using System.CommandLine;
using System.Globalization;
using FabNet.CommandLine;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Network;

internal static class StatsCommand
{
    public static Command Create()
    {
        var server = ServerOption.Create();
        var site = new Option<string?>("--site") { Description = "Only the machines of this site." };
        var machine = new Option<string?>("--machine") { Description = "Only this machine, such as lab-north/mk3-left." };
        var recent = new Option<bool>("--recent") { Description = "Count the last 30 days only." };
        var command = new Command("stats",
            """
            Shows what runs and machines were really like: measured time beside what programs said, yield, availability within opening hours, OEE, time between
            failures; and for each part on a class of machine what the next run is expected to take. Quotes and plans rest on these.

            Examples:
              fabnet stats
              fabnet stats --site lab-north --recent
              fabnet stats --machine lab-north/mk3-left --json
            """)
        { site, machine, recent, server };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            using var channel = result.Connect(server);
            var request = new Wire.GetStatisticsRequest { Site = result.GetValue(site) ?? "", Machine = result.GetValue(machine) ?? "" };
            var statistics = await new Wire.Coordination.CoordinationClient(channel).GetStatisticsAsync(request, cancellationToken: stop);
            console.Emit(statistics);
            Tell(console, statistics, result.GetValue(recent));
            return CommandRunner.Succeeded;
        });
        return command;
    }

    private static void Tell(CommandConsole console, Wire.Statistics statistics, bool isRecent)
    {
        var machines = new TextTable("MACHINE", "CLASS", "RUNS", "FAILED", "RAN", "TIME/PLAN", "AVAILABLE", "PERFORMANCE", "QUALITY", "OEE", "BETWEEN FAILURES", "NEXT FAILS");
        foreach (var machine in statistics.Machines)
        {
            var runs = isRecent ? machine.Last30Days : machine.All;
            machines.Add(
                machine.Machine, machine.Simulated ? $"{machine.MachineClass} (simulated)" : machine.MachineClass, Number(runs.Completed + runs.Failed), Number(runs.Failed), Durations.Text(runs.RunSeconds), TimeOverPlan(runs),
                Share(runs.HasAvailability, runs.Availability), Share(runs.HasPerformance, runs.Performance), Share(runs.HasQuality, runs.Quality), Share(runs.HasOee, runs.Oee),
                runs.HasSecondsBetweenFailures ? Durations.Text(runs.SecondsBetweenFailures) : "-", Share(true, machine.FailureProbability));
        }

        console.Say(machines);
        if (statistics.Parts.Count == 0)
        {
            console.Say("no run has ended yet: times are the programs', and a run fails as one in twenty does");
            return;
        }

        var parts = new TextTable("DESIGN", "PART", "CLASS", "RUNS", "FAILED", "TIME/PLAN", "YIELD", "NEXT TAKES", "SURELY", "GRAMS");
        foreach (var part in statistics.Parts)
        {
            var runs = isRecent ? part.Last30Days : part.All;
            parts.Add(
                $"{part.Design.Name}@{part.Design.Version}", part.Part, part.MachineClass, Number(runs.Completed + runs.Failed), Number(runs.Failed), TimeOverPlan(runs), Share(runs.HasYield, runs.Yield),
                part.HasSecondsEach ? Durations.Text(part.SecondsEach) : "-", part.HasLateSecondsEach ? Durations.Text(part.LateSecondsEach) : "-",
                part.HasGramsEach ? part.GramsEach.ToString("0.0", CultureInfo.InvariantCulture) : "-");
        }

        console.Say(parts);
        console.Say("NEXT TAKES is kept by half of the runs of one copy, SURELY by four of five");
    }

    private static string Number(int count) => count.ToString(CultureInfo.InvariantCulture);

    private static string Share(bool isKnown, double share) => isKnown ? share.ToString("0.0 %", CultureInfo.InvariantCulture) : "-";

    private static string TimeOverPlan(Wire.RunStatistics runs) => runs.PlannedSeconds > 0 ? (runs.MeasuredSeconds / runs.PlannedSeconds).ToString("0.00", CultureInfo.InvariantCulture) : "-";
}
