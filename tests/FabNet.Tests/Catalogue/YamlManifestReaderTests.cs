// okh v1 manifests: YAML within bounds, refused with its line.

using System.Text;
using FabNet.Catalogue.OpenKnowHow;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FabNet.Tests.Catalogue;

public sealed class YamlManifestReaderTests
{
    [Theory]
    [InlineData("", "{}")]
    [InlineData("# nothing\n", "{}")]
    [InlineData("a: 1\nb: [x, 'y']\nc:\n  d: \"z\"", "{a='1', b=['x', 'y'], c={d='z'}}")]
    [InlineData("a: &x {b: 1}\nc: *x", "{a={b='1'}, c={b='1'}}")]
    [InlineData("a: null\n---\nb: 2", "{a='null'}")]
    public void YAML_is_read_as_text(string yaml, string expected) => Assert.Equal(expected, ManifestText.Of(Read(yaml)));

    [Theory]
    [InlineData("a: 1\nb: [", 2)]
    [InlineData("a: 1\na: 2", 2)]
    [InlineData("- a\n- b", 1)]
    [InlineData("a: 1\nb: *nobody", 2)]
    [InlineData("a: 1\n? [x]\n: 2", 2)]
    [InlineData("a: &x [*x]", 1)]
    public void What_is_no_manifest_is_refused_with_its_line(string yaml, int line) =>
        Assert.InRange(Assert.Throws<ManifestSyntaxException>(() => Read(yaml)).Line, line, line + 1);

    [Fact]
    public void A_bomb_of_nested_aliases_costs_only_what_it_is_long()
    {
        var yaml = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (var i = 1; i < 60; i++)
        {
            yaml.AppendLine($"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]");
        }

        var map = Read(yaml.ToString());
        var last = Assert.IsType<ListNode>(map.Members["a59"]);
        Assert.Same(map.Members["a58"], last.Items[0]);
    }

    [Fact]
    public void Deep_nesting_is_refused_before_it_exhausts_the_stack() =>
        Assert.Contains("64", Assert.Throws<ManifestSyntaxException>(() => Read("a: " + new string('[', 5_000))).Message, StringComparison.Ordinal);

    [Fact]
    public void Any_text_is_read_or_refused_with_its_line() => Prop.ForAll(
        Arb.From(Gen.Elements(Fragments).ListOf().Select(string.Concat)),
        yaml =>
        {
            try
            {
                Read(yaml);
                return true;
            }
            catch (ManifestSyntaxException e)
            {
                return e.Line >= 1;
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1_000));

    private static readonly string[] Fragments =
    [
        "a", "b", ": ", ":", "- ", "-", "\n", "  ", "    ", "[", "]", "{", "}", ",", "'", "\"", "|", ">", "&x ", "*x", "!t ", "!!", "%YAML 1.2\n", "---\n", "...\n",
        "#", "? ", "\t", "\\x", "\\U", "<<: ", "é", "@", "`", "~", "a: 1\n", "b:\n  - x\n", "\r", "\0", "\uFEFF",
    ];

    private static MapNode Read(string yaml) => YamlManifestReader.Read(Encoding.UTF8.GetBytes(yaml));
}
