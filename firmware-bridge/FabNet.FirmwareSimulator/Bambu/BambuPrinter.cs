// The MQTT end of the simulated printer: takes requests, answers them, sends reports, and comes back after a lost connection.

using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using FabNet.FirmwareSimulator.Ftps;
using FabNet.FirmwareSimulator.Motion;
using FabNet.FirmwareSimulator.Recording;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace FabNet.FirmwareSimulator.Bambu;

/// <summary>
/// A running printer. One loop owns the machine: it reads a bounded channel of requests (a full one holds the broker back) and wakes once for each report interval; everybody
/// else takes <c>_gate</c> for a moment.
/// </summary>
public sealed class BambuPrinter : IAsyncDisposable
{
    private static readonly TimeSpan ReconnectDelay = TimeSpan.FromSeconds(1);

    /// <summary>Events done in one go at speed max before the loop looks at requests again.</summary>
    private const int EventsAtOnce = 20_000;

    private readonly Lock _gate = new();
    private readonly BambuOptions _options;
    private readonly BambuMachine _machine;
    private readonly BambuReport _report = new();
    private readonly VirtualClock _clock;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<string> _requests = Channel.CreateBounded<string>(64);
    private readonly IMqttClient _client;
    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);
    private readonly PrinterIdentity _identity;
    private readonly PrinterCard _card;
    private readonly FtpsServer _files;
    private TaskCompletionSource _disconnected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _silentUntil;
    private TimeSpan _stayAway;

    private BambuPrinter(BambuOptions options)
    {
        _options = options;
        Log = new ExecutionLog(options.LogPath, greatestBytes: options.LogBytes);
        _machine = new BambuMachine(options.Profile, Log);
        _clock = new VirtualClock(options.Time, options.Speed);
        _identity = new PrinterIdentity(options.Serial, options.Time.GetUtcNow());
        _card = new PrinterCard(options.CardFolder);
        _files = new FtpsServer(options.FtpsPort, _card, _identity.Certificate, options.AccessCode);
        if (options.AuthorityPath is { } path)
        {
            File.WriteAllText(path, _identity.Authority.ExportCertificatePem() + "\n");
        }

        _client = new MqttClientFactory().CreateMqttClient();
        _client.ApplicationMessageReceivedAsync += async received =>
            await _requests.Writer.WriteAsync(received.ApplicationMessage.ConvertPayloadToString() ?? "", _stop.Token);
        _client.DisconnectedAsync += _ =>
        {
            _disconnected.TrySetResult();
            return Task.CompletedTask;
        };
        Completion = Task.CompletedTask;
    }

    /// <summary><c>device/&lt;serial&gt;/report</c>.</summary>
    public string ReportTopic => $"device/{_options.Serial}/report";

    /// <summary><c>device/&lt;serial&gt;/request</c>.</summary>
    public string RequestTopic => $"device/{_options.Serial}/request";

    /// <summary>What the printer executed.</summary>
    public ExecutionLog Log { get; }

    /// <summary>The port of its FTPS server on loopback.</summary>
    public int FtpsPort => _files.Port;

    /// <summary>The CA of its certificate.</summary>
    public X509Certificate2 Authority => _identity.Authority;

    /// <summary>Whether it is connected to the broker.</summary>
    public bool IsConnected => _client.IsConnected;

    /// <summary>Seconds of machine time since it was switched on.</summary>
    public double TimeS => _clock.Now;

    /// <summary>The state of the print.</summary>
    public BambuState GcodeState
    {
        get
        {
            lock (_gate)
            {
                return _machine.State;
            }
        }
    }

    /// <summary>Where the print head stands, as of the last time the machine was looked at.</summary>
    public Axes Position
    {
        get
        {
            lock (_gate)
            {
                return _machine.Firmware.Motion.PositionAt(_machine.Firmware.Now);
            }
        }
    }

    /// <summary>Completes when the printer is switched off; faulted if it failed.</summary>
    public Task Completion { get; private set; }

    /// <summary>Switches a printer on. It connects, and connects again, by itself.</summary>
    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    /// <exception cref="IOException">The log file cannot be opened, or the FTPS port is taken.</exception>
    public static BambuPrinter Start(BambuOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!(options.Speed > 0) || options.ReportInterval <= TimeSpan.Zero)
        {
            throw new ArgumentException("Speed and report interval must be above 0.", nameof(options));
        }

        var printer = new BambuPrinter(options);
        printer.Completion = Task.Run(printer.RunAsync);
        return printer;
    }

    /// <summary>Loses the connection, and stays away for a real time.</summary>
    public void DropConnection(TimeSpan duration)
    {
        lock (_gate)
        {
            _stayAway = duration;
        }

        _disconnected.TrySetResult();
    }

    /// <summary>Sends nothing for a real time; it works on, and takes requests.</summary>
    public void Silence(TimeSpan duration) =>
        Interlocked.Exchange(ref _silentUntil, _options.Time.GetTimestamp() + (long)(duration.TotalSeconds * _options.Time.TimestampFrequency));

    /// <summary>Holds the print with an error, as a clogged nozzle or a lost belt does.</summary>
    public void RaisePrintError(int code)
    {
        lock (_gate)
        {
            _machine.RaiseError(code);
        }
    }

    /// <summary>Pulls the SD card out, or puts it back.</summary>
    public void SetCard(bool isIn) => _card.IsMissing = !isIn;

    /// <summary>Lets the SD card be full after so many bytes of a file.</summary>
    public void FillCard(long bytesLeft) => _card.CapacityBytes = bytesLeft;

    /// <summary>Switches the printer off.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await Completion;
        }
        finally
        {
            await _files.DisposeAsync();
            _identity.Dispose();
            _client.Dispose();
            Log.Dispose();
            _stop.Dispose();
        }
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                _disconnected = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                if (await ConnectAsync())
                {
                    await ServeAsync();
                }

                await _client.TryDisconnectAsync();
                TimeSpan away;
                lock (_gate)
                {
                    away = _stayAway > TimeSpan.Zero ? _stayAway : ReconnectDelay;
                    _stayAway = TimeSpan.Zero;
                }

                await StayAwayAsync(away);
            }
            catch (MqttCommunicationException)
            {
                // The broker is away: try again later, as the real one's network does. The print goes on meanwhile.
                await _client.TryDisconnectAsync();
                await StayAwayAsync(ReconnectDelay);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                break;
            }
        }

        await _client.TryDisconnectAsync();
    }

    private async Task<bool> ConnectAsync()
    {
        var options = new MqttClientOptionsBuilder()
            .WithTcpServer(_options.Host, _options.Port)
            .WithClientId($"printer-{_options.Serial}")
            .WithCredentials("bblp", _options.AccessCode)
            .WithProtocolVersion(MqttProtocolVersion.V311)
            .WithCleanSession()
            .Build();
        var result = await _client.ConnectAsync(options, _stop.Token);
        if (result.ResultCode != MqttClientConnectResultCode.Success)
        {
            return false;
        }

        var subscription = new MqttClientSubscribeOptionsBuilder().WithTopicFilter(filter => filter.WithTopic(RequestTopic).WithAtLeastOnceQoS()).Build();
        await _client.SubscribeAsync(subscription, _stop.Token);
        return true;
    }

    private async Task ServeAsync()
    {
        string full;
        lock (_gate)
        {
            full = _report.Full(_machine);
        }

        await PublishAsync(full);
        while (!_disconnected.Task.IsCompleted)
        {
            using (var tick = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token))
            {
                var request = _requests.Reader.WaitToReadAsync(tick.Token).AsTask();
                var timer = Task.Delay(_options.ReportInterval, _options.Time, tick.Token);
                await Task.WhenAny(request, timer, _disconnected.Task);
                await tick.CancelAsync();
                await Task.WhenAll(request, timer).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }

            _stop.Token.ThrowIfCancellationRequested();
            while (_requests.Reader.TryRead(out var text))
            {
                foreach (var answer in Take(text))
                {
                    await PublishAsync(answer);
                }
            }

            string? delta;
            lock (_gate)
            {
                Advance();
                delta = _report.Delta(_machine);
            }

            if (delta is not null)
            {
                await PublishAsync(delta);
            }
        }
    }

    /// <summary>Without a broker the print goes on.</summary>
    private async Task StayAwayAsync(TimeSpan duration)
    {
        await Task.Delay(duration, _options.Time, _stop.Token);
        lock (_gate)
        {
            Advance();
        }
    }

    private async Task PublishAsync(string payload)
    {
        if (_options.Time.GetTimestamp() >= Interlocked.Read(ref _silentUntil) && _client.IsConnected)
        {
            await _client.PublishStringAsync(ReportTopic, payload, MqttQualityOfServiceLevel.AtMostOnce, cancellationToken: _stop.Token);
        }
    }

    private void Advance()
    {
        for (var i = 0; _clock.JumpsAhead && i < EventsAtOnce && !double.IsPositiveInfinity(_machine.NextEventAt); i++)
        {
            _clock.JumpTo(_machine.NextEventAt);
            _machine.AdvanceTo(_clock.Now);
        }

        _machine.AdvanceTo(_clock.Now);
    }

    private List<string> Take(string text)
    {
        JsonObject? request;
        try
        {
            request = JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            // The real printer does not answer what it cannot read.
            return [];
        }

        var answers = new List<string>();
        lock (_gate)
        {
            Advance();
            if (Command(request, "pushing") is { } pushing && Text(pushing, "command") is "pushall" or "start")
            {
                answers.Add(_report.Full(_machine));
            }

            if (Command(request, "info") is { } info && Text(info, "command") == "get_version")
            {
                var module = new JsonObject { ["name"] = "ota", ["sw_ver"] = "01.04.00.00", ["sn"] = _options.Serial, ["hw_ver"] = "" };
                answers.Add(Answer("info", info, null, ("module", new JsonArray(module))));
            }

            if (Command(request, "print") is { } print)
            {
                answers.Add(Answer("print", print, Execute(print)));
            }

            Advance();
        }

        return answers;
    }

    /// <returns>Null, or why it was refused.</returns>
    private string? Execute(JsonObject print)
    {
        switch (Text(print, "command"))
        {
            case "project_file":
                var (url, entry, md5) = (Text(print, "url"), Text(print, "param"), Text(print, "md5"));
                var file = Text(print, "file") is { Length: > 0 } named ? named : Path.GetFileName(url);
                if (RefusedStart(print) is { } refusal)
                {
                    return refusal;
                }

                return _machine.Start(() => BambuProject.Open(_options.CardFolder, url, entry, md5), file, Text(print, "subtask_name"));
            case "pause":
                return _machine.Pause();
            case "resume":
                return _machine.Resume();
            case "stop":
                return _machine.Stop();
            case "gcode_line":
                _machine.Execute(Text(print, "param"));
                return null;
            case "clean_print_error":
                _machine.RaiseError(0);
                return null;
            case var unknown:
                return $"unknown command {unknown}";
        }
    }

    /// <summary>A start that is late or known is not begun. The maker's firmware checks neither: these two fields are this project's, and its hosts must not rely on them.</summary>
    private string? RefusedStart(JsonObject print)
    {
        if (Text(print, "fabnet_expires") is { Length: > 0 } text
            && (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var expires) || _options.Time.GetUtcNow() > expires))
        {
            return $"The start has expired: {text}.";
        }

        return Text(print, "fabnet_key") is { Length: > 0 } key && !_keys.Add(key) ? $"A start with the key {key} came before." : null;
    }

    /// <summary>The request's own words come back, with the result.</summary>
    private static string Answer(string type, JsonObject request, string? refusal, params (string Name, JsonNode Value)[] more)
    {
        var answer = (JsonObject)request.DeepClone();
        answer["result"] = refusal is null ? "success" : "fail";
        answer["reason"] = refusal ?? "";
        foreach (var (name, value) in more)
        {
            answer[name] = value;
        }

        return new JsonObject { [type] = answer }.ToJsonString();
    }

    private static JsonObject? Command(JsonObject? request, string type) => request?[type] as JsonObject;

    private static string Text(JsonObject source, string name) => source[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";
}
