// Which of two versions is newer.

using FabNet.Catalogue.Search;
using Xunit;

namespace FabNet.Tests.Catalogue;

public sealed class DesignVersionsTests
{
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
    [InlineData("01.2", "1.2", 0)]
    [InlineData("1.0.0-99999999999999999999999999999999999999999", "1.0.0", -1)]
    public void Versions_are_ordered_semantically(string left, string right, int order)
    {
        Assert.Equal(order, Math.Sign(DesignVersions.Compare(left, right)));
        Assert.Equal(-order, Math.Sign(DesignVersions.Compare(right, left)));
    }
}
