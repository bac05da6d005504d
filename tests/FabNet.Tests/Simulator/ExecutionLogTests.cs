// The record of what simulated firmware executed, on disks that are small.

using FabNet.FirmwareSimulator.Motion;
using FabNet.FirmwareSimulator.Recording;
using Xunit;

namespace FabNet.Tests.Simulator;

public sealed class ExecutionLogTests
{
    [Fact]
    public void A_file_that_has_grown_makes_room_for_a_new_one()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "m.log");
        using (var log = new ExecutionLog(path, greatestBytes: 2000))
        {
            Add(log, 100);
            Assert.Equal(100, log.Count);
            Assert.Null(log.FileFault);
        }

        Assert.InRange(new FileInfo(path).Length, 0, 2200);
        Assert.InRange(new FileInfo(path + ".1").Length, 2000, 2200);
        Assert.Contains("\"sequence\":100,", string.Concat(File.ReadLines(path + ".1").Concat(File.ReadLines(path))), StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_disk_ends_the_file_and_not_the_machine()
    {
        if (!File.Exists("/dev/full"))
        {
            Assert.Skip("This system has no /dev/full.");
        }

        using var log = new ExecutionLog("/dev/full");
        Add(log, 3);
        Assert.Equal(3, log.Count);
        Assert.Equal(3, log.Snapshot().Count);
        Assert.NotNull(log.FileFault);
    }

    private static void Add(ExecutionLog log, int count)
    {
        for (var i = 0; i < count; i++)
        {
            log.Add(1, i + 1, "G1 X10", i, new Axes(1, 2, 3, 0));
        }
    }
}
