// What an import finds by itself: parts of every kind of file, and bills of materials.

using FabNet.Catalogue.Designs;
using FabNet.Model.Designs;
using FabNet.Model.Machines;
using Xunit;

namespace FabNet.Tests.Catalogue;

public sealed class FoundPartsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("leg.stl leg.scad lib.scad doc/leg.svg", "leg 3DP: leg.scad leg.stl")]
    [InlineData("a.3mf b.obj c.amf", "a 3DP: a.3mf|b 3DP: b.obj|c 3DP: c.amf")]
    [InlineData("plate.step plate.fcstd arm.scad", "arm -: arm.scad|plate -: plate.fcstd plate.step")]
    [InlineData("laser/side.dxf picture.svg", "side -: laser/side.dxf")]
    [InlineData("laser/side.svg docs/picture.svg", "side -: laser/side.svg")]
    [InlineData("pcb/main.kicad_pcb pcb/main.kicad_sch pcb/out/main.gbr pcb/out/main.drl case.stl", "case 3DP: case.stl|main PCB: pcb/main.kicad_pcb pcb/main.kicad_sch pcb/out/main.drl pcb/out/main.gbr")]
    [InlineData("gerbers/a.gtl gerbers/a.gbl", "gerbers PCB: gerbers/a.gbl gerbers/a.gtl")]
    [InlineData("readme.md docs/picture.svg", "")]
    public async Task Parts_are_found_by_the_most_telling_files(string files, string expected)
    {
        _folder.Add("okh.toml", "name = \"x\"\n");
        foreach (var file in files.Split(' '))
        {
            _folder.Add(file, file.EndsWith(".svg", StringComparison.Ordinal) ? "<svg/>" : "x");
        }

        using var imported = await Import();
        var parts = imported.Design.Parts.Select(p => $"{(imported.Design.Parts.Count == 1 ? Path.GetFileName(expected.Split(' ')[0]) : p.Name)} {Protocol.TsdcCodes.ToTsdc(p.Process) ?? "-"}: {string.Join(' ', p.Artefacts.Select(a => a.Path).Order(StringComparer.Ordinal))}");
        Assert.Equal(expected, string.Join('|', parts));
        Assert.Equal(imported.Design.Parts.Count > 0, imported.Findings.Any(f => f.Kind == FindingKind.PartsNotDeclared));
    }

    [Theory]
    [InlineData("3DP", FabricationProcess.Printing, true)]
    [InlineData("CNC", FabricationProcess.Milling, true)]
    [InlineData("LAS", FabricationProcess.LaserCutting, true)]
    [InlineData("PCB", FabricationProcess.CircuitBoard, false)]
    [InlineData("MEC", FabricationProcess.MechanicalAssembly, false)]
    [InlineData("asm", FabricationProcess.Assembly, false)]
    [InlineData("WEL", FabricationProcess.Welding, false)]
    [InlineData("CIR", FabricationProcess.Circuitry, false)]
    public async Task Every_technology_code_is_a_process_and_some_are_a_machines(string code, FabricationProcess process, bool isMachineMade)
    {
        _folder.Add("okh.toml", $"name = \"x\"\n[[part]]\nname = \"p\"\ntsdc = \"{code}\"");
        using var imported = await Import();
        Assert.Equal(process, imported.Design.Parts[0].Process);
        Assert.Equal(isMachineMade, process.IsMachineMade());
        Assert.DoesNotContain(imported.Findings, f => f.Kind == FindingKind.ProcessUnknown);
    }

    [Theory]
    [InlineData("name,quantity,reference,link\n\"Screw, M3\",4,ISO 4762,https://example.org\nNut,,,", "Screw, M3 4 ISO 4762 https://example.org|Nut 1")]
    [InlineData("Anzahl;Bezeichnung;Einheit\r\n2,5;Draht;m\r\n\r\n", "Draht 2.5 m")]
    [InlineData("Item\tQty\n\"a \"\"b\"\"\"\t-3\n\t7\n", "a \"b\" 1")]
    [InlineData("foo,bar\n1,2", null)]
    public async Task A_bill_of_materials_is_read_from_its_table(string csv, string? expected)
    {
        _folder.Add("okh.toml", "name = \"x\"\nbom = \"bom.csv\"");
        _folder.Add("bom.csv", csv);
        using var imported = await Import();
        Assert.Equal(expected ?? "", string.Join('|', imported.Design.BillOfMaterials.Select(b =>
            string.Join(' ', new[] { b.Name, b.Quantity.ToString(System.Globalization.CultureInfo.InvariantCulture), b.Unit, b.Reference, b.Link }.OfType<string>()))));
        Assert.Equal(expected is null, imported.Findings.Any(f => f is { File: "bom.csv", Kind: FindingKind.ValueForm }));
    }

    [Fact]
    public async Task A_claim_is_checked_against_any_mesh_that_can_be_measured()
    {
        _folder.Add("okh.toml", "name = \"x\"\n[[part]]\nname = \"p\"\nexport = \"a.obj\"\nouter-dimensions = { width = 5, depth = 5, height = 5 }");
        _folder.Add("a.obj", "v 0 0 0\nv 9 0 0\nv 0 9 0\nv 0 0 9\nf 1 3 2\nf 1 2 4\nf 2 3 4\nf 1 4 3\n");
        using var imported = await Import();
        Assert.Equal((9.0, 5.0, 121.5), (imported.Design.Parts[0].OuterDimensionsMm!.Value.Width, imported.Design.Parts[0].ClaimedDimensionsMm!.Value.Width, imported.Design.Parts[0].VolumeMm3));
        Assert.Contains(imported.Findings, f => f.Kind == FindingKind.DimensionsDiffer);
    }

    private Task<ImportedDesign> Import() => DesignImporter.ImportAsync(_folder.Path, cancellationToken: TestContext.Current.CancellationToken);
}
