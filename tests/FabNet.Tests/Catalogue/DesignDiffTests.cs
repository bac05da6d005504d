// Two versions side by side.

using FabNet.Catalogue.Designs;
using FabNet.Model;
using FabNet.Model.Designs;
using Xunit;

namespace FabNet.Tests.Catalogue;

public sealed class DesignDiffTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Two_versions_differ_in_what_they_say_in_their_files_and_in_their_shapes()
    {
        var left = await Import("left", "1.0.0", "MIT", 10, "a.md", "old.md");
        var right = await Import("right", "1.1.0", "CC0-1.0", 20, "b.md", "new.md");
        var diff = DesignDiff.Compare(left, right);
        Assert.Equal(
            [new FieldChange("version", "1.0.0", "1.1.0"), new FieldChange("license", "MIT", "CC0-1.0"), new FieldChange("part Box: nozzle (mm)", null, "0.4")],
            diff.Fields);
        Assert.Equal(["a.md - - ", "b.md a.md", "box.stl", "new.md", "old.md"], diff.Files.Select(f => f.Path switch
        {
            "a.md" => $"a.md {(f.Right is null ? "-" : "+")} {f.MovedFrom ?? "-"} ",
            "b.md" => $"b.md {f.MovedFrom}",
            _ => f.Path,
        }));
        var shape = Assert.Single(diff.Shapes);
        Assert.True(shape.IsChanged);
        Assert.Equal((new Size3(10, 10, 10), new Size3(20, 10, 10)), (shape.Left!.OuterDimensionsMm, shape.Right!.OuterDimensionsMm));
        Assert.Equal((1000.0, 2000.0), (shape.Left.VolumeMm3, shape.Right.VolumeMm3));
    }

    [Fact]
    public async Task A_version_does_not_differ_from_itself()
    {
        var design = await Import("left", "1.0.0", "MIT", 10, "a.md", "old.md");
        Assert.True(DesignDiff.Compare(design, design).IsEmpty);
    }

    [Fact]
    public async Task A_part_that_is_new_or_gone_is_a_change_of_shape()
    {
        var design = await Import("left", "1.0.0", "MIT", 10, "a.md", "old.md");
        var diff = DesignDiff.Compare(design, design with { Parts = [] });
        Assert.False(diff.IsEmpty);
        Assert.Null(Assert.Single(diff.Shapes).Right);
        Assert.Contains(new FieldChange("part Box: process", "3DP", null), diff.Fields);
    }

    private async Task<Design> Import(string name, string version, string license, float width, string same, string other)
    {
        _folder.Add($"{name}/okh.toml", $"name = \"Box\"\nversion = \"{version}\"\nlicense = \"{license}\"\n[[part]]\nname = \"Box\"\nexport = \"box.stl\"\ntsdc = \"3DP\"\n"
            + (name == "right" ? "requirements = { nozzle-mm = 0.4 }\n" : ""));
        _folder.Add($"{name}/box.stl", StlFiles.Binary(StlFiles.Box(width, 10, 10)));
        _folder.Add($"{name}/{same}", "the same");
        _folder.Add($"{name}/{other}", name);
        using var imported = await DesignImporter.ImportAsync(Path.Combine(_folder.Path, name), cancellationToken: TestContext.Current.CancellationToken);
        return imported.Design;
    }
}
