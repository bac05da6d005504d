// Designs as they are: our samples are complete, and those found in the wild are taken as far as they go.

using FabNet.Catalogue.Designs;
using FabNet.GCode;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Machines;
using Xunit;

namespace FabNet.Tests.Catalogue;

public sealed class RealDesignsTests
{
    public static TheoryData<string> Samples() =>
        [.. Directory.EnumerateDirectories(Path.Combine(TestData.RepositoryRoot, "designs")).Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Samples))]
    public async Task A_sample_design_is_complete(string name)
    {
        var imported = await DesignImporter.ImportAsync(Path.Combine(TestData.RepositoryRoot, "designs", name), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Empty(imported.Findings);
        Assert.Equal(name, imported.Design.Ref.Name);
        Assert.Contains(imported.Design.Files, f => f.Path == "LICENSE");
        foreach (var part in imported.Design.Parts)
        {
            Assert.Contains(part.Artefacts, a => a.Kind == ArtefactKind.Source);
            Assert.True(part.Process == FabricationProcess.Milling || part.VolumeMm3 > 100, $"{part.Name} has a volume of {part.VolumeMm3} mm³.");
            Assert.Contains(part.Artefacts, a => a.Kind is ArtefactKind.Mesh || a is { Kind: ArtefactKind.Toolpath, MachineClass: not null, Material: not null });
        }
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public async Task A_samples_toolpaths_are_admitted_on_the_machines_that_they_name(string name)
    {
        var folder = Path.Combine(TestData.RepositoryRoot, "designs", name);
        var imported = await DesignImporter.ImportAsync(folder, cancellationToken: TestContext.Current.CancellationToken);
        foreach (var toolpath in imported.Design.Parts.SelectMany(p => p.Artefacts).Where(a => a.Kind == ArtefactKind.Toolpath))
        {
            var profile = MachineProfiles.Find(toolpath.MachineClass!);
            Assert.NotNull(profile);
            await using var source = File.OpenRead(Path.Combine(folder, toolpath.Path));
            var result = Admission.Check(source, profile, new MemoryStream(), cancellationToken: TestContext.Current.CancellationToken);
            Assert.True(result.IsAdmitted, string.Join("; ", result.Violations.Select(v => v.Message)));
            Assert.DoesNotContain(result.Violations, v => v.Severity == Severity.Refusal);
            Assert.InRange(result.Summary.TimeSeconds, 20, 300);
            Assert.Contains(toolpath.Material!, profile.Materials);
            result.Program?.Dispose();
        }
    }

    [Fact]
    public async Task Nimble_has_its_five_meshes_as_parts()
    {
        var imported = await Import("nimble");
        Assert.Equal(("nimble", "CERN-OHL-S-2.0"), (imported.Design.Ref.Name, imported.Design.License));
        Assert.Equal(["3.5_hdd_shelf", "generic_shelf", "keystone_patch_panel_2_units", "top", "usg_top"], imported.Design.Parts.Select(p => p.Name));
        Assert.All(imported.Design.Parts, p => Assert.Equal(FabricationProcess.Printing, p.Process));
        Assert.Contains(imported.Findings, f => f.Kind == FindingKind.PartsNotDeclared);
        Assert.Contains(imported.Findings, f => f.Kind == FindingKind.FileMissing && f.Message.Contains("README.md", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Mosh_A_is_taken_in_spite_of_its_spelling()
    {
        var imported = await Import("mosh-a");
        var part = Assert.Single(imported.Design.Parts);
        Assert.Equal(("Clamp Ring", "PLA", FabricationProcess.Printing), (part.Name, part.Material, part.Process));
        Assert.NotNull(part.OuterDimensionsMm);
        Assert.Contains(imported.Findings, f => f.Kind == FindingKind.KeyMisspelt && f.Message.Contains("'part[1].outer-dimensions.widht' was taken for 'width'", StringComparison.Ordinal));
        Assert.Contains(imported.Findings, f => f.Kind == FindingKind.ValueForm && f.Message.Contains("width = 300, depth = 300, height = 300", StringComparison.Ordinal));
        Assert.Contains(imported.Findings, f => f.Kind == FindingKind.KeyUnknown && f.Message.Contains("'rpm'", StringComparison.Ordinal));
        Assert.Contains(imported.Findings, f => f.Kind == FindingKind.FileMissing && f.Message.Contains("ClampRing.scad", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Switch_plate_is_read_from_okh_version_1()
    {
        var imported = await Import("switch-plate");
        var design = imported.Design;
        Assert.Equal(("switch-plate-gopro-compatible", "1.0", "CC-BY-SA-4.0", "Anna Millbourn"), (design.Ref.Name, design.Ref.Version, design.License, design.Licensor));
        Assert.Equal("Switch Plate - GoPro Compatible", Assert.Single(design.Parts).Name);
        Assert.DoesNotContain(imported.Findings, f => f.Kind is FindingKind.FileMissing or FindingKind.KeyUnknown);
    }

    [Fact]
    public async Task Assembly_kit_can_be_read_and_not_ordered()
    {
        var imported = await Import("assembly-kit");
        Assert.Equal("faire-maus-3-tasten", imported.Design.Ref.Name);
        Assert.Empty(imported.Design.Parts);
        Assert.Contains(imported.Findings, f => f.Kind == FindingKind.NothingToMake);
    }

    private static Task<ImportedDesign> Import(string name) =>
        DesignImporter.ImportAsync(TestData.Path("designs", name), cancellationToken: TestContext.Current.CancellationToken);
}
