// What others have published about an instance: the best value known, and a bound.

using System.Globalization;

namespace FabNet.Plans;

/// <summary>A published value of an instance; null where the table has none.</summary>
/// <param name="Makespan">The best makespan known, or the one of the plant's own sequence.</param>
/// <param name="LowerBound">No makespan is smaller.</param>
/// <param name="SetUpHours">The set-up hours of the plant's own sequence.</param>
internal readonly record struct PublishedValue(double? Makespan, double? LowerBound, double? SetUpHours);

/// <summary>Reads the table beside the instances, if there is one: <c>best_known.csv</c> or <c>reference_values.csv</c> in the folder of an instance or one of the two above it.</summary>
internal sealed class PublishedValues
{
    private readonly Dictionary<string, PublishedValue> _byInstance = new(StringComparer.Ordinal);

    public PublishedValue Of(string instance) => _byInstance.GetValueOrDefault(NameOf(instance));

    public static PublishedValues Beside(string path)
    {
        var values = new PublishedValues();
        var folder = File.Exists(path) ? Path.GetDirectoryName(Path.GetFullPath(path)) : Path.GetFullPath(path);
        for (var up = 0; up < 3 && folder is not null; up++, folder = Path.GetDirectoryName(folder))
        {
            foreach (var name in (ReadOnlySpan<string>)["best_known.csv", "reference_values.csv"])
            {
                if (Path.Combine(folder, name) is var table && File.Exists(table))
                {
                    values.Read(table);
                    return values;
                }
            }
        }

        return values;
    }

    /// <summary>An instance's name without its endings.</summary>
    public static string NameOf(string path)
    {
        var name = Path.GetFileName(path);
        return name.EndsWith(".txt.gz", StringComparison.Ordinal) ? name[..^7] : name.EndsWith(".txt", StringComparison.Ordinal) ? name[..^4] : name;
    }

    private void Read(string table)
    {
        string[]? heads = null;
        foreach (var line in File.ReadLines(table))
        {
            var cells = line.Split(',');
            if (heads is null)
            {
                heads = cells;
                continue;
            }

            _byInstance[NameOf(cells[0])] = new PublishedValue(Cell("best_known") ?? Cell("makespan") ?? Cell("reference_makespan_h"), Cell("lower_bound"), Cell("reference_setup_hours"));

            double? Cell(string head) =>
                Array.IndexOf(heads, head) is var at and >= 0 && at < cells.Length && double.TryParse(cells[at], NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : null;
        }
    }
}
