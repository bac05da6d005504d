// What licences ask: duties at order time, forks that may and may not be, and CopyFair's one condition.

using FabNet.Model.Licensing;
using Xunit;

namespace FabNet.Tests.Model;

public sealed class LicenseTermsTests
{
    [Theory]
    [InlineData("MIT", "MIT")]
    [InlineData("MIT", "GPL-3.0-or-later")]
    [InlineData("MIT", "LicenseRef-PPL")]
    [InlineData("BSD-3-Clause", "CERN-OHL-S-2.0")]
    [InlineData("Apache-2.0", "GPL-3.0-only")]
    [InlineData("Apache-2.0 WITH SHL-2.1", "CERN-OHL-W-2.0")]
    [InlineData("SHL-0.51", "CERN-OHL-P-2.0")]
    [InlineData("CC0-1.0", "CC-BY-NC-ND-4.0")]
    [InlineData("CERN-OHL-P-2.0", "CERN-OHL-W-2.0")]
    [InlineData("CERN-OHL-W-2.0", "CERN-OHL-S-2.0")]
    [InlineData("CERN-OHL-S-2.0", "CERN-OHL-S-2.0")]
    [InlineData("CERN-OHL-S-2.0", "CERN-OHL-S-2.0 AND MIT")]
    [InlineData("CERN-OHL-1.1+", "CERN-OHL-1.2")]
    [InlineData("TAPR-OHL-1.0", "TAPR-OHL-1.0")]
    [InlineData("CC-BY-4.0", "CC-BY-SA-4.0")]
    [InlineData("CC-BY-SA-3.0", "CC-BY-SA-4.0")]
    [InlineData("CC-BY-SA-3.0-DE", "CC-BY-SA-3.0")]
    [InlineData("CC-BY-SA-4.0", "GPL-3.0-only")]
    [InlineData("CC-BY-NC-4.0", "CC-BY-NC-SA-4.0")]
    [InlineData("CC-BY-NC-SA-3.0", "CC-BY-NC-SA-4.0")]
    [InlineData("GPL-2.0-or-later", "GPL-3.0-only")]
    [InlineData("GPL-3.0-or-later", "GPL-3.0-only")]
    [InlineData("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only")]
    [InlineData("LGPL-2.1-only", "GPL-2.0-or-later")]
    [InlineData("LGPL-3.0-or-later", "GPL-3.0-or-later")]
    [InlineData("MPL-2.0", "GPL-3.0-or-later")]
    [InlineData("EUPL-1.2", "GPL-3.0-only")]
    [InlineData("GPL-2.0-only OR MIT", "Apache-2.0")]
    [InlineData("MIT AND CERN-OHL-S-2.0", "CERN-OHL-S-2.0")]
    [InlineData("CERN-OHL-S-2.0 AND CC-BY-NC-4.0", "CERN-OHL-S-2.0 AND CC-BY-NC-4.0")]
    [InlineData("LicenseRef-PPL", "PPL")]
    public void A_fork_may_take_a_licence_that_keeps_to_its_origins(string origin, string fork) =>
        Assert.Null(ForkCompatibility.FindObstacle(LicenseExpression.Parse(origin), LicenseExpression.Parse(fork)));

    [Theory]
    [InlineData("CERN-OHL-S-2.0", "CERN-OHL-P-2.0", "cannot shed copyleft")]
    [InlineData("CERN-OHL-S-2.0", "CERN-OHL-W-2.0", "cannot shed copyleft")]
    [InlineData("CERN-OHL-W-2.0", "MIT", "cannot shed copyleft")]
    [InlineData("CERN-OHL-1.2", "CERN-OHL-S-2.0", "cannot shed copyleft")]
    [InlineData("CERN-OHL-S-2.0", "CERN-OHL-S-2.0 OR MIT", "cannot shed copyleft")]
    [InlineData("CERN-OHL-S-2.0", "CERN-OHL-S-2.0 AND LicenseRef-PPL", "allows no further condition")]
    [InlineData("GPL-3.0-only", "LicenseRef-PPL", "cannot shed copyleft")]
    [InlineData("TAPR-OHL-1.0", "CERN-OHL-S-2.0", "cannot shed copyleft")]
    [InlineData("CC-BY-SA-4.0", "CC-BY-4.0", "cannot shed share-alike")]
    [InlineData("CC-BY-SA-4.0", "CC-BY-SA-3.0", "allows no other version")]
    [InlineData("CC-BY-SA-1.0", "CC-BY-SA-2.0", "allows no other version")]
    [InlineData("CC-BY-SA-4.0", "CC-BY-NC-SA-4.0", "cannot shed share-alike")]
    [InlineData("CC-BY-NC-4.0", "CC-BY-4.0", "keeps the work from commercial use")]
    [InlineData("CC-BY-NC-4.0", "LicenseRef-PPL", "keeps the work from commercial use")]
    [InlineData("CC-BY-ND-4.0", "CC-BY-ND-4.0", "forbids publishing changed versions")]
    [InlineData("GPL-3.0-only", "GPL-3.0-or-later", "this version only")]
    [InlineData("GPL-2.0-only", "GPL-3.0-only", "no other version")]
    [InlineData("GPL-3.0-only", "AGPL-3.0-only", "cannot shed copyleft")]
    [InlineData("GPL-3.0-only", "GPL-3.0-only WITH Classpath-exception-2.0", "gives a permission")]
    [InlineData("LGPL-3.0-only", "GPL-3.0-or-later", "cannot shed copyleft")]
    [InlineData("MPL-2.0-no-copyleft-exception", "GPL-3.0-only", "cannot shed copyleft")]
    [InlineData("MIT", "CC0-1.0", "waives that")]
    [InlineData("Apache-2.0", "GPL-2.0-only", "patent terms")]
    [InlineData("BSD-4-Clause", "GPL-3.0-only", "advertising")]
    [InlineData("MIT", "NOASSERTION", "A fork names its licence")]
    [InlineData("NOASSERTION", "MIT", "names no licence")]
    [InlineData("LicenseRef-mine", "MIT", "not known here")]
    [InlineData("LicenseRef-PPL", "MIT", "cannot shed reciprocity")]
    public void A_fork_that_sheds_what_its_origin_asks_is_refused_in_words(string origin, string fork, string says) =>
        Assert.Contains(says, ForkCompatibility.FindObstacle(LicenseExpression.Parse(origin), LicenseExpression.Parse(fork)), StringComparison.Ordinal);

    [Fact]
    public void A_fork_under_the_very_same_licence_is_allowed_unless_it_forbids_changes_or_is_unnamed()
    {
        foreach (var id in SpdxList.LicenseIds)
        {
            var license = LicenseExpression.Parse(id);
            Assert.Equal(id.Contains("-ND-", StringComparison.Ordinal), ForkCompatibility.FindObstacle(license, license) is not null);
        }
    }

    [Theory]
    [InlineData("CC0-1.0", LicenseDuties.None)]
    [InlineData("MIT", LicenseDuties.Attribution | LicenseDuties.Notice)]
    [InlineData("CERN-OHL-S-2.0", LicenseDuties.Attribution | LicenseDuties.Notice | LicenseDuties.ShareAlike | LicenseDuties.SourceOffer)]
    [InlineData("CC-BY-SA-4.0", LicenseDuties.Attribution | LicenseDuties.Notice | LicenseDuties.ShareAlike)]
    [InlineData("CC-BY-NC-ND-3.0-DE", LicenseDuties.Attribution | LicenseDuties.Notice | LicenseDuties.NonCommercial | LicenseDuties.NoDerivatives)]
    [InlineData("LicenseRef-PPL", LicenseDuties.Attribution | LicenseDuties.Notice | LicenseDuties.ShareAlike | LicenseDuties.Reciprocity)]
    public void Each_duty_is_told_in_a_sentence(string license, LicenseDuties duties)
    {
        var told = Assert.Single(LicenseObligations.Of(LicenseExpression.Parse(license), "Ada", "https://example.org/clip"));
        Assert.Equal(duties, told.Aggregate(LicenseDuties.None, (sum, o) => sum | o.Duty));
        Assert.All(told, o => Assert.EndsWith(".", o.Text, StringComparison.Ordinal));
        Assert.Equal(duties.HasFlag(LicenseDuties.Attribution), told.Any(o => o.Text.Contains("Ada", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_choice_shows_the_duties_of_each_way()
    {
        var ways = LicenseObligations.Of(LicenseExpression.Parse("CC0-1.0 OR (MIT AND CC-BY-SA-4.0)"), "", null);
        Assert.Equal(2, ways.Count);
        Assert.Contains(ways, w => w.Count == 0);
        Assert.Contains(ways, w => w.Any(o => o.Duty == LicenseDuties.ShareAlike));
        var told = LicenseObligations.Tell("CC0-1.0 OR (MIT AND CC-BY-SA-4.0)", "", null);
        Assert.Contains("way 1: Publish a changed version under CC-BY-SA-4.0 too.", told);
        Assert.Equal("way 2: Nothing.", told[^1]);
        Assert.Contains("did you mean GPL-3.0-only?", Assert.Single(LicenseObligations.Tell("GPLv3", "", null)), StringComparison.Ordinal);
        Assert.Contains("names no licence", Assert.Single(Assert.Single(LicenseObligations.Of(LicenseExpression.Parse("NOASSERTION"), "", null))).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_a_for_profit_under_a_reciprocal_licence_owes_a_claim_and_an_open_licence_never_asks_one()
    {
        foreach (var organisation in Enum.GetValues<OrganisationKind>())
        {
            foreach (var id in SpdxList.LicenseIds.Where(i => i != "PPL"))
            {
                Assert.False(Reciprocity.OwesClaim(LicenseExpression.Parse(id), organisation, isContributor: false));
            }

            Assert.False(Reciprocity.OwesClaim(LicenseExpression.Parse("LicenseRef-PPL"), organisation, isContributor: true));
            Assert.False(Reciprocity.OwesClaim(LicenseExpression.Parse("LicenseRef-PPL OR CERN-OHL-S-2.0"), organisation, isContributor: false));
            Assert.Equal(organisation is OrganisationKind.Company, Reciprocity.OwesClaim(LicenseExpression.Parse("LicenseRef-PPL"), organisation, isContributor: false));
        }
    }
}
