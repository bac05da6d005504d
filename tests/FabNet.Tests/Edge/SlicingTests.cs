using System.Globalization;
using System.Text;
using FabNet.Edge.Configuration;
using FabNet.Edge.Slicing;
using FabNet.GCode;
using FabNet.Model;
using FabNet.Model.Machines;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace FabNet.Tests.Edge;

public sealed class SlicingTests
{
    [Fact(Timeout = 120_000)]
    public async Task The_real_slicer_makes_gcode_that_admission_admits_for_the_machine()
    {
        using var folder = new TestFolder();
        using var slicer = Real(folder);
        await using var gcode = await SliceAsync(slicer, Bench.Box(20, 20, 3), "PLA");
        var result = Admission.Check(gcode, Bench.Mk3, new MemoryStream(), cancellationToken: Bench.Token);
        Assert.True(result.IsAdmitted, string.Join("; ", result.Violations));
        Assert.Equal(215, result.Summary.MaxHotEndC);
        Assert.InRange(result.Summary.FilamentGrams, 0.3, 3);
        result.Program!.Dispose();
    }

    [Fact(Timeout = 120_000)]
    public async Task The_material_decides_the_temperatures()
    {
        using var folder = new TestFolder();
        using var slicer = Real(folder);
        await using var gcode = await SliceAsync(slicer, Bench.Box(10, 10, 1), "PETG");
        Assert.Contains("M109 S230", await TextOf(gcode), StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task The_same_slice_comes_from_the_cache_and_another_number_of_copies_does_not()
    {
        using var folder = new TestFolder();
        using var slicer = Real(folder);
        await using (await SliceAsync(slicer, Bench.Box(10, 10, 1), "PLA"))
        {
        }

        var kept = Assert.Single(Directory.GetFiles(folder.Path));
        File.WriteAllText(kept, "; from the cache\n");
        await using (var again = await SliceAsync(slicer, Bench.Box(10, 10, 1), "PLA"))
        {
            Assert.Equal("; from the cache\n", await TextOf(again));
        }

        await using var two = await SliceAsync(slicer, Bench.Box(10, 10, 1), "PLA", copies: 2);
        Assert.Equal(2, Directory.GetFiles(folder.Path).Length);
    }

    [Fact(Timeout = 120_000)]
    public async Task The_real_slicer_lays_several_parts_on_one_bed_apart_from_one_another()
    {
        using var folder = new TestFolder();
        using var slicer = Real(folder);
        await using var gcode = await SliceAsync(slicer, (Bench.Box(20, 20, 2), 2), (Bench.Box(60, 15, 1), 1));
        var parts = Parts(await TextOf(gcode));
        gcode.Position = 0;
        var result = Admission.Check(gcode, Bench.Mk3, new MemoryStream(), cancellationToken: Bench.Token);
        Assert.True(result.IsAdmitted, string.Join("; ", result.Violations));
        result.Program!.Dispose();
        Assert.Equal(3, parts.Count);
        Assert.All(parts, p => Assert.True(p.MinX >= 0 && p.MinY >= 0 && p.MaxX <= 250 && p.MaxY <= 210, $"{p}"));
        foreach (var (one, i) in parts.Select((p, i) => (p, i)))
        {
            Assert.All(parts.Skip(i + 1), other => Assert.True(
                one.MaxX + 5 <= other.MinX || other.MaxX + 5 <= one.MinX || one.MaxY + 5 <= other.MinY || other.MaxY + 5 <= one.MinY, $"{one} and {other}"));
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task Parts_that_the_real_slicer_can_not_lay_on_one_bed_are_refused()
    {
        using var folder = new TestFolder();
        using var slicer = Real(folder);
        var refusal = await Assert.ThrowsAsync<SlicerException>(() => SliceAsync(slicer, (Bench.Box(150, 150, 1), 1), (Bench.Box(150, 140, 1), 1)));
        Assert.Contains("could not fit on the bed", refusal.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_slice_that_leaves_a_part_out_is_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The slicer that forgets is a shell script.");
        using var folder = new TestFolder();
        using var slicer = Slicer(folder, new SlicerConfig { Path = FakeSlicer.Write(folder, "G28\n", leavesOut: 1) });
        var refusal = await Assert.ThrowsAsync<SlicerException>(() => SliceAsync(slicer, (Bench.Box(1, 1, 1), 1), (Bench.Box(2, 1, 1), 2)));
        Assert.Contains("put 2 of 3 parts on the bed", refusal.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task What_the_slicer_says_against_a_part_reaches_the_person()
    {
        using var folder = new TestFolder();
        using var slicer = Real(folder);
        var refusal = await Assert.ThrowsAsync<SlicerException>(() => SliceAsync(slicer, Bench.Box(500, 20, 3), "PLA"));
        Assert.Contains("could not fit on the bed", refusal.Message, StringComparison.Ordinal);
        var broken = await Assert.ThrowsAsync<SlicerException>(() => SliceAsync(slicer, "not a mesh", "PLA"));
        Assert.Contains("clip.stl", broken.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_missing_slicer_says_how_to_install_it()
    {
        using var folder = new TestFolder();
        using var slicer = Slicer(folder, new SlicerConfig { Path = folder.In("no-such-slicer") });
        var refusal = await Assert.ThrowsAsync<SlicerException>(() => SliceAsync(slicer, Bench.Box(1, 1, 1), "PLA"));
        Assert.Contains("apt install prusa-slicer", refusal.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_slicer_that_hangs_is_killed_with_its_children()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The hanging program is a shell script.");
        using var folder = new TestFolder();
        var pid = folder.In("pid");
        var script = Script(folder, $"sleep 1000 & echo $! > {pid}; wait");
        using var slicer = Slicer(folder, new SlicerConfig { Path = script, TimeLimit = TimeSpan.FromSeconds(2) });
        var refusal = await Assert.ThrowsAsync<SlicerException>(() => SliceAsync(slicer, Bench.Box(1, 1, 1), "PLA"));
        Assert.Contains("timeLimitMinutes", refusal.Message, StringComparison.Ordinal);
        var child = File.ReadAllText(pid).Trim();
        Assert.True(!Directory.Exists($"/proc/{child}") || File.ReadAllText($"/proc/{child}/stat").Contains(") Z", StringComparison.Ordinal), $"process {child} is alive");
    }

    [Fact(Timeout = 60_000)]
    public async Task Cancelling_kills_the_slicer()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The hanging program is a shell script.");
        using var folder = new TestFolder();
        var script = Script(folder, "exec sleep 1000");
        using var slicer = Slicer(folder, new SlicerConfig { Path = script });
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Bench.Token);
        cancel.CancelAfter(TimeSpan.FromSeconds(1));
        var mesh = new MemoryStream(Encoding.ASCII.GetBytes(Bench.Box(1, 1, 1)));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => slicer.SliceAsync([new SlicerMesh(mesh, Digest.Of("x"u8), "clip.stl")], Bench.Mk3, "PLA", cancel.Token));
    }

    [Fact]
    public void Settings_follow_from_the_profile_and_the_material_goes_over_them()
    {
        var profile = Bench.Mk3 with
        {
            Slicer = new Dictionary<string, string> { ["layer_height"] = "0.2", ["start_gcode"] = "G28\nG1 Z5\n" },
            SlicerMaterials = new Dictionary<string, IReadOnlyDictionary<string, string>> { ["PETG"] = new Dictionary<string, string> { ["layer_height"] = "0.25" } },
        };
        var settings = SlicerSettings.Write(profile, "PETG").Split('\n');
        Assert.Contains("layer_height = 0.25", settings);
        Assert.Contains("start_gcode = G28\\nG1 Z5\\n", settings);
        Assert.Contains("nozzle_diameter = 0.4", settings);
        Assert.Contains("machine_limits_usage = time_estimate_only", settings);
    }

    [Theory]
    [InlineData("post_process", "/bin/sh")]
    [InlineData("a = b\nc", "1")]
    public void A_profile_can_not_make_the_slicer_run_programs(string name, string value)
    {
        var profile = Bench.Mk3 with { Slicer = new Dictionary<string, string> { [name] = value } };
        Assert.Throws<FormatException>(() => SlicerSettings.Write(profile, "PLA"));
    }

    private static PrusaSlicer Real(TestFolder folder)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/prusa-slicer"), "PrusaSlicer is not installed, so slicing was NOT tested: apt install prusa-slicer");
        return Slicer(folder, new SlicerConfig { TimeLimit = TimeSpan.FromMinutes(2) });
    }

    private static PrusaSlicer Slicer(TestFolder folder, SlicerConfig config) => new(config, folder.Path, 100_000_000, TimeProvider.System, NullLogger<PrusaSlicer>.Instance);

    private static Task<FileStream> SliceAsync(PrusaSlicer slicer, string stl, string material, int copies = 1)
    {
        var bytes = Encoding.ASCII.GetBytes(stl);
        return slicer.SliceAsync([new SlicerMesh(new MemoryStream(bytes), Digest.Of(bytes), "clip.stl", copies)], Bench.Mk3, material, Bench.Token);
    }

    private static Task<FileStream> SliceAsync(PrusaSlicer slicer, params (string Stl, int Copies)[] parts) => slicer.SliceAsync(
        [.. parts.Select(p => (Bytes: Encoding.ASCII.GetBytes(p.Stl), p.Copies)).Select(p => new SlicerMesh(new MemoryStream(p.Bytes), Digest.Of(p.Bytes), "part.stl", p.Copies))], Bench.Mk3, "PLA", Bench.Token);

    /// <summary>Where each labelled object is extruded.</summary>
    private static List<(double MinX, double MaxX, double MinY, double MaxY)> Parts(string gcode)
    {
        var parts = new Dictionary<string, (double MinX, double MaxX, double MinY, double MaxY)>(StringComparer.Ordinal);
        string? label = null;
        foreach (var line in gcode.Split('\n'))
        {
            label = line.StartsWith("; printing object", StringComparison.Ordinal) ? line : line.StartsWith("; stop printing", StringComparison.Ordinal) ? null : label;
            var words = line.Split(' ');
            if (label is not null && words is ["G1", ['X', .. var xText], ['Y', .. var yText], ['E', ..], ..])
            {
                var (x, y) = (double.Parse(xText, CultureInfo.InvariantCulture), double.Parse(yText, CultureInfo.InvariantCulture));
                var p = parts.GetValueOrDefault(label, (MinX: x, MaxX: x, MinY: y, MaxY: y));
                parts[label] = (Math.Min(p.MinX, x), Math.Max(p.MaxX, x), Math.Min(p.MinY, y), Math.Max(p.MaxY, y));
            }
        }

        return [.. parts.Values];
    }

    private static async Task<string> TextOf(Stream stream) => await new StreamReader(stream).ReadToEndAsync(Bench.Token);

    /// <summary>A program that says that it is PrusaSlicer, and then does something else.</summary>
    private static string Script(TestFolder folder, string body)
    {
        var path = folder.In("slicer.sh");
        File.WriteAllText(path, $"#!/bin/sh\nif [ \"$1\" = --help ]; then echo PrusaSlicer-2.5.0; exit 0; fi\n{body}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return path;
    }
}
