// Import, export, import: the same manifest, whatever the folder held.

using System.Text;
using FabNet.Catalogue.Designs;
using FabNet.Catalogue.OpenKnowHow;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Machines;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FabNet.Tests.Catalogue;

public sealed class OkhRoundTripTests : IDisposable
{
    private const string Everything = """
        okhv = "2.3"
        name = "Wörld \"clip\""
        repo = "https://example.org/clip"
        version = "1.2.0-rc.1"
        release = "https://example.org/clip/1.2.0"
        license = "CERN-OHL-S-2.0"
        licensor = [{ name = "Ada", email = "ada@example.org" }, "Bob"]
        organization = "Clip makers"
        readme = "README.md"
        contribution-guide = "CONTRIBUTING.md"
        image = ["a.png", "https://example.org/b.png"]
        documentation-language = ["en", "de-DE"]
        technology-readiness-level = "OTRL-5"
        documentation-readiness-level = "ODRL-3*"
        attestation = ["https://example.org/attested"]
        publication = "https://doi.org/10.1000/1"
        function = '''
        Holds things.
        And "others".'''
        standard-compliance = ["ISO 1337"]
        cpc-patent-class = "F16M 11/2078"
        tsdc = ["MEC", "ASM"]
        bom = "bom.csv"
        manufacturing-instructions = "build.md"
        user-manual = "use.md"
        source = "clip.fcstd"
        export = "clip.step"
        auxiliary = ["lib.lib"]
        mass = 12.5
        outer-dimensions = { width = 1, depth = 2.5, height = 3 }
        fork-of = "https://example.org/older"
        updated = 2026-11-22T10:00:00.5+01:00
        ratio = 2.0
        deep = { a = [1, { b = true }], "c d" = 07:32:00 }

        [[software]]
        release = "https://example.org/fw"
        installation-guide = "fw.md"

        [fabnet]
        name = "clip"
        publisher = "alice"
        commit = "0123456789abcdef0123456789abcdef01234567"
        attribution = ["Carol"]
        fork-of = { name = "clip", version = "1.0.0", manifest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" }

        [[fabnet.bought]]
        name = "M3 × 12"
        quantity = 2.5
        unit = "m"
        reference = "ISO 4762"
        link = "https://example.org/m3"

        [[part]]
        name = "Clip"
        source = ["clip.scad", "https://example.org/clip.scad"]
        export = ["clip.pdf", "clip.stl", "gone.step"]
        auxiliary = "lib.lib"
        image = "clip.png"
        manufacturing-instructions = "clip.md"
        tsdc = ["3DP", "MEC"]
        material = "pla"
        printing-process = "FDM"
        mass = 2.5
        outer-dimensions = { width = 10, depth = 20, height = 31 }
        quantity = 4
        smallest-tolerance-class = "m"

        [part.requirements]
        nozzle-mm = 0.4
        tolerance-mm = 0.1
        infill-percent = 0
        layer-mm = 0.2
        tool = "brass nozzle"

        [[part.toolpath]]
        file = "clip.gcode"
        machine-class = "mk3"
        material = "PLA"
        settings = { layer-mm = 0.2, "fill pattern" = "gyroid" }
        runs = ["sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]

        [[part]]
        name = "Board"
        source = "board.kicad_pcb"
        tsdc = "PCB"
        """;

    private readonly TempFolder _folder = new();

    public static TheoryData<string> RealDesigns() => TestData.Folder() is { } data && Directory.Exists(Path.Combine(data, "designs"))
        ? [.. Directory.EnumerateDirectories(Path.Combine(data, "designs")).Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal)]
        : ["none"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_field_survives()
    {
        AddFiles("in", Everything);
        var first = await ExportedAndImportedAgain("in");
        var design = first.Design;
        Assert.Equal("Ada <ada@example.org>, Bob", design.Licensor);
        Assert.Equal(["Carol", "Clip makers"], design.Attribution);
        Assert.Equal(("clip", "alice", "0123456789abcdef0123456789abcdef01234567"), (design.Ref.Name, design.Publisher, design.Commit));
        Assert.Equal(new DesignRef("clip", "1.0.0", Digest.Of([])), design.ForkOf!.Design);
        Assert.Equal(new BoughtPart { Name = "M3 × 12", Quantity = 2.5, Unit = "m", Reference = "ISO 4762", Link = "https://example.org/m3" }, Assert.Single(design.BillOfMaterials));
        Assert.Equal("[\"MEC\", \"ASM\"]", design.OkhFields["tsdc"]);
        Assert.Equal("2026-11-22T10:00:00.5+01:00", design.OkhFields["updated"]);
        Assert.Equal("2.0", design.OkhFields["ratio"]);
        Assert.Equal("{ a = [1, { b = true }], \"c d\" = 07:32:00 }", design.OkhFields["deep"]);
        Assert.Equal("[{ release = \"https://example.org/fw\", installation-guide = \"fw.md\" }]", design.OkhFields["software"]);
        var part = design.Parts[0];
        Assert.Equal(new PartRequirements { NozzleMm = 0.4, ToleranceMm = 0.1, InfillPercent = 0, LayerMm = 0.2, Tool = "brass nozzle" }, part.Requirements);
        Assert.Equal((new Size3(10, 20, 31), new Size3(10, 20, 30)), (part.ClaimedDimensionsMm, part.OuterDimensionsMm));
        Assert.Equal("[\"https://example.org/clip.scad\"]", part.OkhFields["source"]);
        Assert.Equal("[\"gone.step\"]", part.OkhFields["export"]);
        Assert.Equal(
            ["clip.gcode Toolpath", "clip.scad Source", "clip.pdf Export", "clip.stl Mesh", "clip.md Instructions", "clip.png Image", "lib.lib Other"],
            part.Artefacts.Select(a => $"{a.Path} {a.Kind}"));
        Assert.Equal(("gyroid", Digest.Of([])), (part.Artefacts[0].Settings["fill pattern"], part.Artefacts[0].Runs[0]));
        Assert.False(design.Parts[1].Process.IsMachineMade());
    }

    [Fact]
    public async Task What_was_claimed_of_each_field_is_written_in_the_form_that_Open_Know_How_gives_it()
    {
        AddFiles("in", Everything);
        using var imported = await DesignImporter.ImportAsync(Path.Combine(_folder.Path, "in"), cancellationToken: TestContext.Current.CancellationToken);
        var toml = Encoding.UTF8.GetString(OkhWriter.Write(imported.Design));
        foreach (var line in Everything.Split('\n').Where(l => l.StartsWith("organization", StringComparison.Ordinal) || l.StartsWith("okhv", StringComparison.Ordinal)
            || l.StartsWith("documentation", StringComparison.Ordinal) || l.StartsWith("printing", StringComparison.Ordinal) || l.StartsWith("runs", StringComparison.Ordinal)))
        {
            Assert.Contains(line, toml, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(RealDesigns))]
    public Task A_design_from_the_wild_survives(string name) => RequireSameAgain(TestData.Path("designs", name));

    [Theory]
    [MemberData(nameof(RealDesignsTests.Samples), MemberType = typeof(RealDesignsTests))]
    public Task A_sample_design_survives(string name) => RequireSameAgain(Path.Combine(TestData.RepositoryRoot, "designs", name));

    [Fact]
    public void Any_folder_that_can_be_imported_survives()
    {
        // Keys that mean something, keys that nearly do, and keys that don't.
        var keys = Gen.Elements(
            "okhv", "name", "repo", "version", "license", "licensor", "function", "organization", "tsdc", "source", "export", "mass", "material", "outer-dimensions", "bom", "image",
            "licence", "naem", "verson", "x", "a key", "quantity", "tool");
        var partKeys = Gen.Elements(
            "name", "source", "export", "auxiliary", "image", "tsdc", "material", "mass", "outer-dimensions", "quantity", "requirements", "manufacturing-instructions", "toolpath", "naem", "y", "expor");
        var texts = Gen.Elements("clip.stl", "clip.scad", "clip.gcode", "gone.stl", "../x", ".", "sub", "https://example.org/a", "3DP", "MEC", "XYZ", "pla", "MIT", "2.4", "", " ", "12 g",
            "cube(1, 2, 0.0001)", "0.0001", "Clip", "clip", "ſ", "x\u200by", "\u202eevil", "NOASSERTION").Select(t => (ManifestNode)new ScalarNode(t, 1));
        var values = Gen.OneOf(texts, texts, texts.ListOf(2).Select(ToList), TomlReaderTests.Values(2));
        var folders = from top in keys.Zip(values).ListOf()
                      from parts in partKeys.Zip(values).ListOf().ListOf()
                      from isYaml in Gen.Elements(false, false, true)
                      select (top, parts, isYaml);
        var number = 0;
        Prop.ForAll(Arb.From(folders), folder =>
        {
            var name = $"in{number++}";
            AddFiles(name, TextOf(folder.top, folder.parts));
            if (folder.isYaml)
            {
                File.Delete(Path.Combine(_folder.Path, name, "okh.toml"));
                _folder.Add($"{name}/okh.yml", "# A manifest\n" + string.Join('\n', folder.top.DistinctBy(m => m.Item1).Select(m => $"\"{m.Item1}\": {ManifestText.ToToml(m.Item2).Replace(" =", ":", StringComparison.Ordinal)}")));
            }

            try
            {
                ExportedAndImportedAgain(name).GetAwaiter().GetResult();
            }
            catch (DesignImportException) when (folder.isYaml)
            {
                // TOML is seldom YAML.
            }

            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(80));
    }

    private static ManifestNode ToList(IEnumerable<ManifestNode> items)
    {
        var list = new ListNode(1);
        list.Items.AddRange(items);
        return list;
    }

    private static string TextOf(IEnumerable<(string, ManifestNode)> top, IEnumerable<IEnumerable<(string, ManifestNode)>> parts) =>
        string.Join('\n', Lines(top).Prepend("# A manifest").Concat(parts.SelectMany(p => Lines(p).Prepend("[[part]]"))));

    private static IEnumerable<string> Lines(IEnumerable<(string Key, ManifestNode Value)> members) =>
        members.DistinctBy(m => m.Key).Select(m => $"\"{m.Key}\" = {ManifestText.ToToml(m.Value)}");

    private void AddFiles(string name, string okh)
    {
        _folder.Add($"{name}/okh.toml", okh);
        _folder.Add($"{name}/clip.stl", StlFiles.Binary(StlFiles.Box(10, 20, 30)));
        _folder.Add($"{name}/sub/other.stl", StlFiles.Ascii(StlFiles.Box(1, 2, 3)));
        _folder.Add($"{name}/clip.gcode", "M104 S200\n");
        _folder.Add($"{name}/bom.csv", "Item;Qty\nScrew;4\n");
        foreach (var file in new[] { "clip.scad", "clip.pdf", "clip.png", "clip.md", "lib.lib", "board.kicad_pcb", "README.md" })
        {
            _folder.Add($"{name}/{file}", file);
        }
    }

    private async Task RequireSameAgain(string folder)
    {
        using var first = await DesignImporter.ImportAsync(folder, cancellationToken: TestContext.Current.CancellationToken);
        await RequireSameAgain(first, "again");
    }

    private async Task<ImportedDesign> ExportedAndImportedAgain(string name)
    {
        using var first = await DesignImporter.ImportAsync(Path.Combine(_folder.Path, name), cancellationToken: TestContext.Current.CancellationToken);
        await RequireSameAgain(first, name + "-out");
        return first;
    }

    private async Task RequireSameAgain(ImportedDesign first, string name)
    {
        var stop = TestContext.Current.CancellationToken;
        var target = Path.Combine(_folder.Path, name);
        await OkhFolder.ExportAsync(first, target, stop);
        using var second = await DesignImporter.ImportAsync(target, cancellationToken: stop);
        Assert.Equal(Encoding.UTF8.GetString(first.Manifest), Encoding.UTF8.GetString(second.Manifest));
        Assert.Equal(OkhWriter.Write(first.Design), await File.ReadAllBytesAsync(Path.Combine(target, "okh.toml"), stop));
    }
}
