// The life of a network as facts, seeded: sites, orders, runs that succeed and fail, acceptances and refusals; and the ledger that follows from it.

using FabNet.Coordinator.Ledger;
using FabNet.Coordinator.State;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Jobs;
using FabNet.Model.Ledger;
using FabNet.Model.Orders;
using FabNet.Model.Sites;
using FabNet.Protocol.Ledger;
using FabNet.Protocol.Statements;
using FabNet.Tests.Planning;

namespace FabNet.Tests.Ledger;

/// <summary>Facts that a coordinator could have journaled, and what the ledger makes of them. No journal, no clock: a thousand lives take a second.</summary>
internal sealed class LedgerLife
{
    public static readonly DateTimeOffset Begin = Plants.Now;

    private static readonly string?[] Colors = ["black", "white", "red", null];

    private readonly CoordinatorState _state = new();
    private readonly LedgerDeriver _deriver;
    private readonly List<LedgerEntry> _entries = [];
    private long _cursor;
    private DateTimeOffset _now = Begin;

    public LedgerLife() => _deriver = new LedgerDeriver(_state, _entries.Add);

    public IReadOnlyList<LedgerEntry> Entries => _entries;

    public CoordinatorState State => _state;

    public IReadOnlyDictionary<string, ReciprocityClaim> OpenClaims => _deriver.OpenClaims;

    public DateTimeOffset Now => _now;

    public void Record(CoordinatorRecord record)
    {
        _state.Apply(record, _now);
        _deriver.Take(++_cursor, record);
    }

    public void Pass(double minutes) => _now = _now.AddMinutes(minutes);

    public void Join(string site, SitePrices? prices = null, double latitude = 40, params string[] machines) => Record(new SiteRegistered
    {
        Site = Plants.Site(site, [.. machines.Select(m => new Machine { Id = MachineId.Parse($"{site}/{m}"), Profile = Plants.Printer(), Loaded = new LoadedMaterial("PLA", "white") })]) with
        {
            Prices = prices ?? new SitePrices(), Latitude = latitude, Longitude = 0,
        },
    });

    public OrderId Order(int copies, string? color, string customer = "ana", SiteId? destination = null, DesignCredit? credit = null)
    {
        var id = OrderId.FromNumber(_state.LastOrderNumber + 1);
        Record(new OrderPlaced
        {
            Parts = [Plants.Part()],
            Jobs = [.. Enumerable.Range(1, copies).Select(n => new NewJob { Id = JobId.FromNumber(id, n), Part = 0, Material = "PLA", Color = color })],
            Credit = credit ?? new DesignCredit { Chain = [new(Digest.Of("clip"u8), "alice~1a2b3c4d")] },
            Order = new Order
            {
                Id = id, Design = new DesignRef("clip", "1.0.0", Digest.Of("clip"u8)), Quantity = copies, Customer = customer, PlacedAt = _now, Destination = destination,
            },
        });
        return id;
    }

    public void Lease(JobId job, string machine)
    {
        var entry = _state.Jobs[job];
        Record(new JobHappened
        {
            Event = new JobLeased { Job = job, Epoch = entry.Job.Epoch + 1, At = _now, Machine = MachineId.Parse(machine), ExpiresAt = _now.AddMinutes(1) },
            Terms = new Terms { Cost = new() { Currency = "EUR", MachineTime = 0.3333m, Material = 0.1m }, Why = "It is loaded." },
        });
    }

    public void Start(JobId job)
    {
        Happen(new JobPreparing { Job = job, Epoch = 0, At = _now });
        Happen(new JobReady { Job = job, Epoch = 0, At = _now, Program = Digest.Of([1]), EstimatedSeconds = 1800, EstimatedGrams = 9 });
        Happen(new JobStarted { Job = job, Epoch = 0, At = _now });
    }

    /// <summary>Offers jobs to a machine on one bed, leases them and starts them at once, each with an equal part.</summary>
    public void StartTogether(string machine, params JobId[] jobs)
    {
        foreach (var job in jobs)
        {
            Happen(new JobOffered { Job = job, Epoch = 0, At = _now, Machine = MachineId.Parse(machine), Bed = new BedPlace($"bed-{jobs[0]}", 1800) });
            Lease(job, machine);
            Happen(new JobPreparing { Job = job, Epoch = 0, At = _now });
        }

        foreach (var job in jobs)
        {
            Happen(new JobReady { Job = job, Epoch = 0, At = _now, Program = Digest.Of([1]), EstimatedSeconds = 1800, EstimatedGrams = 9, Share = 1.0 / jobs.Length });
        }

        Array.ForEach(jobs, job => Happen(new JobStarted { Job = job, Epoch = 0, At = _now }));
    }

    public void Complete(JobId job, double seconds = 1700.5, double grams = 8.125) => Happen(new JobCompleted { Job = job, Epoch = 0, At = _now, Seconds = seconds, Grams = grams, EnergyKwh = 0.0567 });

    public void Fail(JobId job) => Happen(new JobFailed { Job = job, Epoch = 0, At = _now, Reason = "thermal runaway", LastLine = 7 });

    public void Happen(JobEvent happened) => Record(new JobHappened { Event = happened with { Epoch = _state.Jobs[happened.Job].Job.Epoch } });

    /// <summary>Replaces a job that failed, is lost, or was refused.</summary>
    public JobId Replace(JobId job)
    {
        var id = CoordinatorState.NextJobOf(_state.Jobs[job].Order);
        Record(new ReplacementCreated { Id = id, Replaces = job });
        Happen(new JobReplaced { Job = job, Epoch = 0, At = _now, By = id });
        return id;
    }

    public void Accept(OrderId order, params JobId[] refused)
    {
        var waiting = _state.Orders[order].Jobs.Where(j => j.Job is { State: JobState.Completed, AcceptedAt: null, ReplacedBy: null }).Select(j => j.Id).ToList();
        Record(new OrderAccepted { Order = order, At = _now, By = "ana", Accepted = [.. waiting.Except(refused)], Refused = [.. refused.Select(r => new RefusedJob(r, "warped"))] });
        foreach (var job in refused)
        {
            Replace(job);
        }
    }

    /// <summary>Brings over what was made at one site for another, if there is anything.</summary>
    public void Deliver()
    {
        if (_state.Unsent.OrderBy(static j => j.Id.Value, StringComparer.Ordinal).GroupBy(static j => (From: j.Job.Machine!.Value.Site, To: j.Order.Order.Destination!.Value)).FirstOrDefault() is { } parts)
        {
            var id = _state.NextDelivery;
            Record(new DeliveryJoined { Delivery = id, From = parts.Key.From, To = parts.Key.To, Day = DateOnly.FromDateTime(_now.UtcDateTime), At = _now, Jobs = [.. parts.Select(static j => j.Id)] });
            Record(new DeliveryStepped { Delivery = id, Step = DeliveryStep.PickedUp, At = _now, By = "ben" });
            Record(new DeliveryStepped { Delivery = id, Step = DeliveryStep.DroppedOff, At = _now, By = "ben" });
        }
    }

    public void Settle(string claim) => Record(new ClaimSettled { Claim = claim, At = _now, Note = "paid" });

    /// <summary>A life of some hundred facts on two sites of different prices.</summary>
    public static LedgerLife Of(int seed)
    {
        var (life, random, roads) = (new LedgerLife(), new Random(seed), new Random(seed + 1));
        life.Join("lab-a", machines: ["left", "right"]);
        life.Join("lab-b", new SitePrices { Currency = random.Next(2) == 0 ? "CHF" : "EUR", MachinePerHour = 3.3333m, DefaultMaterialPerKg = 19.99m }, latitude: 41, machines: ["left"]);
        string[] machines = ["lab-a/left", "lab-a/right", "lab-b/left"];
        List<JobId> running = [], held = [];
        for (var step = 0; step < 200; step++)
        {
            life.Pass(random.Next(60));
            var open = life.State.Open.Select(e => e.Id).OrderBy(j => j.Value, StringComparer.Ordinal).ToList();
            if (roads.Next(8) == 0)
            {
                life.Deliver();
            }

            switch (random.Next(10))
            {
                case 0 or 1:
                    life.Order(random.Next(1, 4), Colors[random.Next(4)], random.Next(3) == 0 ? "Ben & Söhne/∆" : "ana", random.Next(3) == 0 ? SiteId.Parse("lab-b") : null, Credit(random));
                    break;
                case 8 when open.Count > 2 && random.Next(2) == 0:
                    var free = Array.Find(machines, m => !running.Exists(r => life.State.Jobs[r].Job.Machine?.ToString() == m && life.State.Jobs[r].Job.State is JobState.Running));
                    if (free is not null)
                    {
                        JobId[] plate = [.. open.OrderBy(_ => random.Next()).Take(random.Next(2, 4))];
                        life.StartTogether(free, plate);
                        running.AddRange(plate);
                    }

                    break;
                case 2 or 3 when open.Count > 0:
                    held.Add(open[random.Next(open.Count)]);
                    life.Lease(held[^1], machines[random.Next(3)]);
                    break;
                case 4 or 7 when held.Count > 0:
                    // One run at a time on each machine, but for those that nobody knows about.
                    var next = held.Find(h => !running.Exists(r => life.State.Jobs[r].Job.Machine == life.State.Jobs[h].Job.Machine && life.State.Jobs[r].Job.State is JobState.Running));
                    if (held.Remove(next))
                    {
                        life.Start(next);
                        running.Add(next);
                    }

                    break;
                case 5 or 6 when running.Count > 0:
                    var done = running[random.Next(running.Count)];
                    running.Remove(done);
                    if (random.Next(5) > 0)
                    {
                        life.Complete(done, random.Next(1, 20_000) / 3.0, random.Next(5000) / 7.0);
                        if (roads.Next(8) == 0 && life.State.Jobs[done].Job.ReplacedBy is null)
                        {
                            life.Happen(new JobScrapped { Job = done, Epoch = 0, At = life.Now, Reason = "its layers shifted" });
                            life.Replace(done);
                        }
                    }
                    else
                    {
                        life.Fail(done);
                        if (life.State.Jobs[done].Job.ReplacedBy is null)
                        {
                            life.Replace(done);
                        }
                    }

                    break;
                case 9 when life.State.Orders.Count > 0:
                    var made = life.State.Orders.Values.Where(o => o.Jobs.Exists(j => j.Job is { State: JobState.Completed, AcceptedAt: null, ReplacedBy: null })).OrderBy(o => o.Number).ToList();
                    if (made.Count > 0)
                    {
                        var order = made[random.Next(made.Count)];
                        var first = order.Jobs.First(j => j.Job is { State: JobState.Completed, AcceptedAt: null, ReplacedBy: null }).Id;
                        life.Accept(order.Order.Id, random.Next(5) == 0 ? [first] : []);
                    }

                    break;
                case 8 when random.Next(3) == 0 && running.Find(j => life.State.Jobs[j].Job.State is JobState.Running) is { Value: not null } lost:
                    // Its site is away, its work is given to another, and later it comes back with it.
                    life.Happen(new JobLost { Job = lost, Epoch = 0, At = life.Now, Reason = "silent" });
                    life.Replace(lost);
                    break;
                case 8 when life.OpenClaims.Count > 0:
                    life.Settle(life.OpenClaims.Keys.Order(StringComparer.Ordinal).First());
                    break;
                default: break;
            }
        }

        return life;
    }

    /// <summary>The ledger as a file.</summary>
    public static byte[] Export(IEnumerable<LedgerEntry> entries, SigningKey key, int sealEvery = 16)
    {
        using var file = new MemoryStream();
        var (sequence, last) = (0L, Digest.Of(Line(new LedgerHead(key.Public).Write())));
        foreach (var entry in entries)
        {
            last = Digest.Of(Line(LedgerFormat.Write(new LedgerLine(++sequence, last, entry))));
            if (sequence % sealEvery == 0)
            {
                Line(LedgerCheckpoint.Sign(sequence, last, key).Write());
            }
        }

        if (sequence % sealEvery != 0)
        {
            Line(LedgerCheckpoint.Sign(sequence, last, key).Write());
        }

        return file.ToArray();

        byte[] Line(byte[] line)
        {
            file.Write(line);
            file.WriteByte((byte)'\n');
            return line;
        }
    }

    /// <summary>What the verifier says of a file.</summary>
    public static LedgerVerifier Verify(byte[] file, Digest? key = null)
    {
        var verifier = new LedgerVerifier(key);
        foreach (var line in LedgerLines.Of(new MemoryStream(file)))
        {
            verifier.Take(line);
        }

        verifier.Finish();
        return verifier;
    }

    private static DesignCredit Credit(Random random) => new()
    {
        Chain = [.. Enumerable.Range(0, random.Next(1, 11)).Select(i => new CreditedDesign(Digest.Of([(byte)i]), $"designer-{i}"))],
        Owes = random.Next(4) == 0 ? new OwedReciprocity("LicenseRef-PPL", random.Next(2) == 0 ? 0.75m : null, "EUR") : null,
    };
}
