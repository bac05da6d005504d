// The profiles' slicer settings with the real slicer: what it makes must pass admission on that machine.

using System.Diagnostics;
using FabNet.GCode;
using FabNet.Model.Machines;
using Xunit;

namespace FabNet.Tests.Profiles;

public class SlicedProgramTests
{
    // A block of 12 × 12 × 2 mm: small, so that slicing takes a second.
    private static readonly double[][] Corners = [[0, 0, 0], [12, 0, 0], [12, 12, 0], [0, 12, 0], [0, 0, 2], [12, 0, 2], [12, 12, 2], [0, 12, 2]];
    private static readonly int[][] Faces = [[0, 2, 1], [0, 3, 2], [4, 5, 6], [4, 6, 7], [0, 1, 5], [0, 5, 4], [1, 2, 6], [1, 6, 5], [2, 3, 7], [2, 7, 6], [3, 0, 4], [3, 4, 7]];

    [Theory]
    [InlineData("prusa-mk3s", "PLA")]
    [InlineData("prusa-mk3s", "TPU")]
    [InlineData("ender-3", "PLA")]
    [InlineData("ender-3", "ABS")]
    [InlineData("voron-2.4", "ABS")]
    [InlineData("bambu-p1s", "PETG")]
    [InlineData("generic-marlin", "PLA")]
    public async Task What_the_slicer_makes_with_a_profile_is_admitted_for_it(string name, string material)
    {
        const string slicer = "/usr/bin/prusa-slicer";
        Assert.SkipUnless(File.Exists(slicer), "SKIPPED, no slicer: install prusa-slicer to test the profiles' settings with it.");
        var cancellationToken = TestContext.Current.CancellationToken;
        var profile = MachineProfiles.Find(name);
        var folder = Directory.CreateTempSubdirectory("fabnet-slice-");
        try
        {
            var (mesh, config, program) = (Path.Combine(folder.FullName, "block.stl"), Path.Combine(folder.FullName, "config.ini"), Path.Combine(folder.FullName, "block.gcode"));
            await File.WriteAllTextAsync(mesh, Mesh(), cancellationToken);
            var settings = new Dictionary<string, string>(profile.Slicer, StringComparer.Ordinal);
            foreach (var (key, value) in profile.SlicerMaterials[material])
                settings[key] = value;
            await File.WriteAllLinesAsync(config, settings.Select(setting => $"{setting.Key} = {setting.Value}"), cancellationToken);
            var start = new ProcessStartInfo(slicer, ["--export-gcode", "--load", config, "--output", program, mesh]) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
            using var process = Process.Start(start)!;
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(TimeSpan.FromMinutes(2));
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            Assert.True(process.ExitCode == 0 && File.Exists(program), await output + await errors);
            await using var source = File.OpenRead(program);
            var result = Admission.Check(source, profile, new MemoryStream(), cancellationToken: cancellationToken);
            Assert.True(result.IsAdmitted, string.Join('\n', result.Violations));
            Assert.Empty(result.Violations);
            Assert.Equal(10, result.Summary.LayerCount);
            Assert.InRange(result.Summary.FilamentMm, 50, 300);
            Assert.Equal(double.Parse(profile.SlicerMaterials[material]["first_layer_temperature"], System.Globalization.CultureInfo.InvariantCulture), Math.Max(result.Summary.MaxHotEndC, 0), 30.0);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string Mesh()
    {
        var text = new System.Text.StringBuilder("solid block\n");
        foreach (var face in Faces)
        {
            text.Append("facet normal 0 0 0\nouter loop\n");
            foreach (var corner in face)
                text.Append(System.Globalization.CultureInfo.InvariantCulture, $"vertex {Corners[corner][0]} {Corners[corner][1]} {Corners[corner][2]}\n");
            text.Append("endloop\nendfacet\n");
        }

        return text.Append("endsolid block\n").ToString();
    }
}
