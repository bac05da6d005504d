// What is known of the Klipper behind a Moonraker: found out in order after each connection, and again whenever Klipper comes back.

using System.Text.Json;
using FabNet.Model.Machines;

namespace FabNet.FirmwareBridge.Moonraker;

/// <summary>
/// The sequence identify, server.info, printer.info, objects.list, subscribe, and what it found. Owned by the session's loop. While Klipper is not ready its state is
/// asked for every <see cref="MoonrakerMachineOptions.StatePoll"/>: a start that failed is told by no notification.
/// </summary>
internal sealed class KlipperView(MoonrakerLink link, MoonrakerMachineOptions options, TimeProvider time)
{
    private string _moonraker = "";
    private string _klipper = "";
    private bool _isAsking;
    private bool _isIdentified;
    private bool _isSubscribed;
    private long _askedAt;
    private HashSet<string> _objects = [];
    private volatile MachineInfo _info = new() { Dialect = FirmwareDialect.Klipper, Firmware = "Klipper", Address = options.Address.ToString() };

    /// <summary>The merged status.</summary>
    public KlipperStatus Status { get; } = new();

    /// <summary>Why Moonraker does not let this program in; null if it does.</summary>
    public string? Refusal { get; private set; }

    /// <summary>True once Moonraker has told of itself and of Klipper, over the present connection.</summary>
    public bool IsKnown { get; private set; }

    /// <summary>True while Klipper is ready and its status is followed.</summary>
    public bool IsReady => link.IsOpen && _isSubscribed && Status.Klippy == "ready";

    /// <summary>True if Klipper is connected and has shut down, or could not start: then it drives nothing and heats nothing.</summary>
    public bool HasStopped => link.IsOpen && IsKnown && Status.Klippy is "shutdown" or "error";

    /// <summary>Klipper's heaters, by the names of their objects.</summary>
    public IEnumerable<string> Heaters => _objects.Where(KlipperStatus.IsHeater);

    /// <summary>What this Klipper lacks for printing files; null if nothing.</summary>
    public string? Lack => ((string[])["virtual_sdcard", "pause_resume"]).Where(name => !_objects.Contains(name)).Select(static name => $"[{name}]").ToArray() is { Length: > 0 } missing
        ? $"Klipper can't print files: printer.cfg has no {string.Join(" and no ", missing)} section."
        : null;

    /// <summary>The machine, as far as it is known. Any thread.</summary>
    public MachineInfo Info => _info;

    /// <summary>A connection is there: everything is found out anew.</summary>
    public void OnOpened()
    {
        _isIdentified = _isAsking = false;
        Reset();
        Begin();
    }

    /// <summary>The connection is gone.</summary>
    public void OnLost() => IsKnown = _isSubscribed = _isAsking = false;

    /// <summary>Takes in a notification of Klipper's state.</summary>
    public void OnKlippy(string method)
    {
        if (method == "notify_klippy_disconnected")
        {
            Reset();
            Status.SetKlippy("disconnected", "Klipper's process has ended or is restarting.");
        }

        // Of a shutdown the notification gives no reason; what is asked for now does.
        Begin();
    }

    /// <summary>Looks at the clock.</summary>
    public void Check()
    {
        if (link.IsOpen && !_isAsking && !IsReady && time.GetElapsedTime(_askedAt) >= (Refusal is null ? options.StatePoll : options.MaxReopenDelay))
            Begin();
    }

    private void Reset()
    {
        _isSubscribed = false;
        Status.Forget();
    }

    private void Begin()
    {
        if (_isAsking || !link.IsOpen)
            return;
        _isAsking = true;
        _askedAt = time.GetTimestamp();
        if (_isIdentified)
            AskServer();
        else
            link.Ask("server.connection.identify", WriteIdentity, options.Answer, OnIdentified);
    }

    private void WriteIdentity(Utf8JsonWriter writer)
    {
        writer.WriteString("client_name", "FabNet");
        writer.WriteString("version", typeof(KlipperView).Assembly.GetName().Version?.ToString(3) ?? "0");
        writer.WriteString("type", "other");
        writer.WriteString("url", "");
        if (options.ApiKey is not null)
            writer.WriteString("api_key", options.ApiKey);
    }

    private void OnIdentified(RpcAnswer answer)
    {
        // A Moonraker from before this method works without; whether this program is let in is told by what follows.
        _isIdentified = answer.Outcome is RpcOutcome.Done or RpcOutcome.Refused;
        if (_isIdentified)
            AskServer();
        else
            _isAsking = false;
    }

    private void AskServer() => link.Ask("server.info", null, options.Answer, answer =>
    {
        if (!answer.IsDone)
        {
            _isAsking = false;
            if (answer.Outcome != RpcOutcome.Lost)
                Refusal = ReasonOf(answer);
            return;
        }

        Refusal = null;
        _moonraker = answer.Result.Text("moonraker_version") ?? "";
        if (answer["klippy_connected"].ValueKind == JsonValueKind.True)
        {
            AskPrinter();
            return;
        }

        Reset();
        Status.SetKlippy("disconnected", "Moonraker does not reach Klipper: is its service running?");
        Know();
    });

    private void AskPrinter() => link.Ask("printer.info", null, options.Answer, answer =>
    {
        if (!answer.IsDone)
        {
            Status.SetKlippy("startup", $"Klipper is starting ({answer.Message}).");
            Know();
            return;
        }

        _klipper = answer.Result.Text("software_version") ?? "";
        Status.SetKlippy(answer.Result.Text("state") ?? "", answer.Result.Text("state_message"));
        if (Status.Klippy is "ready" or "shutdown" && !_isSubscribed)
            AskObjects();
        else
            Know();
    });

    private void AskObjects() => link.Ask("printer.objects.list", null, options.Answer, answer =>
    {
        if (answer["objects"].ValueKind != JsonValueKind.Array)
        {
            Know();
            return;
        }

        _objects = answer["objects"].Items().Where(static name => name.ValueKind == JsonValueKind.String).Select(static name => name.GetString()!).ToHashSet(StringComparer.Ordinal);
        link.Ask("printer.objects.subscribe", WriteSubscription, options.Answer, OnSubscribed);
    });

    private void WriteSubscription(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("objects");
        foreach (var name in KlipperStatus.Interesting(_objects))
            writer.WriteNull(name);
        writer.WriteEndObject();
    }

    private void OnSubscribed(RpcAnswer answer)
    {
        if (answer["status"].ValueKind == JsonValueKind.Object)
        {
            Status.Forget();
            Status.Merge(answer["status"]);
            _isSubscribed = true;
        }

        Know();
    }

    private void Know()
    {
        _isAsking = false;
        IsKnown = true;
        _info = _info with { Firmware = $"Klipper {(_klipper.Length > 0 ? _klipper : "(not running)")}, Moonraker {_moonraker}", Capabilities = _objects };
    }

    // Moonraker answers a missing or wrong key with JSON-RPC's code for bad parameters, which this method does not take.
    private string ReasonOf(RpcAnswer answer) => answer switch
    {
        { Outcome: RpcOutcome.Late } => $"{options.Address} does not answer as Moonraker does. Check the address.",
        { Code: 401 or -32602 } => $"{options.Address} does not let this program in: {answer.Message.TrimEnd('.')}. "
            + (options.ApiKey is null ? "Give its API key, or add this host to trusted_clients in moonraker.conf." : "Check the API key."),
        _ => $"{options.Address} does not tell of itself: {answer.Message}",
    };
}
