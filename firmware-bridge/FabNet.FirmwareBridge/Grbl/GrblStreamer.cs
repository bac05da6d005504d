// Carries lines to GRBL by counting characters. Source: gnea/grbl doc/markdown/interface.md, "Streaming a G-Code Program to Grbl".

using FabNet.FirmwareBridge.Streaming;
using FabNet.GCode;

namespace FabNet.FirmwareBridge.Grbl;

/// <summary>
/// GRBL has neither line numbers nor checksums: exactly one answer comes for each line, in order, and an overflow drops bytes silently. So the bytes in flight stay below the
/// reported buffer by the longest line in flight (one doubled answer then overflows nothing), a damaged answer that can only have been <c>ok</c> counts as one, any other
/// damaged line stops the job, and four times a second and at the end a <c>$G</c> (a marker), whose answer tells itself from all others, shows whether the count is right: the
/// moves behind a lost line still wait in the planner then, where a hold stops them.
/// </summary>
internal sealed class GrblStreamer : GCodeStreamer
{
    private static readonly byte[] MarkerCommand = "$G"u8.ToArray();
    private static readonly byte[] BuildInfoCommand = "$I"u8.ToArray();

    private const long MarkerMs = 250;

    // One answer may have been doubled since the last marker.
    private const int MaxMiscount = 1;

    private readonly int _receiveBytes;
    private int _markedLine;
    private long _markedMs = long.MinValue / 2;
    private int _passedOver;

    // The last marker that was given up.
    private int _givenUp = -1;
    private int _provenLine;
    private int _spuriousBefore;
    private bool _parserStateSeen;
    private Submission? _marker;
    private Submission? _greeting;
    private bool _isGreetingAnswered;
    private string? _alarm;

    /// <summary>A stream to a GRBL that has nothing in its buffer.</summary>
    /// <param name="receiveBytes">The receive buffer that it reported, in bytes.</param>
    /// <param name="timings">Time limits.</param>
    /// <param name="dialect">Whose lines it takes; GRBL 1.1's if null.</param>
    public GrblStreamer(int receiveBytes, LinkTimings timings, GrblDialect? dialect = null)
        : base(dialect ?? GrblDialect.Instance, new SendWindow(receiveBytes, LineRing.Capacity / 2), timings, firstSequence: 0)
    {
        _receiveBytes = receiveBytes - 1;
    }

    /// <summary>When something was last answered, in ms.</summary>
    public long ProgressMs { get; private set; }

    /// <summary>Answers that belonged to nothing that was sent.</summary>
    public int SpuriousAnswers { get; private set; }

    /// <summary>The same, since the program was attached.</summary>
    public int SpuriousInProgram => SpuriousAnswers - _spuriousBefore;

    /// <summary>Answers that were damaged but can only have been <c>ok</c>.</summary>
    public int DamagedAnswers { get; private set; }

    /// <summary>Answers that never came, as a marker showed.</summary>
    public int LostAnswers { get; private set; }

    /// <summary>True if answers are missing: then only what a marker proved is sure.</summary>
    public bool IsCountInDoubt { get; set; }

    /// <inheritdoc />
    public override int SureProgramLine =>
        IsCountInDoubt || LostAnswers > 0 ? _provenLine : IsProgramDone ? AcknowledgedProgramLine : Math.Max(_provenLine, AcknowledgedProgramLine - MaxMiscount);

    /// <summary>True while a marker waits for its answer.</summary>
    public bool IsProving => _marker is { IsAnswered: false };

    /// <summary>True if the firmware does not know M6 (stock GRBL does not): then the host stops there for a person.</summary>
    public bool StopsForTools { get; set; } = true;

    /// <summary>The code of the error that stopped the stream; 0 if none did.</summary>
    public int ErrorCode { get; private set; }

    /// <summary>
    /// Begins behind lines that another stream sent, and that GRBL may still answer or not: asks first for something that none of them asked for, and holds all lines back until that
    /// comes. Whatever is answered before it answers nothing of this stream.
    /// </summary>
    public void Follow(GrblStreamer earlier)
    {
        _isGreetingAnswered = false;
        _greeting = new Submission(earlier.HasInFlight(BuildInfoCommand) ? MarkerCommand : BuildInfoCommand);
        Submit(_greeting);
    }

    /// <summary>Asks for the proof of the count, behind everything that was sent.</summary>
    public void SubmitMarker()
    {
        // An earlier one that was not answered is given up: this one shows the same.
        if (_marker is { Sequence: >= 0, IsAnswered: false })
            _givenUp = _marker.Sequence;
        if (_marker is { Sequence: >= 0, IsAnswered: false } && _marker.Sequence == Acknowledged + 1)
            AcknowledgeThrough(_marker.Sequence);
        _parserStateSeen = false;
        _passedOver = 0;
        _marker = new Submission(MarkerCommand);
        Submit(_marker);
    }

    /// <summary>How long what is in flight may take by the estimate, in ms.</summary>
    public long AllowanceMs(long baseMs, int plannerBlocks) => Allowance(baseMs, plannerBlocks);

    /// <summary>True while a command is in flight during which GRBL must not be asked for its status.</summary>
    public bool IsHoming => HasInFlight("$H"u8);

    /// <summary>True while a dwell is in flight: GRBL says that it is idle, and does not answer before its end (motion_control.c, mc_dwell).</summary>
    public bool IsDwelling => HasInFlight("G4"u8) || HasInFlight("G04"u8);

    /// <inheritdoc />
    public override void Attach(AdmittedProgram program, ProgramReader reader)
    {
        base.Attach(program, reader);
        _provenLine = 0;
        _markedLine = 0;
        LostAnswers = 0;
        IsCountInDoubt = false;
        _spuriousBefore = SpuriousAnswers;
    }

    /// <inheritdoc />
    public override void On(in FirmwareMessage message, long nowMs)
    {
        switch (message.Kind)
        {
            case FirmwareMessageKind.Ok or FirmwareMessageKind.Error when IsGreeting && !_isGreetingAnswered:
                SpuriousAnswers++;
                break;
            case FirmwareMessageKind.Ok:
                OnAnswer(null, nowMs);
                break;
            case FirmwareMessageKind.Error:
                OnError(message, nowMs);
                break;
            case FirmwareMessageKind.ParserState:
                _isGreetingAnswered |= IsGreeting && _greeting!.Command == MarkerCommand;
                KeepReply(message);
                OnParserState();
                break;
            case FirmwareMessageKind.Version or FirmwareMessageKind.BuildOptions when IsGreeting:
                _isGreetingAnswered |= _greeting!.Command == BuildInfoCommand;
                break;
            case FirmwareMessageKind.Unknown when LinesInFlight > 0:
                OnDamaged(message, nowMs);
                break;
            case FirmwareMessageKind.Alarm:
                // A probe that touches nothing raises ALARM:5, says [PRB:…:0], and then answers ok (motion_control.c, mc_probe_cycle).
                KeepReply(message);
                _alarm = LinesInFlight > 0 ? $"GRBL raised {GrblCodes.Alarm(message.Number)}" : null;
                break;
            case FirmwareMessageKind.Status when LinesInFlight > 0 && Lines[Acknowledged + 1].SequenceEqual("?\n"u8):
            case FirmwareMessageKind.Echo or FirmwareMessageKind.Version or FirmwareMessageKind.BuildOptions:
                KeepReply(message);
                break;
        }
    }

    /// <inheritdoc />
    public override void Check(long nowMs)
    {
        if (LinesInFlight == 0)
            ProgressMs = nowMs;
        if (IsProgramDone || IsProgramHeld || IsProving || SentProgramLine == _markedLine || nowMs - _markedMs < MarkerMs)
            return;
        _markedLine = SentProgramLine;
        _markedMs = nowMs;
        SubmitMarker();
    }

    /// <inheritdoc />
    protected override LineTraits TraitsOf(ReadOnlySpan<byte> command)
    {
        if (command.IsEmpty)
            return LineTraits.None;
        if (command[0] == (byte)'$')
            return command.SequenceEqual(MarkerCommand) ? LineTraits.Marker : command.StartsWith("$H"u8) ? LineTraits.Alone | LineTraits.Long : LineTraits.Alone;
        return WritesOrReadsEeprom(command) ? LineTraits.Alone : LineTraits.None;
    }

    /// <inheritdoc />
    protected override bool IsStop(ReadOnlySpan<byte> line)
    {
        for (var at = StopsForTools ? line.IndexOf((byte)'M') : -1; at >= 0; at = line.IndexOf((byte)'M'))
        {
            line = line[(at + 1)..];
            if (System.Buffers.Text.Utf8Parser.TryParse(line, out int code, out _) && code == 6)
                return true;
        }

        return false;
    }

    /// <inheritdoc />
    protected override bool MaySend(int sequence, int length, LineTraits traits, long nowMs)
    {
        if (LinesInFlight == 0)
            return true;
        if (IsGreeting)
            return false;
        if ((traits & LineTraits.Alone) != LineTraits.None || (Lines.TraitsOf(Sent) & LineTraits.Alone) != LineTraits.None || LinesInFlight >= LineRing.Capacity / 2)
            return false;
        var longest = length;
        for (var earlier = Acknowledged + 1; earlier <= Sent; earlier++)
            longest = Math.Max(longest, Lines.LengthOf(earlier));
        return BytesInFlight + length <= Math.Max(_receiveBytes - longest, _receiveBytes / 2);
    }

    /// <inheritdoc />
    protected override void OnSent(int sequence, long nowMs)
    {
        if (LinesInFlight == 1)
            ProgressMs = nowMs;
    }

    private bool IsGreeting => _greeting is { IsAnswered: false };

    private bool HasInFlight(ReadOnlySpan<byte> beginning)
    {
        for (var sequence = Acknowledged + 1; sequence <= Sent; sequence++)
        {
            if (Lines[sequence].StartsWith(beginning))
                return true;
        }

        return false;
    }

    // G10, G28.1, G30.1 write; G54 to G59 read, and some builds lose bytes while the EEPROM is busy (grbl doc, "EEPROM issues").
    private static bool WritesOrReadsEeprom(ReadOnlySpan<byte> command)
    {
        while (true)
        {
            var at = command.IndexOfAny((byte)'G', (byte)'g');
            if (at < 0)
                return false;
            command = command[(at + 1)..].TrimStart((byte)' ').TrimStart((byte)'0');
            if (command.StartsWith("10"u8) || command.StartsWith("28.1"u8) || command.StartsWith("30.1"u8)
                || (command.Length > 1 && command[0] == (byte)'5' && command[1] is >= (byte)'4' and <= (byte)'9'))
                return true;
        }
    }

    private void OnAnswer(string? error, long nowMs)
    {
        if (LinesInFlight == 0)
        {
            SpuriousAnswers++;
            return;
        }

        ProgressMs = nowMs;
        if (_marker is { Sequence: >= 0, IsAnswered: false } && Acknowledged + 1 == _marker.Sequence && !_parserStateSeen && error is null)
        {
            // The marker's answer can't come before what it answers with. Once: this one was doubled somewhere before. Twice: what it answered with was lost.
            if (++_passedOver < 2)
            {
                SpuriousAnswers++;
                return;
            }

            AcknowledgeThrough(_marker.Sequence);
            if (LinesInFlight == 0)
                return;
        }

        Window.Clean();
        AcknowledgeThrough(Acknowledged + 1, error ?? _alarm);
        _alarm = null;
    }

    private void OnError(in FirmwareMessage message, long nowMs)
    {
        var text = GrblCodes.Error(message.Number, FirmwareText.Of(message.Detail));
        var programLine = LinesInFlight > 0 ? Lines.ProgramLineOf(Acknowledged + 1) : 0;
        if (programLine != 0)
        {
            ErrorCode = message.Number;
            Fail($"{text} in line {programLine}", programLine);
            return;
        }

        OnAnswer(text, nowMs);
    }

    private void OnParserState()
    {
        if (_marker is not { Sequence: >= 0, IsAnswered: false } || IsAskedBefore(_marker.Sequence))
            return;
        _parserStateSeen = true;
        if (Acknowledged < _marker.Sequence - 1)
        {
            LostAnswers = _marker.Sequence - 1 - Acknowledged;
            AcknowledgeThrough(_marker.Sequence - 1);
        }
        else if (LostAnswers == 0)
        {
            _provenLine = ProgramLineNear(_marker.Sequence);
        }
    }

    // A person may ask $G too: its answer proves nothing of the lines before the marker behind it.
    private bool IsAskedBefore(int sequence)
    {
        for (var earlier = Math.Max(Acknowledged, _givenUp) + 1; earlier < sequence; earlier++)
        {
            if ((Lines.TraitsOf(earlier) & LineTraits.Marker) != LineTraits.None)
                return true;
        }

        return false;
    }

    private void OnDamaged(in FirmwareMessage message, long nowMs)
    {
        if (IsGreeting)
            return;
        var text = message.Text;
        if (text.Length <= 3 && (text.Contains((byte)'o') || text.Contains((byte)'k')))
        {
            DamagedAnswers++;
            OnAnswer(null, nowMs);
            return;
        }

        if (Program is not null && !IsProgramDone)
            Fail($"GRBL said '{FirmwareText.Of(text)}', which means nothing: an answer was damaged, perhaps an error", ProgramLineNear(Acknowledged + 1));
    }
}
