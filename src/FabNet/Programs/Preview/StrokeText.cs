// Digits as strokes, for the scale bar of a picture without fonts.

namespace FabNet.Programs.Preview;

internal static class StrokeText
{
    // The seven strokes of a digit on a field of 7 by 12, as on a calculator: top, upper left, upper right, middle, lower left, lower right, bottom.
    private static readonly (double X0, double Y0, double X1, double Y1)[] Strokes =
        [(0, 12, 7, 12), (0, 6, 0, 12), (7, 6, 7, 12), (0, 6, 7, 6), (0, 0, 0, 6), (7, 0, 7, 6), (0, 0, 7, 0)];

    private static readonly string[] Digits = ["012456", "25", "02346", "02356", "1235", "01356", "013456", "025", "0123456", "012356"];
    private static readonly (double X0, double Y0, double X1, double Y1)[] LetterM = [(0, 0, 0, 7), (0, 7, 9, 7), (4.5, 0, 4.5, 7), (9, 0, 9, 7)];

    /// <summary>Draws a text of digits, points, blanks and the letter m; gives each stroke from the text's lower left.</summary>
    public static void Draw(string text, Action<double, double, double, double> stroke)
    {
        var x = 0.0;
        foreach (var c in text)
        {
            if (char.IsAsciiDigit(c))
            {
                foreach (var index in Digits[c - '0'])
                {
                    var (x0, y0, x1, y1) = Strokes[index - '0'];
                    stroke(x + x0, y0, x + x1, y1);
                }

                x += 12;
            }
            else if (c == 'm')
            {
                foreach (var (x0, y0, x1, y1) in LetterM)
                    stroke(x + x0, y0, x + x1, y1);
                x += 14;
            }
            else
            {
                if (c == '.')
                    stroke(x, 0, x, 0);
                x += 5;
            }
        }
    }
}
