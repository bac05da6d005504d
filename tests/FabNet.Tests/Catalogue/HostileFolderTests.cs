// Folders that want to fool somebody: names that look alike, links, pictures that run, manifests that blow up.

using System.Text;
using FabNet.Catalogue.Designs;
using FabNet.Protocol;
using Xunit;

namespace FabNet.Tests.Catalogue;

public sealed class HostileFolderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("cl\u0456p.stl", "Latin and Cyrillic")]
    [InlineData("sub/\u0440late.stl", "Cyrillic and Latin")]
    [InlineData("\uff43lip.stl", "full-width and Latin")]
    [InlineData("\U0001D41Blip.stl", "mathematical and Latin")]
    public async Task A_name_that_mixes_scripts_within_a_word_is_told(string path, string expected)
    {
        _folder.Add("okh.toml", "name = \"x\"");
        _folder.Add(path, StlFiles.Binary(StlFiles.Box(1, 2, 3)));
        using var imported = await Import();
        Assert.Contains(imported.Findings, f => f.Kind == FindingKind.NameUnclear && f.File == path && f.Message.Contains(expected, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("корпус-v2.stl")]
    [InlineData("плата board.stl")]
    [InlineData("20 μm.stl")]
    [InlineData("Δx.stl")]
    [InlineData("ネジ止め部品.stl")]
    [InlineData("café.stl")]
    public async Task An_honest_name_in_any_script_is_not(string path)
    {
        _folder.Add("okh.toml", "name = \"x\"");
        _folder.Add(path, StlFiles.Binary(StlFiles.Box(1, 2, 3)));
        using var imported = await Import();
        Assert.DoesNotContain(imported.Findings, f => f.Kind == FindingKind.NameUnclear);
        Assert.Equal(path, Assert.Single(Assert.Single(imported.Design.Parts).Artefacts).Path);
    }

    [Fact]
    public async Task A_title_and_part_names_lose_what_nobody_sees_and_are_told()
    {
        _folder.Add("okh.toml", "name = \"Cl\\u200bip\\ufeff\"\n[[part]]\nname = \"B\\u00adody\\u200f\"\n[[part]]\nname = \"Вody\"");
        using var imported = await Import();
        Assert.Equal("Clip", imported.Design.Title);
        Assert.Equal(["Body", "Вody"], imported.Design.Parts.Select(p => p.Name));
        Assert.Equal(3, imported.Findings.Count(f => f.Kind == FindingKind.NameUnclear));
    }

    [Theory]
    [InlineData("caf\u0065\u0301", "caf\u00e9")]
    [InlineData("\u1112\u1161\u11ab", "\ud55c")]
    [InlineData("a\u0323\u0302", "\u1ead")]
    [InlineData("\u30cf\u3099", "\u30d0")]
    [InlineData("plain", "plain")]
    public void Names_are_composed(string text, string composed)
    {
        Assert.Equal(composed, ComposedText.Of(text));
        Assert.Equal(composed, ComposedText.Of(composed));
    }

    [Fact]
    public async Task Two_names_of_one_form_are_a_collision_and_a_manifest_may_name_either_form()
    {
        _folder.Add("okh.toml", "name = \"x\"\n[[part]]\nname = \"p\"\nexport = \"caf\u00e9.stl\"");
        _folder.Add("cafe\u0301.stl", StlFiles.Binary(StlFiles.Box(1, 2, 3)));
        _folder.Add("caf\u00e9.stl", StlFiles.Binary(StlFiles.Box(1, 2, 3)));
        using var imported = await Import();
        Assert.Equal("caf\u00e9.stl", Assert.Single(Assert.Single(imported.Design.Parts).Artefacts).Path);
        Assert.Single(imported.Findings, f => f.Kind == FindingKind.FileLeftOut);
    }

    [Fact]
    public async Task A_manifest_that_is_a_link_is_not_followed()
    {
        _folder.Add("outside.toml", "name = \"x\"");
        _folder.Sub("design");
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "design/okh.toml"), Path.Combine(_folder.Path, "outside.toml"));
        var error = await Assert.ThrowsAsync<DesignImportException>(() => DesignImporter.ImportAsync(Path.Combine(_folder.Path, "design"), cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains("is a link", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<svg xmlns='http://www.w3.org/2000/svg'><g>\n<script>alert(1)</script></g></svg>", "holds a <script> in line 2")]
    [InlineData("<svg onload='alert(1)'/>", "runs a script (onload)")]
    [InlineData("<svg><a href=' java\tscript:alert(1)'/></svg>", "javascript:")]
    [InlineData("<svg xmlns:xlink='http://www.w3.org/1999/xlink'><image xlink:href='https://example.org/spy.png'/></svg>", "fetches from elsewhere")]
    [InlineData("<svg><foreignObject/></svg>", "holds a <foreignObject>")]
    [InlineData("<?xml-stylesheet href='https://example.org/a.css'?><svg/>", "style sheet")]
    [InlineData("<!DOCTYPE svg [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><svg>&b;</svg>", "not well-formed")]
    [InlineData("<svg>", "not well-formed")]
    public async Task An_active_picture_is_told_and_published_as_it_is(string svg, string expected)
    {
        _folder.Add("okh.toml", "name = \"x\"");
        _folder.Add("a.svg", svg);
        using var imported = await Import();
        var finding = Assert.Single(imported.Findings, f => f.Kind == FindingKind.ActiveContent);
        Assert.Equal("a.svg", finding.File);
        Assert.Contains(expected, finding.Message, StringComparison.Ordinal);
        Assert.Contains(imported.Design.AllArtefacts(), a => a.Path == "a.svg" && a.Size == Encoding.UTF8.GetByteCount(svg));
    }

    [Fact]
    public async Task A_mere_picture_is_none()
    {
        _folder.Add("okh.toml", "name = \"x\"");
        _folder.Add("a.svg", "<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' 'http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd'>\n<svg xmlns='http://www.w3.org/2000/svg'><a href='https://example.org'><path d='M0 0'/></a></svg>");
        using var imported = await Import();
        Assert.DoesNotContain(imported.Findings, f => f.Kind == FindingKind.ActiveContent);
    }

    [Theory]
    [InlineData("okh.toml", "name = \"x\"\nname = \"y\"", "okh.toml, line 2")]
    [InlineData("okh.toml", "name = \"x\"\n\nversion = [1, 2", "okh.toml, line")]
    [InlineData("okh.toml", "name = \"x", "okh.toml, line 1")]
    [InlineData("okh.yml", "title: x\n}: 1", "okh.yml, line 2")]
    [InlineData("okh.yml", "title: x\nb: *nobody", "okh.yml, line 2")]
    [InlineData("okh.yml", "title: \"x\n", "okh.yml, line")]
    [InlineData("okh.yml", "- a list", "okh.yml, line 1")]
    public async Task A_malformed_manifest_is_refused_with_its_line(string file, string text, string expected)
    {
        _folder.Add(file, text);
        var error = await Assert.ThrowsAsync<DesignImportException>(Import);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Anchors_that_stand_for_a_billion_values_cost_nothing()
    {
        var yaml = new StringBuilder("title: x\na0: &a0 [image.png, image.png]\n");
        for (var i = 1; i < 60; i++)
        {
            yaml.Append(System.Globalization.CultureInfo.InvariantCulture, $"a{i}: &a{i} [*a{i - 1}, *a{i - 1}, *a{i - 1}]\n");
        }

        _folder.Add("okh.yml", yaml.Append("image: *a59\nbom: *a59\ncontributors: *a59\nlicensor: *a59\nmaking-instructions: *a59\n").ToString());
        using var imported = await Import();
        Assert.InRange(imported.Manifest.Length, 1, 10_000);
    }

    [Fact]
    public async Task A_huge_list_becomes_a_bounded_manifest()
    {
        var paths = string.Join(',', Enumerable.Range(0, 100_000).Select(i => $"\"gone{i}.stl\""));
        _folder.Add("okh.toml", $"name = \"x\"\nunknown = [{paths}]\n[[part]]\nname = \"p\"\nexport = [{paths}]");
        using var imported = await Import();
        Assert.InRange(imported.Manifest.Length, 1, 10_000);
        Assert.InRange(imported.Findings.Count, 1, 1_000);
    }

    [Theory]
    [InlineData("okh.toml")]
    [InlineData("okh.yml")]
    public async Task Deep_nesting_is_refused_with_the_line(string file)
    {
        _folder.Add(file, "a" + (file == "okh.toml" ? " = " : ": ") + new string('[', 100_000));
        var error = await Assert.ThrowsAsync<DesignImportException>(Import);
        Assert.Contains("nested more than 64 levels", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_manifest_of_more_than_four_megabytes_is_refused()
    {
        _folder.Add("okh.toml", "#" + new string('x', DesignManifest.MaxBytes));
        var error = await Assert.ThrowsAsync<DesignImportException>(Import);
        Assert.Contains("a manifest has at most", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_into_gits_own_folder_is_no_path_of_a_design() => Assert.Contains("git's own folder", DesignPath.FindFault("a/.GIT/hooks/post-checkout")!, StringComparison.Ordinal);

    private Task<ImportedDesign> Import() => DesignImporter.ImportAsync(_folder.Path, cancellationToken: TestContext.Current.CancellationToken);
}
