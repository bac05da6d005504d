// Medians of repeated figures, and the table that shows them.

using System.Globalization;

namespace FabNet.Benchmarks;

/// <summary>The values that one figure took over its repeats.</summary>
internal sealed class Figure
{
    private readonly List<double> _values = [];

    public void Add(double value) => _values.Add(value);

    public double Median
    {
        get
        {
            var sorted = _values.Order().ToArray();
            var middle = sorted.Length / 2;
            return sorted.Length == 0 ? double.NaN : sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        }
    }

    /// <summary>The median, and the least and the greatest where there are several.</summary>
    public string Text(string format)
    {
        var median = Median.ToString(format, CultureInfo.InvariantCulture);
        return _values.Count < 2
            ? median
            : $"{median} ({_values.Min().ToString(format, CultureInfo.InvariantCulture)}–{_values.Max().ToString(format, CultureInfo.InvariantCulture)})";
    }
}

/// <summary>Rows under a heading, in Markdown, so that they can be taken into a page as they are.</summary>
internal static class Table
{
    public static void Print(string title, string[] headings, IReadOnlyList<string[]> rows)
    {
        var widths = headings.Select((heading, column) => Math.Max(heading.Length, rows.Max(row => row[column].Length))).ToArray();
        Console.WriteLine();
        Console.WriteLine($"{title} (load now {MachineDescription.LoadText()})");
        Console.WriteLine();
        Write(headings);
        Console.WriteLine("|" + string.Concat(widths.Select(static width => new string('-', width + 2) + "|")));
        foreach (var row in rows)
            Write(row);

        void Write(string[] cells) =>
            Console.WriteLine("|" + string.Concat(cells.Select((cell, column) => " " + cell.PadRight(widths[column]) + " |")));
    }
}
