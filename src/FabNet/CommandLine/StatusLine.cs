// The one line at the bottom of a terminal that is redrawn while something goes on; in a pipe there is none.

namespace FabNet.CommandLine;

/// <summary>Draws over itself. Whoever prints another line while it stands erases it first, through <see cref="Say"/>.</summary>
internal sealed class StatusLine(CommandConsole console)
{
    private int _drawn;

    /// <summary>True if there is a terminal to draw on.</summary>
    public bool IsShown => console.IsInteractive;

    /// <summary>A bar for a share from 0 to 1, such as <c> 40 % [######.........]</c>.</summary>
    public static string Bar(double share, int width = 20)
    {
        var done = (int)(Math.Clamp(share, 0, 1) * width);
        return $"{Math.Clamp(share, 0, 1),5:0 %} [{new string('#', done)}{new string('.', width - done)}]";
    }

    /// <summary>Shows this text in place of what was there; cut to the terminal's width.</summary>
    public void Draw(string line)
    {
        if (!IsShown)
        {
            return;
        }

        var width = Console.WindowWidth > 1 ? Console.WindowWidth - 1 : 79;
        line = line.Length > width ? line[..width] : line;
        Console.Out.Write('\r' + line.PadRight(_drawn));
        _drawn = line.Length;
    }

    /// <summary>Prints a line for people above it.</summary>
    public void Say(string text)
    {
        Erase();
        console.Say(text);
    }

    /// <summary>Takes it off the terminal.</summary>
    public void Erase()
    {
        if (_drawn > 0)
        {
            Console.Out.Write('\r' + new string(' ', _drawn) + '\r');
            _drawn = 0;
        }
    }
}
