// A table in plain text: aligned columns that also read well in a pipe.

using System.Text;

namespace FabNet.CommandLine;

/// <summary>Rows of cells under headings; columns are as wide as their widest cell.</summary>
internal sealed class TextTable(params string[] headings)
{
    private readonly List<string[]> _rows = [];

    /// <summary>Adds a row; missing cells are empty. A cell is one line: somebody's words must not pass for a row of ours.</summary>
    public void Add(params string[] cells) => _rows.Add([.. cells.Select(c => c.ReplaceLineEndings(" ").Replace('\t', ' '))]);

    /// <inheritdoc />
    public override string ToString()
    {
        var widths = headings.Select((h, i) => Math.Max(h.Length, _rows.Count == 0 ? 0 : _rows.Max(r => i < r.Length ? r[i].Length : 0))).ToArray();
        var text = new StringBuilder();
        foreach (var row in _rows.Prepend(headings))
        {
            var line = new StringBuilder();
            for (var i = 0; i < headings.Length; i++)
            {
                line.Append((i < row.Length ? row[i] : "").PadRight(widths[i])).Append("  ");
            }

            text.Append(line.ToString().TrimEnd()).Append('\n');
        }

        return text.ToString();
    }
}
