using System.Threading.Channels;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Protocol;
using FabNet.Protocol.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Job = FabNet.Model.Jobs.Job;
using JobEvent = FabNet.Model.Jobs.JobEvent;
using JobState = FabNet.Model.Jobs.JobState;

namespace FabNet.Tests.Edge;

/// <summary>
/// A coordinator endpoint written for these tests after edge.proto: takes each event once by sequence, acknowledges, and says to the edge what the test
/// wants. Its jobs follow <see cref="JobLifecycle"/>.
/// </summary>
internal sealed class TestCoordinator : EdgeLink.EdgeLinkBase, IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<JobId, Job> _jobs = [];
    private readonly List<(string Boot, long Sequence, JobEvent Event)> _applied = [];
    private readonly List<string> _refused = [];
    private readonly List<EdgeUp> _heard = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private GrpcHost? _server;
    private ChannelWriter<EdgeDown>? _down;
    private CancellationTokenSource? _connection;
    private long _eventSequence;
    private long _telemetrySequence;
    private long _samples;

    public Uri Address => _server!.Address;

    /// <summary>Holds acknowledgements back: events are applied, and the edge is not told.</summary>
    public bool KeepsQuiet { get; set; }

    /// <summary>Breaks the stream off after so many further events.</summary>
    public int? BreakAfterEvents { get; set; }

    /// <summary>How far this clock is ahead of the site's.</summary>
    public TimeSpan ClockOffset { get; set; }

    public int Connections { get; private set; }

    /// <summary>How often an event came that was there already.</summary>
    public int Duplicates { get; private set; }

    public string? Boot { get; private set; }

    public static async Task<TestCoordinator> StartAsync()
    {
        var coordinator = new TestCoordinator();
        await coordinator.ListenAsync(0);
        return coordinator;
    }

    /// <summary>Stops listening, as a coordinator that was killed.</summary>
    public async Task GoAwayAsync()
    {
        _connection?.Cancel();
        await _server!.DisposeAsync();
    }

    /// <summary>Listens again on the same port.</summary>
    public Task ComeBackAsync() => ListenAsync(Address.Port);

    public void BreakStream() => _connection?.Cancel();

    public void Say(EdgeDown message) => _down!.TryWrite(message);

    /// <summary>Holds a job as leased, and tells nobody: a site that connects hears of it.</summary>
    public void Know(Job job)
    {
        lock (_gate)
        {
            _jobs[job.Id] = job;
        }
    }

    public void Grant(Job job)
    {
        Know(job);
        Say(new EdgeDown { LeaseGranted = new() { Job = job.ToWire() } });
    }

    /// <summary>Changes the coordinator's own copy of a job.</summary>
    public void Set(JobId id, Func<Job, Job> change)
    {
        lock (_gate)
        {
            _jobs[id] = change(_jobs[id]);
        }
    }

    public Job Job(JobId id)
    {
        lock (_gate)
        {
            return _jobs[id];
        }
    }

    public IReadOnlyList<JobEvent> EventsOf(JobId id)
    {
        lock (_gate)
        {
            return [.. _applied.Where(e => e.Event.Job == id).Select(e => e.Event)];
        }
    }

    public IReadOnlyList<(string Boot, long Sequence, JobEvent Event)> Applied
    {
        get
        {
            lock (_gate)
            {
                return [.. _applied];
            }
        }
    }

    public IReadOnlyList<string> Refused
    {
        get
        {
            lock (_gate)
            {
                return [.. _refused];
            }
        }
    }

    public long Samples => Interlocked.Read(ref _samples);

    public Task WaitForStateAsync(JobId id, JobState state) => WaitAsync(() => _jobs.TryGetValue(id, out var job) && job.State == state, $"{id} to be {state}");

    public Task<EdgeUp> WaitForAsync(Func<EdgeUp, bool> wanted, string what) => WaitAsync(() => _heard.Find(m => wanted(m)), what);

    public Task WaitAsync(Func<bool> condition, string what) => WaitAsync(() => condition() ? this : null, what);

    public override async Task Connect(IAsyncStreamReader<EdgeUp> requestStream, IServerStreamWriter<EdgeDown> responseStream, ServerCallContext context)
    {
        if (!await requestStream.MoveNext(context.CancellationToken) || requestStream.Current.Hello is not { } hello)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, "The first message must be hello."));
        }

        var connection = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        var down = Channel.CreateUnbounded<EdgeDown>();
        lock (_gate)
        {
            _connection = connection;
            _down = down;
            Boot = hello.BootId;
            var welcome = new EdgeDown.Types.Welcome
            {
                JobEventSequence = _eventSequence,
                TelemetrySequence = _telemetrySequence,
                CoordinatorTime = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow() + ClockOffset),
            };
            welcome.Leases.AddRange(_jobs.Values.Where(j => j.IsHeldBySite).Select(j => new EdgeDown.Types.LeaseGranted { Job = j.ToWire() }));
            down.Writer.TryWrite(new EdgeDown { Welcome = welcome });
            Connections++;
            Signal();
        }

        var writing = WriteAsync(down.Reader, responseStream, connection.Token);
        try
        {
            while (await requestStream.MoveNext(connection.Token))
            {
                Hear(requestStream.Current, hello.BootId);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or RpcException)
        {
            // The stream was broken, by the test or by the edge.
        }

        down.Writer.TryComplete();
        await connection.CancelAsync();
        await writing;
        throw new RpcException(new Status(StatusCode.Unavailable, "the stream was broken off"));
    }

    public async ValueTask DisposeAsync()
    {
        _connection?.Cancel();
        await _server!.DisposeAsync();
    }

    private void Hear(EdgeUp message, string boot)
    {
        lock (_gate)
        {
            _heard.Add(message);
            switch (message.MessageCase)
            {
                case EdgeUp.MessageOneofCase.JobEvent:
                    if (BreakAfterEvents is { } left)
                    {
                        BreakAfterEvents = left > 0 ? left - 1 : null;
                        if (left == 0)
                        {
                            _connection!.Cancel();
                            return;
                        }
                    }

                    Take(message.JobEvent, boot);
                    Acknowledge();
                    break;
                case EdgeUp.MessageOneofCase.Telemetry:
                    if (message.Telemetry.Sequence > _telemetrySequence)
                    {
                        _telemetrySequence = message.Telemetry.Sequence;
                        _samples += message.Telemetry.Samples.Count;
                    }

                    Acknowledge();
                    break;
                default:
                    break;
            }

            Signal();
        }
    }

    private void Take(EdgeUp.Types.JobEventReport report, string boot)
    {
        if (report.Sequence <= _eventSequence)
        {
            Duplicates++;
            return;
        }

        if (report.Sequence > _eventSequence + 1)
        {
            _refused.Add($"gap: {report.Sequence} after {_eventSequence}");
            return;
        }

        _eventSequence = report.Sequence;
        var happened = report.Event.ToModel();
        if (!_jobs.TryGetValue(happened.Job, out var job))
        {
            _refused.Add($"{happened.Job} is unknown");
            return;
        }

        var transition = JobLifecycle.Apply(job, happened);
        if (transition.IsApplied)
        {
            _jobs[happened.Job] = transition.Job;
            _applied.Add((boot, report.Sequence, happened));
        }
        else
        {
            _refused.Add(transition.Refusal!);
        }
    }

    private void Acknowledge()
    {
        if (!KeepsQuiet)
        {
            _down!.TryWrite(new EdgeDown { Acknowledged = new() { JobEventSequence = _eventSequence, TelemetrySequence = _telemetrySequence } });
        }
    }

    private static async Task WriteAsync(ChannelReader<EdgeDown> down, IServerStreamWriter<EdgeDown> stream, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var message in down.ReadAllAsync(cancellationToken))
            {
                await stream.WriteAsync(message, cancellationToken);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or InvalidOperationException or RpcException)
        {
            // The stream was broken.
        }
    }

    private async Task<T> WaitAsync<T>(Func<T?> condition, string what)
        where T : class
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Bench.Token);
        limit.CancelAfter(Bench.Patience);
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (condition() is { } found)
                {
                    return found;
                }

                changed = _changed.Task;
            }

            try
            {
                await changed.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException e)
            {
                lock (_gate)
                {
                    throw new TimeoutException($"Waited in vain for {what}. Applied: {string.Join(", ", _applied.Select(e => e.Event))}. Refused: {string.Join("; ", _refused)}. "
                        + $"Last heard: {string.Join("; ", _heard.TakeLast(5))}", e);
                }
            }
        }
    }

    private void Signal()
    {
        var changed = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.TrySetResult();
    }

    private async Task ListenAsync(int port) =>
        _server = await GrpcHost.StartAsync(this, port);
}
