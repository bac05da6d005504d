// A site for Home Assistant: every machine announces itself, tells its state on retained topics, and is taken away when it leaves the configuration.

using System.Text;
using System.Text.Json;
using FabNet.Edge.Configuration;
using FabNet.Edge.Leasing;
using FabNet.Model;
using FabNet.Model.Machines;
using FabNet.Model.Sites;
using Microsoft.Extensions.Logging;

namespace FabNet.Edge.SiteBroker.HomeAssistant;

/// <summary>
/// Only tells: it subscribes to Home Assistant's own start and to the retained announcements, and to nothing that could command a machine. A new
/// state goes out at once, changed values at most each second. Not thread safe; its link calls it.
/// </summary>
internal sealed partial class HomeAssistantPublisher : ISitePublisher
{
    private static readonly TimeSpan MinInterval = TimeSpan.FromSeconds(1);

    private readonly EdgeConfig _site;
    private readonly string _version;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly HomeAssistantTopics _topics;
    private readonly Dictionary<MachineId, MachineView> _machines;
    private bool _isAnnounced;

    /// <param name="site">The site, with a discovery prefix.</param>
    /// <param name="version">The program's version.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    public HomeAssistantPublisher(EdgeConfig site, string version, TimeProvider time, ILogger logger)
    {
        _site = site;
        _version = version;
        _time = time;
        _logger = logger;
        _topics = new HomeAssistantTopics(site.Broker!.HomeAssistantPrefix!, site.Site);
        _machines = site.Machines.ToDictionary(site.IdOf, m => new MachineView(site.IdOf(m), m));
    }

    /// <inheritdoc />
    public string Name => "homeassistant";

    /// <summary>Few: Home Assistant is told what is, not what was.</summary>
    public int Backlog => 1024;

    /// <inheritdoc />
    public bool IsReady => true;

    /// <inheritdoc />
    public BrokerWill NextWill() => new(_topics.SiteStatus, Bytes(HomeAssistantTopics.Offline), Retain: true);

    /// <inheritdoc />
    public async Task BeginAsync(BrokerConnection connection, CancellationToken cancellationToken)
    {
        _isAnnounced = false;
        await connection.SubscribeAsync(_topics.Birth, cancellationToken);
        await connection.SubscribeAsync(_topics.AllDiscoveries, cancellationToken);
    }

    /// <inheritdoc />
    public async Task HearAsync(BrokerConnection connection, BrokerMessage message, CancellationToken cancellationToken)
    {
        if (message.Topic == _topics.Birth)
        {
            _isAnnounced &= !message.Payload.AsSpan().SequenceEqual("online"u8);
        }
        else if (message.Payload.Length > 0 && _topics.MachineOf(message.Topic) is { } machine && !_machines.ContainsKey(new MachineId(_site.Site, machine)))
        {
            LogRemoved(machine, _site.Site);
            foreach (var topic in (string[])[_topics.Discovery(machine), _topics.State(machine), _topics.Availability(machine)])
            {
                await connection.DeliverAsync(topic, [], retain: true, cancellationToken);
            }
        }
    }

    /// <inheritdoc />
    public void Take(TelemetrySample sample) => _machines.GetValueOrDefault(sample.Machine)?.Take(sample);

    /// <inheritdoc />
    public void Take(IReadOnlyList<MachineStatus> statuses)
    {
        foreach (var status in statuses)
        {
            if (_machines.TryGetValue(status.Machine, out var machine))
            {
                machine.Status = status;
            }
        }
    }

    /// <inheritdoc />
    public async Task PublishAsync(BrokerConnection connection, IReadOnlyList<JournaledEvent> events, long head, long lost, CancellationToken cancellationToken)
    {
        if (!_isAnnounced)
        {
            await AnnounceAsync(connection, cancellationToken);
        }

        foreach (var happened in events)
        {
            await connection.DeliverAsync(_topics.Event(happened.Record.Machine?.Name), Write(happened.Record), retain: false, cancellationToken);
        }

        foreach (var machine in _machines.Values.Where(m => m.Status is not null))
        {
            await PublishAsync(connection, machine, cancellationToken);
        }
    }

    /// <inheritdoc />
    public Task EndAsync(BrokerConnection connection, CancellationToken cancellationToken) =>
        connection.DeliverAsync(_topics.SiteStatus, Bytes(HomeAssistantTopics.Offline), retain: true, cancellationToken);

    private async Task AnnounceAsync(BrokerConnection connection, CancellationToken cancellationToken)
    {
        foreach (var machine in _machines.Values)
        {
            await connection.DeliverAsync(_topics.Discovery(machine.Name), DiscoveryDocument.Write(_site, machine.Config, _topics, _version), retain: true, cancellationToken);
            (machine.Published, machine.PublishedState) = (null, null);
        }

        await connection.DeliverAsync(_topics.SiteStatus, Bytes(HomeAssistantTopics.Online), retain: true, cancellationToken);
        _isAnnounced = true;
    }

    private async Task PublishAsync(BrokerConnection connection, MachineView machine, CancellationToken cancellationToken)
    {
        var status = machine.Status!;
        var isNewState = status.State != machine.PublishedState;
        if (!isNewState && _time.GetElapsedTime(machine.PublishedAt) < MinInterval)
        {
            return;
        }

        var state = machine.Write();
        if (machine.Published is { } published && published.AsSpan().SequenceEqual(state))
        {
            return;
        }

        await connection.DeliverAsync(_topics.State(machine.Name), state, retain: true, cancellationToken);
        if (isNewState)
        {
            await connection.DeliverAsync(
                _topics.Availability(machine.Name), Bytes(machine.IsOnline ? HomeAssistantTopics.Online : HomeAssistantTopics.Offline), retain: true, cancellationToken);
        }

        (machine.Published, machine.PublishedState, machine.PublishedAt) = (state, status.State, _time.GetTimestamp());
    }

    private static byte[] Write(EventRecord record)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("event_type", JobEventWords.KindOf(record.Event));
            json.WriteString("job", record.Event.Job.Value);
            json.WriteString("reason", JobEventWords.ReasonOf(record.Event));
            json.WriteNumber("sequence", record.Sequence);
            json.WriteString("at", record.Event.At);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    [LoggerMessage(LogLevel.Information, "{Machine} is no longer a machine of {Site}: it was taken out of Home Assistant.")]
    private partial void LogRemoved(string machine, SiteId site);
}
