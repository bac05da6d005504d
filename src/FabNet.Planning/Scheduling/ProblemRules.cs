// What a problem must be like before anything is reckoned with it.

using FabNet.Model.Sites;

namespace FabNet.Planning.Scheduling;

/// <summary>Checks a problem: absurd numbers are refused where they stand, not carried into a plan.</summary>
internal static class ProblemRules
{
    private const double MostMinutes = 1e6;
    private const double MostMoney = 1e6;
    private const double MostGrams = 1e7;
    private const int MostCopies = 1_000_000;

    private static readonly TimeSpan Furthest = TimeSpan.FromDays(3660);

    private static readonly DateTimeOffset Earliest = new(1970, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Latest = new(3000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Checks everything.</summary>
    /// <exception cref="ProblemException">Something breaks a rule.</exception>
    public static void Check(ScheduleProblem problem)
    {
        if (problem.Now < Earliest || problem.Now > Latest)
        {
            throw new ProblemException($"now: is {problem.Now:u}; it must be from {Earliest:u} to {Latest:u}.");
        }

        InRange(problem.WaitingPerHour, 0, MostMoney, "waitingPerHour");
        InRange(problem.ChangeWorth, 0, MostMoney, "changeWorth");
        var workshops = Ids(problem.Workshops, static w => w.Id, "workshop");
        var classes = Ids(problem.Classes, static c => c.Name, "class");
        var machines = Ids(problem.Machines, static m => m.Id, "machine");
        Ids(problem.Jobs, static j => j.Id, "job");
        foreach (var workshop in problem.Workshops)
        {
            Check(workshop);
        }

        foreach (var machineClass in problem.Classes)
        {
            Check(machineClass);
        }

        foreach (var machine in problem.Machines)
        {
            Check(machine, problem.Now);
            Known(workshops, machine.Workshop, "workshop", $"machine {machine.Id}");
            Known(classes, machine.Class, "class", $"machine {machine.Id}");
        }

        foreach (var job in problem.Jobs)
        {
            Check(job, problem.Now);
            if (job.Destination is { } destination)
            {
                Known(workshops, destination, "workshop", $"job {job.Id}, destination");
            }

            foreach (var name in job.ByClass.Keys)
            {
                Known(classes, name, "class", $"job {job.Id}, byClass");
            }

            foreach (var name in job.NotOn.Keys)
            {
                Known(machines, name, "machine", $"job {job.Id}, notOn");
            }

            if (job.Planned is { Machine: var planned })
            {
                Known(machines, planned, "machine", $"job {job.Id}, planned");
            }
        }
    }

    private static void Check(Workshop workshop)
    {
        var where = $"workshop {workshop.Id}";
        if (workshop.Latitude is null != workshop.Longitude is null)
        {
            throw new ProblemException($"{where}: has only one of latitude and longitude. Give both or none.");
        }

        InRange(workshop.Latitude ?? 0, -90, 90, $"{where}, latitude");
        InRange(workshop.Longitude ?? 0, -180, 180, $"{where}, longitude");
        Check(workshop.Prices, where);
        if (workshop.Prices.EnergyPerKwhByHour.Count is not (0 or 24))
        {
            throw new ProblemException($"{where}: energyPerKwhByHour has {workshop.Prices.EnergyPerKwhByHour.Count} prices. Give 24, one for each hour of the day, or none.");
        }

        foreach (var price in workshop.Prices.EnergyPerKwhByHour)
        {
            InRange((double)price, -100, 100, $"{where}, energyPerKwhByHour");
        }

        if (!TimeZoneInfo.TryFindSystemTimeZoneById(workshop.TimeZone, out _))
        {
            throw new ProblemException($"{where}: '{workshop.TimeZone}' is no time zone that is known here. Write an IANA name, such as Europe/Lisbon.");
        }
    }

    private static void Check(SitePrices prices, string where)
    {
        foreach (var (name, price) in (ReadOnlySpan<(string, decimal)>)
            [("machinePerHour", prices.MachinePerHour), ("labourPerHour", prices.LabourPerHour), ("defaultMaterialPerKg", prices.DefaultMaterialPerKg), ("energyPerKwh", prices.EnergyPerKwh),
             ("transportFixed", prices.TransportFixed), ("transportPerKmKg", prices.TransportPerKmKg), ("latenessPerHour", prices.LatenessPerHour)])
        {
            InRange((double)price, 0, MostMoney, $"{where}, prices, {name}");
        }

        foreach (var (material, price) in prices.MaterialPerKg)
        {
            InRange((double)price, 0, MostMoney, $"{where}, prices, materialPerKg, {material}");
        }

        InRange(prices.Co2GramsPerKwh, 0, 1e5, $"{where}, prices, co2GramsPerKwh");
    }

    private static void Check(MachineClass machineClass)
    {
        var where = $"class {machineClass.Name}";
        var costs = machineClass.SetUp;
        foreach (var (name, value) in (ReadOnlySpan<(string, double)>)
            [("clearMinutes", costs.ClearMinutes), ("materialChangeMinutes", costs.MaterialChangeMinutes), ("colorChangeMinutes", costs.ColorChangeMinutes), ("toolChangeMinutes", costs.ToolChangeMinutes),
             ("purgeGrams", costs.PurgeGrams), ("darkToLightPurgeGrams", costs.DarkToLightPurgeGrams), ("warmUpMinutes", costs.WarmUpMinutes)])
        {
            InRange(value, 0, 1e5, $"{where}, setUp, {name}");
        }

        InRange(machineClass.Power.RunningW, 0, 1e6, $"{where}, power, runningW");
        InRange(machineClass.Power.WarmUpW, 0, 1e6, $"{where}, power, warmUpW");
        InRange(machineClass.ClearanceMm, 0, 1e4, $"{where}, clearanceMm");
        InRange(machineClass.MarginMm, 0, 1e4, $"{where}, marginMm");
        InRange(machineClass.MinutesPerMmHeight, 0, 1e3, $"{where}, minutesPerMmHeight");
        InRange(machineClass.FailureProbability, 0, 0.99, $"{where}, failureProbability");
        Check(machineClass.SizeMm, where);
        foreach (var nozzle in machineClass.NozzlesMm)
        {
            InRange(nozzle, 0.01, 100, $"{where}, nozzlesMm");
        }
    }

    private static void Check(WorkshopMachine machine, DateTimeOffset now)
    {
        var where = $"machine {machine.Id}";
        InRange(machine.Speed, 0.01, 100, $"{where}, speed");
        InRange(machine.FailureProbability ?? 0, 0, 0.99, $"{where}, failureProbability");
        InRange(machine.Loaded.NozzleMm ?? 1, 0.01, 100, $"{where}, loaded, nozzleMm");
        foreach (var queued in machine.Queue)
        {
            Require(queued, $"{where}, queue");
            InRange(queued.Minutes, 0, MostMinutes, $"{where}, queue, minutes");
        }

        foreach (var blocked in machine.Blocked)
        {
            Require(blocked, $"{where}, blocked");
            Near(blocked.From, now, $"{where}, blocked");
            Near(blocked.To, now, $"{where}, blocked");
            if (blocked.To <= blocked.From)
            {
                throw new ProblemException($"{where}: blocked from {blocked.From:u} to {blocked.To:u}, which ends before it begins.");
            }
        }
    }

    private static void Check(ScheduleJob job, DateTimeOffset now)
    {
        var where = $"job {job.Id}";
        if (job.Quantity is < 1 or > MostCopies)
        {
            throw new ProblemException($"{where}: quantity is {job.Quantity}; it must be from 1 to {MostCopies}.");
        }

        InRange(job.GramsEach * job.Quantity, 0, MostGrams, $"{where}, grams of all copies");
        InRange((job.MinutesEach ?? 1) * job.Quantity, 1e-6, MostMinutes, $"{where}, minutes of all copies");
        foreach (var (name, run) in job.ByClass)
        {
            Require(run, $"{where}, byClass");
            InRange(run.MinutesEach * job.Quantity, 1e-6, MostMinutes, $"{where}, minutes of all copies on {name}");
            InRange((run.GramsEach ?? 0) * job.Quantity, 0, MostGrams, $"{where}, grams of all copies on {name}");
            InRange(run.FailureProbability ?? 0, 0, 0.99, $"{where}, failureProbability on {name}");
        }

        if (job.MinutesEach is null && job.ByClass.Count == 0)
        {
            throw new ProblemException($"{where}: says no running time. Give minutesEach, or byClass.");
        }

        InRange(job.Priority, 1e-6, 1e6, $"{where}, priority");
        InRange(job.FailureProbability ?? 0, 0, 0.99, $"{where}, failureProbability");
        InRange(job.Needs.NozzleMm ?? 1, 0.01, 100, $"{where}, needs, nozzleMm");
        Check(job.SizeMm, where);
        Near(job.Release, now, $"{where}, release");
        Near(job.Due, now, $"{where}, due");
        if (job.Due < job.Release)
        {
            throw new ProblemException($"{where}: is due {job.Due:u}, before it may begin ({job.Release:u}). Give it a later due date.");
        }
    }

    private static void Check(Model.Size3? size, string where)
    {
        if (size is { } s)
        {
            InRange(s.Width, 1e-3, 1e6, $"{where}, sizeMm, width");
            InRange(s.Depth, 1e-3, 1e6, $"{where}, sizeMm, depth");
            InRange(s.Height, 1e-3, 1e6, $"{where}, sizeMm, height");
        }
    }

    private static void InRange(double value, double least, double most, string where)
    {
        // False for what is no number, too.
        if (!(value >= least && value <= most))
        {
            throw new ProblemException(FormattableString.Invariant($"{where}: is {value}; it must be from {least} to {most}."));
        }
    }

    private static void Require(object? item, string where)
    {
        if (item is null)
        {
            throw new ProblemException($"{where}: one is null. Leave it out.");
        }
    }

    private static void Near(DateTimeOffset? moment, DateTimeOffset now, string where)
    {
        if (moment is { } at && (at - now).Duration() > Furthest)
        {
            throw new ProblemException($"{where}: {at:u} is more than {Furthest.TotalDays} days from {now:u}. Is the date right?");
        }
    }

    private static HashSet<string> Ids<T>(IReadOnlyList<T> items, Func<T, string> id, string what)
    {
        var ids = new HashSet<string>(items.Count, StringComparer.Ordinal);
        foreach (var item in items)
        {
            if (item is null)
            {
                throw new ProblemException($"A {what} is null. Leave it out.");
            }

            if (string.IsNullOrWhiteSpace(id(item)) || id(item).Length > 200)
            {
                throw new ProblemException($"A {what} has no id, or one of over 200 characters. Give each its own.");
            }

            if (id(item).Any(char.IsControl))
            {
                throw new ProblemException($"A {what} has a control character in its id. Write it in plain letters.");
            }

            if (!ids.Add(id(item)))
            {
                throw new ProblemException($"The {what} {id(item)} is there twice. Give each its own id.");
            }
        }

        return ids;
    }

    private static void Known(HashSet<string> ids, string id, string what, string where)
    {
        if (!ids.Contains(id))
        {
            throw new ProblemException($"{where}: there is no {what} '{id}' in the problem.");
        }
    }
}
