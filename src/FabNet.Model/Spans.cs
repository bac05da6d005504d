// Spans of anything that has an order: of time, most often.

namespace FabNet.Model;

/// <summary>Spans from a begin to an end.</summary>
public static class Spans
{
    /// <summary>The same without those that overlap or touch, in order.</summary>
    /// <param name="spans">In any order; none ends before it begins.</param>
    public static List<(T From, T To)> Joined<T>(IEnumerable<(T From, T To)> spans)
        where T : IComparable<T>
    {
        var joined = new List<(T From, T To)>();
        foreach (var span in spans.Order())
        {
            if (joined.Count == 0 || span.From.CompareTo(joined[^1].To) > 0)
            {
                joined.Add(span);
            }
            else if (span.To.CompareTo(joined[^1].To) > 0)
            {
                joined[^1] = (joined[^1].From, span.To);
            }
        }

        return joined;
    }
}
