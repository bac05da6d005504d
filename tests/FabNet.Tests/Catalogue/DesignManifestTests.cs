// The canonical manifest: one design, one sequence of bytes; everything else is refused by name.

using System.Text;
using System.Text.Json.Nodes;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Machines;
using FabNet.Protocol;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FabNet.Tests.Catalogue;

public sealed class DesignManifestTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);

    private const string Golden =
        """{"files":[{"digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","kind":"other","mediaType":"text/plain","path":"LICENSE","size":0}],"function":"Holds \"cables\".\nNothing else, ünder ☂ 😀.","license":"CERN-OHL-S-2.0","licensor":"The FabNet authors","mediaType":"application/vnd.fabnet.design.v1+json","name":"cable-clip","parts":[{"artefacts":[{"digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","kind":"mesh","mediaType":"model/stl","path":"clip/clip.stl","size":0},{"digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","kind":"toolpath","machineClass":"voron-2.4","material":"PLYWOOD","mediaType":"text/x-gcode","path":"clip.nc","size":0}],"massGrams":2.5,"material":"PLA","name":"Clip","outerDimensionsMm":{"depth":20.123,"height":0.1,"width":10},"quantity":2,"tsdc":"3DP","volumeMm3":1234.568}],"repo":"https://example.org/clip","title":"Cable clip","version":"1.2.0"}""";

    private const string GoldenFull =
        """{"attribution":["Bob"],"billOfMaterials":[{"link":"https://example.org/m3","name":"M3 × 12","quantity":4.5,"reference":"ISO 4762","unit":"m"}],"commit":"0123456789abcdef0123456789abcdef01234567","files":[{"digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","kind":"other","mediaType":"text/plain","path":"LICENSE","size":0}],"forkOf":{"manifest":"sha256:67905ad3cc2dd52b1f5f6a6d2814de0396618b29b4238b9af5207aeb69936e6d","name":"clip","publisher":"sha256:2bd806c97f0e00af1a1fc3328fa763a9269723c8db8fac4f93af71db186d6e90","version":"1.0.0"},"function":"Holds \"cables\".\nNothing else, ünder ☂ 😀.","license":"CERN-OHL-S-2.0","licensor":"The FabNet authors","mediaType":"application/vnd.fabnet.design.v1+json","name":"cable-clip","okh":{"okhv":"\"2.4\"","readme":"\"README.md\""},"parts":[{"artefacts":[{"digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","kind":"mesh","mediaType":"model/stl","path":"clip/clip.stl","size":0},{"digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","kind":"toolpath","machineClass":"voron-2.4","material":"PLYWOOD","mediaType":"text/x-gcode","path":"clip.nc","runs":["sha256:acba25512100f80b56fc3ccd14c65be55d94800cda77585c5f41a887e398f9be"],"settings":{"feed":"600","layer-mm":"0.2"},"size":0},{"digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","kind":"export","mediaType":"application/pdf","path":"Export.pdf","size":0},{"digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","kind":"instructions","mediaType":"application/pdf","path":"Instructions.pdf","size":0},{"digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","kind":"image","mediaType":"application/pdf","path":"Image.pdf","size":0}],"claimedDimensionsMm":{"depth":20,"height":1,"width":10},"massGrams":2.5,"material":"PLA","name":"Clip","okh":{"printing-process":"\"FDM\""},"outerDimensionsMm":{"depth":20.123,"height":0.1,"width":10},"quantity":2,"requirements":{"infillPercent":20,"layerMm":0.2,"nozzleMm":0.4,"toleranceMm":0.1,"tool":"2 mm end mill"},"tsdc":"PCB","volumeMm3":1234.568}],"publisher":"alice","repo":"https://example.org/clip","title":"Cable clip","version":"1.2.0"}""";

    [Fact]
    public void A_manifest_is_written_as_these_bytes_and_never_otherwise() =>
        Assert.Equal(Golden, Encoding.UTF8.GetString(DesignManifest.Write(Sample())));

    [Fact]
    public void Reading_gives_back_every_field_and_the_digest_of_the_bytes()
    {
        var bytes = Encoding.UTF8.GetBytes(Golden);
        var design = DesignManifest.Read(bytes, At);
        Assert.Equal(new DesignRef("cable-clip", "1.2.0", Digest.Of(bytes)), design.Ref);
        Assert.Equal(At, design.PublishedAt);
        Assert.Equal("Holds \"cables\".\nNothing else, ünder ☂ 😀.", design.Function);
        var part = Assert.Single(design.Parts);
        Assert.Equal(new Size3(10, 20.123, 0.1), part.OuterDimensionsMm);
        Assert.Equal(FabricationProcess.Printing, part.Process);
        Assert.Equal((2, 2.5, 1234.568), (part.Quantity, part.MassGrams, part.VolumeMm3));
        Assert.Equal(("voron-2.4", "PLYWOOD"), (part.Artefacts[1].MachineClass, part.Artefacts[1].Material));
        Assert.Equal("LICENSE", Assert.Single(design.Files).Path);
    }

    [Fact]
    public void A_manifest_from_before_a_field_existed_keeps_its_digest()
    {
        var design = DesignManifest.Read(Encoding.UTF8.GetBytes(Golden), At);
        Assert.Equal("sha256:7cb332d0b2c5bd40a8975ef072a947ff7fb6106c5e5896d846d9d7776b8836ff", design.Ref.Manifest.Value);
        Assert.Equal(design.Ref.Manifest, Digest.Of(DesignManifest.Write(design)));
        Assert.Null(design.Parts[0].Requirements);
        Assert.Null(design.ForkOf);
        Assert.Empty(design.BillOfMaterials);
    }

    [Fact]
    public void A_manifest_with_every_field_is_written_as_these_bytes_and_reads_back()
    {
        var bytes = DesignManifest.Write(Full());
        Assert.Equal(GoldenFull, Encoding.UTF8.GetString(bytes));
        var design = DesignManifest.Read(bytes, At);
        Assert.Equal(bytes, DesignManifest.Write(design));
        Assert.Equal(new ForkOrigin(Digest.Of("alice"u8), new DesignRef("clip", "1.0.0", Digest.Of("clip"u8))), design.ForkOf);
        Assert.Equal(new PartRequirements { NozzleMm = 0.4, ToleranceMm = 0.1, InfillPercent = 20, LayerMm = 0.2, Tool = "2 mm end mill" }, design.Parts[0].Requirements);
        Assert.Equal(new BoughtPart { Name = "M3 × 12", Quantity = 4.5, Unit = "m", Reference = "ISO 4762", Link = "https://example.org/m3" }, design.BillOfMaterials[0]);
        Assert.Equal(FabricationProcess.CircuitBoard, design.Parts[0].Process);
        Assert.Equal(("0.2", Digest.Of("run"u8)), (design.Parts[0].Artefacts[1].Settings["layer-mm"], design.Parts[0].Artefacts[1].Runs[0]));
    }

    [Theory]
    [InlineData("\"publisher\":\"alice\"", "\"publisher\":\"Alice\"", "publisher's namespace")]
    [InlineData("\"publisher\":\"sha256:", "\"publisher\":\"sha512:", "forkOf.publisher")]
    [InlineData("\"name\":\"clip\"", "\"name\":\"../clip\"", "design name in forkOf")]
    [InlineData("\"nozzleMm\":0.4", "\"nozzleMm\":0", "nozzle that part 'Clip' requires is 0")]
    [InlineData("\"infillPercent\":20", "\"infillPercent\":101", "infill")]
    [InlineData("\"layer-mm\":\"0.2\"", "\"layer-mm\":0.2", "settings.layer-mm is number")]
    [InlineData("\"layer-mm\":\"0.2\"", "\"layer-mm\":\"0.2\\n\"", "more than one line")]
    [InlineData("\"runs\":[\"sha256:", "\"runs\":[\"", "A run of")]
    [InlineData("\"quantity\":4.5", "\"quantity\":0", "quantity of 'M3")]
    [InlineData("\"commit\":\"0", "\"commit\":\"G", "commit is")]
    [InlineData("\"attribution\":[\"Bob\"]", "\"attribution\":[]", "not canonical")]
    [InlineData("\"requirements\":{", "\"requirements\":{\"colour\":\"red\",", "member 'colour'")]
    public void A_fuller_manifest_that_breaks_a_rule_is_refused_with_the_place(string from, string to, string expected)
    {
        Assert.Contains(from, GoldenFull, StringComparison.Ordinal);
        var broken = Encoding.UTF8.GetBytes(GoldenFull.Replace(from, to, StringComparison.Ordinal));
        var error = Assert.Throws<FormatException>(() => DesignManifest.Read(broken, At));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[[[[[[[[[[[[[[[[[[[[", "depth")]
    [InlineData("{\"parts\":{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":{}}}}}}}}}", "depth")]
    public void A_deeply_nested_manifest_is_refused(string text, string expected)
    {
        var error = Assert.Throws<FormatException>(() => DesignManifest.Read(Encoding.UTF8.GetBytes(text), At));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("files", 10_001)]
    [InlineData("parts", 1_001)]
    [InlineData("attribution", 201)]
    [InlineData("billOfMaterials", 2_001)]
    public void A_huge_array_is_refused_before_its_elements_are_read(string member, int count)
    {
        var json = JsonNode.Parse(GoldenFull)!;
        json[member] = new JsonArray([.. Enumerable.Repeat(0, count).Select(n => JsonValue.Create(n))]);
        var error = Assert.Throws<FormatException>(() => DesignManifest.Read(Encoding.UTF8.GetBytes(json.ToJsonString()), At));
        Assert.Contains($"{member} has {count} elements", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"name\":\"cable-clip\"", "\"name\":\"Cable Clip\"", "design name")]
    [InlineData("\"version\":\"1.2.0\"", "\"version\":\"1/2\"", "version is '1/2'")]
    [InlineData("\"title\":\"Cable clip\"", "\"title\":\"\"", "title is empty")]
    [InlineData("\"path\":\"LICENSE\"", "\"path\":\"../LICENSE\"", "has '..' in it")]
    [InlineData("\"path\":\"LICENSE\"", "\"path\":\"/LICENSE\"", "absolute")]
    [InlineData("\"path\":\"LICENSE\"", "\"path\":\"C:LICENSE\"", "Windows refuses")]
    [InlineData("\"path\":\"LICENSE\"", "\"path\":\"clip\"", "needs it to be a folder")]
    [InlineData("\"quantity\":2", "\"quantity\":0", "quantity of part 'Clip' is 0")]
    [InlineData("\"quantity\":2", "\"quantity\":1e1", "parts[0].quantity")]
    [InlineData("\"quantity\":2", "\"quantity\":\"2\"", "parts[0].quantity is string, not a whole number")]
    [InlineData("\"size\":0}],\"function\"", "\"size\":-1}],\"function\"", "files[0].size")]
    [InlineData("\"tsdc\":\"3DP\"", "\"tsdc\":\"XYZ\"", "parts[0].tsdc is 'XYZ'")]
    [InlineData("\"tsdc\":\"3DP\"", "\"tsdc\":\"3dp\"", "not canonical")]
    [InlineData("\"kind\":\"mesh\"", "\"kind\":\"virus\"", "artefacts[0].kind is 'virus'")]
    [InlineData("\"repo\":", "\"rebo\":", "member 'rebo'")]
    [InlineData("\"repo\":", "\"\\u001b[2Jrepo\":", "member '[2Jrepo'")]
    [InlineData("\"repo\":", "\"title\":", "")]
    [InlineData("\"massGrams\":2.5", "\"massGrams\":2.50", "not canonical")]
    [InlineData("\"massGrams\":2.5", "\"massGrams\":1e99", "parts[0].massGrams")]
    [InlineData("\"material\":\"PLA\"", "\"material\":\"pla\"", "upper case")]
    [InlineData("vnd.fabnet.design.v1+json", "vnd.fabnet.design.v9+json", "this version reads")]
    [InlineData("{\"files\"", "{ \"files\"", "not canonical")]
    [InlineData("\"title\":\"Cable clip\"", "\"title\":\"\\u001b[2Jclip\"", "control characters")]
    [InlineData("\"title\":\"Cable clip\"", "\"title\":\"\\ud800\"", "")]
    [InlineData("\"licensor\":\"The FabNet authors\",", "", "manifest.licensor is missing")]
    [InlineData("\"machineClass\":\"voron-2.4\"", "\"machineClass\":\"../x\"", "machine class")]
    public void A_manifest_that_breaks_a_rule_is_refused_with_the_place(string from, string to, string expected)
    {
        Assert.Contains(from, Golden, StringComparison.Ordinal);
        var broken = Encoding.UTF8.GetBytes(Golden.Replace(from, to, StringComparison.Ordinal));
        var error = Assert.Throws<FormatException>(() => DesignManifest.Read(broken, At));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("LICENSE", "license")]
    [InlineData("caf\u00E9/m\u00FCtter.stl", "cafe\u0301/mu\u0308tter.stl")]
    [InlineData("\u00C9CLAIR.txt", "e\u0301clair.txt")]
    public void Two_files_may_not_share_a_path_that_differs_in_case_or_in_the_form_of_an_accent_only(string first, string second)
    {
        var design = Sample();
        var file = design.Files[0];
        var error = Assert.Throws<FormatException>(() => DesignManifest.Write(design with { Files = [file with { Path = first }, file with { Path = second, Digest = Digest.Of("x"u8), Size = 1 }] }));
        Assert.Contains("two different files", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_written_is_read_and_written_again_as_the_same_bytes() => Prop.ForAll(
        ArbMap.Default.ArbFor<(string Title, double Mass, int Quantity)>(),
        value =>
        {
            var design = Sample();
            design = design with { Title = value.Title, Parts = [design.Parts[0] with { MassGrams = value.Mass, Quantity = value.Quantity }] };
            byte[] bytes;
            try
            {
                bytes = DesignManifest.Write(design);
            }
            catch (FormatException)
            {
                return true;
            }

            return DesignManifest.Write(DesignManifest.Read(bytes, At)).AsSpan().SequenceEqual(bytes);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Damaged_bytes_are_refused_or_are_another_canonical_manifest() => Prop.ForAll(
        ArbMap.Default.ArbFor<(int Place, byte Value)>(),
        damage =>
        {
            var bytes = Encoding.UTF8.GetBytes(Golden);
            bytes[(int)(unchecked((uint)damage.Place * 2654435761u) % (uint)bytes.Length)] = damage.Value;
            try
            {
                return DesignManifest.Write(DesignManifest.Read(bytes, At)).AsSpan().SequenceEqual(bytes);
            }
            catch (FormatException)
            {
                return true;
            }
        }).QuickCheckThrowOnFailure();

    private static Design Full()
    {
        var sample = Sample();
        var part = sample.Parts[0];
        return sample with
        {
            Publisher = "alice",
            Commit = "0123456789abcdef0123456789abcdef01234567",
            Attribution = ["Bob"],
            ForkOf = new ForkOrigin(Digest.Of("alice"u8), new DesignRef("clip", "1.0.0", Digest.Of("clip"u8))),
            OkhFields = new Dictionary<string, string> { ["readme"] = "\"README.md\"", ["okhv"] = "\"2.4\"" },
            BillOfMaterials = [new BoughtPart { Name = "M3 × 12", Quantity = 4.5, Unit = "m", Reference = "ISO 4762", Link = "https://example.org/m3" }],
            Parts =
            [
                part with
                {
                    Process = FabricationProcess.CircuitBoard,
                    ClaimedDimensionsMm = new Size3(10, 20, 1),
                    Requirements = new PartRequirements { NozzleMm = 0.4, ToleranceMm = 0.1, InfillPercent = 20, LayerMm = 0.2, Tool = "2 mm end mill" },
                    OkhFields = new Dictionary<string, string> { ["printing-process"] = "\"FDM\"" },
                    Artefacts =
                    [
                        part.Artefacts[0],
                        part.Artefacts[1] with { Settings = new Dictionary<string, string> { ["layer-mm"] = "0.2", ["feed"] = "600" }, Runs = [Digest.Of("run"u8)] },
                        .. new[] { ArtefactKind.Export, ArtefactKind.Instructions, ArtefactKind.Image }
                            .Select(kind => sample.Files[0] with { Kind = kind, Path = $"{kind}.pdf", MediaType = "application/pdf" }),
                    ],
                },
            ],
        };
    }

    private static Design Sample() => new()
    {
        Ref = new DesignRef("cable-clip", "1.2.0", default),
        Title = "Cable clip",
        Function = "Holds \"cables\".\nNothing else, ünder ☂ 😀.",
        License = "CERN-OHL-S-2.0",
        Licensor = "The FabNet authors",
        Repository = "https://example.org/clip",
        PublishedAt = At,
        Parts =
        [
            new DesignPart
            {
                Name = "Clip",
                Process = FabricationProcess.Printing,
                Material = "PLA",
                OuterDimensionsMm = new Size3(10, 20.1234, 0.1),
                VolumeMm3 = 1234.5678,
                MassGrams = 2.5,
                Quantity = 2,
                Artefacts =
                [
                    new Artefact { Path = "clip/clip.stl", Kind = ArtefactKind.Mesh, MediaType = "model/stl", Digest = Digest.Of([]), Size = 0 },
                    new Artefact
                    {
                        Path = "clip.nc",
                        Kind = ArtefactKind.Toolpath,
                        MediaType = "text/x-gcode",
                        Digest = Digest.Of([]),
                        Size = 0,
                        MachineClass = "voron-2.4",
                        Material = "PLYWOOD",
                    },
                ],
            },
        ],
        Files = [new Artefact { Path = "LICENSE", Kind = ArtefactKind.Other, MediaType = "text/plain", Digest = Digest.Of([]), Size = 0 }],
    };
}
