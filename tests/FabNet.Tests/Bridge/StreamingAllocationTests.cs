// What a streamed line costs the garbage collector: nothing.

using System.Text;
using FabNet.Benchmarks.Streaming;
using FabNet.FirmwareBridge;
using FabNet.FirmwareBridge.Grbl;
using FabNet.FirmwareBridge.Marlin;
using FabNet.FirmwareBridge.Streaming;
using FabNet.GCode;
using FabNet.Model.Machines;
using Xunit;

namespace FabNet.Tests.Bridge;

/// <summary>Runs alone, because the session's budget is measured over the whole process.</summary>
[CollectionDefinition(nameof(StreamingAllocationTests), DisableParallelization = true)]
[Collection(nameof(StreamingAllocationTests))]
public sealed class StreamingAllocationTests
{
    private const int Motions = 30_000;
    private const int WarmUpLines = 2_000;
    private const int SmallestObjectBytes = 24;

    [Theory(Timeout = 60_000)]
    [InlineData(FirmwareDialect.Marlin)]
    [InlineData(FirmwareDialect.Grbl)]
    public Task A_streamer_allocates_nothing_for_a_line(FirmwareDialect dialect)
    {
        using var program = Program(dialect);
        using var reader = program.OpenReader();
        GCodeStreamer streamer = dialect == FirmwareDialect.Grbl
            ? new GrblStreamer(128, new LinkTimings())
            : new MarlinStreamer(128, 4, 250000, new LinkTimings(), nowMs: 0);
        IFirmwareDialect words = dialect == FirmwareDialect.Grbl ? GrblDialect.Instance : MarlinDialect.Instance;
        var firmware = new InstantFirmware(dialect);
        var outgoing = new byte[4096];
        var answers = new byte[4096];
        streamer.Attach(program, reader);
        long before = -1;
        var nowMs = 0L;
        while (!streamer.IsProgramDone)
        {
            if (before < 0 && streamer.AcknowledgedProgramLine >= WarmUpLines)
                before = GC.GetAllocatedBytesForCurrentThread();
            firmware.Take(outgoing.AsSpan(0, streamer.Fill(outgoing, nowMs)));
            var said = answers.AsSpan(0, firmware.Read(answers));
            Assert.False(said.IsEmpty && streamer.Fault is null && nowMs > 1_000_000, "the stream stands still");
            while (said.IndexOf((byte)'\n') is >= 0 and var end)
            {
                streamer.On(words.Parse(said[..end].TrimEnd((byte)'\r')), nowMs);
                said = said[(end + 1)..];
            }

            streamer.Check(++nowMs);
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Null(streamer.Fault);
        Assert.Equal(program.LineCount, streamer.AcknowledgedProgramLine);

        // The markers that prove the count are submissions, one every two seconds of this clock: a few objects in thousands of lines.
        Assert.InRange(allocated, 0, 16 * 1024);
        return Task.CompletedTask;
    }

    [Theory(Timeout = 60_000)]
    [InlineData(FirmwareDialect.Marlin)]
    [InlineData(FirmwareDialect.Grbl)]
    public async Task A_session_allocates_less_than_one_object_for_a_hundred_lines(FirmwareDialect dialect)
    {
        using var program = Program(dialect);
        var options = Bench.Options(dialect) with { Timings = Bench.Quick with { TemperaturePoll = TimeSpan.FromSeconds(2), StatusPoll = TimeSpan.FromMilliseconds(200) } };
        await using var session = Bench.Session(new InstantWire(new InstantFirmware(dialect)), options);
        await session.OpenAsync(Bench.Limit());

        var allocated = await Allocations.LeastAsync(() => RunAsync(session, program));

        // What a run costs once and its events come to far less than an object a line.
        Assert.True(allocated < (256 * 1024) + (program.LineCount * SmallestObjectBytes / 100), $"{allocated} bytes for {program.LineCount} lines");
    }

    private static async Task RunAsync(MachineSession session, AdmittedProgram program) =>
        Bench.AssertCompleted(await session.RunAsync(program, new RunOptions { LeavesPart = false }, CancellationToken.None).WaitAsync(Bench.Limit(50)));

    private static AdmittedProgram Program(FirmwareDialect dialect)
    {
        var text = new StringBuilder(dialect == FirmwareDialect.Grbl ? "G21\nG90\n" : "G28\nG90\n");
        for (var index = 0; index < Motions; index++)
            text.Append("G1 X").Append(index % 250).Append('.').Append(index % 10).Append(" Y").Append(index % 240).Append(".5 F6000\n");
        return Bench.Admit(dialect == FirmwareDialect.Grbl ? Bench.Router : Bench.Printer, text.ToString());
    }
}
