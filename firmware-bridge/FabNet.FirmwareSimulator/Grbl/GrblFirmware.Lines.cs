// From characters to lines, from lines to one answer each (protocol_main_loop).

namespace FabNet.FirmwareSimulator.Grbl;

internal sealed partial class GrblFirmware
{
    private void TakeCharacter(byte value)
    {
        var c = (char)value;
        if (c is '\n' or '\r')
        {
            var line = _line.ToString();
            _raw = _rawLine.ToString().Trim();
            var overflowed = _lineOverflowed;
            _line.Clear();
            _rawLine.Clear();
            _lineOverflowed = false;
            _comment = '\0';
            ExecuteLine(line, overflowed);
            return;
        }

        _rawLine.Append(c);
        if (_comment != '\0' || _lineOverflowed)
        {
            if (c == ')' && _comment == '(')
            {
                _comment = '\0';
            }
        }
        else if (c is '(' or ';')
        {
            _comment = c;
        }
        else if (c > ' ' && c != '/')
        {
            if (_line.Length >= _build.LineBytes)
            {
                _lineOverflowed = true;
            }
            else
            {
                _line.Append(char.ToUpperInvariant(c));
            }
        }
    }

    private void ExecuteLine(string line, bool overflowed)
    {
        _lineNumber = null;
        _blockingResult = GrblError.None;
        if (overflowed)
        {
            Answer(GrblError.LineOverflow);
        }
        else if (line.Length == 0)
        {
            _lastError = GrblError.None;
            Send("ok\r\n");
        }
        else if (line[0] == '$')
        {
            Start(ExecuteSystem(line));
        }
        else if (_state is GrblState.Alarm or GrblState.Jog)
        {
            Answer(GrblError.Locked);
        }
        else if (_build.Name == "GrblHAL" && _lastError != GrblError.None)
        {
            Answer(_lastError);
        }
        else
        {
            Start(ExecuteBlock(line));
        }
    }

    /// <summary>Runs a line up to its first wait; a line that waits for nothing is done at once.</summary>
    private void Start(IEnumerator<Wait> line)
    {
        _answers = true;
        Resume(line);
    }

    /// <returns>True if the line is done.</returns>
    private bool Resume(IEnumerator<Wait> blocking)
    {
        _blocking = blocking;
        while (blocking.MoveNext())
        {
            if (IsSuspended || _awaitsReset || !IsOver(blocking.Current))
            {
                StartCycle();
                return false;
            }
        }

        _blocking = null;
        if (_answers)
        {
            Answer(_blockingResult);
        }

        return true;
    }

    private void Answer(int error)
    {
        _lastError = error;
        if (error == GrblError.None)
        {
            Record(_lineNumber, _raw);
            Send("ok\r\n");
        }
        else
        {
            Send($"error:{error}\r\n");
        }

        _freeAt = Math.Max(_freeAt, Now + _build.CommandTimeS);
        if (_resetAfterLine)
        {
            _resetAfterLine = false;
            SoftReset();
        }
    }
}
