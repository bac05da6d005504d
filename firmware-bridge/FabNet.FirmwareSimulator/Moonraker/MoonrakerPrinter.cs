// The simulated Moonraker: JSON-RPC over a WebSocket, uploads over HTTP, and the machine behind it.

using System.Text.Json;
using System.Text.Json.Nodes;
using FabNet.FirmwareSimulator.Motion;
using FabNet.FirmwareSimulator.Recording;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FabNet.FirmwareSimulator.Moonraker;

/// <summary>
/// A running Klipper machine with its Moonraker, on loopback. A loop wakes for each status update and lets machine time pass; requests are executed as they come; both hold
/// <c>_gate</c> while they work. Source: Moonraker docs, external_api.
/// </summary>
public sealed class MoonrakerPrinter : IAsyncDisposable
{
    /// <summary>Events done in one go at speed max before the loop looks at requests again.</summary>
    private const int EventsAtOnce = 20_000;

    private readonly Lock _gate = new();
    private readonly MoonrakerOptions _options;
    private readonly KlipperMachine _machine;
    private readonly MoonrakerMethods _methods;
    private readonly VirtualClock _clock;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<MoonrakerClient> _clients = [];
    private readonly WebApplication _server;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private MoonrakerPrinter(MoonrakerOptions options)
    {
        _options = options;
        Folder = Path.GetFullPath(options.Folder);
        Directory.CreateDirectory(Folder);
        Log = new ExecutionLog(options.LogPath);
        Faults = new MoonrakerFaults(this);
        _machine = new KlipperMachine(options.Profile, Log, Folder)
        {
            OnSaid = said => Notify("notify_gcode_response", said),
            OnKlippy = state =>
            {
                foreach (var client in state == "disconnected" ? _clients : [])
                {
                    client.Subscription = null;
                }

                Notify($"notify_klippy_{state}");
            },
        };
        _methods = new MoonrakerMethods(_machine, Folder);
        _machine.OnJob = _methods.NoteJob;
        _clock = new VirtualClock(options.Time, options.Speed);
        _server = BuildServer();
        Completion = Task.CompletedTask;
    }

    /// <summary>Where it listens, such as <c>http://127.0.0.1:7125</c>.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1");

    /// <summary>The folder of G-code files.</summary>
    public string Folder { get; }

    /// <summary>What the machine executed.</summary>
    public ExecutionLog Log { get; }

    /// <summary>Live control over what goes wrong.</summary>
    public MoonrakerFaults Faults { get; }

    /// <summary>Seconds of machine time since it was switched on.</summary>
    public double TimeS => _clock.Now;

    /// <summary>Klipper's own state and the print's, such as <c>ready/printing</c>.</summary>
    public string State => Ask(static machine => $"{machine.Klippy}/{machine.Print}");

    /// <summary>The targets of hot end and bed, in °C.</summary>
    public (double HotEndC, double BedC) Targets => Ask(static machine => (machine.Firmware.HotEnd.TargetC, machine.Firmware.HeatedBed.TargetC));

    /// <summary>Where the print head stands.</summary>
    public Axes Position => Ask(static machine => machine.Firmware.Motion.PositionAt(machine.Firmware.Now));

    /// <summary>True while nothing moves.</summary>
    public bool IsStill => Ask(static machine => machine.Firmware.Motion.IsEmpty);

    /// <summary>Completes when the printer is switched off; faulted if it failed.</summary>
    public Task Completion { get; private set; }

    /// <summary>Switches a printer on.</summary>
    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    /// <exception cref="IOException">The port is taken, or the log file cannot be opened.</exception>
    public static async Task<MoonrakerPrinter> StartAsync(MoonrakerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!(options.Speed > 0) || options.ReportInterval <= TimeSpan.Zero)
        {
            throw new ArgumentException("Speed and report interval must be above 0.", nameof(options));
        }

        var printer = new MoonrakerPrinter(options);
        await printer._server.StartAsync();
        printer.Address = new Uri(printer._server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        printer.Completion = Task.Run(printer.RunAsync);
        return printer;
    }

    /// <summary>Completes once a file's execution stands before the line of <see cref="MoonrakerFaults.HoldAtLine"/>, with all motion before it done.</summary>
    public Task WaitHeldAsync(CancellationToken cancellationToken) => WaitAsync(static machine => machine is { IsHeld: true, Firmware.Motion.IsEmpty: true }, cancellationToken);

    /// <summary>Completes once the print is in a state, such as <c>paused</c>.</summary>
    public Task WaitForPrintAsync(string state, CancellationToken cancellationToken) => WaitAsync(machine => machine.Print == state, cancellationToken);

    /// <summary>Switches the printer off.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        DropConnections();
        try
        {
            await Completion;
        }
        finally
        {
            await _server.DisposeAsync();
            _machine.Dispose();
            Log.Dispose();
            _stop.Dispose();
        }
    }

    internal void DropConnections()
    {
        lock (_gate)
        {
            foreach (var client in _clients)
            {
                client.Cut();
            }
        }
    }

    internal void Do(Action<KlipperMachine> action) => Ask(machine =>
    {
        action(machine);
        return true;
    });

    private T Ask<T>(Func<KlipperMachine, T> question)
    {
        lock (_gate)
        {
            Advance();
            var answer = question(_machine);
            Advance();
            return answer;
        }
    }

    private async Task WaitAsync(Func<KlipperMachine, bool> isThere, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                Advance();
                if (isThere(_machine))
                {
                    return;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(_options.ReportInterval, _options.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                TaskCompletionSource changed;
                lock (_gate)
                {
                    Advance();
                    Report();
                    changed = _changed;
                    _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                }

                changed.SetResult();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Switched off.
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

    private void Report()
    {
        foreach (var client in _clients)
        {
            if (client.Subscription is not { } subscription)
            {
                continue;
            }

            var now = KlipperObjects.Select(_machine, subscription);
            if (KlipperObjects.Delta(client.Told, now) is { } delta)
            {
                client.Told = now;
                client.Send(Notification("notify_status_update", delta, KlipperObjects.EventTime(_machine)));
            }
        }
    }

    private void Notify(string method, params JsonNode?[] parameters)
    {
        foreach (var client in _clients.Where(static client => client.IsLetIn))
        {
            client.Send(Notification(method, [.. parameters.Select(static parameter => parameter?.DeepClone())]));
        }
    }

    private static JsonObject Notification(string method, params JsonNode?[] parameters)
    {
        var message = new JsonObject { ["jsonrpc"] = "2.0", ["method"] = method };
        if (parameters.Length > 0)
        {
            message["params"] = new JsonArray(parameters);
        }

        return message;
    }

    private WebApplication BuildServer()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        builder.WebHost.UseUrls($"http://127.0.0.1:{_options.Port}");
        var server = builder.Build();
        server.UseWebSockets();
        server.Use(async (context, next) =>
        {
            if (Faults.IsReachable)
            {
                await next(context);
            }
            else
            {
                context.Abort();
            }
        });
        server.Map("/websocket", ServeClientAsync);
        server.Map("/server/files/upload", context => IsLetIn(context)
            ? MoonrakerUpload.TakeAsync(context, Folder, name => Ask(machine => machine.FileName == name && machine.Print is "printing" or "paused"), Faults, _options.Time)
            : RefuseAsync(context));
        server.Map("/printer/emergency_stop", async context =>
        {
            if (!IsLetIn(context))
            {
                await RefuseAsync(context);
                return;
            }

            Do(static machine => machine.ShutDown("Shutdown due to webhooks request"));
            await context.Response.WriteAsync("""{"result":"ok"}""");
        });
        return server;
    }

    private bool IsLetIn(HttpContext context) => _options.ApiKey is null || context.Request.Headers["X-Api-Key"] == _options.ApiKey;

    private static async Task RefuseAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        await context.Response.WriteAsync("""{"error":{"code":401,"message":"Unauthorized"}}""");
    }

    private async Task ServeClientAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var client = new MoonrakerClient(socket) { IsLetIn = IsLetIn(context) };
        lock (_gate)
        {
            _clients.Add(client);
        }

        try
        {
            await client.ServeAsync(text => Take(client, text), _stop.Token);
        }
        finally
        {
            lock (_gate)
            {
                _clients.Remove(client);
            }
        }
    }

    private void Take(MoonrakerClient client, string text)
    {
        JsonObject? request;
        try
        {
            request = JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            request = null;
        }

        if (request is null || request["method"]?.GetValue<string>() is not { } method)
        {
            client.Send(new JsonObject { ["jsonrpc"] = "2.0", ["error"] = new JsonObject { ["code"] = -32700, ["message"] = "Parse error" }, ["id"] = null });
            return;
        }

        if (Faults.TakeLostRequest(method))
        {
            client.Cut();
            return;
        }

        var isLost = Faults.TakeLostReply(method);
        var id = request["id"]?.DeepClone();
        Do(_ => _methods.Execute(client, method, request["params"] as JsonObject ?? [], _options.ApiKey, (result, code, error) =>
        {
            if (isLost)
            {
                client.Cut();
                return;
            }

            var answer = new JsonObject { ["jsonrpc"] = "2.0" };
            if (error is null)
            {
                answer["result"] = result;
            }
            else
            {
                answer["error"] = new JsonObject { ["code"] = code, ["message"] = error };
            }

            answer["id"] = id;
            client.Send(answer);
        }));
    }
}
