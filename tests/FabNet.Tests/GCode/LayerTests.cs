// Layers and kinds of path, as each slicer tells of them, and as heights tell where none does.

using System.Globalization;
using System.Text;
using FabNet.Benchmarks.GCode;
using FabNet.GCode;
using Xunit;

namespace FabNet.Tests.GCode;

public class LayerTests
{
    private const string Start = "M104 S200\nG28\nM83\nG1 X5 Y5 F3000\n";

    [Theory]
    [InlineData("PrusaSlicer", ";LAYER_CHANGE\n;Z:{0}\n;HEIGHT:0.2\n")]
    [InlineData("OrcaSlicer", ";LAYER_CHANGE\n;Z:{0}\n;HEIGHT:0.2\n;BEFORE_LAYER_CHANGE\n")]
    [InlineData("Bambu Studio", "; CHANGE_LAYER\n; Z_HEIGHT: {0}\n; LAYER_HEIGHT: 0.2\n")]
    [InlineData("Cura", ";LAYER:7\n")]
    [InlineData("Simplify3D", "; layer 3, Z = {0}\n")]
    [InlineData("none", "")]
    public void Three_layers_with_lifts_between_paths_are_three_layers(string slicer, string hint)
    {
        var text = new StringBuilder(Start);
        foreach (var z in (string[])["0.2", "0.4", "0.6"])
        {
            text.Append(string.Format(CultureInfo.InvariantCulture, hint, z));
            text.Append("G1 Z").Append(z).Append("\nG1 X20 E1\nG1 E-1\nG1 Z2\nG0 X5 Y10\nG1 Z").Append(z).Append("\nG1 E1\nG1 X30 E2\n");
        }

        var summary = Programs.Check(text.ToString()).Summary;
        Assert.Equal([0.2, 0.4, 0.6], summary.Layers.Select(layer => layer.ZMm));
        Assert.All(summary.Layers, layer => Assert.Equal(0.2, layer.HeightMm, 6));
        Assert.All(summary.Layers, layer => Assert.Equal(3, layer.FilamentMm, 9));
        Assert.True(slicer.Length > 0 && summary.Layers.All(layer => layer.Seconds > 0));
    }

    [Fact]
    public void A_vase_is_its_base_and_one_long_layer()
    {
        var text = new StringBuilder(Start + "G1 Z0.2\nG1 X20 E1\nG1 Z0.4\nG1 X5 E1\n");
        for (var i = 1; i <= 400; i++)
            text.Append(CultureInfo.InvariantCulture, $"G1 X{20 + (10 * Math.Cos(i / 10.0)):0.###} Y{20 + (10 * Math.Sin(i / 10.0)):0.###} Z{0.4 + (i * 0.01):0.###} E0.05\n");
        Assert.Equal(2, Programs.Check(text.ToString()).Summary.LayerCount);
    }

    [Fact]
    public void Times_of_layers_and_of_kinds_of_path_add_up_to_the_whole()
    {
        var summary = Programs.Check(
            Start + ";LAYER_CHANGE\n;TYPE:Skirt\nG1 Z.2\nG1 X90 E3 F600\n;TYPE:Perimeter\nG1 Y90 E3\nG4 P500\n;LAYER_CHANGE\n;TYPE:Infill\nG1 Z.4\nG1 X5 E3 F6000\n;TYPE:Perimeter\nG1 Y5 E3\nM104 S0\n").Summary;
        Assert.Equal(["Skirt", "Perimeter", "Infill"], summary.Features.Select(feature => feature.Name));
        Assert.Equal([3.0, 6.0, 3.0], summary.Features.Select(feature => feature.FilamentMm));
        Assert.Equal(summary.Layers.Sum(layer => layer.Seconds), summary.Features.Sum(feature => feature.Seconds), 9);

        // 85 mm at 10 mm/s, twice, and half a second; then 85 mm at 100 mm/s, twice; the lifts and ramps apart.
        Assert.Equal(17.5, summary.Layers[0].Seconds, 0.3);
        Assert.Equal(1.7, summary.Layers[1].Seconds, 0.4);
        Assert.InRange(summary.Features[1].Seconds, 9.0 + 0.8, 9.0 + 1.1);
    }

    [Fact]
    public void Endless_changes_of_kind_take_no_memory()
    {
        using var source = new RepeatingStream(";TYPE:a\n;TYPE:b\n"u8.ToArray(), 16L << 20, Encoding.ASCII.GetBytes(Start));
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(2, Toolpath.Follow(source, Programs.Marlin, cancellationToken: TestContext.Current.CancellationToken).Summary.Features.Count);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 2 << 20);
    }

    [Fact]
    public void A_firmware_retraction_takes_its_time_once()
    {
        var without = Programs.Check(Start + "G1 X50\nG1 X5\n").Summary.TimeSeconds;
        var with = Programs.Check(Start + "G1 X50\nG10\nG10\nG11\nG1 X5\n").Summary.TimeSeconds;

        // 3 mm at 45 mm/s back, which the axis holds to 25, and at 8 mm/s forth.
        Assert.InRange(with - without, (3 / 25.0) + (3 / 8.0), (3 / 25.0) + (3 / 8.0) + 0.15);
    }

    [Fact]
    public void Following_a_program_tells_what_checking_it_tells()
    {
        var bytes = Encoding.ASCII.GetBytes(Start + "G1 Z.2\nG1 X90 E3 F600\nG2 X90 Y5 I-10 J0 E2\nM500\n");
        var pieces = new List<ToolpathSegment>();
        var followed = Toolpath.Follow(new MemoryStream(bytes), Programs.Marlin, (in ToolpathSegment piece) => pieces.Add(piece), cancellationToken: TestContext.Current.CancellationToken);
        var check = Programs.Check(bytes);
        Assert.Equal(check.Violations, followed.Violations);
        Assert.Equal(check.Summary with { Layers = [], Features = [], LimitCommands = [] }, followed.Summary with { Layers = [], Features = [], LimitCommands = [] });
        Assert.Equal(check.Summary.LimitCommands, followed.Summary.LimitCommands);
        Assert.Equal(check.Summary.Layers, followed.Summary.Layers);
        Assert.All(pieces.Zip(pieces.Skip(1)), pair => Assert.True(Distance(pair.First.To, pair.Second.From) < 1e-9));
        Assert.Equal(followed.Summary.PathMm, pieces.Sum(piece => Distance(piece.From, piece.To)), 0.1);
        Assert.Equal(65, pieces.Count(piece => piece.IsCut));
    }

    private static double Distance(Position a, Position b) => Math.Sqrt(((a.X - b.X) * (a.X - b.X)) + ((a.Y - b.Y) * (a.Y - b.Y)) + ((a.Z - b.Z) * (a.Z - b.Z)));
}
