// A coordinator on a manual clock and a real journal, with sites that a test plays by hand. No network: that is EdgeLinkTests' part.

using System.Text;
using FabNet.Coordinator;
using FabNet.Coordinator.Orders;
using FabNet.Coordinator.Sites;
using FabNet.Coordinator.State;
using FabNet.Coordinator.Statistics;
using FabNet.Journal;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using FabNet.Model.Sites;
using FabNet.Protocol;
using FabNet.Tests.Planning;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Tests.Coordinator;

internal sealed class CoordinatorHarness : IAsyncDisposable
{
    private readonly string _folder;
    private readonly bool _ownsFolder;

    /// <param name="folder">Its data folder; null for one that goes with it.</param>
    /// <param name="time">Its clock; null for one of its own.</param>
    /// <param name="maxPages">How much the journal's disk holds.</param>
    /// <param name="patience">How long silent sites and their leases are waited for; null for as long as by default.</param>
    public CoordinatorHarness(string? folder = null, ManualTimeProvider? time = null, int? maxPages = null, TimeSpan? patience = null)
    {
        _ownsFolder = folder is null;
        _folder = folder ?? Directory.CreateTempSubdirectory("fabnet-coordinator-").FullName;
        Time = time ?? new ManualTimeProvider();
        Options = new CoordinatorOptions { DataFolder = _folder, PlanDebounce = TimeSpan.Zero };
        Options = patience is { } limit ? Options with { SilenceLimit = limit, LeaseTtl = limit } : Options;
        Journal = SqliteJournal.Open(Path.Combine(_folder, "journal.db"), Time, maxPages);
        Node = new CoordinatorNode(Options, Time, NullLogger.Instance, Journal);
    }

    public ManualTimeProvider Time { get; }

    public CoordinatorOptions Options { get; }

    public SqliteJournal Journal { get; }

    public CoordinatorNode Node { get; }

    public string Folder => _folder;

    /// <summary>True: sites that join make several jobs on one bed.</summary>
    public bool SharesBeds { get; init; }

    public static Design Design { get; } = new()
    {
        Ref = new DesignRef("clip", "1.0.0", Digest.Of("clip"u8)),
        Title = "Clip",
        Function = "Holds",
        License = "CERN-OHL-P-2.0",
        Licensor = "us",
        PublishedAt = Plants.Now,
        Parts = [Plants.Part() with { Material = "PLA" }],
    };

    /// <summary>Stops it, and opens the same folder again with the same clock.</summary>
    public async Task<CoordinatorHarness> ReopenAsync()
    {
        await Node.DisposeAsync();
        return new CoordinatorHarness(_folder, Time);
    }

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        if (_ownsFolder)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    public Task<T> Ask<T>(Func<T> command) => Node.AskAsync(command, TestContext.Current.CancellationToken);

    public Task Do(Action command) => Ask(() =>
    {
        command();
        return true;
    });

    /// <summary>Moves the clock second by second, as ticks come, and waits until the loop has seen each.</summary>
    public async Task PassAsync(TimeSpan time, Func<Task>? eachTenSeconds = null)
    {
        for (var second = 1; second <= time.TotalSeconds; second++)
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            await Do(() => { });
            if (eachTenSeconds is not null && second % 10 == 0)
            {
                await eachTenSeconds();
            }
        }
    }

    public Task<PlayedSite> JoinAsync(string site = "lab-a", string boot = "boot-1", params string[] machines) => JoinAsync(Sharing(Announced(site, machines)), boot);

    private Site Sharing(Site site) => site with { Machines = [.. site.Machines.Select(m => m with { SharesBeds = SharesBeds })] };

    public static Site Announced(string site = "lab-a", params string[] machines) => Plants.Site(site, [.. (machines.Length > 0 ? machines : ["left"]).Select(m => new Machine
    {
        Id = MachineId.Parse($"{site}/{m}"),
        Profile = Plants.Printer(),
        Loaded = new LoadedMaterial("PLA", "black"),
    })]);

    public async Task<PlayedSite> JoinAsync(Site announced, string boot = "boot-1")
    {
        var session = new SiteSession(announced.Id, boot);
        await Do(() => Node.Join(session, announced, "test"));
        var played = new PlayedSite(this, session);
        foreach (var machine in announced.Machines)
        {
            await played.StatusAsync(machine.Id.Name, MachineState.Idle);
        }

        return played;
    }

    public async Task<JobId[]> OrderAsync(int quantity = 1, string? material = null, string? key = null, Design? design = null)
    {
        var request = new OrderRequest { Quantity = quantity, Material = material, Key = key, Customer = "test" }.Checked(Time.GetUtcNow());
        return await Ask(() => Node.Orders.Place(request, design ?? Design).Jobs.Select(j => j.Id).ToArray());
    }

    public Task<Job> JobAsync(JobId id) => Ask(() => Node.State.Jobs[id].Job);

    public async Task<JobState> StateAsync(JobId id) => (await JobAsync(id)).State;

    /// <summary>Everything that the projection holds, as text: two states are the same if their texts are.</summary>
    public static string Dump(CoordinatorState state)
    {
        var text = new StringBuilder();
        foreach (var order in state.Orders.Values.OrderBy(o => o.Number))
        {
            text.AppendLine($"{order.Order} {order.Status}");
        }

        foreach (var job in state.Jobs.Values.OrderBy(j => j.Order.Number).ThenBy(j => j.Id.Value.Length).ThenBy(j => j.Id.Value, StringComparer.Ordinal))
        {
            text.AppendLine($"{job.Job} {job.Part.Name} {job.Terms} {job.CancelReason} {job.Attempt} {string.Join(',', job.Rejections)} {string.Join(' ', job.Doubts)}");
            text.AppendJoin('\n', job.Events.Select(e => $"  {e}")).AppendLine();
        }

        foreach (var site in state.Sites.Values.OrderBy(s => s.Id.Value, StringComparer.Ordinal))
        {
            text.AppendLine(Encoding.UTF8.GetString(RecordFormat.Write(new SiteRegistered { Site = site }).Payload));
            text.AppendLine($"{site.Id} {state.LastSequence(site.Id, "boot-1")} {state.LastSequence(site.Id, "boot-2")}");
            text.AppendJoin(' ', site.Machines.Select(m => $"{m.Id}: {string.Join(',', state.CommittedTo(m.Id).Select(j => j.Id))}")).AppendLine();
        }

        text.AppendJoin('\n', state.Following.Values).AppendLine();
        foreach (var delivery in state.Deliveries.Values)
        {
            text.AppendLine($"{delivery.Id} {delivery.From} {delivery.To} {delivery.Day:O} {delivery.State} {delivery.Carrier} {delivery.Reason} {delivery.PlannedAt:O} {delivery.PickedUpAt:O} {delivery.DroppedOffAt:O} {string.Join(',', delivery.Jobs.Select(j => j.Id))}");
        }

        text.AppendLine(StatisticsView.Of(state, new(), new DateTimeOffset(2026, 3, 9, 0, 0, 0, TimeSpan.Zero)).ToString());
        text.AppendLine($"open {Ids(state.Open)} live {Ids(state.Live)} broken {Ids(state.Broken)} ended {string.Join(' ', state.Ended.Select(j => j.Id))} last {state.LastOrderNumber}");
        return text.ToString();

        static string Ids(IEnumerable<JobEntry> jobs) => string.Join(' ', jobs.Select(j => j.Id.Value).Order(StringComparer.Ordinal));
    }
}

/// <summary>A site that a test plays.</summary>
internal sealed class PlayedSite(CoordinatorHarness harness, SiteSession session)
{
    private long _sequence;

    public SiteSession Session { get; } = session;

    /// <summary>What came down since it was last looked at.</summary>
    public List<Wire.EdgeDown> Received()
    {
        List<Wire.EdgeDown> received = [];
        while (Session.Down.TryRead(out var message))
        {
            received.Add(message);
        }

        return received;
    }

    public List<string> Offered() => [.. Received().Where(m => m.Offer is not null).Select(m => $"{m.Offer.Job.Id} {m.Offer.Machine}")];

    public Task StatusAsync(string machine, MachineState state, string? material = "PLA") => harness.Do(() => harness.Node.Status(Session, new MachineStatus
    {
        Machine = MachineId.Parse($"{Session.Site}/{machine}"),
        State = state,
        Loaded = new LoadedMaterial(material, "black"),
        At = harness.Time.GetUtcNow(),
    }));

    public Task ClaimAsync(JobId job, string machine = "left") => harness.Do(() => harness.Node.Claims.Claim(Session, new() { JobId = job.Value, Machine = $"{Session.Site}/{machine}" }));

    public Task DeclineAsync(JobId job, string? reason = null) => harness.Do(() => harness.Node.Claims.Decline(Session, reason is null ? new() { JobId = job.Value } : new() { JobId = job.Value, Reason = reason }));

    public Task KeepAliveAsync(JobId job, int epoch) => harness.Do(() =>
    {
        harness.Node.Sites.Heard(Session);
        harness.Node.Claims.KeepAlive(Session, new() { Held = { new Wire.EdgeUp.Types.KeepAlive.Types.HeldJob { JobId = job.Value, Epoch = epoch } } });
    });

    public Task LeaveAsync() => harness.Do(() => harness.Node.Leave(Session, "test"));

    /// <summary>Reports an event with the next sequence, or the one given.</summary>
    /// <returns>The acknowledged sequence.</returns>
    public Task<long> ReportAsync(JobEvent happened, long? sequence = null) => ReportAsync(happened.ToWire(), sequence);

    public Task<long> ReportAsync(Wire.JobEvent? happened, long? sequence = null) =>
        harness.Ask(() => harness.Node.Intake.Take(Session, new() { Sequence = sequence ?? ++_sequence, Event = happened }));

    public async Task RunAsync(JobId job, int epoch, params JobEvent[] events)
    {
        foreach (var happened in events)
        {
            Assert.Equal(_sequence + 1, await ReportAsync(happened with { Job = job, Epoch = epoch, At = harness.Time.GetUtcNow() }));
        }
    }

    public static JobEvent[] UntilRunning { get; } = [Preparing, Ready, Started];

    public static JobEvent Preparing => new JobPreparing { Job = default, Epoch = 0, At = default };

    public static JobEvent Ready => new JobReady { Job = default, Epoch = 0, At = default, Program = Digest.Of([9]), EstimatedSeconds = 600, EstimatedGrams = 4 };

    public static JobEvent Started => new JobStarted { Job = default, Epoch = 0, At = default };

    public static JobEvent Completed => new JobCompleted { Job = default, Epoch = 0, At = default, Seconds = 640, Grams = 4.2, EnergyKwh = 0.02 };

    public static JobEvent Failed => new JobFailed { Job = default, Epoch = 0, At = default, Reason = "thermal runaway at line 7", LastLine = 7 };

    public static JobEvent Rejected => new JobRejected { Job = default, Epoch = 0, At = default, Reason = "the slicer found no extrusions" };

    public static JobEvent Released => new JobReleased { Job = default, Epoch = 0, At = default, Reason = "we close" };

    public static JobEvent Cancelled => new JobCancelled { Job = default, Epoch = 0, At = default, Reason = "as asked" };
}
