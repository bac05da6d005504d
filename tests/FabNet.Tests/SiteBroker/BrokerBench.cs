// A site without its machines: a link to a real broker, fed with samples, statuses and journaled job events by the test.

using FabNet.Edge.Configuration;
using FabNet.Edge.Leasing;
using FabNet.Edge.SiteBroker;
using FabNet.Edge.SiteBroker.HomeAssistant;
using FabNet.Edge.SiteBroker.Sparkplug;
using FabNet.Journal;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using FabNet.Model.Sites;
using FabNet.Tests.Edge;
using FabNet.Tests.Mqtt;
using Microsoft.Extensions.Logging.Abstractions;

namespace FabNet.Tests.SiteBroker;

internal sealed class BrokerBench : IAsyncDisposable
{
    private readonly SqliteJournal _journal;
    private readonly TestFolder _folder = new();
    private volatile IReadOnlyList<MachineStatus> _statuses = [];
    private BrokerLink? _link;
    private int _sequence;

    private BrokerBench(MosquittoBroker broker)
    {
        Broker = broker;
        _journal = SqliteJournal.Open(_folder.In("journal.db"), TimeProvider.System);
        Config = new EdgeConfig
        {
            Site = Bench.Site,
            Title = "Test lab",
            Coordinator = new Uri("http://127.0.0.1:1"),
            Catalogue = new Uri("http://127.0.0.1:1"),
            DataFolder = _folder.Path,
            Broker = new BrokerConfig { Host = "127.0.0.1", Port = broker.Port, Sparkplug = new SparkplugConfig(), HomeAssistantPrefix = "homeassistant" },
            Machines = [new MachineConfig { Name = "mk3", Profile = Bench.Mk3, Port = "/dev/null" }],
        };
    }

    public MosquittoBroker Broker { get; }

    public EdgeConfig Config { get; set; }

    public string DataFolder => _folder.Path;

    /// <summary>Holds (true) and continuations (false) that reached the machines.</summary>
    public List<(MachineId Machine, bool IsPause)> Held { get; } = [];

    public static async Task<BrokerBench> CreateAsync((string User, string Password)? login = null, TestAuthority? authority = null) =>
        new(await MosquittoBroker.StartAsync(login: login, authority: authority));

    /// <summary>The site's clock.</summary>
    public JumpingTime Time { get; } = new();

    public static TelemetrySample Sample(Metric metric, double value, int index = 0, TimeProvider? time = null) =>
        new(Bench.Machine, (time ?? TimeProvider.System).GetUtcNow(), metric, index, value, null);

    public void SetPrimaryHost(string host) =>
        Config = Config with { Broker = Config.Broker! with { Sparkplug = Config.Broker!.Sparkplug! with { PrimaryHost = host } } };

    public void StartSparkplug() => Start(new SparkplugPublisher(Config, HoldAsync, "1.2.3", Time, NullLogger.Instance));

    public void StartHomeAssistant() => Start(new HomeAssistantPublisher(Config, "1.2.3", Time, NullLogger.Instance));

    public async Task StopAsync()
    {
        await _link!.DisposeAsync();
        _link = null;
    }

    public void Add(TelemetrySample sample) => _link!.Add(sample);

    public void Tell(MachineState state, string machine = "mk3", string? detail = null, JobId? job = null)
    {
        _statuses =
        [
            new MachineStatus { Machine = new MachineId(Bench.Site, machine), State = state, Detail = detail, Job = job, Progress = 0.25, Loaded = new LoadedMaterial("PLA", "black"), At = Time.GetUtcNow() },
        ];
        _link?.Wake();
    }

    /// <summary>Journals an event, as the agent's loop does, and gives its sequence.</summary>
    public int Happen(Func<JobId, JobEvent>? happened = null, string machine = "mk3")
    {
        var job = JobId.Parse("o-7.1");
        var record = new EventRecord
        {
            Sequence = ++_sequence,
            Event = happened?.Invoke(job) ?? new JobStarted { Job = job, Epoch = 1, At = Time.GetUtcNow() },
            Machine = new MachineId(Bench.Site, machine),
        };
        _journal.Append(record.ToJournal());
        _link?.Wake();
        return _sequence;
    }

    public async ValueTask DisposeAsync()
    {
        if (_link is not null)
        {
            await _link.DisposeAsync();
        }

        _journal.Dispose();
        await Broker.DisposeAsync();
        _folder.Dispose();
    }

    private void Start(ISitePublisher publisher)
    {
        _link = new BrokerLink(
            publisher, Config, new JobEventLog(_journal, "boot"), () => _statuses, TimeSpan.FromMilliseconds(50), Time, NullLogger.Instance);
        _link.Start();
    }

    private Task HoldAsync(MachineId machine, bool isPause)
    {
        lock (Held)
        {
            Held.Add((machine, isPause));
        }

        return Task.CompletedTask;
    }
}
