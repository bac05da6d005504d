// Acknowledged is not executed: which line was, when the firmware still has moves in its planner.

using System.Buffers.Text;
using FabNet.Model.Machines;

namespace FabNet.GCode;

/// <summary>
/// Follows a program behind its acknowledgements. A firmware answers a line once it lies in the planner, and everything but motion once it is done (Marlin gcode/queue.cpp,
/// planner.cpp; grbl protocol.c, planner.c). So what may be pending is as many moves as the planner holds, and lines between them: the count goes back over lines that
/// surely moved something, never over lines as such. A line that may have moved nothing (too short, unknown place, a full circle) counts as none: too early is safe. Until so many
/// surely moved, no line that may have moved anything is surely executed.
/// Begins before the first line. Not thread safe.
/// </summary>
/// <param name="program">What is sent; must live as long as this.</param>
/// <param name="plannerBlocks">Moves that the firmware plans ahead; 0 for a machine that reports what it has executed.</param>
public sealed class ExecutedLines(AdmittedProgram program, int plannerBlocks) : IDisposable
{
    // Beyond the planner: grbl's and grblHAL's segment buffer (stepper.c, up to 10), or answers that Marlin gave twice (no more than its command slots).
    private const int Slack = 10;

    // Marlin drops moves under 6 steps (MIN_STEPS_PER_SEGMENT); at 80 steps per mm this is 8. In inches it is more, which is safe too.
    private const double SureMove = 0.1;

    private readonly bool _isGrbl = program.Profile.Dialect == FirmwareDialect.Grbl;
    private readonly ProgramReader _reader = program.OpenReader();
    private readonly int[] _moves = new int[plannerBlocks > 0 ? plannerBlocks + Slack : 0];
    private readonly double[] _place = [double.NaN, double.NaN, double.NaN, double.NaN];
    private int _count;
    private int _firstMove = int.MaxValue;
    private bool _isRelative;
    private bool _isExtruderRelative;
    private bool _isMoving;

    /// <summary>The last line surely executed so far; 0 if none.</summary>
    public int Line { get; private set; }

    /// <summary>The firmware has acknowledged lines up to this one.</summary>
    /// <returns><see cref="Line"/>, which never falls.</returns>
    public int Acknowledge(int line)
    {
        if (_moves.Length == 0)
        {
            return Line = Math.Max(Line, Math.Min(line, program.LineCount));
        }

        while (_reader.LineNumber < line && _reader.TryRead(out var text))
        {
            if (Moves(text))
            {
                _moves[_count++ % _moves.Length] = _reader.LineNumber;
            }
        }

        var pending = _count < _moves.Length ? _firstMove : _moves[_count % _moves.Length];
        return Line = Math.Max(Line, Math.Min(Math.Min(line, _reader.LineNumber), pending - 1));
    }

    /// <inheritdoc />
    public void Dispose() => _reader.Dispose();

    /// <summary>Reads a canonical line; true if it surely puts a move into the planner.</summary>
    private bool Moves(ReadOnlySpan<byte> line)
    {
        if (!_isGrbl && !line.StartsWith("G"u8))
        {
            _isExtruderRelative = !line.StartsWith("M82"u8) && (_isExtruderRelative || line.StartsWith("M83"u8));
            return false;
        }

        Span<double> words = [double.NaN, double.NaN, double.NaN, double.NaN];
        var (sets, leads, travels) = (false, false, false);
        while (!line.IsEmpty)
        {
            var letter = line[0];
            line = line[1..];
            if (letter == (byte)' ')
            {
                continue;
            }

            var value = double.NaN;
            if (Utf8Parser.TryParse(line, out double read, out var used))
            {
                value = read;
                line = line[used..];
            }

            switch ((char)letter)
            {
                case 'G':
                    TakeCode(value, ref sets, ref leads);
                    // To stored places, in machine coordinates, and probing: planned like any move (grbl motion_control.c; Marlin G28 is answered when it is done).
                    travels |= value is 30 or 53 or (>= 38 and < 39) || (value is 28 && _isGrbl);
                    break;
                case 'X' or 'Y' or 'Z':
                    words[letter - 'X'] = value;
                    break;
                case 'E':
                    words[3] = value;
                    break;
            }
        }

        if (leads)
        {
            if (travels)
            {
                _firstMove = Math.Min(_firstMove, _reader.LineNumber);
            }

            _place.AsSpan().Fill(double.NaN);
            return false;
        }

        return Move(words, sets);
    }

    private void TakeCode(double code, ref bool sets, ref bool leads)
    {
        switch (code)
        {
            case 0 or 1 or 2 or 3:
                _isMoving = true;
                break;
            case 90:
                _isRelative = _isExtruderRelative = false;
                break;
            case 91:
                _isRelative = _isExtruderRelative = true;
                break;
            case 92:
                sets = true;
                break;
            case 17 or 18 or 19 or 40 or 49 or 61 or 64 or 94:
                break;
            default:
                // Homing, probing, other coordinates, other units: where that leads, the text does not tell.
                leads = true;
                break;
        }
    }

    private bool Move(ReadOnlySpan<double> words, bool sets)
    {
        var moved = false;
        for (var axis = 0; axis < words.Length; axis++)
        {
            if (double.IsNaN(words[axis]))
            {
                continue;
            }

            if (!sets && _isMoving)
            {
                _firstMove = Math.Min(_firstMove, _reader.LineNumber);
            }

            var isRelative = axis == 3 ? _isExtruderRelative : _isRelative;
            var distance = isRelative ? words[axis] : words[axis] - _place[axis];
            moved |= !sets && _isMoving && Math.Abs(distance) >= SureMove;
            _place[axis] = isRelative && !sets ? _place[axis] + words[axis] : words[axis];
        }

        return moved;
    }
}
