// A simulated Klipper machine and a session with it.

using FabNet.FirmwareBridge;
using FabNet.FirmwareBridge.Moonraker;
using FabNet.FirmwareSimulator.Moonraker;
using FabNet.GCode;
using FabNet.Model.Machines;
using FabNet.Tests.Bridge;
using Xunit;

namespace FabNet.Tests.Moonraker;

/// <summary>Machine time is free (nothing waits for it), so a test stops the print where it wants it: before a line.</summary>
internal sealed class MoonrakerStand : IAsyncDisposable
{
    public static readonly MachineProfile Profile = Bench.Printer with { Name = "test-klipper", Dialect = FirmwareDialect.Klipper };

    private MoonrakerStand(MoonrakerPrinter printer, MoonrakerSession session)
    {
        Printer = printer;
        Session = session;
        Events = session.ReadEventsAsync(Bench.Limit(35)).GetAsyncEnumerator(TestContext.Current.CancellationToken);
    }

    public MoonrakerPrinter Printer { get; }

    public MoonrakerSession Session { get; }

    public IAsyncEnumerator<MachineEvent> Events { get; }

    /// <summary>The moves that the machine executed.</summary>
    public List<string> Moves => [.. Printer.Log.Snapshot().Select(static command => command.Text).Where(static text => text.StartsWith("G1 ", StringComparison.Ordinal))];

    /// <summary>What is in the machine's folder of run files.</summary>
    public string[] Files => Directory.Exists(Path.Combine(Printer.Folder, "fabnet")) ? Directory.GetFiles(Path.Combine(Printer.Folder, "fabnet")) : [];

    public static AdmittedProgram Program(string start = "M104 S200\nM140 S60\n", int moves = 60) =>
        Bench.Admit(Profile, start + "G28\nG90\n" + string.Concat(Enumerable.Range(1, moves).Select(static x => $"G1 X{x % 250} Y{x / 250} F6000\n")));

    public static async Task<MoonrakerPrinter> StartPrinterAsync(string? apiKey = null, double speed = double.PositiveInfinity) => await MoonrakerPrinter.StartAsync(new MoonrakerOptions
    {
        Folder = Directory.CreateTempSubdirectory("fabnet-moonraker-").FullName,
        Profile = Profile,
        Speed = speed,
        ApiKey = apiKey,
        ReportInterval = TimeSpan.FromMilliseconds(20),
    });

    public static MoonrakerMachineOptions Options(MoonrakerPrinter printer) => new()
    {
        Address = printer.Address,
        ReopenDelay = TimeSpan.FromMilliseconds(50),
        MaxReopenDelay = TimeSpan.FromMilliseconds(200),
        StatePoll = TimeSpan.FromMilliseconds(100),
    };

    public static async Task<MoonrakerStand> OpenAsync(Func<MoonrakerMachineOptions, MoonrakerMachineOptions>? adapt = null, double speed = double.PositiveInfinity)
    {
        var printer = await StartPrinterAsync(speed: speed);
        var options = Options(printer);
        var stand = new MoonrakerStand(printer, new MoonrakerSession(adapt is null ? options : adapt(options)));
        await stand.Session.OpenAsync(Bench.Limit());
        await stand.StateAsync(MachineState.Idle);
        return stand;
    }

    /// <summary>Waits until the session says so.</summary>
    public Task<MachineStateChanged> StateAsync(MachineState state) => Bench.NextAsync<MachineStateChanged>(Events, change => change.State == state);

    /// <summary>Begins a run and lets it come to a line of its program.</summary>
    public async Task<Task<RunOutcome>> RunToAsync(AdmittedProgram program, int line, RunOptions? options = null)
    {
        Printer.Faults.HoldAtLine(line);
        var running = Session.RunAsync(program, options ?? new RunOptions(), CancellationToken.None);
        await Printer.WaitHeldAsync(Bench.Limit());
        await StateAsync(MachineState.Running);
        return running;
    }

    public async ValueTask DisposeAsync()
    {
        Printer.Faults.ComeBack();
        Printer.Faults.HoldAtLine(0);
        await Session.DisposeAsync();
        await Printer.DisposeAsync();
        Directory.Delete(Printer.Folder, recursive: true);
    }
}
