// Answers that may wait are read together; nothing else ever waits for them.

using FabNet.Benchmarks.Streaming;
using FabNet.FirmwareBridge;
using FabNet.FirmwareBridge.Grbl;
using FabNet.FirmwareBridge.Serial;
using FabNet.GCode;
using FabNet.Model.Machines;
using Xunit;

namespace FabNet.Tests.Bridge;

public sealed class WireRestTests
{
    private const int Baud = 250000;

    [Fact(Timeout = 20_000)]
    public Task A_wire_that_is_kept_busy_is_left_alone_for_milliseconds()
    {
        using var stream = new PacedStream();
        var rest = new WireRest(Baud);
        for (var turn = 0; turn < 40; turn++)
            stream.Turn(rest, takenBytes: 60, afterMs: 60 / 25.0);
        Assert.InRange(stream.Turn(rest, takenBytes: 60, afterMs: 60 / 25.0), 1, 3);
        return Task.CompletedTask;
    }

    [Fact(Timeout = 20_000)]
    public Task A_firmware_that_answers_faster_than_the_baud_rate_is_waited_for_at_once()
    {
        using var stream = new PacedStream();
        var rest = new WireRest(Baud);
        for (var turn = 0; turn < 400; turn++)
            Assert.Equal(0, stream.Turn(rest, takenBytes: 60, afterMs: 0.1));
        return Task.CompletedTask;
    }

    [Fact(Timeout = 20_000)]
    public Task Where_nothing_was_taken_the_next_bytes_are_waited_for()
    {
        using var stream = new PacedStream();
        var rest = new WireRest(Baud);
        for (var turn = 0; turn < 40; turn++)
            stream.Turn(rest, takenBytes: 60, afterMs: 60 / 25.0);
        Assert.Equal(0, stream.Turn(rest, takenBytes: 0, afterMs: 2));
        return Task.CompletedTask;
    }

    [Fact(Timeout = 20_000)]
    public Task A_clock_that_is_late_leaves_no_rest()
    {
        using var stream = new PacedStream();
        var rest = new WireRest(Baud);
        var rested = 0;
        for (var turn = 0; turn < 400; turn++)
            rested += stream.Turn(rest, takenBytes: 60, afterMs: 15) > 0 ? 1 : 0;
        Assert.InRange(rested, 1, 20);
        return Task.CompletedTask;
    }

    [Fact(Timeout = 20_000)]
    public async Task Bytes_do_not_end_a_rest_and_a_request_does()
    {
        var time = new ManualTimeProvider();
        var firmware = new InstantFirmware(FirmwareDialect.Grbl);
        await using var link = new MachineLink(new InstantWire(firmware), time);
        firmware.Take("$G\n"u8);
        var waiting = link.WaitAsync(restMs: 3).AsTask();
        Assert.False(waiting.IsCompleted);
        link.Wake();
        await waiting.WaitAsync(Bench.Limit());
        Assert.Equal(TimeSpan.Zero, time.GetElapsedTime(0));
    }

    [Fact(Timeout = 20_000)]
    public async Task The_clock_ends_a_rest_and_what_came_is_read_at_once()
    {
        var time = new ManualTimeProvider();
        var firmware = new InstantFirmware(FirmwareDialect.Grbl);
        await using var link = new MachineLink(new InstantWire(firmware), time);
        firmware.Take("G1\nG1\n"u8);
        var waiting = link.WaitAsync(restMs: 3).AsTask();
        time.Advance(TimeSpan.FromMilliseconds(2));
        Assert.False(waiting.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));
        await waiting.WaitAsync(Bench.Limit());
        Assert.True(link.TryReadLine(out _));
        Assert.True(link.TryReadLine(out _));
    }

    // A GRBL that takes what the test says it takes.
    private sealed class PacedStream : IDisposable
    {
        private readonly GrblStreamer _streamer = new(128, new LinkTimings());
        private readonly AdmittedProgram _program = Bench.RouterProgram(12_000);
        private readonly ProgramReader _reader;
        private readonly byte[] _outgoing = new byte[4096];
        private double _nowMs = 1000;

        public PacedStream()
        {
            _reader = _program.OpenReader();
            _streamer.Attach(_program, _reader);
            _streamer.Fill(_outgoing, 0);
        }

        public double Turn(WireRest rest, int takenBytes, double afterMs)
        {
            _nowMs += afterMs;
            for (var before = _streamer.BytesTaken; _streamer.BytesTaken - before < takenBytes;)
                _streamer.On(GrblDialect.Instance.Parse("ok"u8), (long)_nowMs);
            _streamer.Fill(_outgoing, (long)_nowMs);
            return rest.NextMs(_streamer, _nowMs);
        }

        public void Dispose()
        {
            _reader.Dispose();
            _program.Dispose();
        }
    }
}
