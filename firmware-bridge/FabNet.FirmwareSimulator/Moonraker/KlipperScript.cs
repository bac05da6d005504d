// A G-code script on its way through Klipper's one command mutex.

namespace FabNet.FirmwareSimulator.Moonraker;

/// <summary>Lines that are executed one after the other, ahead of the file.</summary>
/// <param name="lines">The lines.</param>
/// <param name="done">Called once: null, or the error that ended it.</param>
internal sealed class KlipperScript(string[] lines, Action<string?> done)
{
    private int _next;

    /// <summary>Takes the next line; false at the end.</summary>
    public bool TryTake(out string line)
    {
        var isThere = _next < lines.Length;
        line = isThere ? lines[_next++] : "";
        return isThere;
    }

    /// <summary>It is over.</summary>
    public void End(string? error) => done(error);
}
