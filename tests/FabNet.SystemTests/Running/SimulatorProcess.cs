// A simulated machine in a process of its own: as far from the program under test as a real one.

namespace FabNet.SystemTests.Running;

/// <summary>A run of the firmware simulator.</summary>
internal sealed class SimulatorProcess : ChildProcess
{
    private SimulatorProcess(string logPath, string port, IEnumerable<string> arguments)
        : base(Repository.Simulator, arguments) => (LogPath, Port) = (logPath, port);

    /// <summary>One JSON object for each executed command.</summary>
    public string LogPath { get; }

    /// <summary>The serial port to open, or the topic of an MQTT printer.</summary>
    public string Port { get; }

    /// <summary>A Marlin or GRBL behind a pty.</summary>
    /// <param name="dialect">marlin or grbl.</param>
    /// <param name="profile">The machine profile.</param>
    /// <param name="folder">Where its port and its log go.</param>
    /// <param name="name">Its name there.</param>
    /// <param name="speed">Machine seconds per real second.</param>
    /// <param name="cancellationToken">Ends waiting for it.</param>
    /// <param name="more">More options.</param>
    public static async Task<SimulatorProcess> StartSerialAsync(
        string dialect, string profile, string folder, string name, int speed, CancellationToken cancellationToken, params string[] more)
    {
        var (port, log) = (Path.Combine(folder, name), Path.Combine(folder, name + ".jsonl"));
        var simulator = new SimulatorProcess(log, port, [dialect, "--profile", profile, "--link", port, "--log", log, "--speed", $"{speed}", .. more]);
        return await ReadyAsync(simulator, port, cancellationToken);
    }

    /// <summary>A Bambu printer on a broker.</summary>
    public static async Task<SimulatorProcess> StartBambuAsync(
        string folder, string name, string serial, string accessCode, int brokerPort, int ftpsPort, int speed, CancellationToken cancellationToken)
    {
        var (card, log) = (Path.Combine(folder, name), Path.Combine(folder, name + ".jsonl"));
        Directory.CreateDirectory(card);
        var simulator = new SimulatorProcess(
            log,
            $"device/{serial}/report",
            [
                "bambu", "--port", $"{brokerPort}", "--serial", serial, "--access-code", accessCode, "--card", card, "--ftps-port", $"{ftpsPort}", "--ca", card + ".pem",
                "--log", log, "--speed", $"{speed}",
            ]);
        return await ReadyAsync(simulator, simulator.Port, cancellationToken);
    }

    /// <summary>What it has executed so far.</summary>
    public IReadOnlyList<string> Executed() => ExecutionRecord.Read(LogPath);

    private static async Task<SimulatorProcess> ReadyAsync(SimulatorProcess simulator, string port, CancellationToken cancellationToken)
    {
        try
        {
            await simulator.WaitForLineAsync(port, cancellationToken);
            return simulator;
        }
        catch
        {
            await simulator.DisposeAsync();
            throw;
        }
    }
}
