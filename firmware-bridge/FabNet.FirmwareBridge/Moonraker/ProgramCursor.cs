// Which program line a byte of the uploaded file belongs to, and which lines are near it in time.

using FabNet.GCode;

namespace FabNet.FirmwareBridge.Moonraker;

/// <summary>Walks along a program as the machine does. One owner; a position that falls back is answered with the line reached before.</summary>
internal sealed class ProgramCursor(AdmittedProgram program) : IDisposable
{
    private readonly ProgramReader _reader = program.OpenReader();
    private long _lineEnd;
    private int _line;
    private long _nextEnd;

    /// <summary>The last line that lies wholly before a position in the file; 0 if none does.</summary>
    /// <param name="position">Bytes that the machine has taken.</param>
    public int LineAt(long position)
    {
        while (_nextEnd <= position)
        {
            (_line, _lineEnd) = (_reader.LineNumber, _nextEnd);
            if (!_reader.TryRead(out var next))
            {
                _nextEnd = long.MaxValue;
                break;
            }

            _nextEnd = _lineEnd + next.Length + 1;
        }

        return _line;
    }

    /// <summary>The last line that ends so many seconds after a line, by the program's own time; before it if negative.</summary>
    public int LineNear(int line, double seconds)
    {
        var moment = program.SecondsUntilLine(line) + seconds;
        var (low, high) = (0, program.LineCount);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = program.SecondsUntilLine(middle) <= moment ? (middle, high) : (low, middle - 1);
        }

        return low;
    }

    /// <inheritdoc />
    public void Dispose() => _reader.Dispose();
}
