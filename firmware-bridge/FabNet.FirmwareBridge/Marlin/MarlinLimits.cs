// The limits that a Marlin had before a program changed them, put back behind it. Source: Marlin module/settings.cpp, MarlinSettings::report.

using System.Text;
using FabNet.FirmwareBridge.Streaming;

namespace FabNet.FirmwareBridge.Marlin;

/// <summary>
/// Accelerations, greatest speeds, corners and pressure advance (M201, M203, M204, M205, M900) outlast the program that sets them. So the firmware is asked for its settings (M503) ahead of
/// such a program, and what it answered is sent back once the program has ended, in whatever way: what a person set by hand before counts again. Owned by the session, over several
/// links: a lost link is the end of a program, too.
/// </summary>
/// <remarks>
/// Answers have no checksum, so the question is asked twice, and only what came exactly twice and the same is believed (a Prusa that reports its normal and its silent limits is left
/// alone). The report has two decimals: a number of which less than two digits are left (J0.01 for 0.013) is not sent back.
/// </remarks>
internal sealed class MarlinLimits
{
    private const string Question = "M503";
    private const string Letters = "ABCEJKPRSTUVWXYZ";
    private const int DigitsNeeded = 2;

    private readonly Dictionary<string, (string Line, int Count)> _reported = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _standing = new(StringComparer.Ordinal);
    private readonly List<Submission> _orders = [];
    private IReadOnlyList<string> _changed = [];
    private Submission? _second;
    private GCodeStreamer? _carrier;
    private string _firmware = "";

    /// <summary>True while the answer is coming in.</summary>
    public bool IsAsking => _second is { IsAnswered: false };

    /// <summary>True while limits are on their way back.</summary>
    public bool IsPuttingBack => _orders.Exists(static order => !order.IsAnswered);

    /// <summary>Asks for the limits that a program is about to change.</summary>
    /// <param name="streamer">Where to; the program's lines come behind.</param>
    /// <param name="commands">The program's commands that change limits.</param>
    /// <param name="firmware">Who answers.</param>
    public void Ask(GCodeStreamer streamer, IReadOnlyList<string> commands, string firmware)
    {
        if (commands.Count == 0)
            return;
        _reported.Clear();
        _changed = commands;
        _firmware = firmware;
        _second = new Submission(Question);
        streamer.Submit(new Submission(Question));
        streamer.Submit(_second);
    }

    /// <summary>Takes in a line that the firmware said while it was asked.</summary>
    /// <returns>True if it is one of the report.</returns>
    public bool Take(ReadOnlySpan<byte> text)
    {
        if (!IsAsking)
            return false;
        if (Order(text) is { } order && _changed.Any(command => order.Key.StartsWith(command, StringComparison.Ordinal)))
        {
            var before = _reported.GetValueOrDefault(order.Key, (Line: order.Line, Count: 0));
            _reported[order.Key] = (before.Line, before.Line == order.Line ? before.Count + 1 : int.MinValue / 2);
        }

        return text.StartsWith(" "u8) || text.StartsWith(";"u8);
    }

    /// <summary>No program runs any more: what the last one changed goes back to what it was.</summary>
    public void PutBack(GCodeStreamer streamer, string firmware)
    {
        if (IsPuttingBack && streamer == _carrier)
            return;
        if (_orders.Count > 0 && _orders.TrueForAll(static order => order is { IsAnswered: true, Error: null }))
            _standing.Clear();
        _orders.Clear();
        // What is still to be put back was in force before what was reported since.
        foreach (var command in _changed.Count > 0 ? _reported : [])
        {
            if (command.Value.Count == 2)
                _standing.TryAdd(command.Key, command.Value.Line);
        }

        _changed = [];
        _second = null;
        if (_standing.Count == 0 || firmware != _firmware)
            return;
        _carrier = streamer;
        // In millimetres, as they were reported.
        foreach (var line in _standing.Values.Prepend("G21"))
        {
            var order = new Submission(line);
            _orders.Add(order);
            streamer.Submit(order);
        }
    }

    /// <summary>The board restarted: its limits are the stored ones.</summary>
    public void Forget()
    {
        _standing.Clear();
        _orders.Clear();
        _changed = [];
        _second = null;
    }

    /// <summary>Reads <c>  M203 T0 X500.00 Y500.00 ; and so on</c>.</summary>
    /// <returns>The command, with its tool if it has one, and the line as it may be sent back; null if it is something else.</returns>
    private static (string Key, string Line)? Order(ReadOnlySpan<byte> text)
    {
        var comment = text.IndexOf((byte)';');
        var words = Encoding.ASCII.GetString(comment < 0 ? text : text[..comment]).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 2 || words[0].Length != 4 || words[0][0] != 'M' || !words.Skip(1).All(IsWord))
            return null;
        var tool = words[0] != "M204" && words[0] != "M205" && words[1][0] == 'T' ? " " + words[1] : "";
        var values = words.Skip(tool.Length > 0 ? 2 : 1).Where(IsExact).ToList();
        return values.Count == 0 ? null : (words[0] + tool, $"{words[0]}{tool} {string.Join(' ', values)}");
    }

    private static bool IsWord(string word) =>
        word.Length > 1 && Letters.Contains(word[0], StringComparison.Ordinal) && word.Skip(1).All(static c => c == '.' || char.IsAsciiDigit(c)) && word.Count(static c => c == '.') <= 1 && word[^1] != '.';

    private static bool IsExact(string word)
    {
        var digits = word.AsSpan(1).TrimStart("0.");
        return digits.IsEmpty || !word.Contains('.', StringComparison.Ordinal) || digits.Length - digits.Count('.') >= DigitsNeeded;
    }
}
