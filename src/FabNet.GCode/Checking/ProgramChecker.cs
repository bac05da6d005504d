// One pass over a program: each line is parsed, looked up, obeyed in the model, checked, and written as it will be sent.

using System.Text;
using FabNet.GCode.Commands;
using FabNet.GCode.Motion;
using FabNet.GCode.Program;
using FabNet.GCode.Reading;
using FabNet.Model.Machines;

namespace FabNet.GCode.Checking;

/// <summary>Checks one program. Used once; not thread safe.</summary>
internal sealed class ProgramChecker
{
    private const double LongestDwellSeconds = 24 * 3600;
    private const double PauseSeconds = 0;
    private const double ToolChangeSeconds = 10;
    private const double DefaultDensityGramsPerCm3 = 1.24;

    private readonly MachineProfile _profile;
    private readonly ViolationLog _log;
    private readonly ProgramWriter _writer;
    private readonly CommandTable _table;
    private readonly LineParser _parser;
    private readonly ModalState _modes = new();
    private readonly Timeline _time;
    private readonly HeatTracker _heat;
    private readonly SpindleTracker _spindle;
    private readonly LayerTracker _layers = new();
    private readonly MotionTracker _motion;
    private readonly LimitTracker _limits;
    private readonly bool _isGrbl;
    private int _commandCount;
    private int _toolChanges;

    public ProgramChecker(MachineProfile profile, AdmissionOptions options, ViolationLog log, ProgramWriter writer)
    {
        _profile = profile;
        _log = log;
        _writer = writer;
        _isGrbl = profile.Dialect == FirmwareDialect.Grbl;
        _table = CommandTable.Of(profile);
        _parser = new LineParser(profile.Dialect, log);
        _time = new Timeline(MotionLimits.Of(profile));
        _heat = new HeatTracker(profile, log, _time);
        _spindle = new SpindleTracker(profile, log);
        _motion = new MotionTracker(profile, options, log, _time, _modes, _heat, _spindle, _layers);
        _limits = new LimitTracker(profile, log, _time, _modes);
        _modes.FeedMmPerMin = _isGrbl ? 0 : profile.DefaultFeedMmPerMin;
    }

    /// <summary>Machine seconds until each program line's end.</summary>
    public SampledTable Seconds => _time.Seconds;

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
        switch (_parser.Parse(line))
        {
            case LineContent.Comment:
                _layers.Comment(line[_parser.CommentStart..], _writer.LineCount + 1);
                return;
            case LineContent.Command:
                Obey();
                break;
            case LineContent.Text:
                ObeyText();
                break;
            case LineContent.Named:
                ObeyNamed();
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
        _time.Finish();
        _heat.End();
        _spindle.End();
        _log.Line = 0;
        if (_commandCount == 0)
            _log.Refuse(ViolationCode.EmptyProgram, $"the program has no command. Send the file that the slicer or CAM program exported.");
        var layers = _layers.End(_time.Seconds, _writer.LineCount);
        var filamentRadius = (_profile.HotEnds.Count > 0 ? _profile.HotEnds[0].FilamentDiameterMm : 1.75) / 2;
        return new ProgramSummary
        {
            TimeSeconds = _time.Elapsed,
            HeatUpSeconds = _time.HeatUpSeconds,
            MotionBoundsMm = _motion.Reached,
            CuttingBoundsMm = _motion.Cut,
            BoundsAreMachineCoordinates = _motion.IsInMachineCoordinates,
            FilamentMm = _motion.FilamentMm,
            FilamentGrams = _motion.FilamentMm * Math.PI * filamentRadius * filamentRadius / 1000 * (_layers.DensityGramsPerCm3 ?? DefaultDensityGramsPerCm3),
            LayerCount = _layers.Count,
            Layers = layers,
            MaxHotEndC = _heat.MaxHotEndC,
            MaxBedC = _heat.MaxBedC,
            MaxChamberC = _heat.MaxChamberC,
            MaxSpindleRpm = _spindle.MaxRpm,
            MaxFeedMmPerMin = _motion.MaxFeedMmPerMin,
            CommandCount = _commandCount,
            MotionCount = _motion.MotionCount,
            ToolChangeCount = _toolChanges,
            PathMm = _motion.PathMm,
            SourceLineCount = sourceLines,
            SourceByteCount = sourceBytes,
        };
    }

    private int NextLine => _writer.LineCount + 1;

    private void Obey()
    {
        ref readonly var words = ref _parser.Words;
        if (_isGrbl)
        {
            ObeyBlock(words);
            return;
        }

        var key = words.CommandAt(0);
        if (Command.Letter(key) == 'T')
        {
            SelectTool(Command.Tenths(key) / 10.0);
            return;
        }

        ObeyMarlin(key, _table[key], words);
    }

    private void ObeyMarlin(int key, CommandKind kind, in Words words)
    {
        switch (kind)
        {
            case CommandKind.Rapid or CommandKind.Linear or CommandKind.ArcClockwise or CommandKind.ArcCounterClockwise:
                if (words.Has('F'))
                    _motion.SetFeed(words['F']);
                _motion.Move(kind, words, inMachineCoordinates: false, NextLine);
                break;
            case CommandKind.SetPosition:
                _motion.Rename(words);
                break;
            case CommandKind.Home:
                _motion.Home(words, NextLine);
                break;
            case CommandKind.Procedure:
                _motion.Procedure(NextLine);
                break;
            case CommandKind.FirmwareRetract:
                if ((words.Present & ~Words.Bit('S')) != 0 || words.Or('S', 0) > 1)
                    _log.Refuse(ViolationCode.SettingsCommand, $"{Command.Name(key)} with parameters sets offsets or temperatures on other firmwares. Use M104 for temperatures.");
                _time.Wait(0, NextLine);
                break;
            case CommandKind.Dwell:
                Dwell(words.Has('S') ? words['S'] : words.Or('P', 0) / 1000);
                break;
            case CommandKind.Inches:
                _log.Warn(ViolationCode.UnknownCommand, $"G20 (inches) is left out of most printers' firmware, which would then read the numbers as millimetres. Export the program in millimetres.");
                _modes.UnitMm = 25.4;
                break;
            case CommandKind.Absolute or CommandKind.Relative:
                // Marlin counts the filament among the axes (G90 undoes M83); Klipper keeps M82 and M83 apart (motion.cpp; gcode_move.py).
                _modes.IsRelative = kind == CommandKind.Relative;
                if (_profile.Dialect != FirmwareDialect.Klipper)
                    _modes.IsExtruderRelative = _modes.IsRelative;
                break;
            case CommandKind.HotEnd or CommandKind.HotEndWait or CommandKind.Bed or CommandKind.BedWait or CommandKind.Chamber or CommandKind.ChamberWait:
                _heat.Obey(kind, words, Command.Name(key));
                break;
            case CommandKind.SpindleOn or CommandKind.SpindleDynamic or CommandKind.SpindleOff:
                if (words.Has('S'))
                    _spindle.SetSpeed(words['S']);
                _spindle.Obey(kind, Command.Name(key));
                break;
            case CommandKind.Finish:
                _time.Wait(0, NextLine);
                break;
            default:
                ObeyCommon(key, kind, words);
                break;
        }
    }

    /// <summary>What is the same for every dialect.</summary>
    private void ObeyCommon(int key, CommandKind kind, in Words words)
    {
        switch (kind)
        {
            case CommandKind.Harmless or CommandKind.PlaneXY:
                break;
            case CommandKind.Millimetres:
                _modes.UnitMm = 1;
                break;
            case CommandKind.ExtruderAbsolute or CommandKind.ExtruderRelative:
                _modes.IsExtruderRelative = kind == CommandKind.ExtruderRelative;
                break;
            case CommandKind.MaxAcceleration or CommandKind.MaxFeed or CommandKind.Acceleration or CommandKind.Corner or CommandKind.FeedOverride or CommandKind.FlowOverride:
                _limits.Obey(kind, words, Command.Name(key));
                break;
            case CommandKind.Pause:
                Pause();
                break;
            default:
                RefuseCommand(Command.Name(key), kind);
                break;
        }
    }

    /// <summary>A GRBL block: its commands act in the standard's order of execution, whatever their order in the line.</summary>
    private void ObeyBlock(in Words words)
    {
        if (!TryClassify(words, out var block))
            return;

        // Order of execution: feed mode, feed, spindle speed, tool, spindle, dwell, plane, units, offsets, distance mode, motion, program flow.
        if (block.Feed is { } feedMode)
        {
            _modes.IsInverseTime = feedMode == CommandKind.InverseTime;
            _modes.FeedMmPerMin = 0;
        }

        if (block.Units is { } units)
            _modes.UnitMm = units == CommandKind.Inches ? 25.4 : 1;
        if (words.Has('F'))
            _motion.SetFeed(words['F']);
        if (words.Has('S'))
        {
            _spindle.SetSpeed(words['S']);
            if (_profile.Spindle is { IsLaser: false })
                _time.Finish();
        }

        if (words.Has('T') && (words['T'] < 0 || words['T'] != Math.Floor(words['T']) || words['T'] > 255))
            _log.Refuse(ViolationCode.NoSuchTool, $"T{words['T']:0.##} is no tool number. Use 0 to 255.");
        if (block.Spindle is { } spindle)
        {
            _spindle.Obey(spindle, "M3");
            _time.Finish();
        }

        if (block.HasDwell)
            ObeyDwell(words);
        if (block.Plane is { } plane)
            _modes.Plane = plane;
        if (block.CancelsToolLength)
            _motion.SetToolLength(0);
        if (block.WorkOffset > 0)
            _motion.SelectOffset(block.WorkOffset);
        if (block.Distance is { } distance)
            _modes.IsRelative = distance == CommandKind.Relative;
        if (block.ClearsPosition)
            _motion.ClearRenaming();
        ObeyBlockMotion(words, block);
        if (block.Flow is { } flow)
            EndOrPause(flow);
    }

    private void ObeyBlockMotion(in Words words, in Block block)
    {
        var hasAxes = words.Has('X') || words.Has('Y') || words.Has('Z');
        var kind = block.Motion;
        if (kind is CommandKind.Rapid or CommandKind.Linear or CommandKind.ArcClockwise or CommandKind.ArcCounterClockwise or CommandKind.CancelMotion or CommandKind.Probe)
            _modes.Motion = kind;
        if (words.Has('E'))
            _log.Refuse(ViolationCode.NoExtruder, $"the program extrudes (E), and {_profile.Name} has no extruder. Export the program for this machine.");
        if ((words.Present & ~UsableWords) != 0)
            _log.Refuse(ViolationCode.UnknownCommand, $"the line has a word that GRBL does not know (error 20). Export the program with a GRBL post-processor.");
        switch (kind)
        {
            case CommandKind.SetPosition:
                _motion.Rename(words);
                break;
            case CommandKind.StoredPosition:
                _motion.GoToStored(words, NextLine);
                break;
            case CommandKind.ToolLength:
                if (!words.Has('Z') || words.Has('X') || words.Has('Y'))
                    _log.Refuse(ViolationCode.MissingValue, $"G43.1 takes the tool's length as Z, and no other axis. Correct the line.");
                else
                    _motion.SetToolLength(words['Z']);
                break;
            default:
                if (!hasAxes)
                    break;
                if (_modes.Motion is CommandKind.CancelMotion or CommandKind.Probe && kind == CommandKind.Unknown)
                {
                    _log.Refuse(ViolationCode.ModalConflict, $"the line has axis words and no motion command is in force. Add G0 or G1.");
                    break;
                }

                var motion = _modes.Motion == CommandKind.Probe ? CommandKind.Linear : _modes.Motion;
                if (_modes.IsInverseTime && motion != CommandKind.Rapid && !words.Has('F'))
                    _log.Refuse(ViolationCode.FeedMissing, $"in inverse time mode (G93) every motion needs its F. Correct the line.");
                if (block.InMachine && motion is not (CommandKind.Rapid or CommandKind.Linear))
                    _log.Refuse(ViolationCode.ModalConflict, $"G53 goes with G0 or G1 only. Correct the line.");
                _motion.Move(motion, words, block.InMachine, NextLine);
                if (_modes.Motion == CommandKind.Probe)
                    _time.Finish();
                break;
        }
    }

    private bool TryClassify(in Words words, out Block block)
    {
        block = new Block { Motion = CommandKind.Unknown };
        var groups = 0;
        var isGood = true;
        for (var i = 0; i < words.CommandCount; i++)
        {
            var key = words.CommandAt(i);
            var kind = _table[key];
            var group = GrblCommands.ModalGroup(kind);
            if (group > 0 && (groups & (1 << group)) != 0)
            {
                _log.Refuse(ViolationCode.ModalConflict, $"{Command.Name(key)} contradicts another command of the same line (GRBL's errors 21 and 24). Put them on lines of their own.");
                return false;
            }

            groups |= 1 << group;
            switch (group)
            {
                case 1:
                    block.Motion = kind;
                    break;
                case 2:
                    block.Plane = kind;
                    break;
                case 3:
                    block.Distance = kind;
                    break;
                case 4:
                    block.Feed = kind;
                    break;
                case 5:
                    block.Units = kind;
                    break;
                case 6:
                    block.WorkOffset = Command.Tenths(key) % 10 == 0 ? Command.Tenths(key) / 10 : Command.Tenths(key);
                    break;
                case 7:
                    block.Spindle = kind;
                    break;
                case 8:
                    block.Flow = kind;
                    break;
                case 9:
                    block.HasDwell = true;
                    break;
                case 10:
                    block.ClearsPosition = true;
                    break;
                case 11:
                    block.InMachine = true;
                    break;
                default:
                    if (kind == CommandKind.CancelToolLength)
                        block.CancelsToolLength = true;
                    else if (kind == CommandKind.ToolChange)
                        ChangeTool();
                    else if (kind is not (CommandKind.Harmless or CommandKind.ArcRelative))
                        isGood &= RefuseCommand(Command.Name(key), kind);
                    break;
            }
        }

        return isGood;
    }

    private void ObeyDwell(in Words words)
    {
        if (!words.Has('P'))
            _log.Refuse(ViolationCode.MissingValue, $"G4 needs its seconds as P. Correct the line.");
        else
            Dwell(words['P']);
    }

    private void EndOrPause(CommandKind flow)
    {
        if (flow == CommandKind.Pause)
        {
            Pause();
            return;
        }

        _time.Finish();
        _spindle.Stop();

        // M2 and M30 put the modes back to their defaults (GRBL 1.1 gcode.c).
        _modes.Motion = CommandKind.Linear;
        _modes.Plane = CommandKind.PlaneXY;
        _modes.IsRelative = false;
        _modes.IsInverseTime = false;
        _motion.SelectOffset(54);
    }

    private void ObeyText()
    {
        var key = _parser.Words.CommandAt(0);
        var kind = _table[key];
        if (kind == CommandKind.HostMessage)
        {
            // Without E1 the text reaches the host bare, where it could pass for an answer; with A1 it is an action the host obeys.
            if (!_parser.Text.StartsWith("E1 "u8) || _parser.Text.IndexOf("A1"u8) >= 0)
                _log.Refuse(ViolationCode.ReplyInjection, $"M118 makes the firmware say '{Encoding.ASCII.GetString(_parser.Text)}' where the host expects answers. Use M117, or M118 E1.");
            return;
        }

        if (kind == CommandKind.Pause)
            Pause();
        else if (kind is not (CommandKind.Harmless or CommandKind.Message))
            RefuseCommand(Command.Name(key), kind);
    }

    private void ObeyNamed()
    {
        var text = _parser.Text;
        var end = text.IndexOfAny(" \t="u8);
        var name = Encoding.ASCII.GetString(end < 0 ? text : text[..end]).ToUpperInvariant();
        var kind = _table.Named(name);
        if (kind != CommandKind.Harmless)
            RefuseCommand(name, kind);
    }

    private void SelectTool(double tool)
    {
        if (tool != Math.Floor(tool) || tool >= _profile.HotEnds.Count)
        {
            _log.Refuse(ViolationCode.NoSuchTool, $"T{tool:0.##} selects a tool that {_profile.Name} has not: it has {_profile.HotEnds.Count}, counted from 0. Slice for this machine.");
            return;
        }

        if ((int)tool == _heat.Tool)
            return;
        _heat.Tool = (int)tool;
        _toolChanges++;
        _time.Wait(ToolChangeSeconds, NextLine);
    }

    private void ChangeTool()
    {
        if (!_profile.ExtraCommands.Contains("M6", StringComparer.OrdinalIgnoreCase))
        {
            _log.Refuse(ViolationCode.UnknownCommand, $"M6 (tool change) is not in GRBL, which would stop with error 20. Export one program for each tool, or let the profile list M6 if its firmware has it.");
            return;
        }

        _toolChanges++;
        _time.Wait(ToolChangeSeconds, NextLine);
    }

    private void Pause()
    {
        _spindle.Idle("a pause");
        _time.Wait(PauseSeconds, NextLine);
    }

    private void Dwell(double seconds)
    {
        if (seconds is < 0 or > LongestDwellSeconds)
        {
            _log.Refuse(ViolationCode.NumberOutOfRange, $"G4 waits {seconds:0.###} s; 0 to {LongestDwellSeconds:0} s make sense. Correct it.");
            return;
        }

        if (seconds > 0)
            _spindle.Idle("a dwell");
        _time.Wait(seconds, NextLine);
    }

    /// <summary>Says why a command may not be sent.</summary>
    /// <returns>True if the profile lets it pass with a warning.</returns>
    private bool RefuseCommand(string name, CommandKind kind)
    {
        switch (kind)
        {
            case CommandKind.Settings:
                _log.Refuse(ViolationCode.SettingsCommand, $"{name} changes what the machine remembers or is tuned by; a program may not. Remove it, and set it up from the machine's console.");
                return false;
            case CommandKind.Storage:
                _log.Refuse(ViolationCode.StorageCommand, $"{name} reads or writes the machine's own storage; a program may not. Remove it.");
                return false;
            case CommandKind.Firmware:
                _log.Refuse(ViolationCode.FirmwareCommand, $"{name} changes the firmware or its link; a program may not. Remove it.");
                return false;
            case CommandKind.Safety:
                _log.Refuse(ViolationCode.SafetyCommand, $"{name} works around the machine's protections or belongs to a person at the machine; a program may not use it. Remove it.");
                return false;
            case CommandKind.Forbidden:
                _log.Refuse(ViolationCode.ForbiddenCommand, $"{name} is forbidden by the profile of {_profile.Name}. Remove it.");
                return false;
            default:
                if (_profile.UnknownCommands == UnknownCommandPolicy.Warn)
                {
                    _log.Warn(ViolationCode.UnknownCommand, $"{name} is not known for {_profile.Name}; it is sent as it is.");
                    return true;
                }

                _log.Refuse(ViolationCode.UnknownCommand, $"{name} is not known for {_profile.Name}. Remove it, or list it under commands.extra in the machine's profile if its firmware has it.");
                return false;
        }
    }

    private static uint UsableWords =>
        Words.Bit('X') | Words.Bit('Y') | Words.Bit('Z') | Words.Bit('I') | Words.Bit('J') | Words.Bit('K') | Words.Bit('F') | Words.Bit('L') | Words.Bit('P')
        | Words.Bit('R') | Words.Bit('S') | Words.Bit('T') | Words.Bit('E');

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

    private struct Block
    {
        public CommandKind Motion;
        public CommandKind? Plane;
        public CommandKind? Distance;
        public CommandKind? Feed;
        public CommandKind? Units;
        public CommandKind? Spindle;
        public CommandKind? Flow;
        public int WorkOffset;
        public bool HasDwell;
        public bool ClearsPosition;
        public bool CancelsToolLength;
        public bool InMachine;
    }
}
