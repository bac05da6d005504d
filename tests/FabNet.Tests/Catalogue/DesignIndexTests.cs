// Search: best first, each design once, misspelt or not, pages that stay right; and nothing that a stranger types does harm.

using FabNet.Catalogue;
using FabNet.Catalogue.Search;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Machines;
using Xunit;

namespace FabNet.Tests.Catalogue;

public sealed class DesignIndexTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly IndexBench _bench;

    public DesignIndexTests() => _bench = new IndexBench(_folder.Path);

    public void Dispose()
    {
        _bench.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void The_name_tells_most_then_the_title_then_everything_else()
    {
        _bench.Add(
            SampleDesign.Of("desk-tray", title: "Tray", function: "Holds cables on a desk"),
            SampleDesign.Of("cable-clip", title: "Clip", function: "Holds a wire"),
            SampleDesign.Of("cable", title: "Cable", function: "Conducts"),
            SampleDesign.Of("holder", title: "Cable holder", function: "Holds"),
            SampleDesign.Of("lamp", title: "Desk lamp", function: "Shines", parts: ["Cable cover"]));
        Assert.Equal(["cable", "cable-clip", "holder", "lamp", "desk-tray"], Names("cable"));
        Assert.Equal(["lamp", "desk-tray"], Names("CABLE desk!"));
        Assert.Equal(["lamp"], Names("pla 3dp"));
        Assert.Equal(["cable", "cable-clip", "desk-tray", "holder", "lamp"], Names(""));
        Assert.Empty(Names("cable nothing"));
    }

    [Theory]
    [InlineData("bracket")]
    [InlineData("BRACKET")]
    [InlineData("brackets")]
    [InlineData("brac")]
    [InlineData("braket")]
    [InlineData("brackett")]
    [InlineData("brakcet")]
    [InlineData("bracket for the étagère")]
    [InlineData("etagere")]
    [InlineData("Étagère")]
    [InlineData("shelf brackte")]
    [InlineData("montages")]
    public void A_design_is_found_by_words_that_are_begun_misspelt_or_without_accents(string text)
    {
        _bench.Add(SampleDesign.Of("shelf-bracket", title: "Bracket", function: "Pour une étagère, montage au mur"), SampleDesign.Of("spoon", title: "Spoon", function: "Stirs"));
        Assert.Equal(["shelf-bracket"], Names(text));
    }

    [Theory]
    [InlineData("m4")]
    [InlineData("clop")]
    [InlineData("xyz")]
    public void Short_words_and_numbers_are_not_guessed(string text)
    {
        _bench.Add(SampleDesign.Of("nut-m3", title: "Nut m3"), SampleDesign.Of("cap", title: "Cap"), SampleDesign.Of("flap", title: "Flap"));
        Assert.Empty(Names(text));
    }

    [Fact]
    public void Only_the_newest_version_is_found_by_its_words()
    {
        _bench.Add(SampleDesign.Of("thing", "2.0.0", title: "Spoon"), SampleDesign.Of("thing", "1.0.0", title: "Fork"));
        Assert.Equal(["thing"], Names("spoon"));
        Assert.Empty(Names("fork"));
        _bench.Add(SampleDesign.Of("thing", "2.1.0", title: "Ladle"));
        Assert.Empty(Names("spoon"));
        Assert.Equal(["thing"], Names("ladle"));
        Assert.Equal(["2.1.0", "2.0.0", "1.0.0"], _bench.Index.Read(r => r.Versions("thing", 10)).Select(d => d.Ref.Version));
        Assert.Equal(2, _bench.Index.Read(r => r.Find("thing", "1.0.0"))?.Cursor);
        Assert.Equal(3, _bench.Index.Read(r => r.Find("thing", null))?.Cursor);
    }

    [Fact]
    public void Validated_designs_come_first_then_proven_ones_and_hidden_ones_not_at_all()
    {
        var (plain, validated, hidden) = (Design("box-a"), Design("box-b"), Design("box-c"));
        var proven = Design("box-d", toolpath: true);
        _bench.Add(plain, validated, hidden, proven);
        _bench.Add(IndexBench.Stands(validated.Ref.Manifest, true, false), IndexBench.Stands(hidden.Ref.Manifest, true, true));
        Assert.Equal(["box-b", "box-d", "box-a"], Names("box"));
        Assert.Equal(["box-b"], Names("box", new() { IsValidatedOnly = true }));
        Assert.Equal(["box-b"], Names("", new() { IsValidatedOnly = true }));

        // Taken back; and what is held of a design may be known before the design.
        var later = Design("box-e");
        _bench.Add(IndexBench.Stands(validated.Ref.Manifest, false, false), IndexBench.Stands(hidden.Ref.Manifest, false, false), IndexBench.Stands(later.Ref.Manifest, true, false));
        _bench.Add(later);
        Assert.Equal(["box-e", "box-d"], Names("box").Take(2));
        Assert.Equal(["box-a", "box-b", "box-c"], Names("box").Skip(2).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void When_the_newest_version_is_hidden_the_one_before_is_found()
    {
        var (first, second) = (SampleDesign.Of("thing", "1.0.0", title: "Fork").Sealed(), SampleDesign.Of("thing", "2.0.0", title: "Spoon").Sealed());
        _bench.Add(first, second);
        _bench.Add(IndexBench.Stands(second.Ref.Manifest, false, true));
        Assert.Equal((1, 0), (Names("fork").Count, Names("spoon").Count));
        Assert.Equal(1, _bench.Index.Read(r => r.Find("thing", null))?.Cursor);
        _bench.Add(IndexBench.Stands(first.Ref.Manifest, false, true));
        Assert.Empty(Names(""));
        Assert.Equal(2, _bench.Index.Read(r => r.Find("thing", null))?.Cursor);
        _bench.Add(IndexBench.Stands(second.Ref.Manifest, false, false));
        Assert.Equal((0, 1), (Names("fork").Count, Names("spoon").Count));
    }

    [Fact]
    public void Filters_narrow_what_is_found()
    {
        _bench.Add(
            Design("printed", process: FabricationProcess.Printing, material: "PLA", license: "MIT", size: new(100, 50, 20)),
            Design("milled", process: FabricationProcess.Milling, material: "PLYWOOD", license: "CERN-OHL-S-2.0 OR MIT", size: new(10, 400, 18)),
            Design("unsized", process: FabricationProcess.Printing, material: "PETG-CF", license: "CERN-OHL-P-2.0"));
        Assert.Equal(["printed", "unsized"], Sorted(new() { Process = "3dp" }));
        Assert.Equal(["milled"], Sorted(new() { Material = "plywood" }));
        Assert.Equal(["unsized"], Sorted(new() { Material = "PETG-CF" }));
        Assert.Empty(Sorted(new() { Material = "PETG" }));
        Assert.Empty(Sorted(new() { Process = "CNC", Material = "PLA" }));
        Assert.Equal(["milled", "printed"], Sorted(new() { License = "mit" }));
        Assert.Equal(["milled"], Sorted(new() { License = "CERN-OHL-S-2.0 OR MIT" }));
        Assert.Equal(["printed"], Sorted(new() { Fits = [new(50, 100, 20)] }));
        Assert.Empty(Sorted(new() { Fits = [new(50, 100, 19.9)] }));
        Assert.Equal(["milled", "printed"], Sorted(new() { Fits = [new(5, 5, 5), new(400, 50, 25)] }));
        Assert.Equal(["milled"], Names("mill", new() { Fits = [new(400, 50, 25)] }));
    }

    [Fact]
    public void A_process_and_a_material_must_be_those_of_one_part()
    {
        var design = Design("lamp", process: FabricationProcess.Printing, material: "PLA");
        _bench.Add((design with { Parts = [.. design.Parts, design.Parts[0] with { Name = "Base", Process = FabricationProcess.Milling, Material = "OAK" }] }).Sealed());
        Assert.Single(Sorted(new() { Process = "CNC", Material = "OAK" }));
        Assert.Empty(Sorted(new() { Process = "3DP", Material = "OAK" }));
    }

    [Theory]
    [InlineData("")]
    [InlineData("box")]
    [InlineData("bo")]
    public void Pages_follow_each_other_without_gap_or_repeat_while_designs_are_added(string text)
    {
        for (var i = 0; i < 25; i++)
        {
            _bench.Add(SampleDesign.Of($"box-{i:d2}", title: i % 2 == 0 ? "Box" : "Container", function: "A box"));
        }

        var seen = new List<string>();
        var token = "";
        do
        {
            var page = _bench.Index.Read(r => r.Designs.Find(SearchRequest.Parse(text), 4, token));
            seen.AddRange(page.Designs.Select(d => d.Ref.Name));
            token = page.NextPageToken;
            _bench.Add(SampleDesign.Of($"aaa-{seen.Count}", title: "Box", function: "A box"));
        }
        while (token.Length > 0);
        Assert.Equal(25, seen.Count(n => n.StartsWith("box-", StringComparison.Ordinal)));
        Assert.Equal(seen.Distinct(), seen);
    }

    [Theory]
    [InlineData("nonsense!")]
    [InlineData("bm9uc2Vuc2U")]
    [InlineData("MAowCjAKMA")]
    public void A_page_token_of_no_search_is_refused(string token) =>
        Assert.Throws<CatalogueException>(() => _bench.Index.Read(r => r.Designs.Find(SearchRequest.Parse("box"), 10, token)));

    [Fact]
    public void A_page_token_of_another_search_is_refused()
    {
        _bench.Add(SampleDesign.Of("box-1"), SampleDesign.Of("box-2"));
        DesignPage Page(SearchRequest request, string token) => _bench.Index.Read(r => r.Designs.Find(request, 1, token));
        var token = Page(SearchRequest.Parse("box"), "").NextPageToken;
        Assert.Single(Page(SearchRequest.Parse("BOX"), token).Designs);
        Assert.Throws<CatalogueException>(() => Page(SearchRequest.Parse("bo"), token));
        Assert.Throws<CatalogueException>(() => Page(SearchRequest.Parse("box", new() { Material = "PLA" }), token));
    }

    [Theory]
    [InlineData("\"", false)]
    [InlineData("box\" OR \"bbox", true)]
    [InlineData("NEAR(box, 3) AND NOT title:box^2 * - + ( ) { } :", false)]
    [InlineData("box* %_ [a-z] ' ; DROP TABLE designs; --", false)]
    [InlineData("\0box\0", true)]
    [InlineData("\ud800 box \udc00", true)]
    [InlineData("ﷺ ﷻ ‮ ​ 👩‍👩‍👧 Ⅷ", false)]
    [InlineData("a the of", false)]
    [InlineData("_ __ ebox_a", true)]
    public void What_a_stranger_types_finds_what_its_words_find_and_does_no_harm(string text, bool isBoxFound)
    {
        _bench.Add(SampleDesign.Of("box", title: "Box"), SampleDesign.Of("lid", title: "Lid"));
        Assert.Equal(isBoxFound, Names(text) is ["box"]);
        _ = Sorted(new() { Material = text, License = text + "x", Process = text, Publisher = text });
        Assert.Equal(["box"], Names("box"));
    }

    [Fact]
    public void Too_much_text_is_refused_and_a_design_of_too_many_words_is_found_by_its_first()
    {
        Assert.Throws<CatalogueException>(() => SearchRequest.Parse(new string('x', 10_000)));
        Assert.Throws<CatalogueException>(() => SearchRequest.Parse("", new() { Material = new string('x', 10_000) }));
        Assert.Throws<CatalogueException>(() => SearchRequest.Parse("", new() { Fits = [new(double.NaN, 1, 1)] }));
        var words = string.Join(' ', Enumerable.Range(0, 1200).Select(i => $"w{i}"));
        _bench.Add(SampleDesign.Of("many", title: new string('y', 150), function: words));
        Assert.Equal(["many"], Names("w1"));
        Assert.Equal(["many"], Names(new string('y', 150)));
        Assert.Empty(Names("w1199"));
        Assert.Empty(Names(string.Join(' ', Enumerable.Range(0, 40).Select(i => $"q{i}"))));
    }

    [Fact]
    public void Statements_are_found_by_id_by_subject_by_kind_and_by_publisher()
    {
        var design = Design("box");
        _bench.Add(design);
        _bench.Add(IndexBench.Stands(design.Ref.Manifest, true, false), IndexBench.Stands(design.Ref.Manifest, false, false));
        Assert.Equal(new StatementEntry(design.Ref.Manifest, "design", "", design.Ref.Manifest.Value, 1), _bench.Index.Read(r => r.Statements.Find(design.Ref.Manifest)));
        Assert.Null(_bench.Index.Read(r => r.Statements.Find(Digest.Of([7]))));
        Assert.Equal([2, 3], _bench.Index.Read(r => r.Statements.BySubject(IndexBench.Standing, design.Ref.Manifest.Value)).Select(s => s.Cursor));
        Assert.Equal([3], _bench.Index.Read(r => r.Statements.BySubject(IndexBench.Standing, design.Ref.Manifest.Value, after: 2)).Select(s => s.Cursor));
        Assert.Equal([2], _bench.Index.Read(r => r.Statements.ByPublisher("tester", IndexBench.Standing, limit: 1)).Select(s => s.Cursor));
        Assert.Equal([1], _bench.Index.Read(r => r.Statements.ByKind("design")).Select(s => s.Cursor));
    }

    private static Design Design(string name, FabricationProcess process = FabricationProcess.Printing, string material = "PLA", string license = "MIT", Size3? size = null, bool toolpath = false)
    {
        var design = SampleDesign.Of(name, parts: ["Part"]);
        var bytes = new Artefact { Path = "part.gcode", Kind = ArtefactKind.Toolpath, MediaType = "text/x-gcode", Digest = Digest.Of([1]), Size = 1, MachineClass = "prusa-mk3s" };
        var part = design.Parts[0] with { Process = process, Material = material, OuterDimensionsMm = size, Artefacts = toolpath ? [bytes] : [] };
        return (design with { License = license, Parts = [part] }).Sealed();
    }

    private List<string> Sorted(SearchFilter filter) => [.. Names("", filter).Order(StringComparer.Ordinal)];

    private List<string> Names(string text, SearchFilter? filter = null) => _bench.Find(text, filter).ConvertAll(n => n[..n.IndexOf('@', StringComparison.Ordinal)]);
}
