// What GRBL's blocks do: several commands in a line, carried out in the standard's order.

using System.Numerics;
using System.Runtime.CompilerServices;
using FabNet.GCode.Commands;
using FabNet.GCode.Reading;
using FabNet.Model.Machines;

namespace FabNet.GCode.Checking;

/// <summary>Obeys GRBL blocks in the model. Source of the order and of the conflicts: GRBL 1.1 gcode.c.</summary>
internal sealed class GrblInterpreter
{
    private const int CoolantOff = 90;

    private readonly MachineModel _machine;
    private bool _isCoolantOn;

    public GrblInterpreter(MachineModel machine) => _machine = machine;

    private static uint AxisWords => Words.Bit('X') | Words.Bit('Y') | Words.Bit('Z');

    private static uint MoveWords => AxisWords | Words.Bit('F');

    // The letters that GRBL has a use for somewhere.
    private static uint GrblLetters =>
        MoveWords | Words.Bit('I') | Words.Bit('J') | Words.Bit('K') | Words.Bit('L') | Words.Bit('P') | Words.Bit('R') | Words.Bit('S') | Words.Bit('T');

    /// <summary>A GRBL block: its commands act in the standard's order of execution, whatever their order in the line.</summary>
    public void Obey(in Words words)
    {
        if (!TryObeyMove(words))
            ObeyBlock(words);
    }

    /// <summary>The short way for nearly all blocks: G0 or G1, stated or in force, with axes and a feed and nothing else.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryObeyMove(in Words words)
    {
        var kind = _machine.Modes.Motion;
        if (words.CommandCount > 0)
            kind = words.CommandCount > 1 ? CommandKind.Unknown : words.CommandAt(0) == PlainMove.Rapid ? CommandKind.Rapid : words.CommandAt(0) == PlainMove.Linear ? CommandKind.Linear : CommandKind.Unknown;
        if (kind is not (CommandKind.Rapid or CommandKind.Linear) || (words.Present & ~MoveWords) != 0 || (words.Present & AxisWords) == 0 || _machine.Modes.IsInverseTime)
            return false;
        _machine.Modes.Motion = kind;
        if (words.Has('F'))
            _machine.Motion.SetFeed(words['F']);
        _machine.Motion.Move(kind, words, inMachineCoordinates: false, _machine.Line);
        return true;
    }

    private void ObeyBlock(in Words words)
    {
        if (!TryClassify(words, out var block) || !TakesAllWords(words, block))
            return;

        // Order of execution: feed mode, feed, spindle speed, tool, spindle, dwell, plane, units, offsets, distance mode, motion, program flow.
        if (block.Feed is { } feedMode && _machine.Modes.IsInverseTime != (feedMode == CommandKind.InverseTime))
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
            // GRBL lets motion come to rest for a new speed of a spindle that turns, and for nothing else (gcode.c, step 4).
            if (_machine.Profile.Spindle is { IsLaser: false } && _machine.Spindle.IsOn && _machine.Spindle.Speed != words['S'])
                _machine.Time.Finish();
            _machine.Spindle.SetSpeed(words['S']);
        }

        if (words.Has('T') && (words['T'] < 0 || words['T'] != Math.Floor(words['T']) || words['T'] > 255))
            _machine.Log.Refuse(ViolationCode.NoSuchTool, $"T{words['T']:0.##} is no tool number. Use 0 to 255.");
        if (block.Spindle is { } spindle)
        {
            if (_machine.Spindle.Mode != spindle)
                _machine.Time.Finish();
            _machine.Spindle.Obey(spindle, spindle == CommandKind.SpindleDynamic ? "M4" : "M3");
        }

        if (block.IsCoolantOn is { } isCoolantOn && isCoolantOn != _isCoolantOn)
        {
            _isCoolantOn = isCoolantOn;
            _machine.Time.Finish();
        }

        if (block.NonModal == CommandKind.Dwell)
            ObeyDwell(words);
        if (block.Plane is { } plane)
            _machine.Modes.Plane = plane;
        if (block.ToolLength == CommandKind.CancelToolLength)
            _machine.Motion.SetToolLength(0);
        if (block.WorkOffset > 0)
            _machine.Motion.SelectOffset(block.WorkOffset);
        if (block.Distance is { } distance)
            _machine.Modes.IsRelative = distance == CommandKind.Relative;
        if (block.NonModal == CommandKind.ClearPosition)
            _machine.Motion.ClearRenaming();
        ObeyBlockMotion(words, block);
        if (block.Flow is { } flow)
            EndOrPause(flow);
    }

    private void ObeyBlockMotion(in Words words, in Block block)
    {
        var hasAxes = (words.Present & AxisWords) != 0;
        if (block.Motion != CommandKind.Unknown)
            _machine.Modes.Motion = block.Motion;
        if (block.NonModal == CommandKind.MachineCoordinates && _machine.Modes.Motion is not (CommandKind.Rapid or CommandKind.Linear))
        {
            _machine.Log.Refuse(ViolationCode.ModalConflict, $"G53 goes with G0 or G1 only (GRBL's error 30). Correct the line.");
            return;
        }

        if (hasAxes && _machine.Modes.Motion == CommandKind.CancelMotion)
        {
            _machine.Log.Refuse(ViolationCode.ModalConflict, $"the line has axis words while motion is cancelled (G80; GRBL's error 31). Add G0 or G1.");
            return;
        }

        if (block.ToolLength == CommandKind.ToolLength)
            _machine.Motion.SetToolLength(words['Z']);
        else if (block.NonModal == CommandKind.SetPosition)
            _machine.Motion.Rename(words);
        else if (block.NonModal == CommandKind.StoredPosition)
            _machine.Motion.GoToStored(words, _machine.Line);
        else if (hasAxes)
            ObeyMotion(words, block);
        else if (block.Motion is not (CommandKind.Unknown or CommandKind.Rapid or CommandKind.CancelMotion) && (_machine.Modes.IsInverseTime ? !words.Has('F') : _machine.Modes.FeedMmPerMin <= 0))
            _machine.Log.Refuse(ViolationCode.FeedMissing, $"the line sets a cutting motion before any feed rate (GRBL's error 22). Set F on this line or before.");
    }

    private void ObeyMotion(in Words words, in Block block)
    {
        var motion = _machine.Modes.Motion;
        if (motion == CommandKind.Probe && block.Motion == CommandKind.Unknown)
        {
            _machine.Log.Refuse(ViolationCode.ModalConflict, $"the line has axis words and would probe again, since G38 is still in force. Add G0 or G1.");
            return;
        }

        var inMachine = block.NonModal == CommandKind.MachineCoordinates;
        if (_machine.Modes.IsInverseTime && motion != CommandKind.Rapid && !words.Has('F'))
            _machine.Log.Refuse(ViolationCode.FeedMissing, $"in inverse time mode (G93) every motion needs its F. Correct the line.");
        if (motion != CommandKind.Probe)
        {
            _machine.Motion.Move(motion, words, inMachine, _machine.Line);
            return;
        }

        var (isKnown, pathMm) = (_machine.Motion.IsKnown(words), _machine.Motion.PathMm);
        _machine.Motion.Move(CommandKind.Linear, words, inMachine, _machine.Line);
        if (isKnown && _machine.Motion.PathMm == pathMm)
            _machine.Log.Refuse(ViolationCode.ModalConflict, $"the probe is sent to where it stands (GRBL's error 33). Give it a way to go.");
        _machine.Motion.ForgetAxes(words);
        _machine.Time.Finish();
    }

    private bool TryClassify(in Words words, out Block block)
    {
        block = new Block { Motion = CommandKind.Unknown };
        var groups = 0;
        var takers = 0;
        var isGood = true;
        for (var i = 0; i < words.CommandCount; i++)
        {
            var key = words.CommandAt(i);
            var kind = _machine.Table[key];
            var group = GrblCommands.ModalGroup(kind);
            takers += GrblCommands.TakesAxes(kind) ? 1 : 0;
            if ((group > 0 && (groups & (1 << group)) != 0) || takers > 1)
            {
                _machine.Log.Refuse(ViolationCode.ModalConflict, $"{Command.Name(key)} contradicts another command of the same line (GRBL's errors 21 and 24). Put them on lines of their own.");
                return false;
            }

            groups |= 1 << group;
            switch (group)
            {
                case GrblCommands.NonModal:
                    block.NonModal = kind;
                    break;
                case GrblCommands.Motion:
                    block.Motion = kind;
                    break;
                case GrblCommands.Plane:
                    block.Plane = kind;
                    break;
                case GrblCommands.Distance:
                    block.Distance = kind;
                    break;
                case GrblCommands.FeedMode:
                    block.Feed = kind;
                    break;
                case GrblCommands.Units:
                    block.Units = kind;
                    break;
                case GrblCommands.ToolLength:
                    block.ToolLength = kind;
                    break;
                case GrblCommands.WorkOffset:
                    block.WorkOffset = Command.Tenths(key) % 10 == 0 ? Command.Tenths(key) / 10 : Command.Tenths(key);
                    break;
                case GrblCommands.Spindle:
                    block.Spindle = kind;
                    break;
                case GrblCommands.Flow:
                    block.Flow = kind;
                    break;
                case GrblCommands.Coolant:
                    block.IsCoolantOn = Command.Tenths(key) != CoolantOff;
                    break;
                case 0 when kind == CommandKind.ToolChange:
                    ChangeTool(words);
                    break;
                case 0 when kind != CommandKind.Harmless:
                    isGood &= _machine.RefuseCommand(Command.Name(key), kind);
                    break;
            }
        }

        return isGood;
    }

    /// <summary>GRBL answers a line that has a word without a use, or lacks one that it needs, with an error, and goes on with the next: the program must not hold any.</summary>
    private bool TakesAllWords(in Words words, in Block block)
    {
        var log = _machine.Log;
        var axes = words.Present & AxisWords;
        if (words.Has('E'))
        {
            log.Refuse(ViolationCode.NoExtruder, $"the program extrudes (E), and {_machine.Profile.Name} has no extruder. Export the program for this machine.");
            return false;
        }

        var usable = AxisWords | Words.Bit('F') | Words.Bit('S') | Words.Bit('T');
        if (block.NonModal == CommandKind.Dwell)
            usable |= Words.Bit('P');
        var motion = block.Motion != CommandKind.Unknown ? block.Motion : _machine.Modes.Motion;
        var takesMotion = block.ToolLength == default && block.NonModal is not (CommandKind.StoredPosition or CommandKind.SetPosition);
        var isArc = takesMotion && (axes != 0 || block.Motion != CommandKind.Unknown) && motion is CommandKind.ArcClockwise or CommandKind.ArcCounterClockwise;
        if (isArc)
            usable |= words.Has('R') ? Words.Bit('R') : Words.Bit('I') | Words.Bit('J') | Words.Bit('K');
        var unused = words.Present & ~usable;
        if ((unused & ~GrblLetters) != 0)
        {
            log.Refuse(ViolationCode.UnknownCommand, $"the line has a word that GRBL does not know (error 20). Export the program with a GRBL post-processor.");
            return false;
        }

        if (unused != 0)
        {
            log.Refuse(ViolationCode.ModalConflict, $"the line has the word {(char)('A' + BitOperations.TrailingZeroCount(unused))}, which no command of it uses (GRBL's error 36). Correct the line.");
            return false;
        }

        if (block.ToolLength == CommandKind.CancelToolLength && axes != 0)
            log.Refuse(ViolationCode.ModalConflict, $"the line has axis words beside G49, which GRBL takes and does not move. Put G49 on a line of its own.");
        else if (block.ToolLength == CommandKind.ToolLength && axes != Words.Bit('Z'))
            log.Refuse(ViolationCode.MissingValue, $"G43.1 takes the tool's length as Z, and no other axis. Correct the line.");
        else if (axes == 0 && (block.NonModal == CommandKind.SetPosition || block.Motion == CommandKind.Probe || isArc))
            log.Refuse(ViolationCode.MissingValue, $"the line's command needs axis words (GRBL's error 26). Correct the line.");
        else
            return true;
        return false;
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
        _isCoolantOn = false;

        // M2 and M30 put the modes back to their defaults (GRBL 1.1 gcode.c).
        _machine.Modes.Motion = CommandKind.Linear;
        _machine.Modes.Plane = CommandKind.PlaneXY;
        _machine.Modes.IsRelative = false;
        _machine.Modes.IsInverseTime = false;
        _machine.Motion.SelectOffset(54);
    }

    /// <summary>
    /// Stock GRBL has no M6: the host does not send the line but stops there for a person, with the spindle off, so nothing else may stand in it. A profile lists M6 among its
    /// commands where the firmware has it.
    /// </summary>
    private void ChangeTool(in Words words)
    {
        if (!_machine.Profile.ExtraCommands.Contains("M6", StringComparer.OrdinalIgnoreCase))
        {
            if (words.CommandCount > 1 || (words.Present & ~Words.Bit('T')) != 0)
            {
                _machine.Log.Refuse(ViolationCode.ModalConflict, $"M6 (tool change) stands with other commands. GRBL has no M6, so the program is held there until a person has changed the tool: put it on a line of its own, with its T at most.");
                return;
            }

            _machine.Spindle.Stop();
        }

        _machine.ToolChangeCount++;
        _machine.Time.Wait(MachineModel.ToolChangeSeconds, _machine.Line);
    }

    private struct Block
    {
        public CommandKind NonModal;
        public CommandKind Motion;
        public CommandKind ToolLength;
        public CommandKind? Plane;
        public CommandKind? Distance;
        public CommandKind? Feed;
        public CommandKind? Units;
        public CommandKind? Spindle;
        public CommandKind? Flow;
        public bool? IsCoolantOn;
        public int WorkOffset;
    }
}
