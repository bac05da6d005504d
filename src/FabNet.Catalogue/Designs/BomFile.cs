// Reads a bill of materials from a table of comma- or semicolon-separated values.

using System.Globalization;
using FabNet.Catalogue.OpenKnowHow;
using FabNet.Model.Designs;

namespace FabNet.Catalogue.Designs;

/// <summary>
/// Reads bought parts from CSV (RFC 4180, and the semicolons and tabs that spreadsheets write). Open Know-How leaves the columns open, so
/// they are known by their usual headings.
/// </summary>
internal static class BomFile
{
    /// <summary>The most bytes that are read: 1 MiB.</summary>
    public const int MaxBytes = 1024 * 1024;

    private const int MaxLines = 2_000;

    private static readonly string[] NameHeadings = ["name", "part", "item", "component", "description", "part name", "title", "bezeichnung", "teil"];

    private static readonly string[] QuantityHeadings = ["quantity", "qty", "amount", "count", "number", "pcs", "menge", "anzahl"];

    private static readonly string[] UnitHeadings = ["unit", "units", "einheit"];

    private static readonly string[] ReferenceHeadings = ["reference", "ref", "part number", "partnumber", "mpn", "sku", "article", "order number", "standard", "norm"];

    private static readonly string[] LinkHeadings = ["link", "url", "source", "supplier link", "where to buy", "shop"];

    /// <summary>The bought parts; null if no column is headed as names are.</summary>
    public static IReadOnlyList<BoughtPart>? Read(string csv)
    {
        var rows = Rows(csv).Take(MaxLines + 1).ToList();
        if (rows.Count == 0)
        {
            return null;
        }

        var headings = rows[0].ConvertAll(h => h.Trim().ToLowerInvariant());
        var (name, quantity, unit) = (Column(NameHeadings), Column(QuantityHeadings), Column(UnitHeadings));
        var (reference, link) = (Column(ReferenceHeadings), Column(LinkHeadings));
        if (name < 0)
        {
            return null;
        }

        var bought = new List<BoughtPart>();
        foreach (var row in rows.Skip(1))
        {
            if (PlainText.Name(Cell(name), 200) is { } text)
            {
                bought.Add(new BoughtPart
                {
                    Name = text,
                    Quantity = Quantity(Cell(quantity)),
                    Unit = PlainText.Line(Cell(unit), 64),
                    Reference = PlainText.Line(Cell(reference), 200),
                    Link = PlainText.Line(Cell(link), 2_000),
                });
            }

            string? Cell(int column) => column >= 0 && column < row.Count ? row[column] : null;
        }

        return bought;

        int Column(string[] known) => known.Select(k => headings.IndexOf(k)).FirstOrDefault(i => i >= 0, -1);
    }

    private static double Quantity(string? cell) =>
        double.TryParse(cell?.Trim().Replace(',', '.'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number is >= 0.001 and <= 1e9
            ? (double)Math.Round((decimal)number, 3, MidpointRounding.AwayFromZero)
            : 1;

    private static IEnumerable<List<string>> Rows(string csv)
    {
        var firstLine = csv.AsSpan(0, csv.IndexOf('\n', StringComparison.Ordinal) is var end and >= 0 ? end : csv.Length);
        var separator = firstLine.Contains(';') ? ';' : firstLine.Contains('\t') ? '\t' : ',';
        var (row, cell, isQuoted) = (new List<string>(), new System.Text.StringBuilder(), false);
        for (var i = 0; i < csv.Length; i++)
        {
            var c = csv[i];
            if (isQuoted && c == '"' && i + 1 < csv.Length && csv[i + 1] == '"')
            {
                cell.Append('"');
                i++;
            }
            else if (c == '"')
            {
                isQuoted = !isQuoted;
            }
            else if (!isQuoted && (c == separator || c is '\n' or '\r'))
            {
                row.Add(cell.ToString());
                cell.Clear();
                if (c != separator)
                {
                    if (row.Exists(r => r.Length > 0))
                    {
                        yield return row;
                    }

                    row = [];
                }
            }
            else
            {
                cell.Append(c);
            }
        }

        row.Add(cell.ToString());
        if (row.Exists(r => r.Length > 0))
        {
            yield return row;
        }
    }
}
