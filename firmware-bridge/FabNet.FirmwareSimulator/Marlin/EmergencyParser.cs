// Finds M108, M112, M410 and M876 in the byte stream itself, before any queue (Marlin feature/e_parser.cpp).

namespace FabNet.FirmwareSimulator.Marlin;

/// <summary>What the emergency parser recognised at a line's end.</summary>
internal enum EmergencyCommand
{
    None,
    Continue,
    Kill,
    QuickStop,
    PromptAnswer,
}

/// <summary>
/// Watches received bytes. A line counts if it is exactly an optional <c>N</c> number and one of the commands; anything else up to the line's end is ignored.
/// </summary>
internal sealed class EmergencyParser
{
    private enum State
    {
        Start,
        Number,
        Command,
        Ignore,
    }

    private State _state;
    private int _code;
    private int _digits;
    private bool _complete;

    /// <summary>The answer that came with <see cref="EmergencyCommand.PromptAnswer"/>: 0 to 9.</summary>
    public int Answer { get; private set; }

    public EmergencyCommand Take(byte value)
    {
        if (value is (byte)'\n' or (byte)'\r')
        {
            var found = _state == State.Command ? Recognise() : EmergencyCommand.None;
            _state = State.Start;
            return found;
        }

        var c = (char)value;
        switch (_state)
        {
            case State.Start when c == ' ':
                break;
            case State.Start when c == 'N':
                _state = State.Number;
                break;
            case State.Start or State.Number when c == 'M':
                _state = State.Command;
                _code = 0;
                _digits = 0;
                _complete = false;
                Answer = -1;
                break;
            case State.Number when char.IsAsciiDigit(c) || c is '-' or ' ':
                break;
            case State.Command:
                TakeOfCommand(c);
                break;
            default:
                _state = State.Ignore;
                break;
        }

        return EmergencyCommand.None;
    }

    private void TakeOfCommand(char c)
    {
        if (_complete)
        {
            // M876 S<n>: the first digit counts. After the others, anything may follow (a checksum).
            if (_code == 876 && Answer < 0 && char.IsAsciiDigit(c))
            {
                Answer = c - '0';
            }

            return;
        }

        if (char.IsAsciiDigit(c) && _digits < 3)
        {
            _code = (_code * 10) + (c - '0');
            _digits++;
            _complete = _digits == 3;
        }
        else if (c != ' ' || _digits > 0)
        {
            _state = State.Ignore;
        }
    }

    private EmergencyCommand Recognise() => (_complete, _code) switch
    {
        (true, 108) => EmergencyCommand.Continue,
        (true, 112) => EmergencyCommand.Kill,
        (true, 410) => EmergencyCommand.QuickStop,
        (true, 876) when Answer >= 0 => EmergencyCommand.PromptAnswer,
        _ => EmergencyCommand.None,
    };
}
