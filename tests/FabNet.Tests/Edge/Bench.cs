// What the edge's tests share: folders, a clock that a test steps, designs, programs, and jobs.

using System.Globalization;
using System.Text;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using Xunit;

namespace FabNet.Tests.Edge;

/// <summary>A folder that is gone after the test.</summary>
internal sealed class TestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("fabnet-edge-").FullName;

    public string In(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>A clock that moves when the test says so.</summary>
internal sealed class SteppedTime : TimeProvider
{
    private long _ticks = new DateTimeOffset(2026, 3, 1, 8, 0, 0, TimeSpan.Zero).UtcTicks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref _ticks), TimeSpan.Zero);

    public override long GetTimestamp() => Interlocked.Read(ref _ticks);

    public void Step(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);
}

internal static class Bench
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static readonly SiteId Site = new("lab-test");

    public static readonly MachineId Machine = new(Site, "mk3");

    public static MachineProfile Mk3 => MachineProfiles.Find("prusa-mk3s");

    public static DateTimeOffset Noon => new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A small program for the printer that needs no heat, with as many moves as asked for.</summary>
    public static string Program(int moves, int hotEndC = 0)
    {
        var text = new StringBuilder("; a test\nG21\nG90\nM82\n");
        if (hotEndC > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"M104 S{hotEndC}\n");
        }

        text.Append("G28\nG1 Z5 F600\n");
        for (var i = 0; i < moves; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"G1 X{20 + (i % 10)} Y{20 + (i % 7)} F6000\n");
        }

        return text.Append("M104 S0\nM140 S0\nM84\n").ToString();
    }

    /// <summary>A closed box as an ASCII STL.</summary>
    public static string Box(double width, double depth, double height)
    {
        (double X, double Y, double Z) P(int x, int y, int z) => (x * width, y * depth, z * height);
        var text = new StringBuilder("solid box\n");
        Face(P(0, 0, 0), P(0, 1, 0), P(1, 1, 0), P(1, 0, 0));
        Face(P(0, 0, 1), P(1, 0, 1), P(1, 1, 1), P(0, 1, 1));
        Face(P(0, 0, 0), P(1, 0, 0), P(1, 0, 1), P(0, 0, 1));
        Face(P(0, 1, 0), P(0, 1, 1), P(1, 1, 1), P(1, 1, 0));
        Face(P(0, 0, 0), P(0, 0, 1), P(0, 1, 1), P(0, 1, 0));
        Face(P(1, 0, 0), P(1, 1, 0), P(1, 1, 1), P(1, 0, 1));
        return text.Append("endsolid box\n").ToString();

        void Face((double, double, double) a, (double, double, double) b, (double, double, double) c, (double, double, double) d)
        {
            Triangle(a, b, c);
            Triangle(a, c, d);
        }

        void Triangle(params ReadOnlySpan<(double X, double Y, double Z)> corners)
        {
            text.Append("facet normal 0 0 0\nouter loop\n");
            foreach (var (x, y, z) in corners)
            {
                text.Append(CultureInfo.InvariantCulture, $"vertex {x} {y} {z}\n");
            }

            text.Append("endloop\nendfacet\n");
        }
    }

    public static Job Leased(DesignRef design, string part = "clip", int number = 1, int epoch = 1, string? material = null, string? color = null) => new()
    {
        Id = JobId.FromNumber(OrderId.FromNumber(7), number),
        Order = OrderId.FromNumber(7),
        Design = design,
        Part = part,
        Material = material,
        Color = color,
        State = JobState.Leased,
        Epoch = epoch,
        Machine = Machine,
        LeaseExpiresAt = TimeProvider.System.GetUtcNow().AddMinutes(10),
    };

    public static DesignRef AnyDesign => new("cable-clip", "1.0.0", Digest.Of("manifest"u8));
}
