// From bytes to the command queue: lines, numbers, checksums, resends (gcode/queue.cpp).

namespace FabNet.FirmwareSimulator.Marlin;

internal sealed partial class MarlinFirmware
{
    /// <summary>Moves complete lines from the receive ring to the command queue while it has room (<c>get_serial_commands</c>).</summary>
    private void TakeLines()
    {
        while (_commands.Count < _build.CommandSlots && Received.TryTake(out var value))
        {
            if (value is (byte)'\n' or (byte)'\r')
            {
                _lineSkipsRest = false;
                if (_line.Length > 0)
                {
                    var line = _line.ToString();
                    _line.Clear();
                    TakeLine(line);
                    if (_halted)
                    {
                        return;
                    }
                }
            }
            else if (!_lineSkipsRest)
            {
                if (value == (byte)';')
                {
                    _lineSkipsRest = true;
                }
                else
                {
                    _line.Append((char)value);
                    _lineSkipsRest = _line.Length >= _build.LineBytes - 1;
                }
            }
        }
    }

    private void TakeLine(string line)
    {
        var command = line.AsSpan().TrimStart(' ');
        long? number = null;
        if (command.Length > 0 && command[0] == 'N')
        {
            var numberAt = 0;
            var isReset = command.Contains("M110", StringComparison.Ordinal);
            if (isReset && command.Length > 4 && command[4..].IndexOf('N') is >= 0 and var second)
            {
                numberAt = second + 4;
            }

            number = LeadingInteger(command[(numberAt + 1)..]);
            if (!isReset && number != _lastNumber + 1)
            {
                if (_build.IgnoresRepeatedLines && number >= _lastNumber - 1 && number <= _lastNumber)
                {
                    return;
                }

                Refuse("Line Number is not Last Line Number+1, Last Line: ");
                return;
            }

            var star = command.LastIndexOf('*');
            if (star < 0)
            {
                Refuse("No Checksum with line number, Last Line: ");
                return;
            }

            if (LeadingInteger(command[(star + 1)..]) != Checksum(command[..star]))
            {
                Refuse("checksum mismatch, Last Line: ");
                return;
            }

            _lastNumber = number.Value;
        }

        if (!_build.EmergencyParser && !TakeCriticalEarly(command))
        {
            return;
        }

        if (_commands.Count == 0)
        {
            CountCommandUnderrun();
        }

        _commands.Enqueue(line);
    }

    /// <summary>Without an emergency parser, M108, M112 and M410 act when their line is read, if it has no line number.</summary>
    /// <returns>False if the firmware halted.</returns>
    private bool TakeCriticalEarly(ReadOnlySpan<char> command)
    {
        if (command.StartsWith("M108", StringComparison.Ordinal))
        {
            _waitForHeatUp = false;
            _waitForUser = false;
        }
        else if (command.StartsWith("M112", StringComparison.Ordinal))
        {
            Record(null, "M112");
            Kill("M112 Shutdown");
            return false;
        }
        else if (command.StartsWith("M410", StringComparison.Ordinal))
        {
            QuickStop();
        }

        return true;
    }

    /// <summary>Empties the receive ring and asks for the line after the last good one (<c>gcode_line_error</c>).</summary>
    private void Refuse(string reason)
    {
        Received.Clear();
        _line.Clear();
        _lineSkipsRest = false;
        Send($"Error:{reason}{_lastNumber}\n");
        Send($"{_build.ResendWord}{_lastNumber + 1}\n");
        if (_build.OkAfterResend)
        {
            Send("ok\n");
        }
    }

    private static int Checksum(ReadOnlySpan<char> text)
    {
        var sum = 0;
        foreach (var c in text)
        {
            sum ^= c;
        }

        return sum;
    }

    /// <summary>What C's strtol reads: blanks, a sign, digits; 0 if there are none.</summary>
    private static long LeadingInteger(ReadOnlySpan<char> text)
    {
        var at = 0;
        while (at < text.Length && text[at] == ' ')
        {
            at++;
        }

        var negative = at < text.Length && text[at] == '-';
        if (negative || (at < text.Length && text[at] == '+'))
        {
            at++;
        }

        long value = 0;
        while (at < text.Length && char.IsAsciiDigit(text[at]))
        {
            value = Math.Min((value * 10) + (text[at] - '0'), int.MaxValue);
            at++;
        }

        return negative ? -value : value;
    }
}
