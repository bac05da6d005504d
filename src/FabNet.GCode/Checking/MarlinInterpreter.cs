// What Marlin's commands do, and those of its kin: one command in a line.

using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;
using FabNet.GCode.Commands;
using FabNet.GCode.Reading;
using FabNet.Model.Machines;

namespace FabNet.GCode.Checking;

/// <summary>Obeys the lines of printers' programs in the model.</summary>
internal sealed class MarlinInterpreter
{
    private const int NozzleCleaning = 120;
    private const double HighestHomingLiftMm = 50;

    private readonly MachineModel _machine;

    private static uint MoveWords => Words.Bit('X') | Words.Bit('Y') | Words.Bit('Z') | Words.Bit('E') | Words.Bit('F');

    public MarlinInterpreter(MachineModel machine) => _machine = machine;

    /// <summary>Obeys a command and its words.</summary>
    public void Obey(in Words words)
    {
        var key = words.CommandAt(0);
        if (Command.Letter(key) == 'T')
            SelectTool(Command.Tenths(key) / 10.0);
        else
            ObeyCommand(key, _machine.Table[key], words);
    }

    /// <summary>Obeys G0 to G3.</summary>
    public void ObeyMove(CommandKind kind, in Words words)
    {
        var others = words.Present & ~MoveWords;
        if (others != 0 && !TakesWords(kind, words, others))
            return;
        if (words.Has('F'))
            _machine.Motion.SetFeed(words['F']);
        _machine.Motion.Move(kind, words, inMachineCoordinates: false, _machine.Line);
    }

    /// <summary>Obeys a command that is followed by text.</summary>
    public void ObeyText(in Words words, ReadOnlySpan<byte> text)
    {
        var key = words.CommandAt(0);
        var kind = _machine.Table[key];
        if (kind == CommandKind.HostMessage)
        {
            // Without E1 the text reaches the host bare, where it could pass for an answer; with A1 it is an action the host obeys.
            if (!text.StartsWith("E1 "u8) || text.IndexOf("A1"u8) >= 0)
                _machine.Log.Refuse(ViolationCode.ReplyInjection, $"M118 makes the firmware say '{Encoding.ASCII.GetString(text)}' where the host expects answers. Use M117, or M118 E1.");
            return;
        }

        if (kind == CommandKind.Pause)
            _machine.Pause();
        else if (kind is not (CommandKind.Harmless or CommandKind.Message))
            _machine.RefuseCommand(Command.Name(key), kind);
    }

    /// <summary>Obeys a command with a name of its own.</summary>
    public void ObeyNamed(ReadOnlySpan<byte> text)
    {
        var end = text.IndexOfAny(" \t="u8);
        var name = Encoding.ASCII.GetString(end < 0 ? text : text[..end]).ToUpperInvariant();
        var kind = _machine.Table.Named(name);
        if (kind != CommandKind.Harmless)
            _machine.RefuseCommand(name, kind);
    }

    /// <summary>
    /// Whether a move's words besides X, Y, Z, E and F have a use. Others could move axes that nobody checks (A, B, C, U, V, W), switch endstops off (S and H in
    /// some firmwares) or light a laser (S).
    /// </summary>
    // Not a part of ObeyMove: its text's buffers on the stack would have to be cleared at every move.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TakesWords(CommandKind kind, in Words words, uint others)
    {
        if (kind is CommandKind.ArcClockwise or CommandKind.ArcCounterClockwise)
            others &= ~(Words.Bit('I') | Words.Bit('J') | Words.Bit('K') | Words.Bit('R') | Words.Bit('P'));
        if (words.Has('S') && _machine.Profile.Spindle is not null)
        {
            _machine.Spindle.SetSpeed(words['S']);
            others &= ~Words.Bit('S');
        }

        if (others == 0)
            return true;
        _machine.Log.Refuse(ViolationCode.ModalConflict, $"a motion has the word {(char)('A' + BitOperations.TrailingZeroCount(others))}, which {_machine.Profile.Name} has no checked use for. Export the program for this machine.");
        return false;
    }

    private void RefuseWords(in Words words, uint refused, string name, string why)
    {
        if ((words.Present & refused) != 0)
            _machine.Log.Refuse(ViolationCode.SettingsCommand, $"{name} has the word {(char)('A' + BitOperations.TrailingZeroCount(words.Present & refused))}, {why}. Remove it.");
    }

    private void ObeyCommand(int key, CommandKind kind, in Words words)
    {
        switch (kind)
        {
            case CommandKind.Rapid or CommandKind.Linear or CommandKind.ArcClockwise or CommandKind.ArcCounterClockwise:
                ObeyMove(kind, words);
                break;
            case CommandKind.SetPosition:
                _machine.Motion.Rename(words);
                break;
            case CommandKind.Home:
                if (words.Has('R') && !(words['R'] <= HighestHomingLiftMm))
                    _machine.Log.Refuse(ViolationCode.OutsideEnvelope, $"{Command.Name(key)} lifts the head by {words['R']:0.#} mm first (R); up to {HighestHomingLiftMm} mm are usual. Correct it.");
                _machine.Motion.Home(words, _machine.Line);
                break;
            case CommandKind.Procedure:
                RefuseWords(words, Words.Bit('Z'), Command.Name(key), "which sets a height of the stored bed mesh by hand");
                if (Command.Tenths(key) == NozzleCleaning)
                    RefuseWords(words, Words.Bit('R'), Command.Name(key), "which sets how wide the nozzle circles, past the machine's end");
                _machine.Motion.Procedure(_machine.Line);
                break;
            case CommandKind.FirmwareRetract:
                if ((words.Present & ~Words.Bit('S')) != 0 || words.Or('S', 0) > 1)
                    _machine.Log.Refuse(ViolationCode.SettingsCommand, $"{Command.Name(key)} with parameters sets offsets or temperatures on other firmwares. Use M104 for temperatures.");
                _machine.Motion.RetractByFirmware(isBack: Command.Tenths(key) == 100, _machine.Line);
                break;
            case CommandKind.Dwell:
                _machine.Dwell(words.Has('S') ? words['S'] : words.Or('P', 0) / 1000);
                break;
            case CommandKind.Inches:
                if (!_machine.Profile.ExtraCommands.Contains("G20", StringComparer.OrdinalIgnoreCase))
                    _machine.Log.Refuse(ViolationCode.UnknownCommand, $"G20 (inches) is left out of most printers' firmware, which then reads the numbers as millimetres. Export the program in millimetres, or list G20 under commands.extra in the machine's profile if its firmware has it.");
                _machine.Modes.UnitMm = 25.4;
                break;
            case CommandKind.Absolute or CommandKind.Relative:
                // Marlin counts the filament among the axes (G90 undoes M83); Klipper keeps M82 and M83 apart (motion.cpp; gcode_move.py).
                _machine.Modes.IsRelative = kind == CommandKind.Relative;
                if (_machine.Profile.Dialect != FirmwareDialect.Klipper)
                    _machine.Modes.IsExtruderRelative = _machine.Modes.IsRelative;
                break;
            case CommandKind.HotEnd or CommandKind.HotEndWait or CommandKind.Bed or CommandKind.BedWait or CommandKind.Chamber or CommandKind.ChamberWait:
                _machine.Heat.Obey(kind, words, Command.Name(key));
                break;
            case CommandKind.SpindleOn or CommandKind.SpindleDynamic or CommandKind.SpindleOff:
                RefuseWords(words, ~(Words.Bit('S') | Words.Bit('I')), Command.Name(key), "which could set the power past the limit that S is held to");
                if (words.Has('S'))
                    _machine.Spindle.SetSpeed(words['S']);
                _machine.Spindle.Obey(kind, Command.Name(key));
                break;
            case CommandKind.Fan:
                if (_machine.Profile is { Spindle.IsLaser: true })
                    ObeyFanAsLaser(words, isOn: Command.Tenths(key) == 1060);
                break;
            case CommandKind.Pause:
                RefuseWords(words, ~(Words.Bit('B') | Words.Bit('T')), Command.Name(key), "which moves the tool or filament, or sets a temperature (R), unseen");
                _machine.Pause();
                break;
            case CommandKind.MotorsOff:
                if (!words.Mentions('S'))
                    _machine.Motion.LetGo(words);
                break;
            case CommandKind.Finish:
                _machine.Time.Wait(0, _machine.Line);
                break;
            default:
                _machine.ObeyCommon(key, kind, words);
                break;
        }
    }

    /// <summary>On a laser with a printer's firmware the laser often hangs on the fan's output: M106 lights it, S 0 to 255.</summary>
    private void ObeyFanAsLaser(in Words words, bool isOn)
    {
        _machine.Spindle.SetSpeed(isOn ? words.Or('S', 255) / 255 * _machine.Profile.Spindle!.MaxRpm : 0);
        _machine.Spindle.Obey(isOn ? CommandKind.SpindleOn : CommandKind.SpindleOff, "M106");
    }

    private void SelectTool(double tool)
    {
        if (tool != Math.Floor(tool) || tool >= _machine.Profile.HotEnds.Count)
        {
            _machine.Log.Refuse(ViolationCode.NoSuchTool, $"T{tool:0.##} selects a tool that {_machine.Profile.Name} has not: it has {_machine.Profile.HotEnds.Count}, counted from 0. Slice for this machine.");
            return;
        }

        if ((int)tool == _machine.Heat.Tool)
            return;
        _machine.Heat.Tool = (int)tool;
        _machine.ToolChangeCount++;
        _machine.Time.Wait(MachineModel.ToolChangeSeconds, _machine.Line);
    }
}
