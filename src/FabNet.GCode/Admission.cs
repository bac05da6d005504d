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
        var start = sink.Position;
        using var writer = new ProgramWriter(sink);
        var (result, seconds) = Run(source, profile, writer, options ?? new AdmissionOptions(), toolpath: null, cancellationToken);
        var digest = writer.Finish();
        return result.RefusalCount > 0 ? result : result with { Program = new AdmittedProgram(profile, sink, start, writer, digest, seconds, result.Summary) };
    }

    internal static (AdmissionResult Result, SampledTable Seconds) Run(
        Stream source, MachineProfile profile, ProgramWriter writer, AdmissionOptions options, ToolpathReceiver? toolpath, CancellationToken cancellationToken)
    {
        using var lines = new LineSource(source);
        var log = new ViolationLog(options.MaxViolations);
        var checker = new ProgramChecker(profile, options, log, writer, toolpath);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var length = checker.TakeMoves(lines.WholeLines, lines.LineNumber + 1, out var count);
            lines.Pass(length, count);
            if (!lines.TryRead(out var line))
                break;
            checker.Take(line, lines.IsCut, lines.LineNumber);
        }

        var summary = checker.End(lines.LineNumber, lines.ByteCount);
        var result = new AdmissionResult { Violations = log.Kept(), ViolationCount = log.Count, RefusalCount = log.RefusalCount, Summary = summary };
        return (result, checker.Seconds);
    }
}
