// The printer behind the MQTT dialect: states of a print, in machine time, executed by the same motion core as every printer here.

using System.Text;
using FabNet.FirmwareSimulator.Marlin;
using FabNet.FirmwareSimulator.Recording;
using FabNet.Model.Machines;

namespace FabNet.FirmwareSimulator.Bambu;

/// <summary>What <c>gcode_state</c> says.</summary>
public enum BambuState
{
    /// <summary>Nothing was printed since power-up.</summary>
    Idle,

    /// <summary>The file is fetched and checked.</summary>
    Prepare,

    /// <summary>A program is executed.</summary>
    Running,

    /// <summary>A program is held.</summary>
    Pause,

    /// <summary>The last program came to its end.</summary>
    Finish,

    /// <summary>The last program did not: it was stopped, or could not be printed.</summary>
    Failed,
}

/// <summary>A print from start to end. Times are seconds of machine time. Owned by its printer's loop.</summary>
internal sealed class BambuMachine
{
    /// <summary>0300-400C: the task was cancelled.</summary>
    public const int ErrorCancelled = 0x0300400C;

    /// <summary>0500-4003: the file could not be read.</summary>
    public const int ErrorFile = 0x05004003;

    /// <summary>How long fetching and checking a file takes.</summary>
    private const double PrepareS = 5;

    private readonly MarlinFirmware _firmware;
    private readonly Queue<string> _manual = new();
    private BambuProject? _project;
    private BambuProject? _coming;
    private int _nextLine;
    private double _preparedAt = double.PositiveInfinity;
    private double _startedAt;
    private int? _percentFromFile;
    private int? _minutesFromFile;

    public BambuMachine(MachineProfile profile, ExecutionLog log)
    {
        var build = new MarlinBuild
        {
            BootTimeS = 0,
            CommandTimeS = 0.0002,
            KeepAliveS = 0,
            HostPrompts = false,
            AutoReportTemperatures = true,
            ReceiveBytes = 2048,
            LineBytes = 512,
        };
        _firmware = new MarlinFirmware(build, profile, log);
        _firmware.ConnectTransmitter(static _ => { });
        _firmware.PowerUp(0);
    }

    public MarlinFirmware Firmware => _firmware;

    public BambuState State { get; private set; }

    public int PrintError { get; private set; }

    public string FileName { get; private set; } = "";

    public string TaskName { get; private set; } = "";

    public int Layer { get; private set; }

    public int LayerCount => _project?.LayerCount ?? 0;

    /// <summary>0 to 100.</summary>
    public int Percent => State == BambuState.Finish ? 100 : _percentFromFile ?? (_project is { Lines.Length: > 0 } project ? (int)(100L * _nextLine / project.Lines.Length) : 0);

    /// <summary>Minutes left, as the file tells with M73, else by the share done so far.</summary>
    public int RemainingMinutes
    {
        get
        {
            if (State is not (BambuState.Running or BambuState.Pause))
            {
                return 0;
            }

            var percent = Percent;
            return _minutesFromFile ?? (percent > 0 ? (int)Math.Ceiling((_firmware.Now - _startedAt) * (100 - percent) / percent / 60) : 0);
        }
    }

    /// <summary>When something next happens by itself; positive infinity if nothing will.</summary>
    public double NextEventAt => Math.Min(_preparedAt, _firmware.NextEventAt);

    /// <summary>Starts a print.</summary>
    /// <returns>Null, or why not.</returns>
    public string? Start(Func<BambuProject> open, string file, string task)
    {
        if (State is BambuState.Prepare or BambuState.Running or BambuState.Pause)
        {
            return "The printer is busy with another task.";
        }

        FileName = file;
        TaskName = task;
        PrintError = 0;
        Layer = 0;
        _nextLine = 0;
        _project = null;
        _percentFromFile = null;
        _minutesFromFile = null;
        try
        {
            _coming = open();
        }
        catch (Exception damaged) when (damaged is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            PrintError = ErrorFile;
            State = BambuState.Failed;
            return damaged.Message;
        }

        State = BambuState.Prepare;
        _preparedAt = _firmware.Now + PrepareS;
        return null;
    }

    /// <summary>Holds the print: what is already queued is still done.</summary>
    public string? Pause()
    {
        if (State != BambuState.Running)
        {
            return "Nothing is being printed.";
        }

        State = BambuState.Pause;
        return null;
    }

    /// <summary>Goes on with a held print.</summary>
    public string? Resume()
    {
        if (State != BambuState.Pause)
        {
            return "Nothing is held.";
        }

        PrintError = 0;
        State = BambuState.Running;
        if (_firmware.IsWaitingForUser)
        {
            Send("M108");
        }

        return null;
    }

    /// <summary>Ends the print for good and cools down.</summary>
    public string? Stop()
    {
        if (State is not (BambuState.Prepare or BambuState.Running or BambuState.Pause))
        {
            return "Nothing is being printed.";
        }

        _firmware.AbortPrint();
        _preparedAt = double.PositiveInfinity;
        _coming = null;
        _project = null;
        _manual.Enqueue("M104 S0");
        _manual.Enqueue("M140 S0");
        PrintError = ErrorCancelled;
        State = BambuState.Failed;
        return null;
    }

    /// <summary>Executes lines outside a print, or between its lines.</summary>
    public void Execute(string lines)
    {
        foreach (var line in lines.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            _manual.Enqueue(line);
        }
    }

    /// <summary>A fault of the printer: the print is held with an error. 0 clears the error.</summary>
    public void RaiseError(int code)
    {
        PrintError = code;
        if (code != 0 && State == BambuState.Running)
        {
            State = BambuState.Pause;
        }
    }

    /// <summary>Lets machine time pass.</summary>
    public void AdvanceTo(double now)
    {
        while (true)
        {
            Feed();
            var next = Math.Min(NextEventAt, now);
            _firmware.AdvanceTo(next);
            Follow();
            if (next >= now)
            {
                Feed();
                return;
            }
        }
    }

    private void Follow()
    {
        if (_firmware.Now >= _preparedAt)
        {
            _preparedAt = double.PositiveInfinity;
            _project = _coming;
            _coming = null;
            _startedAt = _firmware.Now;
            State = BambuState.Running;
        }

        if (_firmware.IsHalted && State is BambuState.Running or BambuState.Pause)
        {
            State = BambuState.Failed;
            PrintError = PrintError == 0 ? 0x03000001 : PrintError;
        }
        else if (State == BambuState.Running && _firmware.IsWaitingForUser)
        {
            State = BambuState.Pause;
        }
        else if (State == BambuState.Running && _project is { } project && _nextLine == project.Lines.Length && _firmware.IsIdle)
        {
            State = BambuState.Finish;
        }
    }

    /// <summary>Hands lines to the core while it has room; one slot stays free for what must not wait.</summary>
    private void Feed()
    {
        while (_firmware.FreeSlots > 1)
        {
            if (_manual.TryDequeue(out var line))
            {
                Send(line);
            }
            else if (State == BambuState.Running && _project is { } project && _nextLine < project.Lines.Length)
            {
                FeedLine(project.Lines[_nextLine++]);
            }
            else
            {
                return;
            }
        }
    }

    private void FeedLine(string line)
    {
        if (BambuProject.IsLayerChange(line))
        {
            Layer++;
            return;
        }

        var comment = line.IndexOf(';');
        var command = (comment < 0 ? line : line[..comment]).Trim();
        if (command.Length == 0)
        {
            return;
        }

        if (command.StartsWith("M73", StringComparison.Ordinal))
        {
            var progress = MarlinCommand.Parse(command);
            _percentFromFile = (int?)progress.Value('P') ?? _percentFromFile;
            _minutesFromFile = (int?)progress.Value('R') ?? _minutesFromFile;
        }

        Send(command);
    }

    private void Send(string command)
    {
        foreach (var value in Encoding.Latin1.GetBytes(command + "\n"))
        {
            _firmware.Receive(value, _firmware.Now);
        }
    }
}
