// What a network has free in the next two days, and which set-ups wait for more work: what its members read to allocate themselves.

using FabNet.Model;
using FabNet.Model.Machines;
using FabNet.Model.Plans;
using FabNet.Model.Sites;
using FabNet.Planning.Scheduling;

namespace FabNet.Planning;

/// <summary>What a site's machines of one class have free.</summary>
/// <param name="Site">The site.</param>
/// <param name="MachineClass">The profile's name.</param>
/// <param name="Machines">How many machines.</param>
/// <param name="InService">How many of them take work now.</param>
/// <param name="Minutes">
/// For each hour of <see cref="Outlook.From"/> and after: minutes, summed over the machines, in which people are there and the machine is neither blocked nor taken. What of the first hour has
/// passed does not count.
/// </param>
public sealed record IdleHours(SiteId Site, string MachineClass, int Machines, int InService, IReadOnlyList<int> Minutes);

/// <summary>A machine with something loaded that is free, or soon is.</summary>
/// <param name="Machine">The machine, with what is loaded once it has made what it has taken.</param>
/// <param name="FreeAt">When somebody can next begin something there.</param>
/// <param name="Jobs">How many open jobs it could make with what is loaded.</param>
/// <param name="First">The first five of them.</param>
/// <param name="SavedMinutes">Set-up that each spares who would have to change another machine of its kind, in minutes.</param>
/// <param name="SavedCost">The same in the currency of its site: time, labour and purged material.</param>
public sealed record WaitingSetUp(Machine Machine, DateTimeOffset FreeAt, int Jobs, IReadOnlyList<JobId> First, double SavedMinutes, decimal SavedCost);

/// <summary>The near future of a network, as far as it is taken already. Pure: the same for the same snapshot and plan.</summary>
public sealed record Outlook
{
    /// <summary>How many hours it looks ahead.</summary>
    public const int Hours = 48;

    /// <summary>A set-up waits for work if its machine is free within this time: by the next morning.</summary>
    public static readonly TimeSpan Soon = TimeSpan.FromHours(12);

    private static readonly (double From, double To)[] Always = [(double.NegativeInfinity, double.PositiveInfinity)];

    /// <summary>The begin of the first hour, UTC.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>Idle capacity, by site and class.</summary>
    public required IReadOnlyList<IdleHours> Capacity { get; init; }

    /// <summary>Loaded set-ups, by machine.</summary>
    public required IReadOnlyList<WaitingSetUp> SetUps { get; init; }

    /// <summary>Looks ahead.</summary>
    /// <param name="snapshot">The network.</param>
    /// <param name="planned">The plan in force.</param>
    /// <exception cref="ArgumentException">A machine's site is not in the snapshot.</exception>
    public static Outlook Of(PlantSnapshot snapshot, IEnumerable<Assignment> planned)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(planned);
        var inService = Eligibility.InService(snapshot);
        var plant = Plant.Of(SnapshotCompiler.Compile(snapshot, inService, []));
        var busy = planned.GroupBy(static a => a.Machine).ToDictionary(
            static g => g.Key,
            g => Spans.Joined(g.Select(a => (From: (a.StartsAt - snapshot.Now).TotalMinutes, To: (a.EndsAt - snapshot.Now).TotalMinutes)).Where(static s => s.To > s.From))); // Jobs that share a bed share their time.
        var from = new DateTimeOffset(snapshot.Now.UtcDateTime.Date.AddHours(snapshot.Now.UtcDateTime.Hour), TimeSpan.Zero);
        var passed = (snapshot.Now - from).TotalMinutes;
        var hours = new Dictionary<MachineId, double[]>();
        var begins = new double[inService.Count];
        for (var m = 0; m < inService.Count; m++)
        {
            var facts = plant.Machines[m];
            var free = WorkingTime.Without(facts.Calendar?.Free() ?? [.. Always], [(double.NegativeInfinity, Math.Max(0, facts.FreeAt))]);
            var left = plant.SetUpOf(facts.Loaded);
            inService[m] = inService[m] with { Machine = inService[m].Machine with { Loaded = new LoadedMaterial(left.Material, left.Color) } };
            begins[m] = free.Count > 0 ? free[0].From : double.PositiveInfinity;
            hours.Add(inService[m].Machine.Id, ByHour(busy.TryGetValue(inService[m].Machine.Id, out var taken) ? WorkingTime.Without(free, taken) : free, -passed));
        }

        return new Outlook { From = from, Capacity = Capacities(snapshot, hours), SetUps = SetUpMatches.Of(snapshot, inService, [.. plant.Machines.Select(static m => m.Class.Index)], begins) };
    }

    private static double[] ByHour(List<(double From, double To)> free, double first)
    {
        var minutes = new double[Hours];
        foreach (var span in free)
        {
            for (var hour = (int)Math.Clamp(Math.Floor((span.From - first) / 60), 0, Hours); hour < Hours; hour++)
            {
                var (begin, end) = (Math.Max(span.From, first + (60 * hour)), Math.Min(span.To, first + (60 * (hour + 1))));
                if (begin >= span.To)
                {
                    break;
                }

                minutes[hour] += Math.Max(0, end - begin);
            }
        }

        return minutes;
    }

    private static List<IdleHours> Capacities(PlantSnapshot snapshot, Dictionary<MachineId, double[]> hours) =>
    [
        .. snapshot.Machines.GroupBy(static m => (m.Machine.Id.Site, m.Machine.Profile.Name))
            .OrderBy(static g => g.Key.Site.Value, StringComparer.Ordinal).ThenBy(static g => g.Key.Name, StringComparer.Ordinal)
            .Select(g =>
            {
                var sums = new double[Hours];
                foreach (var machine in g)
                {
                    if (hours.TryGetValue(machine.Machine.Id, out var minutes))
                    {
                        for (var h = 0; h < Hours; h++)
                        {
                            sums[h] += minutes[h];
                        }
                    }
                }

                return new IdleHours(g.Key.Site, g.Key.Name, g.Count(), g.Count(m => hours.ContainsKey(m.Machine.Id)), [.. sums.Select(static s => (int)Math.Round(s))]);
            }),
    ];
}
