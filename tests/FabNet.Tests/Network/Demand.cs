// What a simulated network has to deal with, all of it from one seed: workshops, machines, orders, and what goes wrong.

using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Machines;
using FabNet.Model.Sites;

namespace FabNet.Tests.Network;

/// <summary>How large a simulated network is, and for how long orders come.</summary>
/// <param name="Sites">Workshops.</param>
/// <param name="Machines">Machines of all of them.</param>
/// <param name="Orders">Orders, spread over the time.</param>
/// <param name="Days">For how many days orders come.</param>
/// <param name="Seed">What all of it follows from.</param>
internal sealed record NetworkSize(int Sites, int Machines, int Orders, int Days, int Seed);

/// <summary>An order that somebody will place.</summary>
internal sealed record PlannedOrder(int Number, DateTimeOffset At, Design Design, int Quantity, string? Color, DateTimeOffset? Due, SiteId Home, bool HasDestination, DateTimeOffset? CancelAt, bool IsRush);

/// <summary>A time in which a site is cut off.</summary>
/// <param name="Site">The site.</param>
/// <param name="From">Its begin.</param>
/// <param name="To">Its end; far away if it never comes back.</param>
/// <param name="IsPowerCut">True: what ran there has failed.</param>
/// <param name="IsSilent">True: nobody closes the stream, so the coordinator only hears nothing any more.</param>
internal sealed record Outage(SiteId Site, DateTimeOffset From, DateTimeOffset To, bool IsPowerCut, bool IsSilent);

/// <summary>A time in which a machine is out of service.</summary>
/// <param name="Machine">The machine.</param>
/// <param name="From">Its begin.</param>
/// <param name="To">Its end.</param>
/// <param name="State">Alarm, which stops what runs, or Maintenance, which waits for its end.</param>
internal sealed record Breakdown(MachineId Machine, DateTimeOffset From, DateTimeOffset To, MachineState State);

/// <summary>Everything that will happen to a network, but for what it makes of it.</summary>
internal sealed class Demand
{
    private static readonly string[] Materials = ["PLA", "PETG", "ABS", "TPU", "ASA"];
    private static readonly string[] Colors = ["black", "white", "grey", "red", "blue", "green", "yellow", "orange"];
    private readonly int _seed;

    public Demand(NetworkSize size)
    {
        (Size, _seed) = (size, size.Seed);
        var random = new Random(size.Seed);
        Ends = Start.AddDays(size.Days);
        Sites = [.. Enumerable.Range(0, size.Sites).Select(i => Site(i, random))];
        var designs = Enumerable.Range(0, 40).Select(i => Design(i, random)).ToList();
        Orders = [.. Enumerable.Range(0, size.Orders).Select(i => Order(i, designs, random)).OrderBy(o => o.At).Select((o, i) => o with { Number = i })];
        Outages = [.. Sites.SelectMany((s, i) => OutagesOf(s, i, random))];
        Breakdowns = [.. Sites.SelectMany(s => s.Machines).SelectMany(m => BreakdownsOf(m, random))];
    }

    public static DateTimeOffset Start { get; } = new(2026, 6, 1, 8, 0, 0, TimeSpan.Zero);

    public NetworkSize Size { get; }

    /// <summary>When the last order comes.</summary>
    public DateTimeOffset Ends { get; }

    public IReadOnlyList<Site> Sites { get; }

    public IReadOnlyList<PlannedOrder> Orders { get; }

    public IReadOnlyList<Outage> Outages { get; }

    public IReadOnlyList<Breakdown> Breakdowns { get; }

    /// <summary>A number from 0 to 1 that depends on nothing but the seed and what it is for: the same work meets the same luck, whoever makes it.</summary>
    public double Luck(params ReadOnlySpan<object> of)
    {
        unchecked
        {
            var hash = 14695981039346656037UL ^ (uint)_seed;
            foreach (var item in of)
            {
                foreach (var c in item.ToString()!)
                {
                    hash = (hash ^ c) * 1099511628211UL;
                }

                hash = (hash ^ '|') * 1099511628211UL;
            }

            hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdUL;
            hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53UL;
            return ((hash ^ (hash >> 33)) >> 11) / (double)(1UL << 53);
        }
    }

    private static int Skewed(Random random, int count) => (int)(count * random.NextDouble() * random.NextDouble());

    // Every other site has two large printers, which alone print some materials and sizes.
    private Site Site(int index, Random random)
    {
        var id = SiteId.Parse($"lab-{(char)('a' + index)}");
        var count = (Size.Machines / Size.Sites) + (index < Size.Machines % Size.Sites ? 1 : 0);
        return new Site
        {
            Id = id,
            Title = $"Workshop {index + 1}",
            Latitude = 44 + (random.NextDouble() * 6),
            Longitude = -2 + (random.NextDouble() * 10),
            Prices = new SitePrices
            {
                MachinePerHour = Math.Round(1.4m + (decimal)(random.NextDouble() * 1.2), 2),
                LabourPerHour = Math.Round(14m + (decimal)(random.NextDouble() * 8), 2),
                DefaultMaterialPerKg = Math.Round(20m + (decimal)(random.NextDouble() * 8), 2),
                EnergyPerKwh = Math.Round(0.18m + (decimal)(random.NextDouble() * 0.2), 3),
            },
            Machines = [.. Enumerable.Range(0, count).Select(m => Machine(id, m, index % 2 == 0 && m >= count - 2, random))],
        };
    }

    private static Machine Machine(SiteId site, int index, bool isLarge, Random random)
    {
        var sizeMm = isLarge ? 300 : 200;
        var axis = new AxisLimits { RangeMm = new AxisRange(0, sizeMm), MaxFeedMmPerMin = 9000, AccelerationMmPerS2 = isLarge ? 1600 : 1000 };
        return new Machine
        {
            Id = new MachineId(site, $"m{index + 1}"),
            SharesBeds = true,
            Loaded = new LoadedMaterial(Materials[Skewed(random, isLarge ? 5 : 4)], Colors[Skewed(random, Colors.Length)]),
            Profile = new MachineProfile
            {
                Name = isLarge ? "large-printer" : "printer",
                Title = isLarge ? "Large printer" : "Printer",
                Process = FabricationProcess.Printing,
                Dialect = FirmwareDialect.Marlin,
                Baud = 115_200,
                X = axis,
                Y = axis,
                Z = axis,
                E = new AxisLimits { MaxFeedMmPerMin = 3000, AccelerationMmPerS2 = 1000 },
                HotEnds = [new HotEnd { NozzleMm = 0.4, MaxTemperatureC = 280 }],
                Materials = isLarge ? Materials : Materials[..4],
                Slicer = new Dictionary<string, string>(StringComparer.Ordinal) { ["nozzle_diameter"] = "0.4" },
                SetUp = isLarge ? new SetUpCosts { WarmUpMinutes = 8, PurgeGrams = 15, DarkToLightPurgeGrams = 20 } : new SetUpCosts(),
                Power = isLarge ? new PowerDraw { RunningW = 280, WarmUpW = 500 } : new PowerDraw(),
            },
        };
    }

    private static Design Design(int index, Random random)
    {
        // Of ten, one is a large plate, three are clips and knobs made in minutes, and six are housings made in hours.
        var luck = random.NextDouble();
        var (sizeMm, height) = (index % 10) switch
        {
            9 => (220, 12),
            1 or 4 or 7 => (10 + (luck * 25), 10 + (luck * 25)),
            _ => (60 + (luck * 55), 60 + (luck * 55)),
        };
        var name = $"part-{index + 1}";
        return new Design
        {
            Ref = new DesignRef(name, "1.0.0", Digest.Of(System.Text.Encoding.UTF8.GetBytes(name))),
            Title = name,
            Function = "Is made in a simulation",
            License = "CERN-OHL-P-2.0",
            Licensor = "us",
            PublishedAt = Start.AddDays(-30),
            Parts =
            [
                new DesignPart
                {
                    Name = name,
                    Process = FabricationProcess.Printing,
                    Material = Materials[Skewed(random, Materials.Length)],
                    OuterDimensionsMm = new Size3(sizeMm, sizeMm, height),
                    VolumeMm3 = sizeMm * sizeMm * height * 0.35,
                    Artefacts = [new Artefact { Path = "a.stl", Kind = ArtefactKind.Mesh, MediaType = "model/stl", Digest = Digest.Of([(byte)index]), Size = 1000 }],
                },
            ],
        };
    }

    // Every fifth is one of a course's: its people order the exercise of the day at once, one each, to the same workshop.
    private PlannedOrder Order(int number, List<Design> designs, Random random)
    {
        var at = Start.AddSeconds(random.Next(Size.Days * 86_400));
        var isRush = random.Next(20) == 0;
        var (quantity, design, home) = (1 + Skewed(random, 8), Skewed(random, designs.Count), random.Next(Sites.Count));
        if (number % 5 == 0)
        {
            var day = (at - Start).Days;
            (at, isRush, quantity, design, home) = (Start.AddDays(day).AddSeconds(3600 + random.Next(20)), false, 1, ClipOf(day), day % Sites.Count);
        }

        return new PlannedOrder(
            number,
            at,
            designs[design],
            quantity,
            random.Next(5) == 0 ? null : Colors[Skewed(random, Colors.Length)],
            isRush ? at.AddHours(12) : random.Next(6) == 0 ? null : at.AddHours(24 + (random.NextDouble() * 96)),
            Sites[home].Id,
            random.Next(10) > 0,
            random.Next(33) == 0 ? at.AddHours(random.NextDouble() * 20) : null,
            isRush);
    }

    private static int ClipOf(int day) => (day * 10 % 40) + (day % 3 * 3) + 1;

    private IEnumerable<Outage> OutagesOf(Site site, int index, Random random)
    {
        if (index == Size.Sites - 1 && Size.Sites > 1)
        {
            // One leaves for good, with work in its hands.
            yield return new Outage(site.Id, Start.AddDays(Size.Days * 0.7), DateTimeOffset.MaxValue, false, true);
        }

        var at = Start;
        while ((at = at.AddDays(0.5 + (random.NextDouble() * 5))) < Start.AddDays(Size.Days * 0.65))
        {
            var end = at.AddMinutes(random.Next(3) == 0 ? 300 + random.Next(2400) : 3 + random.Next(120));
            yield return new Outage(site.Id, at, end, random.Next(4) == 0, random.Next(2) == 0);
            at = end;
        }
    }

    private IEnumerable<Breakdown> BreakdownsOf(Machine machine, Random random)
    {
        var at = Start;
        while ((at = at.AddDays(random.NextDouble() * 14)) < Ends)
        {
            var end = at.AddMinutes(20 + random.Next(600));
            yield return new Breakdown(machine.Id, at, end, random.Next(2) == 0 ? MachineState.Alarm : MachineState.Maintenance);
            at = end;
        }
    }
}
