// One pass over a program: each line is parsed, looked up, obeyed in the model, checked, and written as it will be sent.

using FabNet.GCode.Commands;
using FabNet.GCode.Program;
using FabNet.GCode.Reading;
using FabNet.Model.Machines;

namespace FabNet.GCode.Checking;

/// <summary>Checks one program. Used once; not thread safe.</summary>
internal sealed class ProgramChecker
{
    private const double DefaultDensityGramsPerCm3 = 1.24;

    private readonly ViolationLog _log;
    private readonly ProgramWriter _writer;
    private readonly LineParser _parser;
    private readonly MachineModel _machine;
    private readonly MarlinInterpreter _marlin;
    private readonly GrblInterpreter _grbl;
    private readonly bool _isGrbl;
    private readonly bool _takesMoves;
    private int _commandCount;

    public ProgramChecker(MachineProfile profile, AdmissionOptions options, ViolationLog log, ProgramWriter writer, ToolpathReceiver? toolpath = null)
    {
        _log = log;
        _writer = writer;
        _isGrbl = profile.Dialect == FirmwareDialect.Grbl;
        _parser = new LineParser(profile.Dialect, log, profile.MaxLineBytes);
        _machine = new MachineModel(profile, options, log);
        _machine.Motion.Toolpath = toolpath;
        _marlin = new MarlinInterpreter(_machine);
        _grbl = new GrblInterpreter(_machine);

        // A profile may forbid even these.
        _takesMoves = _machine.Table[PlainMove.Rapid] == CommandKind.Rapid && _machine.Table[PlainMove.Linear] == CommandKind.Linear;
    }

    /// <summary>Machine seconds until each program line's end.</summary>
    public SampledTable Seconds => _machine.Time.Seconds;

    /// <summary>Takes straight moves in plain words from the head of whole lines, up to a line that is none: the short way for nearly all lines of a program.</summary>
    /// <param name="wholeLines">See <see cref="LineSource.WholeLines"/>.</param>
    /// <param name="sourceLine">The number of the first line.</param>
    /// <param name="count">How many lines were taken; the next one must go the long way, through <see cref="Take"/>.</param>
    /// <returns>The length of these lines with their ends.</returns>
    public int TakeMoves(ReadOnlySpan<byte> wholeLines, int sourceLine, out int count)
    {
        count = 0;
        var taken = 0;
        while (wholeLines.Length - taken > PlainMove.ReadSlack && _takesMoves)
        {
            var read = _parser.TryReadMove(wholeLines[taken..], _writer.Reserve(PlainMove.OutputRoom), out var length);
            if (read == 0)
                break;
            _log.Line = sourceLine + count;
            var refusals = _log.RefusalCount;
            _machine.Line = _writer.LineCount + 1;
            if (_isGrbl)
                _grbl.Obey(_parser.Words);
            else
                _marlin.ObeyMove(_parser.Words.CommandAt(0) == PlainMove.Rapid ? CommandKind.Rapid : CommandKind.Linear, _parser.Words);
            _commandCount++;
            if (_log.RefusalCount == refusals)
                _writer.Commit(length, sourceLine + count);
            taken += read;
            count++;
        }

        return taken;
    }

    /// <summary>Takes one line of the source.</summary>
    public void Take(ReadOnlySpan<byte> line, bool isCut, int sourceLine)
    {
        _log.Line = sourceLine;
        if (isCut && !IsComment(line))
        {
            _log.Refuse(ViolationCode.LineTooLong, $"the line goes on for more than {LineSource.MaxLineBytes} bytes: this is not a G-code program. Send the file that the slicer or CAM program exported.");
            return;
        }

        if (sourceLine == 1 && Container(line) is { } container)
        {
            _log.Refuse(ViolationCode.BinaryData, $"the file is {container}, not a G-code text. Export it as plain .gcode or .nc.");
            return;
        }

        var refusals = _log.RefusalCount;
        _machine.Line = _writer.LineCount + 1;
        switch (_parser.Parse(line))
        {
            case LineContent.Comment:
                _machine.Comment(line[_parser.CommentStart..]);
                return;
            case LineContent.Command:
                if (_isGrbl)
                    _grbl.Obey(_parser.Words);
                else
                    _marlin.Obey(_parser.Words);
                break;
            case LineContent.Text:
                _marlin.ObeyText(_parser.Words, _parser.Text);
                break;
            case LineContent.Named:
                _marlin.ObeyNamed(_parser.Text);
                break;
            default:
                return;
        }

        _commandCount++;
        if (_log.RefusalCount == refusals)
            _writer.Write(_parser.Output, sourceLine);
    }

    /// <summary>Ends the program: what it leaves on, and whether it was one at all.</summary>
    public ProgramSummary End(int sourceLines, long sourceBytes)
    {
        _log.Line = sourceLines;
        _machine.Time.End();
        _machine.Heat.End();
        _machine.Spindle.End();
        _log.Line = 0;
        if (_commandCount == 0)
            _log.Refuse(ViolationCode.EmptyProgram, $"the program has no command. Send the file that the slicer or CAM program exported.");
        var layers = _machine.Layers.End();
        var filamentRadius = (_machine.Profile.HotEnds.Count > 0 ? _machine.Profile.HotEnds[0].FilamentDiameterMm : 1.75) / 2;
        return new ProgramSummary
        {
            TimeSeconds = _machine.Time.Elapsed,
            HeatUpSeconds = _machine.Time.HeatUpSeconds,
            MotionBoundsMm = _machine.Motion.Reached,
            CuttingBoundsMm = _machine.Motion.Cut,
            BoundsAreMachineCoordinates = _machine.Motion.IsInMachineCoordinates,
            FilamentMm = _machine.Motion.FilamentMm,
            FilamentGrams = _machine.Motion.FilamentMm * Math.PI * filamentRadius * filamentRadius / 1000 * (_machine.Layers.DensityGramsPerCm3 ?? DefaultDensityGramsPerCm3),
            LayerCount = _machine.Layers.Count,
            Layers = layers,
            Features = _machine.Features.End(),
            MaxHotEndC = _machine.Heat.MaxHotEndC,
            MaxBedC = _machine.Heat.MaxBedC,
            MaxChamberC = _machine.Heat.MaxChamberC,
            MaxSpindleRpm = _machine.Spindle.MaxRpm,
            MaxFeedMmPerMin = _machine.Motion.MaxFeedMmPerMin,
            CommandCount = _commandCount,
            MotionCount = _machine.Motion.MotionCount,
            ShiftsCoordinates = _machine.Motion.Shifts,
            LimitCommands = _machine.LimitCommands,
            ToolChangeCount = _machine.ToolChangeCount,
            PathMm = _machine.Motion.PathMm,
            SourceLineCount = sourceLines,
            SourceByteCount = sourceBytes,
        };
    }

    private static bool IsComment(ReadOnlySpan<byte> line)
    {
        var text = line.TrimStart(" \t"u8);
        return text.IsEmpty || text[0] is (byte)';' or (byte)'%';
    }

    /// <summary>What kind of file the first bytes tell of, if it is one that people take for G-code.</summary>
    private static string? Container(ReadOnlySpan<byte> line) =>
        line.StartsWith("GCDE"u8) ? "binary G-code (.bgcode)"
        : line.StartsWith("PK\u0003\u0004"u8) ? "a ZIP archive (.3mf or .gcode.3mf)"
        : line.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]) ? "compressed (gzip)"
        : line.StartsWith("solid "u8) ? "a mesh (STL)"
        : null;
}
