// What the watch over temperatures and motion finds, and what it lets pass.

using FabNet.FirmwareBridge;
using FabNet.FirmwareBridge.Supervision;
using FabNet.Model.Machines;
using Xunit;

namespace FabNet.Tests.Bridge;

public sealed class SupervisionTests
{
    [Fact]
    public void Heating_printing_and_cooling_are_nothing_to_find()
    {
        var watch = new Watched();
        watch.Go(seconds: 20, targetC: 0, from: 22, to: 22);
        watch.Go(seconds: 120, targetC: 210, from: 22, to: 214);
        watch.Go(seconds: 3600, targetC: 210, from: 206, to: 212);
        watch.Go(seconds: 60, targetC: 170, from: 212, to: 168);
        watch.Go(seconds: 40, targetC: 215, from: 168, to: 215);
        watch.Go(seconds: 600, targetC: 0, from: 215, to: 30);
        Assert.Null(watch.Finding);
    }

    [Theory]
    [InlineData(210, 210, 290)] // the heater stays on
    [InlineData(210, 210, 120)] // the cartridge or the sensor falls out
    [InlineData(0, 60, 150)] // ordered off, and it heats
    public void A_reading_that_leaves_its_way_is_found(double targetC, double from, double to)
    {
        var watch = new Watched();
        watch.Go(seconds: 60, targetC, from, from);
        Assert.Null(watch.Finding);
        watch.Go(seconds: 120, targetC, from, to);
        Assert.Contains("hot end 0", watch.Finding, StringComparison.Ordinal);
        Assert.Contains("switch the machine off", watch.Finding, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sensor_that_slips_while_heating_is_found()
    {
        var watch = new Watched();
        watch.Go(seconds: 60, targetC: 210, from: 22, to: 150);
        watch.Go(seconds: 10, targetC: 210, from: 60, to: 60);
        Assert.NotNull(watch.Finding);
    }

    [Fact]
    public void What_cooled_while_nothing_was_told_is_where_it_is_when_its_target_changes()
    {
        var watch = new Watched();
        watch.Go(seconds: 60, targetC: 0, from: 190, to: 142);
        watch.Wait(seconds: 45);
        watch.Go(seconds: 60, targetC: 200, from: 100, to: 180);
        Assert.Null(watch.Finding);
        watch.Go(seconds: 10, targetC: 200, from: 100, to: 100);
        Assert.NotNull(watch.Finding);
    }

    [Fact]
    public void A_heater_that_does_not_get_warm_is_found()
    {
        var watch = new Watched();
        watch.Go(seconds: 60, targetC: 210, from: 22, to: 80);
        watch.Go(seconds: 130, targetC: 210, from: 80, to: 80.5);
        Assert.Contains("has not got warmer", watch.Finding, StringComparison.Ordinal);
    }

    [Fact]
    public void Single_damaged_readings_are_passed_over()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var watch = new Watched();
            var wasDamaged = false;
            for (var second = 0; second < 400; second += 2)
            {
                var trueC = Math.Min(210, 22 + (second * 1.5));
                var isDamaged = !wasDamaged && random.Next(6) == 0;
                watch.Read(isDamaged ? random.Next(-200, 1900) : trueC, isDamaged && random.Next(2) == 0 ? random.Next(0, 999) : 210);
                wasDamaged = isDamaged;
            }

            Assert.True(watch.Finding is null, $"seed {seed}: {watch.Finding}");
        }
    }

    [Fact]
    public void A_controller_that_moves_and_stays_where_it_is_is_found()
    {
        var watch = new MotionWatch();
        double[] at = [1, 2, 3];
        Assert.Null(watch.Take(at, isMoving: true, 0));
        Assert.Null(watch.Take(at, isMoving: true, 59_000));
        Assert.Null(watch.Take([1, 2, 3.001], isMoving: true, 61_000));
        Assert.Null(watch.Take([1, 2, 3.001], isMoving: false, 200_000));
        Assert.Null(watch.Take([1, 2, 3.001], isMoving: true, 230_000));
        Assert.NotNull(watch.Take([1, 2, 3.001], isMoving: true, 261_000));
    }

    [Fact]
    public async Task A_runaway_ends_the_run_and_the_machine_asks_for_a_look()
    {
        using var program = Bench.PrinterProgram(4000);
        var pair = new DuplexPair();
        await using var marlin = new LittleMarlin(pair.Machine)
        {
            OnReply = static (motion, command, reply) => command == "M105" && motion > 100 ? reply.Replace("T:210.0 ", "T:251.0 ", StringComparison.Ordinal) : reply,
            BeforeMotion = static async (_, _) => await Task.Delay(2, TestContext.Current.CancellationToken),
        };
        marlin.Start();
        await using var session = Bench.Session(pair.Host);
        await session.OpenAsync(Bench.Limit());
        var failed = Assert.IsType<RunOutcome.Failed>(await session.RunAsync(program, new RunOptions { LeavesPart = false }, TestContext.Current.CancellationToken).WaitAsync(Bench.Limit(40)));
        Assert.Contains("hot end 0 is at 251 °C", failed.Reason, StringComparison.Ordinal);
        Assert.Contains("M104 S0", marlin.Executed);
        Assert.Equal(MachineState.Alarm, session.State);
        Assert.Null(await session.ClearAsync(Bench.Limit()));
    }

    [Fact]
    public async Task Heaters_that_nobody_uses_are_turned_off()
    {
        var pair = new DuplexPair();
        await using var marlin = new LittleMarlin(pair.Machine);
        marlin.Start();
        await using var session = Bench.Session(pair.Host, Bench.Options() with { Timings = Bench.Quick with { IdleHeat = TimeSpan.FromMilliseconds(300) } });
        await session.OpenAsync(Bench.Limit());
        await using var events = session.ReadEventsAsync(Bench.Limit()).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await Bench.NextAsync<MachineNoted>(events, static note => note.Text.Contains("nothing ran", StringComparison.Ordinal));
        while (!marlin.Executed.Contains("M140 S0"))
            await Bench.NextAsync<TemperaturesReported>(events);
    }

    private sealed class Watched
    {
        private readonly ThermalWatch _watch = new();
        private long _nowMs;

        public string? Finding => _watch.Finding;

        public void Go(int seconds, double targetC, double from, double to)
        {
            for (var second = 0; second < seconds; second += 2)
                Read(from + ((to - from) * second / seconds), targetC);
        }

        public void Wait(int seconds) => _nowMs += seconds * 1000;

        public void Read(double currentC, double targetC)
        {
            _nowMs += 2000;
            _watch.Take([new TemperatureReading(HeaterKind.HotEnd, 0, currentC, targetC)], _nowMs);
        }
    }
}
