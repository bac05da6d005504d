// Reads the lines of an admitted program in order, without allocating.

namespace FabNet.GCode;

/// <summary>A reader of an <see cref="AdmittedProgram"/>'s lines. One owner; not thread safe. Several may be open on one program.</summary>
public sealed class ProgramReader : IDisposable
{
    private readonly AdmittedProgram _program;
    private readonly byte[] _buffer = new byte[16 * 1024];
    private long _offset;
    private int _start;
    private int _end;
    private bool _isDisposed;

    internal ProgramReader(AdmittedProgram program, int line, long offset, int firstLine)
    {
        _program = program;
        _offset = offset;
        LineNumber = line;
        while (LineNumber < firstLine - 1 && TryRead(out _))
        {
        }
    }

    /// <summary>The number of the line last read, from 1; before the first read, one less than the first line.</summary>
    public int LineNumber { get; private set; }

    /// <summary>Reads the next line, without its end. The span is valid until the next call.</summary>
    /// <returns>False at the end of the program.</returns>
    /// <exception cref="ObjectDisposedException">The reader or its program was disposed of.</exception>
    /// <exception cref="IOException">The stream that holds the lines failed.</exception>
    public bool TryRead(out ReadOnlySpan<byte> line)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        while (true)
        {
            var pending = _buffer.AsSpan(_start, _end - _start);
            var length = pending.IndexOf((byte)'\n');
            if (length >= 0)
            {
                _start += length + 1;
                LineNumber++;
                line = pending[..length];
                return true;
            }

            pending.CopyTo(_buffer);
            _end -= _start;
            _start = 0;
            var read = _program.ReadAt(_offset, _buffer.AsSpan(_end));
            if (read == 0)
            {
                line = default;
                return LineNumber < _program.LineCount ? throw new IOException($"The program ends after line {LineNumber} of {_program.LineCount}: its file was cut.") : false;
            }

            _offset += read;
            _end += read;
        }
    }

    /// <summary>Ends reading. The program stays usable.</summary>
    public void Dispose() => _isDisposed = true;
}
