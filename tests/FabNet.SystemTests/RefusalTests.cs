// What must not be made is refused, in words that name what is wrong and where.

using FabNet.Protocol.V1;
using FabNet.SystemTests.Running;

namespace FabNet.SystemTests;

/// <summary>One network for all of these: a printer with room, and one whose agent has a disk of four megabytes.</summary>
[Collection(nameof(WholeMachine))]
public sealed class RefusalTests : IAsyncLifetime
{
    private const int TimeoutMs = 200_000;
    private const int DiskMegabytes = 4;

    private readonly CancellationTokenSource _starting = new(TimeSpan.FromMilliseconds(TimeoutMs));
    private TestNetwork _network = null!;
    private SimulatorProcess _printer = null!;

    public async ValueTask InitializeAsync()
    {
        _network = await TestNetwork.StartAsync(_starting.Token);
        _printer = _network.Keep(await SimulatorProcess.StartSerialAsync("marlin", "prusa-mk3s", _network.Folder, "mk3", 600, _starting.Token));
        await _network.AddSiteAsync("lab", [$"name: mk3, profile: prusa-mk3s, port: \"{_printer.Port}\", loaded: {{ material: PLA }}, simulated: {{ speed: 600 }}"], _starting.Token);
        await _network.MachinesIdleAsync(_starting.Token, "lab/mk3");
    }

    public async ValueTask DisposeAsync()
    {
        if (_network is not null)
        {
            await _network.DisposeAsync();
        }

        _starting.Dispose();
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Orders_that_must_not_be_made_are_refused_and_move_nothing()
    {
        var stop = TestContext.Current.CancellationToken;
        await PublishAsync("outside", "G21\nG90\nG28\nG1 Z5 F600\nG1 X900 Y10 F3000\n", stop);
        await PublishAsync("too-hot", "G21\nG90\nG28\nM109 S400\nG1 X10 Y10 Z5 F3000\n", stop);
        await PublishAsync("tampered", TestDesign.Squares(40), stop);
        TamperWithBlobOf("tampered");

        var outside = await OrderAsync("outside", stop);
        outside.ExpectRefusal(1, "line 5", "X reaches 900 mm");
        var tooHot = await OrderAsync("too-hot", stop);
        tooHot.ExpectRefusal(1, "line 4", "400");
        var tampered = await OrderAsync("tampered", stop);
        tampered.ExpectRefusal(1, "part.prusa-mk3s.gcode", "digest");
        var unknown = await OrderAsync("outside", stop, "--material", "UNOBTAINIUM");
        unknown.ExpectRefusal(1, "UNOBTAINIUM", "PLA");
        var nothing = await OrderAsync("no-such-design", stop);
        nothing.ExpectRefusal(1, "no-such-design");
        var senseless = await OrderAsync("outside", stop, "--quantity", "many");
        senseless.ExpectRefusal(2, "many", "--help");

        Assert.DoesNotContain(_printer.Executed(), line => line.StartsWith('G'));
        foreach (var refused in (await _network.Client.ListOrdersAsync(new ListOrdersRequest(), cancellationToken: stop)).Orders)
        {
            Assert.All(await _network.HistoriesAsync(refused, stop), history => Assert.Equal(0, history.Starts()));
        }
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_site_whose_disk_is_full_refuses_and_says_so()
    {
        var stop = TestContext.Current.CancellationToken;
        await SmallDisk.RequireAsync(Path.Combine(_network.Folder, "probe"), stop);
        var ender = _network.Keep(await SimulatorProcess.StartSerialAsync("marlin", "ender-3", _network.Folder, "ender", 600, stop));
        await _network.AddSiteAsync(
            "small",
            [$"name: ender, profile: ender-3, port: \"{ender.Port}\", loaded: {{ material: PLA }}, simulated: {{ speed: 600 }}"],
            stop,
            data => SmallDisk.Prefix(data, DiskMegabytes));
        await _network.MachinesIdleAsync(stop, "small/ender");
        var large = TestDesign.Squares(40) + string.Concat(Enumerable.Range(0, DiskMegabytes * 16 * 1024).Select(i => $"; {i,60} a line of a comment\n"));
        await _network.PublishAsync(TestDesign.Write(_network.Folder, "large", large, "ender-3"), stop);

        var refused = await OrderAsync("large", stop);
        refused.ExpectRefusal(1, "no space left");
        Assert.DoesNotContain(ender.Executed(), line => line.StartsWith('G'));

        // What fits is made: a full disk is no end of the site.
        await _network.PublishAsync(TestDesign.Write(_network.Folder, "little", TestDesign.Squares(8), "ender-3"), stop);
        (await OrderAsync("little", stop)).Expect(0);
    }

    private Task PublishAsync(string name, string gcode, CancellationToken stop) =>
        _network.PublishAsync(TestDesign.Write(_network.Folder, name, gcode, "prusa-mk3s"), stop);

    private Task<CommandResult> OrderAsync(string design, CancellationToken stop, params string[] more) => _network.CommandAsync(stop, ["order", design, "--wait", .. more]);

    /// <summary>Changes one byte of a toolpath where the catalogue keeps it.</summary>
    private void TamperWithBlobOf(string design)
    {
        var original = File.ReadAllBytes(Path.Combine(_network.Folder, design, "part.prusa-mk3s.gcode"));
        var blob = Directory.EnumerateFiles(_network.BlobFolder, "*", SearchOption.AllDirectories).Single(f => File.ReadAllBytes(f).AsSpan().SequenceEqual(original));
        original[^5] ^= 1;
        File.WriteAllBytes(blob, original);
    }
}
