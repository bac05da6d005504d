// What GRBL's blocks do: several commands in a line, carried out in the standard's order.

using FabNet.GCode.Commands;
using FabNet.GCode.Reading;
using FabNet.Model.Machines;

namespace FabNet.GCode.Checking;

/// <summary>Obeys GRBL blocks in the model. Source of the order and of the conflicts: GRBL 1.1 gcode.c.</summary>
internal sealed class GrblInterpreter
{
    private readonly MachineModel _machine;

    public GrblInterpreter(MachineModel machine) => _machine = machine;

    private static uint MoveWords => Words.Bit('X') | Words.Bit('Y') | Words.Bit('Z') | Words.Bit('F');

    private static uint UsableWords =>
        Words.Bit('X') | Words.Bit('Y') | Words.Bit('Z') | Words.Bit('I') | Words.Bit('J') | Words.Bit('K') | Words.Bit('F') | Words.Bit('L') | Words.Bit('P')
        | Words.Bit('R') | Words.Bit('S') | Words.Bit('T') | Words.Bit('E');

    /// <summary>A GRBL block: its commands act in the standard's order of execution, whatever their order in the line.</summary>
    public void Obey(in Words words)
    {
        if (!TryObeyMove(words))
            ObeyBlock(words);
    }

    /// <summary>The short way for nearly all blocks: G0 or G1, stated or in force, with axes and a feed and nothing else.</summary>
    private bool TryObeyMove(in Words words)
    {
        var kind = _machine.Modes.Motion;
        if (words.CommandCount > 0)
            kind = words.CommandCount > 1 ? CommandKind.Unknown : words.CommandAt(0) == PlainMove.Rapid ? CommandKind.Rapid : words.CommandAt(0) == PlainMove.Linear ? CommandKind.Linear : CommandKind.Unknown;
        if (kind is not (CommandKind.Rapid or CommandKind.Linear) || (words.Present & ~MoveWords) != 0 || _machine.Modes.IsInverseTime)
            return false;
        _machine.Modes.Motion = kind;
        if (words.Has('F'))
            _machine.Motion.SetFeed(words['F']);
        if ((words.Present & ~Words.Bit('F')) != 0)
            _machine.Motion.Move(kind, words, inMachineCoordinates: false, _machine.Line);
        return true;
    }

    private void ObeyBlock(in Words words)
    {
        if (!TryClassify(words, out var block))
            return;

        // Order of execution: feed mode, feed, spindle speed, tool, spindle, dwell, plane, units, offsets, distance mode, motion, program flow.
        if (block.Feed is { } feedMode)
        {
            _machine.Modes.IsInverseTime = feedMode == CommandKind.InverseTime;
            _machine.Modes.FeedMmPerMin = 0;
        }

        if (block.Units is { } units)
            _machine.Modes.UnitMm = units == CommandKind.Inches ? 25.4 : 1;
        if (words.Has('F'))
            _machine.Motion.SetFeed(words['F']);
        if (words.Has('S'))
        {
            _machine.Spindle.SetSpeed(words['S']);
            if (_machine.Profile.Spindle is { IsLaser: false })
                _machine.Time.Finish();
        }

        if (words.Has('T') && (words['T'] < 0 || words['T'] != Math.Floor(words['T']) || words['T'] > 255))
            _machine.Log.Refuse(ViolationCode.NoSuchTool, $"T{words['T']:0.##} is no tool number. Use 0 to 255.");
        if (block.Spindle is { } spindle)
        {
            _machine.Spindle.Obey(spindle, spindle == CommandKind.SpindleDynamic ? "M4" : "M3");
            _machine.Time.Finish();
        }

        if (block.HasDwell)
            ObeyDwell(words);
        if (block.Plane is { } plane)
            _machine.Modes.Plane = plane;
        if (block.CancelsToolLength)
            _machine.Motion.SetToolLength(0);
        if (block.WorkOffset > 0)
            _machine.Motion.SelectOffset(block.WorkOffset);
        if (block.Distance is { } distance)
            _machine.Modes.IsRelative = distance == CommandKind.Relative;
        if (block.ClearsPosition)
            _machine.Motion.ClearRenaming();
        ObeyBlockMotion(words, block);
        if (block.Flow is { } flow)
            EndOrPause(flow);
    }

    private void ObeyBlockMotion(in Words words, in Block block)
    {
        var hasAxes = words.Has('X') || words.Has('Y') || words.Has('Z');
        var kind = block.Motion;
        if (kind is CommandKind.Rapid or CommandKind.Linear or CommandKind.ArcClockwise or CommandKind.ArcCounterClockwise or CommandKind.CancelMotion or CommandKind.Probe)
            _machine.Modes.Motion = kind;
        if (words.Has('E'))
            _machine.Log.Refuse(ViolationCode.NoExtruder, $"the program extrudes (E), and {_machine.Profile.Name} has no extruder. Export the program for this machine.");
        if ((words.Present & ~UsableWords) != 0)
            _machine.Log.Refuse(ViolationCode.UnknownCommand, $"the line has a word that GRBL does not know (error 20). Export the program with a GRBL post-processor.");
        switch (kind)
        {
            case CommandKind.SetPosition:
                _machine.Motion.Rename(words);
                break;
            case CommandKind.StoredPosition:
                _machine.Motion.GoToStored(words, _machine.Line);
                break;
            case CommandKind.ToolLength:
                if (!words.Has('Z') || words.Has('X') || words.Has('Y'))
                    _machine.Log.Refuse(ViolationCode.MissingValue, $"G43.1 takes the tool's length as Z, and no other axis. Correct the line.");
                else
                    _machine.Motion.SetToolLength(words['Z']);
                break;
            default:
                if (!hasAxes)
                    break;
                if (_machine.Modes.Motion is CommandKind.CancelMotion or CommandKind.Probe && kind == CommandKind.Unknown)
                {
                    _machine.Log.Refuse(ViolationCode.ModalConflict, $"the line has axis words and no motion command is in force. Add G0 or G1.");
                    break;
                }

                var motion = _machine.Modes.Motion == CommandKind.Probe ? CommandKind.Linear : _machine.Modes.Motion;
                if (_machine.Modes.IsInverseTime && motion != CommandKind.Rapid && !words.Has('F'))
                    _machine.Log.Refuse(ViolationCode.FeedMissing, $"in inverse time mode (G93) every motion needs its F. Correct the line.");
                if (block.InMachine && motion is not (CommandKind.Rapid or CommandKind.Linear))
                    _machine.Log.Refuse(ViolationCode.ModalConflict, $"G53 goes with G0 or G1 only. Correct the line.");
                _machine.Motion.Move(motion, words, block.InMachine, _machine.Line);
                if (_machine.Modes.Motion == CommandKind.Probe)
                    _machine.Time.Finish();
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
            var kind = _machine.Table[key];
            var group = GrblCommands.ModalGroup(kind);
            if (group > 0 && (groups & (1 << group)) != 0)
            {
                _machine.Log.Refuse(ViolationCode.ModalConflict, $"{Command.Name(key)} contradicts another command of the same line (GRBL's errors 21 and 24). Put them on lines of their own.");
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
                        isGood &= _machine.RefuseCommand(Command.Name(key), kind);
                    break;
            }
        }

        return isGood;
    }

    private void ObeyDwell(in Words words)
    {
        if (!words.Has('P'))
            _machine.Log.Refuse(ViolationCode.MissingValue, $"G4 needs its seconds as P. Correct the line.");
        else
            _machine.Dwell(words['P']);
    }

    private void EndOrPause(CommandKind flow)
    {
        if (flow == CommandKind.Pause)
        {
            _machine.Pause();
            return;
        }

        _machine.Time.Finish();
        _machine.Spindle.Stop();

        // M2 and M30 put the modes back to their defaults (GRBL 1.1 gcode.c).
        _machine.Modes.Motion = CommandKind.Linear;
        _machine.Modes.Plane = CommandKind.PlaneXY;
        _machine.Modes.IsRelative = false;
        _machine.Modes.IsInverseTime = false;
        _machine.Motion.SelectOffset(54);
    }

    private void ChangeTool()
    {
        if (!_machine.Profile.ExtraCommands.Contains("M6", StringComparer.OrdinalIgnoreCase))
        {
            _machine.Log.Refuse(ViolationCode.UnknownCommand, $"M6 (tool change) is not in GRBL, which would stop with error 20. Export one program for each tool, or let the profile list M6 if its firmware has it.");
            return;
        }

        _machine.ToolChangeCount++;
        _machine.Time.Wait(MachineModel.ToolChangeSeconds, _machine.Line);
    }

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
