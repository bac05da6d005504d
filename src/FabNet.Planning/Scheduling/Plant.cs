// The problem as the search sees it: everything looked up once, times in minutes from its moment.

using FabNet.Model.Machines;

namespace FabNet.Planning.Scheduling;

/// <summary>A compiled problem. Immutable; read by every chain.</summary>
internal sealed class Plant
{
    private static readonly string[] Dark = ["black", "navy", "brown", "dark", "purple", "blue", "green", "red", "grey", "gray"];

    private static readonly string[] Light = ["white", "natural", "transparent", "clear", "ivory", "yellow", "beige"];

    private readonly Numbering<string> _materials = new(StringComparer.OrdinalIgnoreCase);
    private readonly Numbering<string> _colors = new(StringComparer.OrdinalIgnoreCase);
    private readonly Numbering<double> _nozzles = new();
    private readonly Numbering<string> _tools = new(StringComparer.Ordinal);
    private readonly Numbering<string> _fixtures = new(StringComparer.Ordinal);
    private readonly Numbering<SetUpIds> _families = new();
    private readonly Dictionary<string, int> _siteIndex;
    private readonly Dictionary<string, int> _machineIndex;

    private Plant(ScheduleProblem problem)
    {
        Problem = problem;
        _siteIndex = problem.Workshops.Select(static (w, i) => (w.Id, i)).ToDictionary(static p => p.Id, static p => p.i, StringComparer.Ordinal);
        _machineIndex = problem.Machines.Select(static (m, i) => (m.Id, i)).ToDictionary(static p => p.Id, static p => p.i, StringComparer.Ordinal);
        var needs = problem.Jobs.Select(j => IdsOf(j.Needs)).ToArray();
        var loaded = problem.Machines.Select(m => IdsOf(m.Loaded)).ToArray();
        foreach (var queued in problem.Machines.SelectMany(static m => m.Queue))
        {
            IdsOf(queued.Needs);
        }

        Currencies = [.. problem.Workshops.Select(static w => w.Prices.Currency).Distinct(StringComparer.Ordinal)];
        Sites = [.. problem.Workshops.Select(Site)];
        Classes = [.. problem.Classes.Select(Class)];
        Jobs = [.. problem.Jobs.Select((j, i) => Job(j, i, needs[i]))];
        var horizon = Horizon();
        var classIndex = Classes.ToDictionary(static c => c.Class.Name, StringComparer.Ordinal);
        Machines = [.. problem.Machines.Select((m, i) => Machine(m, i, loaded[i], classIndex[m.Class], horizon))];
        foreach (var group in Machines.GroupBy(static m => m.Class))
        {
            var isMade = new bool[Families];
            foreach (var job in Jobs.Where(j => !double.IsNaN(j.Minutes[group.Key.Index])))
            {
                isMade[job.Family] = true;
            }

            group.Key.SetUps = SetUpMatrix.Of(group.Key, group.Select(static m => m.Loaded), _families.Values, isMade);
        }
    }

    public ScheduleProblem Problem { get; }

    public string[] Currencies { get; }

    public SiteFacts[] Sites { get; }

    public ClassFacts[] Classes { get; }

    public MachineFacts[] Machines { get; }

    public JobFacts[] Jobs { get; }

    public int Families => _families.Values.Count;

    public double WaitingPerMinute => Problem.WaitingPerHour / 60;

    /// <summary>Compiles a problem.</summary>
    /// <exception cref="ProblemException">It breaks a rule.</exception>
    public static Plant Of(ScheduleProblem problem)
    {
        ProblemRules.Check(problem);
        return new Plant(problem);
    }

    /// <summary>A set-up's attributes by name.</summary>
    public SetUpOf SetUpOf(SetUpIds ids) => new()
    {
        Material = Name(_materials, ids.Material),
        Color = Name(_colors, ids.Color),
        NozzleMm = ids.Nozzle == SetUpIds.Any ? null : _nozzles.Values[ids.Nozzle],
        Tool = Name(_tools, ids.Tool),
        Fixture = Name(_fixtures, ids.Fixture),
    };

    private static string? Name(Numbering<string> names, int number) => number == SetUpIds.Any ? null : names.Values[number];

    private double Minutes(DateTimeOffset moment) => (moment - Problem.Now).TotalMinutes;

    private SetUpIds IdsOf(SetUpOf setUp) => new(
        Number(_materials, setUp.Material), Number(_colors, setUp.Color), setUp.NozzleMm is { } nozzle ? _nozzles.Of(nozzle) : SetUpIds.Any, Number(_tools, setUp.Tool), Number(_fixtures, setUp.Fixture));

    private static int Number(Numbering<string> names, string? name) => name is null ? SetUpIds.Any : names.Of(name);

    private SiteFacts Site(Workshop workshop, int index)
    {
        var prices = workshop.Prices;
        var materials = new double[_materials.Values.Count + 1];
        Array.Fill(materials, (double)prices.DefaultMaterialPerKg / 1000);
        foreach (var (name, price) in prices.MaterialPerKg)
        {
            if (_materials.TryFind(name, out var material))
            {
                materials[material] = (double)price / 1000;
            }
        }

        var local = TimeZoneInfo.ConvertTime(Problem.Now, TimeZoneInfo.FindSystemTimeZoneById(workshop.TimeZone)).TimeOfDay.TotalMinutes;
        return new SiteFacts
        {
            Index = index,
            Workshop = workshop,
            Currency = Array.IndexOf(Currencies, prices.Currency),
            MachinePerMinute = (double)prices.MachinePerHour / 60,
            LabourPerMinute = (double)prices.LabourPerHour / 60,
            LatePerMinute = (double)prices.LatenessPerHour / 60,
            DeliveryFixed = (double)prices.TransportFixed,
            DeliveryPerKmGram = (double)prices.TransportPerKmKg / 1000,
            Co2PerKwh = prices.Co2GramsPerKwh,
            MaterialPerGram = materials,
            Energy = prices.EnergyPerKwhByHour.Count == 0 ? new EnergyTariff((double)prices.EnergyPerKwh) : new EnergyTariff([.. prices.EnergyPerKwhByHour.Select(static p => (double)p)], local),
            Kilometres = [.. Problem.Workshops.Select(other => GreatCircle.Kilometres((workshop.Latitude, workshop.Longitude), (other.Latitude, other.Longitude)))],
            MinuteOfDay = local,
        };
    }

    private ClassFacts Class(MachineClass machineClass, int index) => new()
    {
        Index = index,
        Class = machineClass,
        PurgesOnChange = machineClass.Process is null || machineClass.Process.Equals("3DP", StringComparison.OrdinalIgnoreCase),
        IsDark = Marked(Dark),
        IsLight = Marked(Light),
    };

    private bool[] Marked(string[] words) => [.. _colors.Values.Select(name => Array.Exists(words, w => name.Contains(w, StringComparison.OrdinalIgnoreCase)))];

    private JobFacts Job(ScheduleJob job, int index, SetUpIds needs)
    {
        var (minutes, shared, beds, area) = (new double[Classes.Length], new double[Classes.Length], new int[Classes.Length], new double[Classes.Length]);
        var (grams, failure) = (new double[Classes.Length], new double[Classes.Length]);
        foreach (var (i, machineClass) in Classes.Select(static (c, i) => (i, c.Class)))
        {
            var known = job.ByClass.GetValueOrDefault(machineClass.Name);
            (minutes[i], shared[i], beds[i], area[i]) = (double.NaN, 0, 1, double.PositiveInfinity);
            (grams[i], failure[i]) = ((known?.GramsEach ?? job.GramsEach) * job.Quantity, known?.FailureProbability ?? job.FailureProbability ?? double.NaN);
            if (Obstacles.OfClass(job, machineClass) is null)
            {
                var each = Obstacles.MinutesOn(job, machineClass)!.Value;
                minutes[i] = each * job.Quantity;
                if (machineClass is { SharesBeds: true, SizeMm: { } bed } && known is not { IsAlone: true } && job.SizeMm is { } size)
                {
                    var most = BedPacking.Copies(Usable(bed.Width, machineClass), Usable(bed.Depth, machineClass), size.Width, size.Depth, machineClass.ClearanceMm);
                    var onBed = Math.Max(1, most);
                    var height = Math.Min(each, machineClass.MinutesPerMmHeight * size.Height);
                    beds[i] = (job.Quantity + onBed - 1) / onBed;
                    shared[i] = height * beds[i];
                    minutes[i] = ((each - height) * job.Quantity) + shared[i];
                    area[i] = beds[i] > 1 || most == 0 ? double.PositiveInfinity : (size.Width + machineClass.ClearanceMm) * (size.Depth + machineClass.ClearanceMm) * job.Quantity;
                }
            }
        }

        return new JobFacts
        {
            Index = index,
            Job = job,
            Needs = needs,
            Family = _families.Of(needs),
            Minutes = minutes,
            Shared = shared,
            Beds = beds,
            Area = area,
            Grams = grams,
            Failure = failure,
            Width = job.SizeMm?.Width ?? 0,
            Depth = job.SizeMm?.Depth ?? 0,
            Release = job.Release is { } release ? Math.Max(0, Minutes(release)) : 0,
            Due = job.Due is { } due ? Minutes(due) : double.PositiveInfinity,
            Priority = job.Priority,
            Destination = job.Destination is { } destination ? _siteIndex[destination] : -1,
            PlannedOn = job.Planned is { Machine: var planned } ? _machineIndex[planned] : -1,
            Longest = minutes.Where(static m => !double.IsNaN(m)).DefaultIfEmpty(0).Max(),
            NotOn = job.NotOn.Count > 0 ? [.. job.NotOn.Keys.Select(id => _machineIndex[id])] : null,
        };
    }

    private MachineFacts Machine(WorkshopMachine machine, int index, SetUpIds loaded, ClassFacts machineClass, double horizon)
    {
        var site = Sites[_siteIndex[machine.Workshop]];
        var bed = machineClass.Class.SharesBeds ? machineClass.Class.SizeMm : null;
        var calendar = Calendars.Of(machine, site.Workshop, machineClass.Class.RunsUnattended, Problem.Now, horizon);
        var (free, state) = (0.0, loaded);
        foreach (var queued in machine.Queue)
        {
            // What runs already goes on, whoever is there; what was only taken waits for people, and goes around what blocks the machine.
            var needs = IdsOf(queued.Needs);
            var effort = queued.HasStarted ? default : machineClass.Effort(state, needs);
            var whole = effort.Minutes + queued.Minutes;
            free = (queued.HasStarted || calendar is null ? free : calendar.Begin(free, effort.LabourMinutes, whole)) + whole;
            state = needs.After(state);
        }

        return new()
        {
            Index = index,
            Machine = machine,
            Site = site,
            Class = machineClass,
            Calendar = calendar,
            FreeAt = free,
            Loaded = state,
            RunningKw = machineClass.Class.Power.RunningW / 1000,
            WarmUpKw = machineClass.Class.Power.WarmUpW / 1000,
            Slowness = 1 / machine.Speed,
            BedWidth = Usable(bed?.Width ?? 0, machineClass.Class),
            BedDepth = Usable(bed?.Depth ?? 0, machineClass.Class),
        };
    }

    // Of a bed's width or depth; nothing where its margins meet.
    private static double Usable(double length, MachineClass machineClass) => Math.Max(0, length - (2 * machineClass.MarginMm));

    // Calendars are written out as far as work may reach, with the days on which clocks are set; beyond, weeks repeat.
    private double Horizon()
    {
        const double Day = 1440;
        var work = Jobs.Sum(static j => j.Minutes.Where(static m => !double.IsNaN(m)).DefaultIfEmpty(0).Min());
        var latest = Jobs.Select(static j => double.IsInfinity(j.Due) ? j.Release : Math.Max(j.Due, j.Release)).DefaultIfEmpty(0).Max();
        var blocked = Problem.Machines.SelectMany(static m => m.Blocked).Select(b => Minutes(b.To)).DefaultIfEmpty(0).Max();
        return Math.Clamp((8 * work / Math.Max(1, Problem.Machines.Count)) + Math.Max(latest, blocked) + (14 * Day), 14 * Day, 366 * Day);
    }
}
