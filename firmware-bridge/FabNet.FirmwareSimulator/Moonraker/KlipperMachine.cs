// The Klipper behind the simulated Moonraker: its states, its virtual SD card, its commands, in machine time, on the same motion core as every printer here.

using System.Text;
using FabNet.FirmwareSimulator.Marlin;
using FabNet.FirmwareSimulator.Recording;
using FabNet.Model.Machines;

namespace FabNet.FirmwareSimulator.Moonraker;

/// <summary>
/// A virtual Klipper. Times are seconds of machine time. Owned by its printer's loop. What a host notices follows klippy/extras/virtual_sdcard.py, print_stats.py and
/// pause_resume.py: one command at a time; a script waits for the command under way; <c>complete</c> is said when the last line is taken, while motion may go on.
/// </summary>
internal sealed class KlipperMachine : IDisposable
{
    private const int Slots = 1;
    private const double RestartS = 2;

    private readonly MarlinFirmware _firmware;
    private readonly string _folder;
    private readonly Queue<KlipperScript> _scripts = new();
    private readonly StringBuilder _said = new();
    private KlipperScript? _script;
    private SdCardFile? _file;
    private bool _isFileLine;
    private bool _isBusy;
    private double _readyAt = double.PositiveInfinity;

    public KlipperMachine(MachineProfile profile, ExecutionLog log, string folder)
    {
        _folder = folder;
        var build = new MarlinBuild
        {
            BootTimeS = 0,
            CommandTimeS = 0.0002,
            KeepAliveS = 0,
            HostPrompts = false,
            EmergencyParser = true,
            CommandSlots = Slots,
            PlannerBlocks = 64,
            ReceiveBytes = 2048,
            LineBytes = 512,
        };
        _firmware = new MarlinFirmware(build, profile, log);
        _firmware.ConnectTransmitter(Hear);
        _firmware.PowerUp(0);
        _said.Clear();
    }

    /// <summary>Told of what Klipper says to consoles.</summary>
    public Action<string>? OnSaid { get; set; }

    /// <summary>Told when Klipper's own state changes: <c>ready</c>, <c>shutdown</c>, <c>disconnected</c>.</summary>
    public Action<string>? OnKlippy { get; set; }

    /// <summary>Told when a print begins (<c>in_progress</c>) or ends, with the file and how.</summary>
    public Action<string, string>? OnJob { get; set; }

    public MarlinFirmware Firmware => _firmware;

    public string Klippy { get; private set; } = "ready";

    public string KlippyMessage { get; private set; } = "Printer is ready";

    public string Print { get; private set; } = "standby";

    public string FileName { get; private set; } = "";

    public string PrintMessage { get; private set; } = "";

    public long FilePosition { get; private set; }

    public long FileSize { get; private set; }

    public int FileLines => _file?.Lines ?? 0;

    public bool IsPaused { get; private set; }

    /// <summary>The file's line before which it stops taking lines until it is 0 again; 0 for none. Scripts are taken all the same.</summary>
    public int HoldAtLine { get; set; }

    /// <summary>True while it stands before that line.</summary>
    public bool IsHeld => HoldAtLine > 0 && Print == "printing" && !_isBusy && FileLines + 1 >= HoldAtLine;

    /// <summary>The file's line that fails, and with what; null for none.</summary>
    public (int Line, string Message)? Failure { get; set; }

    /// <summary>True while a command is executed or waits.</summary>
    public bool IsBusy => _isBusy || _script is not null || !_firmware.Motion.IsEmpty;

    /// <summary>When something next happens by itself; positive infinity if nothing will.</summary>
    public double NextEventAt => Math.Min(_readyAt, _firmware.NextEventAt);

    /// <summary>Queues a script.</summary>
    public void Run(string script, Action<string?> done)
    {
        if (Klippy != "ready")
        {
            done(KlippyMessage);
            return;
        }

        _scripts.Enqueue(new KlipperScript(script.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries), done));
        Feed();
    }

    /// <summary>Shuts down: heaters off, motors off, nothing more until a restart.</summary>
    public void ShutDown(string reason)
    {
        if (Klippy != "ready")
        {
            return;
        }

        Receive("M112");
        Klippy = "shutdown";
        KlippyMessage = $"{reason}\nOnce the underlying issue is corrected, use the\n\"FIRMWARE_RESTART\" command to reset the firmware, reload the\nconfig, and restart the host software.\nPrinter is shutdown\n";
        if (Print is "printing" or "paused")
        {
            EndPrint("error", "Printer is shutdown", "klippy_shutdown");
        }

        FailScripts(KlippyMessage);
        OnKlippy?.Invoke("shutdown");
    }

    /// <summary>Restarts everything; what was loaded and printed is forgotten.</summary>
    public void Restart()
    {
        if (Print is "printing" or "paused")
        {
            OnJob?.Invoke(FileName, "klippy_disconnect");
        }

        Klippy = "disconnected";
        KlippyMessage = "Klippy Disconnected";
        Reset();
        FailScripts("Klippy Disconnected");
        _firmware.PowerUp(_firmware.Now);
        _readyAt = _firmware.Now + RestartS;
        OnKlippy?.Invoke("disconnected");
    }

    /// <summary>Lets machine time pass.</summary>
    public void AdvanceTo(double now)
    {
        while (true)
        {
            Feed();
            var next = Math.Min(NextEventAt, now);
            _firmware.AdvanceTo(next);
            if (_firmware.Now >= _readyAt)
            {
                _readyAt = double.PositiveInfinity;
                Klippy = "ready";
                KlippyMessage = "Printer is ready";
                OnKlippy?.Invoke("ready");
            }

            if (_firmware.IsHalted && Klippy == "ready")
            {
                ShutDown("Heater not heating at expected rate");
            }

            if (next >= now)
            {
                Feed();
                return;
            }
        }
    }

    /// <inheritdoc />
    public void Dispose() => _file?.Dispose();

    private void Feed()
    {
        while (Klippy == "ready" && _firmware.FreeSlots == Slots && _firmware.Received.Count == 0)
        {
            if (_isBusy)
            {
                _isBusy = false;
                if (_isFileLine)
                {
                    NoteFileLine();
                }
            }

            if (!TakeScriptLine() && !TakeFileLine())
            {
                return;
            }
        }
    }

    private bool TakeScriptLine()
    {
        if (_script is null && !_scripts.TryDequeue(out _script))
        {
            return false;
        }

        if (!_script.TryTake(out var line))
        {
            var ended = _script;
            _script = null;
            ended.End(null);
            return true;
        }

        _isFileLine = false;
        if (Execute(line) is { } error)
        {
            OnSaid?.Invoke($"!! {error}");
            var failed = _script;
            _script = null;
            failed?.End(error);
        }

        return true;
    }

    private bool TakeFileLine()
    {
        if (Print != "printing" || _file is null || IsHeld)
        {
            return false;
        }

        if (_file.Read() is not { } line)
        {
            _file.Dispose();
            _file = null;
            EndPrint("complete", "", "completed");
            OnSaid?.Invoke("Done printing file");
            return true;
        }

        if (Failure is { } failure && failure.Line == _file.Lines)
        {
            Failure = null;
            OnSaid?.Invoke($"!! {failure.Message}");
            TurnOffHeaters();
            EndPrint("error", failure.Message, "error");
            return true;
        }

        var comment = line.IndexOf(';');
        var command = (comment < 0 ? line : line[..comment]).Trim();
        if (command.Length == 0)
        {
            NoteFileLine();
            return true;
        }

        _isFileLine = true;
        if (Execute(command) is { } error)
        {
            TurnOffHeaters();
            EndPrint("error", error, "error");
        }

        if (!_isBusy)
        {
            NoteFileLine();
        }

        return true;
    }

    private void NoteFileLine()
    {
        _isFileLine = false;
        _file?.Done();
        FilePosition = _file?.Position ?? FilePosition;
    }

    /// <returns>Null, or the error that Klipper raises.</returns>
    private string? Execute(string line)
    {
        var words = line.Split(' ', 2);
        switch (words[0].ToUpperInvariant())
        {
            case "PAUSE":
                if (Print == "printing")
                {
                    (Print, IsPaused) = ("paused", true);
                }

                return null;
            case "RESUME":
                if (IsPaused)
                {
                    (Print, IsPaused) = ("printing", false);
                }

                return null;
            case "CANCEL_PRINT":
                IsPaused = false;
                if (Print is "printing" or "paused")
                {
                    EndPrint("cancelled", "", "cancelled");
                    FilePosition = FileSize = 0;
                }

                return null;
            case "SDCARD_RESET_FILE":
                if (Print is "printing" or "paused")
                {
                    OnJob?.Invoke(FileName, "cancelled");
                }

                Reset();
                return null;
            case "SDCARD_PRINT_FILE":
                return Load(words.Length > 1 ? words[1] : "");
            case "TURN_OFF_HEATERS":
                TurnOffHeaters();
                return null;
            case "FIRMWARE_RESTART" or "RESTART":
                Restart();
                return null;
            case "M112":
                ShutDown("Shutdown due to M112 command");
                return null;
            default:
                Receive(line);
                _isBusy = true;
                return null;
        }
    }

    private string? Load(string parameters)
    {
        if (Print == "printing")
        {
            return "SD busy";
        }

        var name = parameters.StartsWith("FILENAME=", StringComparison.Ordinal) ? parameters["FILENAME=".Length..].Trim('"') : "";
        var path = Path.GetFullPath(name, _folder);
        Reset();
        if (name.Length == 0 || !path.StartsWith(_folder + Path.DirectorySeparatorChar, StringComparison.Ordinal) || !File.Exists(path))
        {
            return "Unable to open file";
        }

        _file = new SdCardFile(path);
        (FileName, FileSize, Print) = (name, _file.Size, "printing");
        OnJob?.Invoke(name, "in_progress");
        return null;
    }

    private void Reset()
    {
        _file?.Dispose();
        _file = null;
        (Print, FileName, PrintMessage, FilePosition, FileSize, IsPaused) = ("standby", "", "", 0, 0, false);
        _isBusy = _isFileLine = false;
    }

    private void EndPrint(string state, string message, string job)
    {
        _file?.Dispose();
        _file = null;
        (Print, PrintMessage, IsPaused) = (state, message, false);
        OnJob?.Invoke(FileName, job);
    }

    private void FailScripts(string error)
    {
        _isBusy = false;
        var failed = _script;
        _script = null;
        failed?.End(error);
        while (_scripts.TryDequeue(out var script))
        {
            script.End(error);
        }
    }

    /// <summary>At once, as Klipper's own command: no queue of this core is in its way.</summary>
    private void TurnOffHeaters() => _firmware.SwitchHeatersOff();

    private void Receive(string command)
    {
        foreach (var value in Encoding.Latin1.GetBytes(command + "\n"))
        {
            _firmware.Receive(value, _firmware.Now);
        }
    }

    /// <summary>What the core says, as Klipper would: its acknowledgements are not said at all.</summary>
    private void Hear(ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
        {
            if (value != '\n')
            {
                _said.Append((char)value);
                continue;
            }

            var line = _said.ToString();
            _said.Clear();
            if (line.StartsWith("ok", StringComparison.Ordinal) && line.Length > 2)
            {
                OnSaid?.Invoke(line["ok".Length..].Trim());
            }
            else if (line.StartsWith("echo:", StringComparison.Ordinal))
            {
                OnSaid?.Invoke("// " + line["echo:".Length..]);
            }
            else if (line.Length > 0 && line != "ok" && !line.StartsWith("Error:", StringComparison.Ordinal))
            {
                OnSaid?.Invoke(line);
            }
        }
    }
}
