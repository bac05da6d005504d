// A program that passed admission for one machine profile: the only thing that can reach a machine.

using FabNet.GCode.Program;
using FabNet.Model;
using FabNet.Model.Machines;

namespace FabNet.GCode;

/// <summary>A program that may run on machines of one profile. Only <see cref="Admission"/> makes one. Thread safe.</summary>
public sealed class AdmittedProgram : IDisposable
{
    private readonly Stream _lines;
    private readonly long _start;
    private readonly Lock _lock = new();
    private readonly SampledTable _offsets;
    private readonly SampledTable _seconds;
    private readonly SourceLineTable _sourceLines;

    internal AdmittedProgram(
        MachineProfile profile, Stream lines, long start, ProgramWriter written, Digest digest, SampledTable seconds, ProgramSummary summary)
    {
        Profile = profile;
        Digest = digest;
        LineCount = written.LineCount;
        ByteCount = written.ByteCount;
        Summary = summary;
        _lines = lines;
        _start = start;
        _offsets = written.Offsets;
        _sourceLines = written.SourceLines;
        _seconds = seconds;
    }

    /// <summary>The profile it was admitted for.</summary>
    public MachineProfile Profile { get; }

    /// <summary>The digest of the program's bytes, exactly as they are sent (each line ended by LF, without line numbers and checksums).</summary>
    public Digest Digest { get; }

    /// <summary>How many lines are sent.</summary>
    public int LineCount { get; }

    /// <summary>How many bytes they have, line ends included.</summary>
    public long ByteCount { get; }

    /// <summary>What the program does.</summary>
    public ProgramSummary Summary { get; }

    /// <summary>A reader of its own over the lines; several may be open at once.</summary>
    /// <param name="firstLine">The line to start at, from 1; one past the last gives a reader at the end.</param>
    /// <exception cref="ArgumentOutOfRangeException">The program has no such line.</exception>
    public ProgramReader OpenReader(int firstLine = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(firstLine, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstLine, checked(LineCount + 1));
        var (line, offset) = _offsets.Before(firstLine - 1);
        return new ProgramReader(this, line, (long)offset, firstLine);
    }

    /// <summary>
    /// Estimated machine seconds from the start to the end of a line, heat-up apart; never falls from line to line. Exact to the model for up to
    /// 65,536 lines, linear between samples for longer programs.
    /// </summary>
    /// <param name="line">The program line, from 1; 0 and below give 0, beyond the end the whole time.</param>
    public double SecondsUntilLine(int line) => _seconds.At(line);

    /// <summary>The line of the source that a program line came from, for messages.</summary>
    /// <param name="line">The program line, from 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The program has no such line.</exception>
    public int SourceLineOf(int line)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(line, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(line, LineCount);
        return _sourceLines.SourceLineOf(line);
    }

    /// <summary>Releases the lines. Readers that are still open fail.</summary>
    public void Dispose() => _lines.Dispose();

    internal int ReadAt(long offset, Span<byte> buffer)
    {
        var left = ByteCount - offset;
        if (left <= 0)
            return 0;
        if (buffer.Length > left)
            buffer = buffer[..(int)left];
        lock (_lock)
        {
            _lines.Position = _start + offset;
            return _lines.Read(buffer);
        }
    }
}
