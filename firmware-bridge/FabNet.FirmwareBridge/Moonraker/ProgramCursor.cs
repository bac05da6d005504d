// Which program line a byte of the uploaded file belongs to.

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

    /// <inheritdoc />
    public void Dispose() => _reader.Dispose();
}
