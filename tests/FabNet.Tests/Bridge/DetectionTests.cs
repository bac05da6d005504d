// Finding out what is at the other end, without harm to whatever it is.

using System.Text;
using FabNet.FirmwareBridge;
using FabNet.Model.Machines;
using Xunit;

namespace FabNet.Tests.Bridge;

public sealed class DetectionTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Marlin_is_known_with_and_without_its_banner(bool resets)
    {
        var pair = new DuplexPair();
        var sent = Record(pair.Host);
        await using var marlin = new LittleMarlin(pair.Machine) { ResetsOnOpen = resets };
        marlin.Start();
        await using var session = Bench.Session(pair.Host);
        var info = await session.OpenAsync(Bench.Limit());
        Assert.Equal(FirmwareDialect.Marlin, info.Dialect);
        Assert.Equal("Marlin 2.1.2.5", info.Firmware);
        Assert.Contains("EMERGENCY_PARSER", info.Capabilities);
        Assert.DoesNotContain((byte)0x18, sent);
        Assert.DoesNotContain((byte)'!', sent);
        Assert.DoesNotContain("$", Encoding.ASCII.GetString([.. sent]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Grbl_is_known_with_and_without_its_banner(bool resets)
    {
        var pair = new DuplexPair();
        await using var grbl = new LittleGrbl(pair.Machine);
        grbl.Start();
        if (resets)
            await grbl.ResetAsync();
        await using var session = Bench.Session(pair.Host);
        var info = await session.OpenAsync(Bench.Limit());
        Assert.Equal(FirmwareDialect.Grbl, info.Dialect);
        Assert.Equal("Grbl 1.1h", info.Firmware);
        Assert.DoesNotContain(grbl.Taken, static line => line.StartsWith('G') || line is "M112" or "$X" or "$H");
        Assert.Empty(grbl.Realtime);
    }

    [Theory]
    [InlineData("Grbl 3.7 [FluidNC v3.7.10 (wifi) '$' for help]", "FluidNC (Grbl 3.7)", 254)]
    [InlineData("GrblHAL 1.1f ['$' or '$HELP' for help]", "GrblHAL 1.1f", 254)]
    [InlineData("Grbl 1.1h ['$' for help]", "Grbl 1.1h", 79)]
    public async Task The_kin_of_Grbl_are_known_by_name_and_take_longer_lines(string banner, string name, int maxLineBytes)
    {
        var pair = new DuplexPair();
        await using var grbl = new LittleGrbl(pair.Machine) { Banner = banner };
        grbl.Start();
        await grbl.ResetAsync();
        await using var session = Bench.Session(pair.Host);
        var info = await session.OpenAsync(Bench.Limit());
        Assert.Equal((name, maxLineBytes), (info.Firmware, info.MaxLineBytes));
    }

    [Fact]
    public async Task A_locked_grbl_is_known_and_its_alarm_shows()
    {
        var pair = new DuplexPair();
        await using var grbl = new LittleGrbl(pair.Machine);
        grbl.Start();
        await grbl.AlarmAsync(1);
        await using var session = Bench.Session(pair.Host);
        var events = session.ReadEventsAsync(Bench.Limit()).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.Equal(FirmwareDialect.Grbl, (await session.OpenAsync(Bench.Limit())).Dialect);
        await Bench.NextAsync<MachineStateChanged>(events, static change => change.State == MachineState.Alarm);
        using var program = Bench.RouterProgram(3);
        var refused = Assert.IsType<RunOutcome.Failed>(await session.RunAsync(program, new RunOptions(), CancellationToken.None).WaitAsync(Bench.Limit()));
        Assert.False(refused.WasStarted);
        Assert.True((await session.SendAsync("$X", Bench.Limit())).IsOk);
        await Bench.NextAsync<MachineStateChanged>(events, static change => change.State == MachineState.Idle);
    }

    [Fact]
    public async Task A_silent_port_is_named_as_silent()
    {
        var pair = new DuplexPair();
        await using var session = Bench.Session(pair.Host, Bench.Options() with { Timings = Bench.Quick with { Connect = TimeSpan.FromMilliseconds(400) } });
        var error = await Assert.ThrowsAsync<MachineLinkException>(() => session.OpenAsync(Bench.Limit()));
        Assert.Contains("silent at 115200", error.Message, StringComparison.Ordinal);
        Assert.Contains("--baud 250000", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_marlin_that_heats_up_and_answers_nothing_is_named_as_busy()
    {
        var pair = new DuplexPair();
        pair.Host.OnWrite = bytes =>
        {
            _ = pair.Machine.WriteAsync(" T:190.63 /200.00 @:0 W:?\necho:busy: processing\n"u8.ToArray()).AsTask();
            return bytes;
        };
        await using var session = Bench.Session(pair.Host, Bench.Options() with { Timings = Bench.Quick with { Connect = TimeSpan.FromMilliseconds(600) } });
        var error = await Assert.ThrowsAsync<MachineLinkException>(() => session.OpenAsync(Bench.Limit()));
        Assert.Contains("busy", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Noise_is_named_as_a_wrong_baud_rate()
    {
        var pair = new DuplexPair();
        var random = new Random(7);
        pair.Host.OnWrite = bytes =>
        {
            var noise = new byte[200];
            random.NextBytes(noise);
            _ = pair.Machine.WriteAsync(noise).AsTask();
            return bytes;
        };
        await using var session = Bench.Session(pair.Host, Bench.Options() with { Timings = Bench.Quick with { Connect = TimeSpan.FromMilliseconds(600) } });
        var error = await Assert.ThrowsAsync<MachineLinkException>(() => session.OpenAsync(Bench.Limit()));
        Assert.Contains("nothing sensible at 115200 baud", error.Message, StringComparison.Ordinal);
        Assert.Contains("--baud 250000", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_bauds_are_tried_when_asked_for()
    {
        var silent = new DuplexPair();
        var pair = new DuplexPair();
        await using var marlin = new LittleMarlin(pair.Machine);
        marlin.Start();
        var options = Bench.Options() with { OtherBauds = [250000], Timings = Bench.Quick with { Connect = TimeSpan.FromMilliseconds(500) } };
        await using var session = new MachineSession(options, baud => baud == 250000 ? pair.Host : silent.Host, TimeProvider.System);
        Assert.Equal(FirmwareDialect.Marlin, (await session.OpenAsync(Bench.Limit())).Dialect);
    }

    private static List<byte> Record(WireEnd end)
    {
        var sent = new List<byte>();
        end.OnWrite = bytes =>
        {
            lock (sent)
                sent.AddRange(bytes);
            return bytes;
        };
        return sent;
    }
}
