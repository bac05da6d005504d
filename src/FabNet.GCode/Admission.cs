// Admission: the only way from G-code of any origin to a program that may run.

using FabNet.GCode.Checking;
using FabNet.GCode.Program;
using FabNet.GCode.Reading;
using FabNet.Model.Machines;

namespace FabNet.GCode;

/// <summary>Checks programs against a machine's profile.</summary>
public static class Admission
{
    /// <summary>
    /// Reads a program once to its end and writes it, as it will be sent, to <paramref name="sink"/>: comments and needless blanks dropped, one command
    /// line each, ASCII, LF. Memory does not grow with the program's text. Hostile input becomes violations, never an exception.
    /// </summary>
    /// <param name="source">The program; read from where it stands; not disposed of.</param>
    /// <param name="profile">The machine it is for.</param>
    /// <param name="sink">Writable, readable and seekable; owned by the admitted program afterwards. If the program is refused, it stays the caller's.</param>
    /// <param name="options">What is known besides.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="IOException">The source or the sink failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static AdmissionResult Check(
        Stream source, MachineProfile profile, Stream sink, AdmissionOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new AdmissionOptions();
        var start = sink.Position;
        using var lines = new LineSource(source);
        using var writer = new ProgramWriter(sink);
        var log = new ViolationLog(options.MaxViolations);
        var checker = new ProgramChecker(profile, options, log, writer);
        while (true)
        {
            if ((lines.LineNumber & 0xFFF) == 0)
                cancellationToken.ThrowIfCancellationRequested();
            var length = checker.TryTakeMove(lines.WholeLines, lines.LineNumber + 1);
            if (length > 0)
                lines.Pass(length);
            else if (lines.TryRead(out var line))
                checker.Take(line, lines.IsCut, lines.LineNumber);
            else
                break;
        }

        var summary = checker.End(lines.LineNumber, lines.ByteCount);
        var digest = writer.Finish();
        return new AdmissionResult
        {
            Program = log.RefusalCount == 0 ? new AdmittedProgram(profile, sink, start, writer, digest, checker.Seconds, summary) : null,
            Violations = log.Kept(),
            ViolationCount = log.Count,
            RefusalCount = log.RefusalCount,
            Summary = summary,
        };
    }
}
