// Keeps one publisher connected to the site's broker, and gives it what there is to publish.

using System.Globalization;
using System.Threading.Channels;
using FabNet.Edge.Configuration;
using FabNet.Edge.Leasing;
using FabNet.Model.Machines;
using FabNet.Model.Sites;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;

namespace FabNet.Edge.SiteBroker;

/// <summary>
/// One loop and one connection. Samples wait in one bounded queue, in which the oldest make room and are counted; job events stay in the journal
/// until the broker has them; of machine states only the present one counts. So <see cref="Add"/> and <see cref="Wake"/> never wait, whatever
/// the broker does. A lost connection is opened again after a growing, jittered pause of at most 30 s.
/// </summary>
internal sealed partial class BrokerLink : IAsyncDisposable
{
    private const int EventsAtOnce = 256;

    /// <summary>What comes within this time of the first goes into the same messages.</summary>
    private static readonly TimeSpan GatherTime = TimeSpan.FromMilliseconds(100);

    /// <summary>A connection that ends sooner than this was no use: the pause before the next one grows.</summary>
    private static readonly TimeSpan UsefulTime = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(30);

    /// <summary>How long the last words of a stop may take.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(3);

    private readonly ISitePublisher _publisher;
    private readonly EdgeConfig _config;
    private readonly JobEventLog _events;
    private readonly EventCursor _cursor;
    private readonly Func<IReadOnlyList<MachineStatus>> _statuses;
    private readonly TimeSpan _firstDelay;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Channel<TelemetrySample> _samples;
    private readonly Channel<bool> _pulse = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly ResiliencePipeline<BrokerConnection> _connect;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _giveUp;
    private Task _running = Task.CompletedTask;
    private long _lost;
    private long _seen;

    /// <exception cref="IOException">The data folder can't be written.</exception>
    public BrokerLink(
        ISitePublisher publisher, EdgeConfig config, JobEventLog events, Func<IReadOnlyList<MachineStatus>> statuses, TimeSpan firstDelay, TimeProvider time, ILogger logger)
    {
        _publisher = publisher;
        _config = config;
        _events = events;
        _cursor = new EventCursor(Path.Combine(config.DataFolder, "broker", publisher.Name + ".events"), events);
        _seen = _cursor.Acknowledged;
        _statuses = statuses;
        _firstDelay = firstDelay;
        _time = time;
        _logger = logger;
        _giveUp = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _samples = Channel.CreateBounded<TelemetrySample>(
            new BoundedChannelOptions(publisher.Backlog) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true }, _ => Interlocked.Increment(ref _lost));
        _connect = new ResiliencePipelineBuilder<BrokerConnection> { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions<BrokerConnection>
            {
                ShouldHandle = new PredicateBuilder<BrokerConnection>().Handle<BrokerException>().Handle<IOException>(),
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = firstDelay,
                MaxDelay = MaxPause,
                OnRetry = arguments =>
                {
                    LogRetry(_publisher.Name, Address, arguments.Outcome.Exception?.Message ?? "", arguments.RetryDelay.TotalSeconds);
                    return ValueTask.CompletedTask;
                },
            })
            .Build();
    }

    private BrokerConfig Broker => _config.Broker!;

    private string Address => string.Create(CultureInfo.InvariantCulture, $"{Broker.Host}:{Broker.Port}");

    /// <summary>Begins to connect.</summary>
    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>Takes a sample. Thread safe; never waits.</summary>
    public void Add(TelemetrySample sample)
    {
        _samples.Writer.TryWrite(sample);
        Wake();
    }

    /// <summary>There may be news of machines or jobs. Thread safe; never waits.</summary>
    public void Wake() => _pulse.Writer.TryWrite(true);

    /// <summary>Publishes what there is, says goodbye, and ends. Takes at most a few seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _giveUp.CancelAfter(StopLimit);
        Wake();
        await _running;
        _stop.Dispose();
        _giveUp.Dispose();
    }

    private async Task RunAsync()
    {
        var pause = _firstDelay;
        while (!_stop.IsCancellationRequested)
        {
            var began = _time.GetTimestamp();
            try
            {
                await using var connection = await _connect.ExecuteAsync(async token => await OpenAsync(token), _stop.Token);
                began = _time.GetTimestamp();
                LogConnected(_publisher.Name, Address);
                await CarryAsync(connection);
                if (!_stop.IsCancellationRequested)
                {
                    LogLost(_publisher.Name, Address, connection.Lost ?? "it was closed here");
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (BrokerException e)
            {
                LogLost(_publisher.Name, Address, e.Message);
            }
            catch (Exception e)
            {
                // Whatever is wrong with publishing is said, and tried again; the machines go on.
                LogBroke(e, _publisher.Name);
            }

            pause = _time.GetElapsedTime(began) >= UsefulTime ? _firstDelay : pause;
            await PauseAsync(pause);
            pause = pause * 2 < MaxPause ? pause * 2 : MaxPause;
        }
    }

    private async Task<BrokerConnection> OpenAsync(CancellationToken cancellationToken) => await BrokerConnection.OpenAsync(
        Broker, $"fabnet-{_config.Site}-{_publisher.Name}", _publisher.NextWill(), Wake, _time, cancellationToken);

    /// <summary>Publishes until the connection is lost or the agent stops; a stop lets it finish what it is at.</summary>
    private async Task CarryAsync(BrokerConnection connection)
    {
        await _publisher.BeginAsync(connection, _giveUp.Token);
        Wake();
        while (connection.Lost is null && !_stop.IsCancellationRequested)
        {
            await _pulse.Reader.ReadAsync(CancellationToken.None);
            await GatherAsync();
            await PumpAsync(connection, _giveUp.Token);
        }

        if (connection.Lost is null)
        {
            await PumpAsync(connection, _giveUp.Token);
            await _publisher.EndAsync(connection, _giveUp.Token);
            await connection.CloseAsync(_giveUp.Token);
        }
    }

    private async Task PumpAsync(BrokerConnection connection, CancellationToken cancellationToken)
    {
        while (connection.TryRead(out var message))
        {
            await _publisher.HearAsync(connection, message, cancellationToken);
        }

        if (!_publisher.IsReady)
        {
            return;
        }

        for (var i = 0; i < _publisher.Backlog && _samples.Reader.TryRead(out var sample); i++)
        {
            _publisher.Take(sample);
        }

        _publisher.Take(_statuses());
        var head = _events.Head;
        IReadOnlyList<JournaledEvent> events = head == _seen ? [] : _events.After(_cursor.Acknowledged, EventsAtOnce);
        await _publisher.PublishAsync(connection, events, head, Interlocked.Read(ref _lost), cancellationToken);
        if (events.Count > 0)
        {
            Acknowledge(events[^1].Cursor);
        }

        if (events.Count < EventsAtOnce)
        {
            _seen = head;
        }
        else
        {
            Wake();
        }
    }

    private void Acknowledge(long cursor)
    {
        try
        {
            _cursor.Acknowledge(cursor);
        }
        catch (IOException e)
        {
            LogCursorUnwritten(_publisher.Name, e.Message); // In memory it counts: the events come twice only if the agent ends before the next.
        }
    }

    private async Task GatherAsync()
    {
        try
        {
            await Task.Delay(GatherTime, _time, _stop.Token);
        }
        catch (OperationCanceledException)
        {
            // What there is goes out at once.
        }
    }

    private async Task PauseAsync(TimeSpan pause)
    {
        _seen = -1; // Whatever is not acknowledged is read again.
        try
        {
            await Task.Delay(pause, _time, _stop.Token);
        }
        catch (OperationCanceledException)
        {
            // The loop condition ends it.
        }
    }

    [LoggerMessage(LogLevel.Information, "{Publisher} publishes on the site's broker {Address}.")]
    private partial void LogConnected(string publisher, string address);

    [LoggerMessage(LogLevel.Warning, "{Publisher} has no connection to the site's broker {Address}: {Reason}")]
    private partial void LogLost(string publisher, string address, string reason);

    [LoggerMessage(LogLevel.Warning, "{Publisher} can't reach the site's broker {Address}: {Reason} The next try is in {Seconds:0} s.")]
    private partial void LogRetry(string publisher, string address, string reason, double seconds);

    [LoggerMessage(LogLevel.Warning, "{Publisher} can't write down which job events the broker has: {Reason} After a restart the last ones are published again.")]
    private partial void LogCursorUnwritten(string publisher, string reason);

    [LoggerMessage(LogLevel.Error, "{Publisher} broke, and begins again.")]
    private partial void LogBroke(Exception e, string publisher);
}
