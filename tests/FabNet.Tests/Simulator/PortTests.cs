// A simulated machine behind a real pty, opened as any host opens a serial port.

using System.Text;
using FabNet.FirmwareSimulator;
using FabNet.FirmwareSimulator.Marlin;
using Xunit;

namespace FabNet.Tests.Simulator;

public sealed class PortTests
{
    /// <summary>A board that boots in no time: bytes that come while it boots are lost, as on a real one.</summary>
    private static readonly SimulatorOptions Quick = new() { Speed = 100, Marlin = new MarlinBuild { BootTimeS = 0 } };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 20_000)]
    public async Task A_host_opens_the_link_and_talks()
    {
        var link = Path.Combine(Directory.CreateTempSubdirectory("fabnet-port-").FullName, "ports", "left");
        await using (var machine = SimulatedMachine.Start(Quick with { Link = link }))
        {
            Assert.Equal(link, machine.PortPath);
            await using var host = new PortHost(machine.PortPath);
            Assert.StartsWith("ok T:", await host.AskUntilOkAsync("M105", Cancellation));
            Assert.Equal("ok", await host.AskUntilOkAsync("G90", Cancellation));
            Assert.Equal("G90", machine.Log.Snapshot()[^1].Text);
        }

        Assert.False(File.Exists(link));
    }

    [Fact(Timeout = 20_000)]
    public async Task A_port_that_was_closed_can_be_opened_again_and_is_still_raw()
    {
        await using var machine = SimulatedMachine.Start(Quick);
        for (var i = 0; i < 3; i++)
        {
            await using var host = new PortHost(machine.PortPath);
            Assert.StartsWith("ok T:", await host.AskUntilOkAsync("M105", Cancellation));
        }
    }

    [Fact(Timeout = 20_000)]
    public async Task Unplugging_hangs_up_and_plugging_brings_the_same_link_back()
    {
        var link = Path.Combine(Directory.CreateTempSubdirectory("fabnet-port-").FullName, "left");
        await using var machine = SimulatedMachine.Start(Quick with { Link = link });
        await using (var host = new PortHost(link))
        {
            await host.AskUntilOkAsync("M110 N7", Cancellation);
            machine.Faults.Unplug();
            await Assert.ThrowsAnyAsync<IOException>(() => host.AskUntilOkAsync("M105", Cancellation));
            Assert.False(File.Exists(link));
        }

        machine.Faults.Plug();
        await using var again = new PortHost(link);
        Assert.Equal("ok", await again.AskUntilOkAsync(Bench.Numbered(8, "G90").TrimEnd(), Cancellation));
    }

    [Fact(Timeout = 20_000)]
    public async Task A_board_that_resets_on_open_greets_each_host()
    {
        await using var machine = SimulatedMachine.Start(Quick with { ResetsOnOpen = true });
        for (var i = 0; i < 2; i++)
        {
            await using var host = new PortHost(machine.PortPath);
            // What the last host left unread may still lie in the driver.
            while (await host.ReadLineAsync(Cancellation) != "start")
                Assert.Equal(1, i);
        }
    }

    [Fact(Timeout = 20_000)]
    public async Task A_wrong_baud_rate_reads_as_garbage()
    {
        await using var machine = SimulatedMachine.Start(Quick with { ChecksBaud = true, ResetsOnOpen = true });
        await using var host = new PortHost(machine.PortPath, baud: 9600);
        Assert.NotEqual("start", await host.ReadSomeAsync(Cancellation));
    }

    [Fact]
    public void An_idle_machine_has_nothing_to_wake_up_for()
    {
        var bench = Bench.Marlin();
        bench.Exchange("G28\nM104 S200\n", 300);
        Assert.Equal(double.PositiveInfinity, bench.Simulation.NextWakeAt);
    }

    [Fact(Timeout = 30_000)]
    public async Task Without_time_a_long_print_start_takes_no_time()
    {
        await using var machine = SimulatedMachine.Start(Quick with { Speed = double.PositiveInfinity });
        await using var host = new PortHost(machine.PortPath);
        Assert.Equal("ok", await host.AskUntilOkAsync("G28", Cancellation));
        Assert.Equal("ok", await host.AskUntilOkAsync("M109 S210", Cancellation));
        Assert.True(machine.TimeS > 60);
    }

    [Fact(Timeout = 30_000)]
    public async Task The_log_file_holds_a_line_before_the_host_sees_its_ok()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("fabnet-log-").FullName, "executed.jsonl");
        await using var machine = SimulatedMachine.Start(Quick with { Speed = 1000, LogPath = path });
        await using var host = new PortHost(machine.PortPath);
        for (var i = 1; i <= 20; i++)
        {
            await host.AskUntilOkAsync($"G1 X{i} F6000", Cancellation);
            using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite), Encoding.UTF8);
            var last = (await reader.ReadToEndAsync(Cancellation)).TrimEnd().Split('\n')[^1];
            Assert.Contains($"\"sequence\":{i},", last);
            Assert.Contains($"\"text\":\"G1 X{i} F6000\"", last);
        }
    }
}
