// Importing folders: what is there is taken, what is missing is said in the order of fixing, nothing leaves the folder.

using FabNet.Catalogue.Designs;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Machines;
using FabNet.Protocol;
using Xunit;

namespace FabNet.Tests.Catalogue;

public sealed class DesignImporterTests : IDisposable
{
    private const string Complete = """
        okhv = "2.4"
        name = "A Wörld-Beating Thing!"
        repo = "https://example.org/thing"
        version = "1.2.0"
        license = "CERN-OHL-S-2.0"
        licensor = [{ name = "Ada" }, "Bob"]
        function = "Does a thing."

        [[part]]
        name = "Body"
        source = "src/body.scad"
        export = ["body.stl"]
        tsdc = "3DP"
        material = "pla"
        quantity = 3
        mass = 12.5
        outer-dimensions = { width = 10, depth = 20, height = 30 }

        [[part.toolpath]]
        file = "body.ngc"
        machine-class = "voron-2.4"
        material = "Pla"
        """;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_complete_design_has_no_findings_and_every_file_has_its_place()
    {
        AddComplete();
        var imported = await Import();
        Assert.Empty(imported.Findings);
        var design = imported.Design;
        Assert.Equal(("a-woerld-beating-thing", "1.2.0"), (design.Ref.Name, design.Ref.Version));
        Assert.Equal(("CERN-OHL-S-2.0", "Ada, Bob"), (design.License, design.Licensor));
        Assert.Equal(Digest.Of(imported.Manifest), design.Ref.Manifest);
        var part = Assert.Single(design.Parts);
        Assert.Equal((FabricationProcess.Printing, "PLA", 3, 12.5), (part.Process, part.Material, part.Quantity, part.MassGrams));
        Assert.Equal(new Size3(10, 20, 30), part.OuterDimensionsMm);
        Assert.Equal(6000.0, part.VolumeMm3);
        Assert.Equal(["body.ngc", "src/body.scad", "body.stl"], part.Artefacts.Select(a => a.Path));
        Assert.Equal([ArtefactKind.Toolpath, ArtefactKind.Source, ArtefactKind.Mesh], part.Artefacts.Select(a => a.Kind));
        Assert.Equal(("voron-2.4", "PLA"), (part.Artefacts[0].MachineClass, part.Artefacts[0].Material));
        Assert.Empty(design.Files);
        foreach (var artefact in design.AllArtefacts())
        {
            Assert.Equal(artefact.Digest, Digest.Of(await File.ReadAllBytesAsync(imported.FilesByDigest[artefact.Digest], TestContext.Current.CancellationToken)));
        }
    }

    [Fact]
    public async Task The_same_folder_gives_the_same_manifest()
    {
        AddComplete();
        Assert.Equal((await Import()).Manifest, (await Import()).Manifest);
    }

    [Fact]
    public async Task Findings_come_in_the_order_a_publisher_would_fix_them()
    {
        _folder.Add("okh.toml", """
            name = "Thing"
            rpm = 666
            outer-dimensions = "cube(size = [10, 20, 30]);"
            [[part]]
            name = "Body"
            export = ["body.stl", "gone.pdf"]
            [part.outer-dimensions]
            widht = 11
            depth = 20
            height = 30
            """);
        _folder.Add("body.stl", StlFiles.Binary(StlFiles.Box(10, 20, 30)));
        var imported = await Import();
        Assert.Equal(
            [
                FindingKind.LicenseMissing, FindingKind.FileMissing, FindingKind.FieldMissing, FindingKind.FieldMissing, FindingKind.FieldMissing, FindingKind.FieldMissing,
                FindingKind.VersionMissing, FindingKind.ProcessUnknown, FindingKind.KeyMisspelt, FindingKind.ValueForm, FindingKind.DimensionsDiffer,
                FindingKind.MaterialMissing, FindingKind.KeyUnknown,
            ],
            imported.Findings.Select(f => f.Kind));
        Assert.Contains("taken for 'width'", imported.Findings.Single(f => f.Kind == FindingKind.KeyMisspelt).Message, StringComparison.Ordinal);
        Assert.Equal(8, imported.Findings.Single(f => f.Kind == FindingKind.KeyMisspelt).Line);
        Assert.Equal((DesignImporter.NoLicense, "0.0.0"), (imported.Design.License, imported.Design.Ref.Version));
        Assert.Equal(new Size3(10, 20, 30), imported.Design.Parts[0].OuterDimensionsMm);
        Assert.Equal(FabricationProcess.Printing, imported.Design.Parts[0].Process);
    }

    [Fact]
    public async Task A_licence_text_in_the_folder_is_no_licence_in_the_manifest()
    {
        _folder.Add("okh.yml", "title: Thing\nlicense:\n  documentation: CC-BY-4.0\n");
        _folder.Add("LICENSE", "MIT License");
        var imported = await Import();
        Assert.Equal("NOASSERTION", imported.Design.License);
        Assert.Equal(FindingKind.LicenseMissing, imported.Findings[0].Kind);
    }

    [Fact]
    public async Task Parts_that_are_not_declared_are_found_by_their_files()
    {
        _folder.Add("okh.yml", "title: Two things\nversion: 2\nlicense: {hardware: MIT}\nmanufacturing-files: {path: https://example.org/x}");
        _folder.Add("a/leg.stl", StlFiles.Ascii(StlFiles.Box(1, 2, 3)));
        _folder.Add("a/leg.scad", "cube();");
        _folder.Add("top.shapeoko-3.MDF.nc", "; a comment with M104\nG21\nM3 S100\n");
        _folder.Add("warm.gcode", "N1 M104 S200\n");
        var design = (await Import()).Design;
        Assert.Equal(["leg", "top", "warm"], design.Parts.Select(p => p.Name));
        Assert.Equal([FabricationProcess.Printing, FabricationProcess.Milling, FabricationProcess.Printing], design.Parts.Select(p => p.Process));
        Assert.Equal(["a/leg.scad", "a/leg.stl"], design.Parts[0].Artefacts.Select(a => a.Path));
        Assert.Equal(("shapeoko-3", "MDF"), (design.Parts[1].Artefacts[0].MachineClass, design.Parts[1].Artefacts[0].Material));
    }

    [Theory]
    [InlineData("../secret")]
    [InlineData("/etc/passwd")]
    [InlineData("a/../../secret")]
    [InlineData("..\\\\secret")]
    [InlineData("C:/secret")]
    public async Task A_path_that_leaves_the_folder_is_not_followed(string path)
    {
        _folder.Add("secret", "keep out");
        _folder.Add("design/okh.toml", $"name = \"x\"\n[[part]]\nname = \"p\"\nexport = \"{path}\"\n[[part.toolpath]]\nfile = \"{path}\"\n");
        var imported = await DesignImporter.ImportAsync(Path.Combine(_folder.Path, "design"), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Empty(imported.Design.AllArtefacts());
        Assert.Equal(2, imported.Findings.Count(f => f.Kind == FindingKind.FileLeftOut && f.Message.Contains("which ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Links_and_hidden_files_are_not_published()
    {
        _folder.Add("outside/secret.stl", "keep out");
        _folder.Add("design/okh.toml", "name = \"x\"");
        _folder.Add("design/.git/config", "token");
        var design = Path.Combine(_folder.Path, "design");
        File.CreateSymbolicLink(Path.Combine(design, "mesh.stl"), Path.Combine(_folder.Path, "outside/secret.stl"));
        Directory.CreateSymbolicLink(Path.Combine(design, "all"), Path.Combine(_folder.Path, "outside"));
        Directory.CreateSymbolicLink(Path.Combine(design, "round"), design);
        var imported = await DesignImporter.ImportAsync(design, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Empty(imported.Design.AllArtefacts());
        Assert.Equal(["all", "mesh.stl", "round"], imported.Findings.Where(f => f.Kind == FindingKind.FileLeftOut).Select(f => f.File));
    }

    [Fact]
    public async Task Names_that_other_systems_refuse_are_left_out()
    {
        _folder.Add("okh.toml", "name = \"x\"");
        _folder.Add("NUL.txt", "x");
        _folder.Add("a:b", "x");
        _folder.Add("line\nfeed", "x");
        _folder.Add("Readme.md", "x");
        _folder.Add("readme.md", "y");
        var imported = await Import();
        Assert.Equal(["Readme.md"], imported.Design.AllArtefacts().Select(a => a.Path));
        Assert.Equal(4, imported.Findings.Count(f => f.Kind == FindingKind.FileLeftOut));
        Assert.DoesNotContain(imported.Findings, f => f.ToString().Contains('\n', StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_pointer_of_Git_LFS_is_not_taken_for_the_mesh()
    {
        AddComplete();
        _folder.Add("body.stl", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n");
        var imported = await Import();
        Assert.Contains(imported.Findings, f => f is { Kind: FindingKind.LfsPointer, File: "body.stl" } && f.Message.Contains("git lfs pull", StringComparison.Ordinal));
        Assert.DoesNotContain(imported.Design.AllArtefacts(), a => a.Path == "body.stl");
    }

    [Fact]
    public async Task A_broken_mesh_is_a_finding_and_the_claim_stands()
    {
        AddComplete();
        _folder.Add("body.stl", StlFiles.Binary(StlFiles.Box(1, 1, 1), claimed: uint.MaxValue));
        var imported = await Import();
        var finding = Assert.Single(imported.Findings);
        Assert.Equal((FindingKind.MeshFault, "body.stl"), (finding.Kind, finding.File));
        Assert.Equal(new Size3(10, 20, 30), imported.Design.Parts[0].OuterDimensionsMm);
        Assert.Null(imported.Design.Parts[0].VolumeMm3);
    }

    [Fact]
    public async Task Text_that_could_steer_a_terminal_is_cleaned()
    {
        _folder.Add("okh.toml", "name = \"T\\u001b[2Jitle\\u202e\"\nfunction = \"a\\nb\\u0007\"\nlicense = \"MIT\\u0000\"");
        var design = (await Import()).Design;
        Assert.Equal(("T[2Jitle", "a\nb", "MIT"), (design.Title, design.Function, design.License));
    }

    [Theory]
    [InlineData("okh.toml", "name = \"x\"\nversion = 1.0.0", "okh.toml, line 2")]
    [InlineData("okh.yml", "title: x\nb: [", "okh.yml, line")]
    [InlineData("readme.md", "x", "has no okh.toml")]
    [InlineData("okh.toml", "", "is empty")]
    public async Task A_folder_without_a_readable_manifest_is_refused_with_the_place(string file, string text, string expected)
    {
        _folder.Add(file, text);
        var error = await Assert.ThrowsAsync<DesignImportException>(Import);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Limits_are_kept()
    {
        AddComplete();
        var stop = TestContext.Current.CancellationToken;
        foreach (var limits in new[] { new ImportLimits { MaxFiles = 3 }, new ImportLimits { MaxFileBytes = 100 }, new ImportLimits { MaxTotalBytes = 1000 }, new ImportLimits { MaxDepth = 0 } })
        {
            await Assert.ThrowsAsync<DesignImportException>(() => DesignImporter.ImportAsync(_folder.Path, limits, stop));
        }
    }

    [Theory]
    [InlineData("width", "widht", 1)]
    [InlineData("width", "witdh", 1)]
    [InlineData("license", "Licence", 1)]
    [InlineData("tsdc", "tdsc", 1)]
    [InlineData("machine-class", "machine_class", 0)]
    [InlineData("name", "mass", 3)]
    public void Slips_of_the_keyboard_are_counted(string left, string right, int distance) =>
        Assert.Equal(distance, FabNet.Catalogue.OpenKnowHow.OkhFields.SpellingDistance(left, right));

    [Theory]
    [InlineData("1.2.0", "1.2.0", false)]
    [InlineData("1.2.0-rc.1+b7", "1.2.0-rc.1+b7", false)]
    [InlineData("1.0", "1.0", true)]
    [InlineData("v1.0.0", "v1.0.0", true)]
    [InlineData("first try!", "first-try", true)]
    public async Task A_version_that_is_not_semantic_is_taken_and_told(string version, string taken, bool isTold)
    {
        _folder.Add("okh.toml", $"name = \"x\"\nversion = \"{version}\"");
        using var imported = await Import();
        Assert.Equal(taken, imported.Design.Ref.Version);
        Assert.Equal(isTold, imported.Findings.Any(f => f.Kind == FindingKind.ValueForm && f.Message.StartsWith("version is", StringComparison.Ordinal)));
    }

    private void AddComplete()
    {
        _folder.Add("okh.toml", Complete);
        _folder.Add("src/body.scad", "cube([10, 20, 30]);");
        _folder.Add("body.stl", StlFiles.Binary(StlFiles.Box(10, 20, 30)));
        _folder.Add("body.ngc", "G21\n");
    }

    private Task<ImportedDesign> Import() => DesignImporter.ImportAsync(_folder.Path, cancellationToken: TestContext.Current.CancellationToken);
}
