// What the bridge's tests share: a session over a wire in memory, programs, and quick time limits.

using System.Globalization;
using System.Text;
using FabNet.FirmwareBridge;
using FabNet.FirmwareBridge.Serial;
using FabNet.GCode;
using FabNet.Model;
using FabNet.Model.Machines;
using Xunit;

namespace FabNet.Tests.Bridge;

internal static class Bench
{
    public static readonly LinkTimings Quick = new()
    {
        BannerWait = TimeSpan.FromMilliseconds(60),
        Connect = TimeSpan.FromSeconds(5),
        NoReply = TimeSpan.FromMilliseconds(600),
        NoReplyOnceBusyIsKnown = TimeSpan.FromMilliseconds(300),
        LongCommand = TimeSpan.FromSeconds(5),
        TemperaturePoll = TimeSpan.FromMilliseconds(100),
        StatusPoll = TimeSpan.FromMilliseconds(15),
        Secure = TimeSpan.FromSeconds(4),
    };

    public static readonly MachineProfile Printer = new()
    {
        Name = "test-printer",
        Title = "Test printer",
        Process = FabricationProcess.Printing,
        Dialect = FirmwareDialect.Marlin,
        Baud = 115200,
        X = Axis(),
        Y = Axis(),
        Z = Axis(),
        E = new AxisLimits { MaxFeedMmPerMin = 6000, AccelerationMmPerS2 = 1000 },
        HotEnds = [new HotEnd { NozzleMm = 0.4, MaxTemperatureC = 285 }],
        MaxBedTemperatureC = 110,
    };

    public static readonly MachineProfile Router = Printer with
    {
        Name = "test-router",
        Process = FabricationProcess.Milling,
        Dialect = FirmwareDialect.Grbl,
        E = null,
        HotEnds = [],
        MaxBedTemperatureC = 0,
        Spindle = new Spindle { MaxRpm = 10000 },
    };

    public static AdmittedProgram PrinterProgram(int motions) => Admit(Printer, "G28\nG90\n" + Moves(motions));

    public static AdmittedProgram RouterProgram(int motions) => Admit(Router, "G21\nG90\n" + Moves(motions));

    public static AdmittedProgram Admit(MachineProfile profile, string text)
    {
        var result = Admission.Check(new MemoryStream(Encoding.ASCII.GetBytes(text)), profile, new MemoryStream());
        Assert.True(result.IsAdmitted, string.Join("; ", result.Violations));
        return result.Program!;
    }

    public static List<string> MotionsOf(AdmittedProgram program)
    {
        var lines = new List<string>();
        using var reader = program.OpenReader();
        while (reader.TryRead(out var line))
        {
            if (line.StartsWith("G1"u8))
                lines.Add(Encoding.ASCII.GetString(line));
        }

        return lines;
    }

    public static SerialMachineOptions Options(FirmwareDialect? dialect = null) => new()
    {
        PortName = "wire",
        Dialect = dialect,
        Timings = Quick,
        ReopenDelay = TimeSpan.FromMilliseconds(50),
        MaxReopenDelay = TimeSpan.FromMilliseconds(100),
    };

    public static MachineSession Session(Stream host, SerialMachineOptions? options = null) => new(options ?? Options(), _ => host, TimeProvider.System);

    public static CancellationToken Limit(int seconds = 20)
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(seconds));
        return limit.Token;
    }

    public static void AssertCompleted(RunOutcome outcome) => Assert.True(outcome is RunOutcome.Completed, outcome.ToString());

    /// <summary>Waits for an event; the session's events before it are passed over.</summary>
    public static async Task<T> NextAsync<T>(IAsyncEnumerator<MachineEvent> events, Func<T, bool>? isWanted = null)
        where T : MachineEvent
    {
        while (await events.MoveNextAsync())
        {
            if (events.Current is T wanted && (isWanted is null || isWanted(wanted)))
                return wanted;
        }

        throw new InvalidOperationException($"The session ended without {typeof(T).Name}.");
    }

    private static AxisLimits Axis() => new() { RangeMm = new AxisRange(0, 300), MaxFeedMmPerMin = 12000, AccelerationMmPerS2 = 3000 };

    private static string Moves(int count)
    {
        var text = new StringBuilder();
        for (var index = 1; index <= count; index++)
            text.Append(CultureInfo.InvariantCulture, $"G1 X{index % 250}.{index % 10} Y{index / 250}.5 F6000\n");
        return text.ToString();
    }
}
