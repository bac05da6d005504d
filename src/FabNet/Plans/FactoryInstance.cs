// A plant's own instances: set-up families, present set-ups, ready times, eligibility, maintenance (Adan, Integrated scheduling problem instances).

using FabNet.Planning.Sequencing;

namespace FabNet.Plans;

/// <summary>Times are hours, kept in hundred-thousandths. A maintenance takes time on a machine and leaves its set-up as it was, so it is added to when the machine is free.</summary>
/// <param name="Problem">The jobs.</param>
/// <param name="MaintenanceSetUp">Set-ups of the maintenances, in hundred-thousandths of an hour: they are the same in every plan.</param>
internal sealed record FactoryInstance(SequencingProblem Problem, int MaintenanceSetUp)
{
    /// <summary>Units of the problem's time in an hour.</summary>
    public const int UnitsPerHour = 100_000;

    private const int MostHours = 10_000;

    public static FactoryInstance Read(InstanceText text)
    {
        text.Skip();
        text.Skip();
        text.Skip();
        var machines = text.Count("machines");
        var jobs = text.Count("jobs");
        var maintenances = text.Count("maintenances", least: 0);
        text.CheckSetUps(jobs, machines);
        text.Expect("R");
        var ready = Hours(text, machines);
        text.Expect("P");
        var durations = Hours(text, machines * jobs);
        text.Expect("PM");
        var maintenance = Hours(text, machines * maintenances);
        text.Expect("ELEG");
        var isAble = Hours(text, machines * jobs);
        text.Expect("ELEG_PM");
        var takesMaintenance = Hours(text, machines * maintenances);
        text.Expect("MDS");
        var first = Hours(text, machines * jobs);
        text.Expect("SDS");
        var setUps = new SetUpTable[machines];
        for (var machine = 0; machine < machines; machine++)
        {
            text.Expect($"M_{machine}");
            setUps[machine] = new SetUpTable(first.AsSpan(machine * jobs, jobs), Hours(text, jobs * jobs));
        }

        text.Expect("S_PM");
        var maintenanceSetUps = Hours(text, machines * maintenances);
        var setUpOfAll = 0;
        for (var activity = 0; activity < maintenances; activity++)
        {
            var (taker, cost) = (-1, 0);
            for (var machine = 0; machine < machines; machine++)
            {
                var at = (machine * maintenances) + activity;
                var added = maintenance[at] + maintenanceSetUps[at];
                if (takesMaintenance[at] > 0 && (taker < 0 || ready[machine] + added < ready[taker] + cost))
                {
                    (taker, cost) = (machine, added);
                }
            }

            if (taker < 0)
            {
                throw text.Wrong($"maintenance {activity} has no machine (ELEG_PM)");
            }

            ready[taker] += cost;
            setUpOfAll += maintenanceSetUps[(taker * maintenances) + activity];
        }

        var candidates = Enumerable.Range(0, jobs)
            .Select(job => Enumerable.Range(0, machines).Where(machine => isAble[(machine * jobs) + job] > 0).Select(machine => new Candidate(machine, durations[(machine * jobs) + job])).ToArray())
            .ToArray();
        return new FactoryInstance(new SequencingProblem([.. Enumerable.Range(0, jobs)], candidates, setUps, ready), setUpOfAll);
    }

    private static int[] Hours(InstanceText text, int count)
    {
        var hours = new int[count];
        for (var i = 0; i < count; i++)
        {
            hours[i] = text.Number("hours") is var number and <= MostHours ? (int)Math.Round(number * UnitsPerHour) : throw text.Wrong($"there are to be at most {MostHours} hours");
        }

        return hours;
    }
}
