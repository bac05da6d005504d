// Which source line each program line came from, exactly, in about a byte per run of lines.

using System.Runtime.CompilerServices;

namespace FabNet.GCode.Program;

/// <summary>
/// Runs of lines between dropped comments and blanks, as pairs of variable-length numbers. At most 16 MiB: beyond that (a file of little
/// but comments), the lines after the last recorded run are given as that run goes on.
/// </summary>
internal sealed class SourceLineTable
{
    private const int MaxBytes = 16 << 20;
    private const int RunsPerCheckpoint = 1024;

    private readonly List<(int Line, int Skipped, int Offset)> _checkpoints = [];
    private byte[] _bytes = new byte[256];
    private int _length;
    private int _runs;
    private int _runStart = 1;
    private int _skipped;

    /// <summary>Adds a program line. Lines come in order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(int programLine, int sourceLine)
    {
        if (sourceLine - programLine != _skipped && _length <= MaxBytes)
            Begin(programLine, sourceLine - programLine);
    }

    private void Begin(int programLine, int skipped)
    {
        if (_runs++ % RunsPerCheckpoint == 0)
            _checkpoints.Add((_runStart, _skipped, _length));
        Write((uint)(programLine - _runStart));
        Write((uint)(skipped - _skipped));
        _runStart = programLine;
        _skipped = skipped;
    }

    /// <summary>The source line of a program line.</summary>
    public int SourceLineOf(int programLine)
    {
        if (programLine >= _runStart || _checkpoints.Count == 0)
            return programLine + _skipped;
        var (low, high) = (0, _checkpoints.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_checkpoints[middle].Line <= programLine)
                low = middle;
            else
                high = middle - 1;
        }

        var (line, skipped, offset) = _checkpoints[low];
        while (offset < _length)
        {
            var next = line + (int)Read(ref offset);
            var more = (int)Read(ref offset);
            if (next > programLine)
                break;
            line = next;
            skipped += more;
        }

        return programLine + skipped;
    }

    private void Write(uint value)
    {
        if (_length + 5 > _bytes.Length)
            Array.Resize(ref _bytes, _bytes.Length * 2);
        for (; value >= 0x80; value >>= 7)
            _bytes[_length++] = (byte)(0x80 | (value & 0x7F));
        _bytes[_length++] = (byte)value;
    }

    private uint Read(ref int offset)
    {
        var value = 0u;
        for (var shift = 0; ; shift += 7)
        {
            var part = _bytes[offset++];
            value |= (part & 0x7Fu) << shift;
            if (part < 0x80)
                return value;
        }
    }
}
