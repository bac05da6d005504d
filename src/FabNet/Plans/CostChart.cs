// Costs by term as a picture: bars beside one another, in SVG that is the same for the same figures.

using System.Globalization;
using System.Net;
using System.Text;
using FabNet.Model.Plans;

namespace FabNet.Plans;

/// <summary>A way of sharing work out, and what it costs by term.</summary>
/// <param name="Name">Of the way.</param>
/// <param name="Terms">The terms in the order of <see cref="CostChart.TermNames"/>, each at least 0.</param>
internal sealed record CostBar(string Name, IReadOnlyList<double> Terms)
{
    public double Total => Terms.Sum();

    public static CostBar Of(string name, IReadOnlyList<CostBreakdown> costs) => new(name,
    [
        costs.Sum(static c => (double)c.MachineTime), costs.Sum(static c => (double)c.SetUp), costs.Sum(static c => (double)c.Material), costs.Sum(static c => (double)c.Energy),
        costs.Sum(static c => (double)c.Transport), costs.Sum(static c => (double)c.Lateness), costs.Sum(static c => (double)c.Risk),
    ]);
}

/// <summary>Draws bars of costs, each a stack of its terms.</summary>
internal static class CostChart
{
    public static readonly IReadOnlyList<string> TermNames = ["machine time", "set-up", "material", "energy", "transport", "lateness", "risk"];

    private const int Width = 760;
    private const int Left = 110;
    private const int Right = 110;
    private const int Top = 48;
    private const int BarHeight = 34;
    private const int Step = 52;

    // Told apart by people who see few colours too (Okabe and Ito).
    private static readonly string[] Colors = ["#0072b2", "#e69f00", "#999999", "#f0e442", "#56b4e9", "#d55e00", "#cc79a7"];

    /// <summary>Draws a picture.</summary>
    /// <param name="title">Above it.</param>
    /// <param name="unit">Of the figures, such as EUR.</param>
    /// <param name="bars">From top to bottom; at least one.</param>
    public static string Draw(string title, string unit, IReadOnlyList<CostBar> bars)
    {
        var svg = new StringBuilder();
        var scale = (Width - Left - Right) / Math.Max(1e-9, bars.Max(static b => b.Total));
        var height = Top + (bars.Count * Step) + 44;
        Line(svg, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width}\" height=\"{height}\" viewBox=\"0 0 {Width} {height}\" font-family=\"sans-serif\" font-size=\"14\">");
        Line(svg, $"<rect width=\"{Width}\" height=\"{height}\" fill=\"#ffffff\"/>");
        Line(svg, $"<text x=\"{Left}\" y=\"26\" font-weight=\"bold\">{WebUtility.HtmlEncode(title)}</text>");
        for (var i = 0; i < bars.Count; i++)
        {
            var (x, y) = ((double)Left, Top + (i * Step));
            Line(svg, $"<text x=\"{Left - 10}\" y=\"{y + 22}\" text-anchor=\"end\">{WebUtility.HtmlEncode(bars[i].Name)}</text>");
            for (var term = 0; term < bars[i].Terms.Count; term++)
            {
                var width = bars[i].Terms[term] * scale;
                if (width >= 0.05)
                {
                    Line(svg, $"<rect x=\"{x:0.0}\" y=\"{y}\" width=\"{width:0.0}\" height=\"{BarHeight}\" fill=\"{Colors[term]}\"><title>{TermNames[term]}: {bars[i].Terms[term]:0.00} {unit}</title></rect>");
                }

                x += width;
            }

            Line(svg, $"<text x=\"{x + 8:0.0}\" y=\"{y + 22}\">{bars[i].Total:0} {WebUtility.HtmlEncode(unit)}</text>");
        }

        var at = 16;
        for (var term = 0; term < TermNames.Count; term++)
        {
            var y = Top + (bars.Count * Step) + 18;
            Line(svg, $"<rect x=\"{at}\" y=\"{y - 11}\" width=\"12\" height=\"12\" fill=\"{Colors[term]}\"/>");
            Line(svg, $"<text x=\"{at + 17}\" y=\"{y}\">{TermNames[term]}</text>");
            at += 36 + (TermNames[term].Length * 8);
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static void Line(StringBuilder svg, FormattableString text) => svg.Append(text.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
