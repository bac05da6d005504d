// What `fabnet plan bench` says: a line for each instance as it is solved, then the mean.

using System.Globalization;
using FabNet.CommandLine;

namespace FabNet.Plans;

/// <summary>What was found for one instance.</summary>
/// <param name="Makespan">In the instance's own time.</param>
/// <param name="LowerBound">What no plan can beat.</param>
/// <param name="SetUpHours">All set-ups, where the set asks for them.</param>
internal readonly record struct Solved(double Makespan, double LowerBound, double? SetUpHours);

internal sealed class BenchReport(CommandConsole console)
{
    private readonly List<double> _gaps = [];
    private readonly List<double> _bounds = [];
    private int _count;

    public void Add(string file, PublishedValue published, Solved solved)
    {
        if (_count++ == 0)
        {
            console.Say($"{"instance",-26}{"makespan",12}{"best known",12}{"gap %",9}{"bound",12}{"gap %",9}{"set-up h",10}{"theirs",10}");
        }

        var bound = Math.Max(solved.LowerBound, published.LowerBound ?? 0);
        var gap = Percent(solved.Makespan, published.Makespan);
        var aboveBound = Percent(solved.Makespan, bound);
        if (gap is { } known)
        {
            _gaps.Add(known);
        }

        if (aboveBound is { } above)
        {
            _bounds.Add(above);
        }

        var name = PublishedValues.NameOf(file);
        console.Say($"{name,-26}{Text(solved.Makespan),12}{Text(published.Makespan),12}{Text(gap),9}{Text(bound),12}{Text(aboveBound),9}{Text(solved.SetUpHours),10}{Text(published.SetUpHours),10}".TrimEnd());
        console.Emit(json =>
        {
            json.WriteString("instance", name);
            json.WriteNumber("makespan", Math.Round(solved.Makespan, 6));
            json.WriteNumber("lowerBound", Math.Round(bound, 6));
            Write("bestKnown", published.Makespan);
            Write("gapPercent", gap);
            Write("gapToBoundPercent", aboveBound);
            Write("setUpHours", solved.SetUpHours);
            Write("referenceSetUpHours", published.SetUpHours);

            void Write(string property, double? value)
            {
                if (value is { } number)
                {
                    json.WriteNumber(property, Math.Round(number, 6));
                }
            }
        });
    }

    public void End()
    {
        double? gap = _gaps.Count > 0 ? _gaps.Average() : null;
        double? aboveBound = _bounds.Count > 0 ? _bounds.Average() : null;
        console.Say($"{_count} instances; mean gap to the best known {Text(gap)} %, to the bound {Text(aboveBound)} %");
        console.Emit(json =>
        {
            json.WriteNumber("instances", _count);
            if (gap is { } known)
            {
                json.WriteNumber("meanGapPercent", Math.Round(known, 6));
            }

            if (aboveBound is { } above)
            {
                json.WriteNumber("meanGapToBoundPercent", Math.Round(above, 6));
            }
        });
    }

    private static double? Percent(double value, double? reference) => reference is > 0 ? 100 * (value - reference.Value) / reference.Value : null;

    private static string Text(double? value) => value is { } number ? number.ToString("0.00", CultureInfo.InvariantCulture) : "-";
}
