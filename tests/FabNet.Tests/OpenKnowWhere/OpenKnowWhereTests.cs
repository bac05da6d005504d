// Sites as Open Know-Where manifests and back: nothing is lost on the way, and what people really write is taken as far as it goes.

using System.Text.Json.Nodes;
using FabNet.Edge.Configuration;
using FabNet.Edge.OpenKnowWhere;
using FabNet.Model.Machines;
using FabNet.Model.Sites;
using FabNet.Model.Yaml;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FabNet.Tests.OpenKnowWhere;

public sealed class OpenKnowWhereTests
{
    private const string Kind = "an Open Know-Where manifest";

    private const string Sparse = """
        facility_name: Oficina do Zé
        Locaton:
          GPS Coordinates: 38.7223, -9.1393
          address: { city: Lisboa, country: Portugal }
        openning_hours: Tuesdays after lunch
        acces type: Membership
        equipment:
          - { brand: Prusa, model: i3 MK3S, quantity: 2, condition: well loved }
          - { make: Weller, model: WE 1010, equipmentType: "https://en.wikipedia.org/wiki/Soldering_iron" }
          - Shapeoko 3
        typicalBatchSize: 0 – 50 units
        """;

    private static readonly Gen<EdgeConfig> Sites =
        from seed in Gen.Choose(0, int.MaxValue - 1)
        from title in ArbMap.Default.GeneratorFor<NonEmptyString>()
        select Site(new Random(seed), title.Get);

    private static readonly Gen<JsonObject> Trees = Gen.Choose(0, int.MaxValue - 1).SelectMany(
        static _ => ArbMap.Default.GeneratorFor<NonEmptyString>().ListOf(6), static (seed, words) => Tree(new Random(seed), [.. words.Select(static w => Clean(w.Get))], 3));

    [Fact]
    public void A_site_goes_out_as_a_manifest_and_comes_back_the_same() => Prop.ForAll(Sites.ToArbitrary(), site =>
    {
        var manifest = OkwExport.Over([], site);
        var draft = OkwImport.Draft(manifest, "kept.okw.json");
        var back = EdgeConfigReader.Read(draft.Yaml, Path.Combine(Path.GetTempPath(), "site.yaml"));
        Assert.Equal(
            (site.Site, site.Title, site.Latitude, site.Longitude, string.Join(';', site.Hours), site.Hours.Count > 0 ? site.TimeZone : "UTC"),
            (back.Site, back.Title, back.Latitude, back.Longitude, string.Join(';', back.Hours), back.TimeZone));
        Assert.Equal(site.Machines.Select(static m => (m.Name, m.Profile.Name)), back.Machines.Select(static m => (m.Name, m.Profile.Name)));
        Assert.True(JsonNode.DeepEquals(manifest, OkwExport.Over((JsonObject)draft.Manifest.DeepClone(), back)), "a second export differs");
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Fields_that_nobody_here_knows_are_kept_through_import_and_export_in_both_forms() => Prop.ForAll(Trees.ToArbitrary(), Sites.ToArbitrary(), (unknown, site) =>
    {
        var manifest = OkwExport.Over([], site);
        manifest["xUnknown"] = unknown.DeepClone();
        manifest[OkwFields.Equipment]![0]!.AsObject()["xServicedBy"] = unknown.DeepClone();
        foreach (var text in (string[])[YamlTree.ToYaml(manifest), YamlTree.ToJson(manifest)])
        {
            var read = YamlTree.Read(text, "m", Kind);
            Assert.True(JsonNode.DeepEquals(manifest, read), text);
            var draft = OkwImport.Draft(read, "kept.okw.json");
            var back = EdgeConfigReader.Read(draft.Yaml, Path.Combine(Path.GetTempPath(), "site.yaml"));
            var again = OkwExport.Over(draft.Manifest, back);
            Assert.True(JsonNode.DeepEquals(unknown, again["xUnknown"]) && JsonNode.DeepEquals(unknown, again[OkwFields.Equipment]![0]!["xServicedBy"]));
        }
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(40));

    [Fact]
    public void A_sparse_and_misspelt_manifest_is_taken_as_far_as_it_goes_and_what_is_missing_is_told_in_order()
    {
        var draft = OkwImport.Draft(YamlTree.Read(Sparse, "lab.yaml", Kind), "site.okw.json");
        var site = EdgeConfigReader.Read(draft.Yaml, Path.Combine(Path.GetTempPath(), "site.yaml"));
        Assert.Equal(("oficina-do-ze", "Oficina do Zé", 38.7223, -9.1393), (site.Site.Value, site.Title, site.Latitude, site.Longitude));
        Assert.Equal([("prusa-mk3s-1", "prusa-mk3s"), ("prusa-mk3s-2", "prusa-mk3s"), ("shapeoko-3", "shapeoko-3")], site.Machines.Select(static m => (m.Name, m.Profile.Name)));
        Assert.Equal(["coordinator", "openingHours", "machines prusa-mk3s-1, prusa-mk3s-2", "equipment 2 (Weller WE 1010)", "machines shapeoko-3"],
            draft.Missing.Select(static m => m.Split([':', ',']) is [var first, ..] && !m.StartsWith("machines", StringComparison.Ordinal) ? first : m[..m.IndexOf(':', StringComparison.Ordinal)]));
        Assert.Contains("'Tuesdays after lunch' is free text", draft.Missing[1]);

        // What people wrote stays as they wrote it, and is there again in the export.
        var exported = OkwExport.Over(draft.Manifest, site);
        Assert.Equal("Membership", exported["acces type"]!.ToString());
        Assert.Equal("Lisboa", exported["Locaton"]!["address"]!["city"]!.ToString());
        Assert.Equal("well loved", exported["equipment"]![0]!["condition"]!.ToString());
        Assert.Equal("Tuesdays after lunch", exported["openning_hours"]!.ToString());
    }

    [Fact]
    public void The_emptiest_manifest_makes_a_draft_that_says_what_to_write()
    {
        var draft = OkwImport.Draft(YamlTree.Read("{}", "m", Kind), "site.okw.json");
        Assert.Equal(["name", "location", "coordinator, catalogue", "openingHours", "machines"], draft.Missing.Select(static m => m.Split(':')[0]));
        var e = Assert.Throws<EdgeConfigException>(() => EdgeConfigReader.Read(draft.Yaml, "/tmp/site.yaml"));
        Assert.Contains("machines", e.Message);
    }

    [Fact]
    public void Whatever_text_comes_in_it_is_read_or_refused_with_a_place() => Prop.ForAll(ArbMap.Default.ArbFor<string>(), static text =>
    {
        try
        {
            var draft = OkwImport.Draft(YamlTree.Read(text ?? "", "lab.yaml", Kind), "site.okw.json");
            Assert.NotEmpty(draft.Missing);
        }
        catch (FormatException e)
        {
            Assert.Contains("lab.yaml", e.Message);
        }
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("a: &x [1]\nb: *x")]
    [InlineData("- a list")]
    [InlineData("{\"a\": ")]
    [InlineData("name: [")]
    public void What_is_no_manifest_is_refused(string text) => Assert.Contains("lab.yaml", Assert.Throws<FormatException>(() => YamlTree.Read(text, "lab.yaml", Kind)).Message);

    [Fact]
    public void Equipment_of_absurd_quantity_fills_no_configuration()
    {
        var draft = OkwImport.Draft(YamlTree.Read("equipment: [{ make: Prusa, model: MK3S, quantity: 2000000000 }, { make: Prusa, model: MK3S }]", "m", Kind), "k");
        Assert.Equal(200, draft.Yaml.Split('\n').Count(static l => l.StartsWith("  - {", StringComparison.Ordinal)));
        Assert.Contains("at most", draft.Missing[^1]);
    }

    private static EdgeConfig Site(Random random, string title)
    {
        var serial = MachineProfiles.BuiltIn;
        string[] zones = ["UTC", "Europe/Lisbon", "America/New_York"];
        return new EdgeConfig
        {
            Site = new($"lab-{random.Next(1000)}"),
            Title = Clean(title) is { Length: > 0 and <= 200 } clean ? clean : "Lab",
            Latitude = random.Next(4) == 0 ? null : 38.5,
            Longitude = null,
            Coordinator = new Uri("http://127.0.0.1:7300"),
            Catalogue = new Uri("http://127.0.0.1:7301"),
            DataFolder = "/tmp/none",
            TimeZone = zones[random.Next(3)],
            Hours = [.. new[] { "mon-fri 09:00-18:00", "sat,sun 20:00-02:00" }.Take(random.Next(3)).Select(WeeklyHours.Parse)],
            Machines = [.. Enumerable.Range(0, 1 + random.Next(5)).Select(i => new MachineConfig { Name = $"m{i}-{random.Next(100)}", Profile = serial[random.Next(serial.Count)] })],
        } is var site && site.Latitude is null ? site : site with { Longitude = Math.Round((random.NextDouble() * 360) - 180, 6) };
    }

    private static JsonObject Tree(Random random, IReadOnlyList<string> words, int depth)
    {
        var tree = new JsonObject();
        foreach (var word in words)
        {
            tree[$"x{word}"] = random.Next(depth > 0 ? 7 : 4) switch
            {
                0 => JsonValue.Create(word),
                1 => JsonValue.Create(random.Next(100) / 10m),
                2 => JsonValue.Create(random.Next(2) == 0),
                3 => null,
                4 => new JsonArray([.. words.Take(random.Next(3)).Select(static w => JsonValue.Create(w))]),
                5 => new JsonArray([.. Enumerable.Range(0, random.Next(3)).Select(_ => Tree(random, [.. words.Take(2)], depth - 1))]),
                _ => Tree(random, [.. words.Take(3)], depth - 1),
            };
        }

        return tree;
    }

    // Halves of surrogate pairs are no text, and no file holds them.
    private static string Clean(string text) => string.Concat(text.EnumerateRunes().Where(static r => r.Value != 0xFFFD && !System.Text.Rune.IsControl(r))).Trim();
}
