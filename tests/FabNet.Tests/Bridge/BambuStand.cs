// A broker, a simulated Bambu Lab printer with its own file server, and a session with it.

using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using FabNet.FirmwareBridge;
using FabNet.FirmwareBridge.Mqtt;
using FabNet.FirmwareSimulator.Bambu;
using FabNet.GCode;
using FabNet.Model.Machines;
using FabNet.Tests.Mqtt;
using Xunit;

namespace FabNet.Tests.Bridge;

internal sealed class BambuStand : IAsyncDisposable
{
    public const string Serial = "01S00C000000001";
    public const string Code = "12345678";

    private static readonly MachineProfile Profile = Bench.Printer with { Name = "test-bambu", Dialect = FirmwareDialect.Bambu };

    private BambuStand(MosquittoBroker broker, BambuPrinter printer, BambuSession session, string card)
    {
        (Broker, Printer, Session, Card) = (broker, printer, session, card);
        Events = session.ReadEventsAsync(Bench.Limit(35)).GetAsyncEnumerator(TestContext.Current.CancellationToken);
    }

    public MosquittoBroker Broker { get; }

    public BambuPrinter Printer { get; }

    public BambuSession Session { get; }

    /// <summary>The printer's SD card.</summary>
    public string Card { get; }

    public IAsyncEnumerator<MachineEvent> Events { get; }

    /// <summary>The motions that the printer executed, in order.</summary>
    public List<string> Executed => [.. Printer.Log.Snapshot().Select(static command => command.Text).Where(static text => text.StartsWith("G1 ", StringComparison.Ordinal))];

    public static async Task<BambuStand> OpenAsync(double speed, Func<BambuMachineOptions, BambuMachineOptions>? change = null)
    {
        var broker = await MosquittoBroker.StartAsync();
        var card = Directory.CreateTempSubdirectory("fabnet-bambu-").FullName;
        var printer = StartPrinter(broker.Port, card, speed);
        var options = Options(broker, printer);
        var stand = new BambuStand(broker, printer, new BambuSession(change?.Invoke(options) ?? options), card);
        await OpenAsync(stand.Session);
        await Bench.NextAsync<MachineStateChanged>(stand.Events, static change => change.State == MachineState.Idle);
        return stand;
    }

    /// <summary>Opens a session. The printer may still be on its way to the broker; but then it reports by itself.</summary>
    public static Task<MachineInfo> OpenAsync(BambuSession session) => session.OpenAsync(Bench.Limit());

    public static BambuPrinter StartPrinter(int brokerPort, string card, double speed) => BambuPrinter.Start(new BambuOptions
    {
        Port = brokerPort,
        Serial = Serial,
        AccessCode = Code,
        CardFolder = card,
        Profile = Profile,
        Speed = speed,
        ReportInterval = TimeSpan.FromMilliseconds(100),
    });

    public static BambuMachineOptions Options(MosquittoBroker broker, BambuPrinter? printer) => new()
    {
        Host = "127.0.0.1",
        Port = broker.Port,
        SerialNumber = Serial,
        AccessCode = Code,
        UseTls = false,
        FtpsPort = printer?.FtpsPort ?? 990,
        CertificateAuthority = printer is null ? null : [printer.Authority],
        Connect = TimeSpan.FromSeconds(20),
        ReopenDelay = TimeSpan.FromMilliseconds(200),
        MaxReopenDelay = TimeSpan.FromMilliseconds(500),
        WholeState = TimeSpan.FromSeconds(1), // The rule itself is tested with a manual clock.
    };

    public static AdmittedProgram Program(string last = "") =>
        Bench.Admit(Profile, "G28\nG90\n" + string.Concat(Enumerable.Range(1, 40).Select(static x => $"G1 X{x} F6000\n")) + last);

    public static List<string> LinesOf(AdmittedProgram program)
    {
        var lines = new List<string>();
        using var reader = program.OpenReader();
        while (reader.TryRead(out var line))
            lines.Add(Encoding.ASCII.GetString(line));
        return lines;
    }

    [SuppressMessage("Security", "CA5351", Justification = "The printer's format names MD5.")]
    public static string Md5(byte[] bytes) => Convert.ToHexString(MD5.HashData(bytes));

    /// <summary>Puts a project on the card, as a person with a slicer does.</summary>
    public void PutOnCard(string name, string program)
    {
        using var archive = ZipFile.Open(Path.Combine(Card, name), ZipArchiveMode.Create);
        using var plate = new StreamWriter(archive.CreateEntry("Metadata/plate_1.gcode").Open());
        plate.Write(program);
    }

    public async ValueTask DisposeAsync()
    {
        await Session.DisposeAsync();
        await Printer.DisposeAsync();
        await Broker.DisposeAsync();
        Directory.Delete(Card, recursive: true);
    }
}
