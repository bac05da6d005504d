// A site as a Sparkplug B edge node and its machines as devices: births before data, one sequence, deaths that match their births.

using System.Globalization;
using System.Text;
using FabNet.Edge.Configuration;
using FabNet.Edge.Leasing;
using FabNet.Edge.SiteBroker.Sparkplug.Wire;
using FabNet.Model;
using FabNet.Model.Machines;
using FabNet.Model.Sites;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using WireMetric = FabNet.Edge.SiteBroker.Sparkplug.Wire.Metric;

namespace FabNet.Edge.SiteBroker.Sparkplug;

/// <summary>
/// Sparkplug wants its messages at QoS 0, which nobody acknowledges. So behind job events, and every few seconds behind samples, goes a marker at
/// QoS 1 on a topic of this site's own: a broker takes the packets of a connection in order, so its acknowledgement covers everything before
/// it. What was not covered when a connection broke is sent again, marked historical. Not thread safe; its link calls it.
/// </summary>
internal sealed partial class SparkplugPublisher : ISitePublisher
{
    private const int MetricsAtOnce = 200;
    private const string Rebirth = "Node Control/Rebirth";
    private const string Lost = "Samples Lost";

    private static readonly TimeSpan ConfirmInterval = TimeSpan.FromSeconds(5);

    private readonly SparkplugConfig _config;
    private readonly SparkplugTopics _topics;
    private readonly BirthCounter _births;
    private readonly Func<MachineId, bool, Task> _hold;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly MetricSet _node;
    private readonly Dictionary<MachineId, SparkplugDevice> _devices = [];
    private readonly string _marker;
    private int _birth;
    private byte _sequence;
    private bool _isBorn;
    private bool _isUnconfirmed;
    private long _confirmed;
    private long _lostTold;
    private long _bornHead;
    private (bool IsOnline, long Timestamp)? _host;

    /// <param name="site">The site, with a Sparkplug section.</param>
    /// <param name="hold">Holds (true) or continues (false) the job of a machine; called only where the configuration accepts it.</param>
    /// <param name="version">The program's version.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    public SparkplugPublisher(EdgeConfig site, Func<MachineId, bool, Task> hold, string version, TimeProvider time, ILogger logger)
    {
        _config = site.Broker!.Sparkplug!;
        _topics = new SparkplugTopics(_config.Group, site.Site.Value);
        _births = new BirthCounter(Path.Combine(site.DataFolder, "broker", "bdseq"));
        _hold = hold;
        _time = time;
        _logger = logger;
        _marker = $"fabnet/{site.Site}/sparkplug";
        var aliases = new AliasCounter();
        _node = new MetricSet(aliases);
        _node.Add("bdSeq", SparkplugType.Int64);
        _node.Add(Rebirth, SparkplugType.Boolean, hasAlias: false).Set(SparkplugValue.Of(false), default);
        _node.Add("Properties/Title", SparkplugType.String).Set(SparkplugValue.Of(site.Title), default);
        _node.Add("Properties/Software", SparkplugType.String).Set(SparkplugValue.Of($"FabNet {version}"), default);
        _node.Add(Lost, SparkplugType.Int64).Set(SparkplugValue.Of(0L), default);
        _node.AddJobEvents();
        foreach (var machine in site.Machines)
        {
            var id = site.IdOf(machine);
            _devices.Add(id, new SparkplugDevice(id, machine, aliases, _config.AcceptJobControl));
        }
    }

    /// <inheritdoc />
    public string Name => "sparkplug";

    /// <summary>About an hour of a site with four printers.</summary>
    public int Backlog => 65_536;

    /// <inheritdoc />
    public bool IsReady => _config.PrimaryHost is null || _host is { IsOnline: true };

    /// <inheritdoc />
    public BrokerWill NextWill()
    {
        _birth = _births.Next();
        return new BrokerWill(_topics.NodeDeath, Death(), Retain: false);
    }

    /// <inheritdoc />
    public async Task BeginAsync(BrokerConnection connection, CancellationToken cancellationToken)
    {
        _isBorn = false;
        _isUnconfirmed = false;
        _host = _host is { } host ? host with { IsOnline = false } : null; // until it says so on this connection, and not in an older word
        foreach (var device in _devices.Values)
        {
            device.BeginAgain();
        }

        await connection.SubscribeAsync(_topics.NodeCommand, cancellationToken);
        if (_config.AcceptJobControl)
        {
            await connection.SubscribeAsync(_topics.DeviceCommands, cancellationToken);
        }

        if (_config.PrimaryHost is { } primary)
        {
            await connection.SubscribeAsync(SparkplugTopics.HostState(primary), cancellationToken);
        }
    }

    /// <inheritdoc />
    public async Task HearAsync(BrokerConnection connection, BrokerMessage message, CancellationToken cancellationToken)
    {
        if (_config.PrimaryHost is { } host && message.Topic == SparkplugTopics.HostState(host))
        {
            await HearHostAsync(connection, message.Payload, cancellationToken);
        }
        else if (TryParse(message, out var command))
        {
            if (message.Topic == _topics.NodeCommand)
            {
                _isBorn &= !command.Metrics.Any(m => m is { Name: Rebirth, ValueCase: WireMetric.ValueOneofCase.BooleanValue, BooleanValue: true });
            }
            else if (_config.AcceptJobControl && _topics.DeviceOf(message.Topic) is { } name
                && _devices.Values.FirstOrDefault(d => d.Name == name) is { } device)
            {
                HearDevice(device, command);
            }
        }
    }

    /// <inheritdoc />
    public void Take(TelemetrySample sample) => _devices.GetValueOrDefault(sample.Machine)?.Take(sample);

    /// <inheritdoc />
    public void Take(IReadOnlyList<MachineStatus> statuses)
    {
        foreach (var status in statuses)
        {
            _devices.GetValueOrDefault(status.Machine)?.Take(status);
        }
    }

    /// <inheritdoc />
    public async Task PublishAsync(BrokerConnection connection, IReadOnlyList<JournaledEvent> events, long head, long lost, CancellationToken cancellationToken)
    {
        await BearAsync(connection, head, lost + _devices.Values.Sum(d => d.Dropped), cancellationToken);
        foreach (var happened in events)
        {
            await TellAsync(connection, happened.Record, happened.Cursor <= _bornHead, cancellationToken);
        }

        foreach (var device in _devices.Values.Where(d => d.IsBorn))
        {
            await SendWaitingAsync(connection, device, cancellationToken);
            if (!device.IsOnline)
            {
                device.IsBorn = false;
                await SendAsync(connection, _topics.DeviceDeath(device.Name), [], cancellationToken);
            }
        }

        if (events.Count > 0 || (_isUnconfirmed && _time.GetElapsedTime(_confirmed) >= ConfirmInterval))
        {
            await ConfirmAsync(connection, cancellationToken);
        }
    }

    /// <inheritdoc />
    public async Task EndAsync(BrokerConnection connection, CancellationToken cancellationToken)
    {
        if (_isBorn)
        {
            await connection.DeliverAsync(_topics.NodeDeath, Death(), retain: false, cancellationToken);
        }
    }

    /// <summary>The node's birth, and those of the devices that are there and have none, or have news of what they measure.</summary>
    private async Task BearAsync(BrokerConnection connection, long head, long lost, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        if (!_isBorn)
        {
            _bornHead = head;
            _sequence = 0;
            _node["bdSeq"].Set(SparkplugValue.Of((long)_birth), now);
            _node[Lost].Set(SparkplugValue.Of(lost), now);
            _lostTold = lost;
            await SendAsync(connection, _topics.NodeBirth, _node.ToBirth(now), cancellationToken);
            _isBorn = true;
            foreach (var device in _devices.Values)
            {
                device.IsBorn = false;
            }
        }

        foreach (var device in _devices.Values.Where(d => d.IsOnline && (!d.IsBorn || d.NeedsBirth)))
        {
            await SendAsync(connection, _topics.DeviceBirth(device.Name), device.Metrics.ToBirth(now), cancellationToken);
            device.Bear();
        }

        if (lost != _lostTold)
        {
            _lostTold = lost;
            _node[Lost].Set(SparkplugValue.Of(lost), now);
            await SendAsync(connection, _topics.NodeData, [_node[Lost].ToData(_node[Lost].Value, now, isHistorical: false)], cancellationToken);
        }
    }

    /// <summary>A job event goes out as data of its machine; while the machine is away (or gone from the configuration), as data of the node.</summary>
    private async Task TellAsync(BrokerConnection connection, EventRecord record, bool isHistorical, CancellationToken cancellationToken)
    {
        if (record.Machine is { } machine && _devices.GetValueOrDefault(machine) is { IsBorn: true } device)
        {
            await SendAsync(connection, _topics.DeviceData(device.Name), device.Metrics.Tell(record, isHistorical), cancellationToken);
        }
        else
        {
            await SendAsync(connection, _topics.NodeData, _node.Tell(record, isHistorical), cancellationToken);
        }
    }

    private async Task SendWaitingAsync(BrokerConnection connection, SparkplugDevice device, CancellationToken cancellationToken)
    {
        while (device.Waiting.Count > 0)
        {
            var values = new List<WaitingValue>(Math.Min(MetricsAtOnce, device.Waiting.Count));
            while (values.Count < MetricsAtOnce && device.Waiting.TryDequeue(out var waiting))
            {
                values.Add(waiting);
            }

            device.Unconfirmed.AddRange(values); // before they are sent: a send that fails must not lose them
            _isUnconfirmed = true;
            await SendAsync(
                connection,
                _topics.DeviceData(device.Name),
                values.OrderBy(v => v.At).Select(v => v.Metric.ToData(v.Value, v.At, v.Births < device.Births)),
                cancellationToken);
        }
    }

    private async Task ConfirmAsync(BrokerConnection connection, CancellationToken cancellationToken)
    {
        await connection.DeliverAsync(
            _marker, Encoding.UTF8.GetBytes(_time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture)), retain: false, cancellationToken);
        foreach (var device in _devices.Values)
        {
            device.Unconfirmed.Clear();
        }

        _isUnconfirmed = false;
        _confirmed = _time.GetTimestamp();
    }

    private async Task SendAsync(BrokerConnection connection, string topic, IEnumerable<WireMetric> metrics, CancellationToken cancellationToken)
    {
        var payload = new Payload { Timestamp = SparkplugMetric.Milliseconds(_time.GetUtcNow()), Seq = _sequence, Metrics = { metrics } };
        unchecked
        {
            _sequence++; // a byte: 255 is followed by 0
        }

        await connection.SendAsync(topic, payload.ToByteArray(), cancellationToken);
    }

    private byte[] Death()
    {
        var now = _time.GetUtcNow();
        var metric = new SparkplugMetric("bdSeq", null, SparkplugType.Int64);
        return new Payload { Timestamp = SparkplugMetric.Milliseconds(now), Metrics = { metric.ToData(SparkplugValue.Of((long)_birth), now, isHistorical: false) } }.ToByteArray();
    }

    /// <summary>The primary host came or went. A node whose host goes dies and connects anew, to wait for it.</summary>
    private async Task HearHostAsync(BrokerConnection connection, byte[] payload, CancellationToken cancellationToken)
    {
        if (HostState.TryRead(payload) is not { } said)
        {
            LogBadMessage(SparkplugTopics.HostState(_config.PrimaryHost!));
            return;
        }

        if (_host is { } known && said.Timestamp < known.Timestamp)
        {
            return; // An older word that came late, such as the will of a connection that the host has replaced.
        }

        _host = said;
        if (!said.IsOnline && _isBorn)
        {
            await EndAsync(connection, cancellationToken);
            _isBorn = false;
            await connection.CloseAsync(cancellationToken);
            throw new BrokerException($"the primary host {_config.PrimaryHost} is offline; nothing is published until it is back.");
        }
    }

    private void HearDevice(SparkplugDevice device, Payload command)
    {
        foreach (var metric in command.Metrics.Where(m => m is { ValueCase: WireMetric.ValueOneofCase.BooleanValue, BooleanValue: true }))
        {
            if (device.Metrics.Find(metric)?.Name is "Job Control/Pause" or "Job Control/Resume" && device.Metrics.Find(metric)!.Name is var name)
            {
                LogCommand(device.Id, name);
                _ = HoldAsync(device.Id, name == "Job Control/Pause");
            }
        }
    }

    private async Task HoldAsync(MachineId machine, bool isPause)
    {
        try
        {
            await _hold(machine, isPause);
        }
        catch (Exception e)
        {
            // The broker's command is nobody's call to wait for: what came of it is in the log, and in the machine's state.
            LogCommandFailed(machine, e.Message);
        }
    }

    private bool TryParse(BrokerMessage message, out Payload payload)
    {
        try
        {
            payload = Payload.Parser.ParseFrom(message.Payload);
            return true;
        }
        catch (InvalidProtocolBufferException)
        {
            LogBadMessage(message.Topic);
            payload = new Payload();
            return false;
        }
    }

    [LoggerMessage(LogLevel.Warning, "What arrived on {Topic} is not a Sparkplug message, and was ignored.")]
    private partial void LogBadMessage(string topic);

    [LoggerMessage(LogLevel.Information, "{Machine}: a Sparkplug host commands {Command}.")]
    private partial void LogCommand(MachineId machine, string command);

    [LoggerMessage(LogLevel.Warning, "{Machine} did not take the Sparkplug host's command: {Reason}")]
    private partial void LogCommandFailed(MachineId machine, string reason);
}
