// Manifests whose values are anything at all: taken as far as they go, with findings that are safe to print.

using System.Text;
using FabNet.Catalogue.OpenKnowHow;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FabNet.Tests.Catalogue;

public sealed class OkhReaderTests
{
    private static readonly string[] Keys =
    [
        "okhv", "name", "repo", "version", "license", "licensor", "function", "readme", "tsdc", "part", "source", "export", "mass", "outer-dimensions", "material",
        "widht", "naem", "title", "making-instructions", "manufacturing-files", "design-files", "\u001b[2J",
    ];

    [Fact]
    public void Any_value_for_any_key_is_taken_or_reported_in_one_printable_line() => Prop.ForAll(
        Arb.From(Gen.Elements(Keys).Zip(TomlReaderTests.Values(2)).ListOf()),
        members =>
        {
            var toml = string.Join('\n', members.DistinctBy(m => m.Item1).Select(m => $"\"{m.Item1.Replace("\u001b", "\\u001b", StringComparison.Ordinal)}\" = {ManifestText.ToToml(m.Item2)}"));
            var bytes = Encoding.UTF8.GetBytes(toml);
            foreach (var isYaml in new[] { false, true })
            {
                var findings = new FindingList();
                try
                {
                    OkhReader.Read(bytes, isYaml, findings);
                }
                catch (ManifestSyntaxException) when (isYaml)
                {
                    // TOML is seldom YAML.
                }

                Assert.DoesNotContain(findings.InOrderOfFixing(), f => f.Message.Length == 0 || f.Message.Any(char.IsControl));
            }

            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
}
