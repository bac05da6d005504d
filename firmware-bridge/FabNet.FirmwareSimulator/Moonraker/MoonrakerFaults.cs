// What goes wrong on demand between a host and a simulated Moonraker.

namespace FabNet.FirmwareSimulator.Moonraker;

/// <summary>Live control over faults. Thread-safe.</summary>
public sealed class MoonrakerFaults
{
    private readonly MoonrakerPrinter _printer;
    private readonly Lock _gate = new();
    private readonly HashSet<string> _lostRequests = new(StringComparer.Ordinal);
    private readonly HashSet<string> _lostReplies = new(StringComparer.Ordinal);
    private int _uploadStatus;
    private long? _uploadCut;

    internal MoonrakerFaults(MoonrakerPrinter printer) => _printer = printer;

    /// <summary>False while the machine is off the network.</summary>
    public bool IsReachable { get; private set; } = true;

    /// <summary>Takes the machine off the network: its connections end, and new ones are refused until <see cref="ComeBack"/>. It prints on.</summary>
    public void GoAway()
    {
        IsReachable = false;
        _printer.DropConnections();
    }

    /// <summary>Puts the machine on the network again.</summary>
    public void ComeBack() => IsReachable = true;

    /// <summary>Ends the connections; new ones are taken at once.</summary>
    public void DropConnections() => _printer.DropConnections();

    /// <summary>Loses the next request of a method before it is executed, and its connection with it.</summary>
    public void LoseRequest(string method)
    {
        lock (_gate)
        {
            _lostRequests.Add(method);
        }
    }

    /// <summary>Executes the next request of a method, and loses its answer and the connection.</summary>
    public void LoseReply(string method)
    {
        lock (_gate)
        {
            _lostReplies.Add(method);
        }
    }

    /// <summary>Answers the next upload with an error, such as 507 (disk full), when all of it has come.</summary>
    public void FailUpload(int status) => Interlocked.Exchange(ref _uploadStatus, status);

    /// <summary>Cuts the next upload's connection after some bytes.</summary>
    public void CutUpload(long afterBytes)
    {
        lock (_gate)
        {
            _uploadCut = afterBytes;
        }
    }

    /// <summary>Bytes that an upload may bring in a real second; 0 (the default) for no limit.</summary>
    public int UploadBytesPerSecond { get; set; }

    /// <summary>Shuts Klipper down, as a lost microcontroller or a heater out of control does.</summary>
    public void ShutDown(string reason) => _printer.Do(machine => machine.ShutDown(reason));

    /// <summary>Restarts Klipper: what was printed is forgotten.</summary>
    public void RestartKlipper() => _printer.Do(static machine => machine.Restart());

    /// <summary>Ends the print at a line of its file, with an error of Klipper's.</summary>
    public void FailAtLine(int line, string message) => _printer.Do(machine => machine.Failure = (line, message));

    /// <summary>Takes no lines of a file from this one on; commands are taken all the same. 0 lets it go on.</summary>
    public void HoldAtLine(int line) => _printer.Do(machine => machine.HoldAtLine = line);

    internal bool TakeLostRequest(string method)
    {
        lock (_gate)
        {
            return _lostRequests.Remove(method);
        }
    }

    internal bool TakeLostReply(string method)
    {
        lock (_gate)
        {
            return _lostReplies.Remove(method);
        }
    }

    internal int TakeUploadStatus() => Interlocked.Exchange(ref _uploadStatus, 0);

    internal long? TakeUploadCut()
    {
        lock (_gate)
        {
            var cut = _uploadCut;
            _uploadCut = null;
            return cut;
        }
    }
}
