// The picture of costs: well-formed, in proportion, and the same for the same figures.

using System.Globalization;
using System.Xml.Linq;
using FabNet.Model.Plans;
using FabNet.Plans;
using Xunit;

namespace FabNet.Tests.Planning;

public sealed class CostChartTests
{
    [Fact]
    public void A_chart_is_an_svg_whose_bars_are_as_long_as_their_costs()
    {
        var costs = new CostBreakdown { Currency = "EUR", MachineTime = 100, SetUp = 50, Lateness = 50 };
        var svg = CostChart.Draw("Jobs <& machines>", "EUR", [CostBar.Of("together", [costs]), CostBar.Of("alone", [costs, costs])]);
        Assert.Equal(svg, CostChart.Draw("Jobs <& machines>", "EUR", [CostBar.Of("together", [costs]), CostBar.Of("alone", [costs, costs])]));
        var elements = XDocument.Parse(svg).Descendants().ToList();
        Assert.Contains(elements, e => e.Value == "Jobs <& machines>");
        var bars = elements.Where(e => e.Name.LocalName == "rect" && e.Descendants().Any()).Select(e => double.Parse(e.Attribute("width")!.Value, CultureInfo.InvariantCulture)).ToList();
        Assert.Equal([135, 67.5, 67.5, 270, 135, 135], bars);
        Assert.Contains(elements, e => e.Value == "400 EUR");
    }
}
