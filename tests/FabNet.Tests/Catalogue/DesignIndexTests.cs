// Search: best first, each design once, pages that stay right.

using FabNet.Catalogue;
using FabNet.Catalogue.Search;
using FabNet.Model.Designs;
using Xunit;

namespace FabNet.Tests.Catalogue;

public sealed class DesignIndexTests
{
    private readonly DesignIndex _index = new();
    private long _cursor;

    [Fact]
    public void Each_word_must_begin_some_word_and_the_name_tells_most()
    {
        Add(SampleDesign.Of("desk-tray", title: "Tray", function: "Holds cables on a desk"));
        Add(SampleDesign.Of("cable-clip", title: "Cable clip", function: "Holds a cable"));
        Add(SampleDesign.Of("lamp", title: "Desk lamp", function: "Shines", parts: ["Cable cover"]));
        Assert.Equal(["cable-clip", "lamp", "desk-tray"], Find("cable"));
        Assert.Equal(["desk-tray", "lamp"], Find("CABLE desk!"));
        Assert.Equal(["lamp"], Find("pla 3dp"));
        Assert.Equal(["cable-clip", "desk-tray", "lamp"], Find(""));
        Assert.Empty(Find("cable nothing"));
    }

    [Fact]
    public void Only_the_newest_version_is_found_by_its_words()
    {
        Add(SampleDesign.Of("thing", "2.0.0", title: "Spoon"));
        Add(SampleDesign.Of("thing", "1.0.0", title: "Fork"));
        Assert.Equal(["thing"], Find("spoon"));
        Assert.Empty(Find("fork"));
        Assert.Equal(["2.0.0", "1.0.0"], _index.Versions("thing").Select(d => d.Ref.Version));
        Assert.Equal("1.0.0", _index.Find("thing", "1.0.0")?.Design.Ref.Version);
    }

    [Fact]
    public void Pages_follow_each_other_without_gap_or_repeat_while_designs_are_added()
    {
        for (var i = 0; i < 25; i++)
        {
            Add(SampleDesign.Of($"box-{i:d2}", title: i % 2 == 0 ? "Box" : "Container", function: "A box"));
        }

        var seen = new List<string>();
        var token = "";
        do
        {
            var page = _index.Search("box", 4, token);
            seen.AddRange(page.Designs.Select(d => d.Ref.Name));
            token = page.NextPageToken;
            Add(SampleDesign.Of($"aaa-{seen.Count}", title: "Box", function: "A box"));
        }
        while (token.Length > 0);
        Assert.Equal(25, seen.Count(n => n.StartsWith("box-", StringComparison.Ordinal)));
        Assert.Equal(seen.Distinct(), seen);
    }

    [Theory]
    [InlineData("nonsense!")]
    [InlineData("bm9uc2Vuc2U")]
    public void A_page_token_of_no_search_is_refused(string token) =>
        Assert.Throws<CatalogueException>(() => _index.Search("box", 10, token));

    [Fact]
    public void A_page_token_of_another_search_is_refused()
    {
        Add(SampleDesign.Of("box-1"));
        Add(SampleDesign.Of("box-2"));
        var token = _index.Search("box", 1, "").NextPageToken;
        Assert.Equal(["box-2"], _index.Search("BOX", 1, token).Designs.Select(d => d.Ref.Name));
        Assert.Throws<CatalogueException>(() => _index.Search("bo", 1, token));
        Assert.Throws<CatalogueException>(() => _index.Search(new string('x', 201), 1, ""));
    }

    [Theory]
    [InlineData("1.0.0", "1.0.0", 0)]
    [InlineData("1.0", "1.0.0", 0)]
    [InlineData("v1.0", "1.0", 0)]
    [InlineData("1.9.0", "1.10.0", -1)]
    [InlineData("1.0.0-alpha", "1.0.0", -1)]
    [InlineData("1.0.0-alpha", "1.0.0-alpha.1", -1)]
    [InlineData("1.0.0-alpha.1", "1.0.0-alpha.beta", -1)]
    [InlineData("1.0.0-beta.2", "1.0.0-beta.11", -1)]
    [InlineData("1.0.0+build5", "1.0.0+build6", 0)]
    [InlineData("2024", "2024.1", -1)]
    [InlineData("1.0.0-99999999999999999999999999999999999999999", "1.0.0", -1)]
    public void Versions_are_ordered_semantically(string left, string right, int order)
    {
        Assert.Equal(order, Math.Sign(DesignVersions.Compare(left, right)));
        Assert.Equal(-order, Math.Sign(DesignVersions.Compare(right, left)));
    }

    private void Add(Design design) => _index.Add(new PublishedManifest(design.Sealed(), [], ++_cursor));

    private IEnumerable<string> Find(string text) => _index.Search(text, 100, "").Designs.Select(d => d.Ref.Name);
}
