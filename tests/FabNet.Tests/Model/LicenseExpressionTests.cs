// SPDX expressions: what is read, in which form it is written, and where a bad one stops being one.

using FabNet.Model.Licensing;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FabNet.Tests.Model;

public sealed class LicenseExpressionTests
{
    private static readonly Gen<string> Simple = Gen.Elements("MIT", "CERN-OHL-S-2.0", "GPL-3.0-or-later", "EUPL-1.2+", "GPL-2.0-only WITH Classpath-exception-2.0", "LicenseRef-PPL", "CC-BY-SA-4.0");

    private static Gen<string> Expression(int depth) => depth == 0 ? Simple : Gen.Frequency(
        (2, Simple),
        (1, from left in Expression(depth - 1) from right in Expression(depth - 1) select $"({left}) AND ({right})"),
        (1, from left in Expression(depth - 1) from right in Expression(depth - 1) select $"({left} OR {right})"));

    [Theory]
    [InlineData("MIT", "MIT")]
    [InlineData("mit", "MIT")]
    [InlineData(" cern-ohl-s-2.0 ", "CERN-OHL-S-2.0")]
    [InlineData("NOASSERTION", "NOASSERTION")]
    [InlineData("MIT OR Apache-2.0", "Apache-2.0 OR MIT")]
    [InlineData("MIT or Apache-2.0 and ISC", "Apache-2.0 AND ISC OR MIT")]
    [InlineData("(MIT OR Apache-2.0) AND ISC", "(Apache-2.0 OR MIT) AND ISC")]
    [InlineData("((MIT))", "MIT")]
    [InlineData("MIT AND (MIT AND ISC)", "ISC AND MIT")]
    [InlineData("GPL-3.0", "GPL-3.0-only")]
    [InlineData("GPL-3.0+", "GPL-3.0-or-later")]
    [InlineData("GPL-2.0-with-classpath-exception", "GPL-2.0-only WITH Classpath-exception-2.0")]
    [InlineData("GPL-3.0-or-later+", "GPL-3.0-or-later")]
    [InlineData("EUPL-1.1+", "EUPL-1.1+")]
    [InlineData("apache-2.0 WITH shl-2.1", "Apache-2.0 WITH SHL-2.1")]
    [InlineData("DocumentRef-spdx-tool-1.2:LicenseRef-MIT-Style-2", "DocumentRef-spdx-tool-1.2:LicenseRef-MIT-Style-2")]
    public void An_expression_has_one_canonical_form(string text, string canonical) => Assert.Equal(canonical, LicenseExpression.Parse(text).ToString());

    [Theory]
    [InlineData("", 1, "there is no licence")]
    [InlineData("MIT AND", 8, "a licence is missing")]
    [InlineData("MIT ISC", 5, "write AND, OR or WITH")]
    [InlineData("(MIT", 5, "not closed")]
    [InlineData("MIT)", 4, "nothing opened")]
    [InlineData("MIT And ISC", 5, "'And' is written AND")]
    [InlineData("MIT AND GPLv3", 9, "did you mean GPL-3.0-only?")]
    [InlineData("CC BY-SA 4.0", 1, "did you mean CC-BY-SA-4.0?")]
    [InlineData("CERN-OHL-S", 1, "did you mean CERN-OHL-S-2.0?")]
    [InlineData("MIT WITH Klasspath", 10, "no exception")]
    [InlineData("LicenseRef-PPL WITH Classpath-exception-2.0", 1, "takes no exception")]
    [InlineData("LicenseRef-", 1, "no reference")]
    [InlineData("GPL-3.0-only+", 1, "write GPL-3.0-or-later")]
    [InlineData("LicenseRef-PPL+", 1, "takes no plus")]
    [InlineData("NONE", 1, "grants nothing")]
    [InlineData("NOASSERTION OR MIT", 1, "stands alone")]
    [InlineData("MIT; DROP", 4, "write AND, OR or WITH")]
    [InlineData("МIT", 1, "can't stand in a licence")]
    public void A_refusal_names_the_column_and_what_would_be_right(string text, int column, string says)
    {
        var error = Assert.Throws<LicenseSyntaxException>(() => LicenseExpression.Parse(text));
        Assert.Equal(column, error.Column);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Hostile_expressions_are_refused_and_not_computed()
    {
        Assert.Throws<LicenseSyntaxException>(() => LicenseExpression.Parse(new string('(', 500)));
        Assert.Throws<LicenseSyntaxException>(() => LicenseExpression.Parse(new string('M', 5_000)));

        var bomb = string.Join(" AND ", Enumerable.Range(0, 20).Select(i => $"(LicenseRef-a{i} OR LicenseRef-b{i})"));
        Assert.Contains("ways to take", Assert.Throws<LicenseSyntaxException>(() => LicenseExpression.Parse(bomb)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_canonical_form_reads_as_itself() => Prop.ForAll(Expression(3).ToArbitrary(), text =>
    {
        var once = LicenseExpression.Parse(text).ToString();
        Assert.Equal(once, LicenseExpression.Parse(once).ToString());
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_text_is_read_or_refused_with_a_column_in_it() => Prop.ForAll<string>(text =>
    {
        try
        {
            LicenseExpression.Parse(text ?? "");
        }
        catch (LicenseSyntaxException e)
        {
            Assert.InRange(e.Column, 1, (text ?? "").Length + 1);
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Every_identifier_of_the_list_is_read()
    {
        Assert.True(SpdxList.LicenseIds.Count() > 700);
        foreach (var id in SpdxList.LicenseIds)
        {
            var read = Assert.IsType<SimpleLicense>(LicenseExpression.Parse(id));
            Assert.True(SpdxList.IsDeprecated(id) || read.Id == id);
            _ = LicenseTerms.Of(read);
        }
    }
}
