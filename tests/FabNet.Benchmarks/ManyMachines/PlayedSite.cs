// A site without machines: it takes what it is offered and says that it is made, after a while.

using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using FabNet.Model.Sites;
using FabNet.Protocol;
using FabNet.Protocol.V1;
using Grpc.Core;
using Job = FabNet.Model.Jobs.Job;
using JobEvent = FabNet.Model.Jobs.JobEvent;
using LoadedMaterial = FabNet.Model.Sites.LoadedMaterial;
using Machine = FabNet.Model.Sites.Machine;
using MachineState = FabNet.Model.Machines.MachineState;
using MachineStatus = FabNet.Model.Sites.MachineStatus;
using Site = FabNet.Model.Sites.Site;

namespace FabNet.Benchmarks.ManyMachines;

/// <summary>One EdgeLink stream. One loop reads what comes down; what goes up is sent in turn.</summary>
internal sealed class PlayedSite(EdgeLink.EdgeLinkClient client, Site site, TimeSpan run) : IAsyncDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<MachineId, Task> _machines = site.Machines.ToDictionary(static m => m.Id, static _ => Task.CompletedTask);
    private readonly Dictionary<string, int> _held = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private AsyncDuplexStreamingCall<EdgeUp, EdgeDown>? _call;
    private Task _reading = Task.CompletedTask;
    private long _sequence;
    private int _made;

    /// <summary>Jobs made.</summary>
    /// <exception cref="InvalidOperationException">Its stream broke.</exception>
    public int Made => _reading.IsFaulted ? throw new InvalidOperationException($"{site.Id}: {_reading.Exception!.InnerException!.Message}") : _made;

    /// <summary>A network of printers, some of each material loaded.</summary>
    public static Site Of(int number, int machines)
    {
        var axis = new AxisLimits { RangeMm = new AxisRange(0, 220), MaxFeedMmPerMin = 9000, AccelerationMmPerS2 = 1000 };
        var profile = new MachineProfile
        {
            Name = "printer-220", Title = "Printer", Process = FabricationProcess.Printing, Dialect = FirmwareDialect.Marlin, X = axis, Y = axis, Z = axis, E = new AxisLimits { MaxFeedMmPerMin = 3000, AccelerationMmPerS2 = 3000 }, Baud = 115200,
            HotEnds = [new HotEnd { NozzleMm = 0.4, MaxTemperatureC = 280 }], Materials = ["PLA", "PETG"], Slicer = new Dictionary<string, string>(StringComparer.Ordinal) { ["nozzle_diameter"] = "0.4" },
        };
        var id = SiteId.Parse($"lab-{number}");
        return new Site
        {
            Id = id,
            Title = $"Lab {number}",
            Latitude = 40 + (number % 20 * 0.5),
            Longitude = -8 + (number / 20 * 0.5),
            Machines = [.. Enumerable.Range(0, machines).Select(m => new Machine { Id = new MachineId(id, $"m{m}"), Profile = profile, Loaded = new LoadedMaterial("PLA", m % 2 == 0 ? "black" : "white") })],
        };
    }

    public async Task JoinAsync()
    {
        _call = client.Connect(cancellationToken: _stop.Token);
        await SendAsync(new EdgeUp { Hello = new() { Site = site.ToWire(), BootId = "benchmark", Version = "benchmark" } });
        foreach (var machine in site.Machines)
        {
            await StatusAsync(machine, MachineState.Idle, null);
        }

        _reading = Task.WhenAll(ReadAsync(), KeepAliveAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading;
        _call?.Dispose();
        _stop.Dispose();
        _turn.Dispose();
    }

    private async Task ReadAsync()
    {
        try
        {
            while (await _call!.ResponseStream.MoveNext(_stop.Token))
            {
                switch (_call.ResponseStream.Current)
                {
                    case { Offer: { } offer }:
                        await SendAsync(new EdgeUp { Claim = new() { JobId = offer.Job.Id, Machine = offer.Machine } });
                        break;
                    case { LeaseGranted.Job: { } granted }:
                        var job = granted.ToModel();
                        lock (_gate)
                        {
                            _held[granted.Id] = job.Epoch;
                        }

                        // A machine makes one job at a time, in the order in which it got them.
                        _machines[job.Machine!.Value] = MakeAsync(_machines[job.Machine.Value], job);
                        break;
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or RpcException && _stop.IsCancellationRequested)
        {
            // The measurement is over.
        }
    }

    private async Task KeepAliveAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(10), TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                var keepAlive = new EdgeUp.Types.KeepAlive();
                lock (_gate)
                {
                    keepAlive.Held.AddRange(_held.Select(static h => new EdgeUp.Types.KeepAlive.Types.HeldJob { JobId = h.Key, Epoch = h.Value }));
                }

                await SendAsync(new EdgeUp { KeepAlive = keepAlive });
            }
        }
        catch (Exception e) when (e is OperationCanceledException or RpcException && _stop.IsCancellationRequested)
        {
            // The measurement is over.
        }
    }

    private async Task MakeAsync(Task before, Job job)
    {
        await before;
        var machine = site.Machines.First(m => m.Id == job.Machine);
        try
        {
            await ReportAsync(at => new JobPreparing { Job = job.Id, Epoch = job.Epoch, At = at });
            await ReportAsync(at => new JobReady { Job = job.Id, Epoch = job.Epoch, At = at, Program = Digest.Of([9]), EstimatedSeconds = run.TotalSeconds, EstimatedGrams = 4 });
            await ReportAsync(at => new JobStarted { Job = job.Id, Epoch = job.Epoch, At = at });
            await StatusAsync(machine, MachineState.Running, job.Id);
            await Task.Delay(run, TimeProvider.System, _stop.Token);
            await ReportAsync(at => new JobCompleted { Job = job.Id, Epoch = job.Epoch, At = at, Seconds = run.TotalSeconds, Grams = 4, EnergyKwh = 0.01 });
            await StatusAsync(machine, MachineState.Idle, null);
            lock (_gate)
            {
                _held.Remove(job.Id.Value);
                _made++;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or RpcException && _stop.IsCancellationRequested)
        {
            // The measurement is over.
        }
    }

    private Task StatusAsync(Machine machine, MachineState state, JobId? job) => SendAsync(new EdgeUp
    {
        MachineStatus = new MachineStatus { Machine = machine.Id, State = state, Job = job, RemainingSeconds = job is null ? null : run.TotalSeconds, Loaded = machine.Loaded, At = TimeProvider.System.GetUtcNow() }.ToWire(),
    });

    // Its sequence is counted in its turn.
    private Task ReportAsync(Func<DateTimeOffset, JobEvent> happened) =>
        SendAsync(() => new EdgeUp { JobEvent = new() { Sequence = ++_sequence, Event = happened(TimeProvider.System.GetUtcNow()).ToWire() } });

    private Task SendAsync(EdgeUp message) => SendAsync(() => message);

    private async Task SendAsync(Func<EdgeUp> message)
    {
        await _turn.WaitAsync(_stop.Token);
        try
        {
            await _call!.RequestStream.WriteAsync(message(), _stop.Token);
        }
        finally
        {
            _turn.Release();
        }
    }
}
