// Carries numbered lines to Marlin through lost, doubled and damaged answers. Source: Marlin gcode/queue.cpp; docs of each rule below.

using System.Globalization;
using FabNet.FirmwareBridge.Streaming;
using FabNet.GCode;

namespace FabNet.FirmwareBridge.Marlin;

/// <summary>
/// Sequence numbers are line numbers; number 0 is M110. Marlin's command path is guarded (numbers and checksums: a line is taken once, in order, whole), its answers are not.
/// So answers are treated as hints about what may be sent next, never as truth about what was done, and the truth is fetched again and again: <c>ok T:</c> can only be the
/// answer to M105, so an M105 in the stream (a marker) proves that every line before it was taken, and an ADVANCED_OK with its number proves the same. Plain answers never
/// carry the count past an unanswered marker. One marker at a time is in flight; it doubles as the temperature poll.
/// </summary>
internal sealed class MarlinStreamer : GCodeStreamer
{
    /// <summary>Marlin's default BUFSIZE: commands that it takes ahead.</summary>
    public const int DefaultSlots = 4;

    /// <summary>Marlin's planner depth (BLOCK_BUFFER_SIZE) on boards with memory to spare is 16 or 32; the greater is assumed.</summary>
    public const int PlannerBlocks = 32;

    // A bare M108 that may lie in the receive buffer uncounted.
    private const int BareOrderBytes = 5;

    private const int MaxMiscount = 8;

    // One may be a line of ours whose beginning was damaged.
    private const int ForeignAnswers = 3;
    private const int HandshakeAttempts = 8;
    private const long HandshakeMs = 1000;

    private static readonly byte[] MarkerCommand = "M105"u8.ToArray();

    private readonly int _receiveBytes;
    private readonly double _bytesPerMs;
    private readonly MarlinResends _resends = new();

    // False once M105 was found to be answered like any other command (a board without thermistors).
    private bool? _markersAnswer;
    private bool _isAdvanced;
    private bool _doublesAnswers;
    private int _proven = -1;
    private int _provenLine;
    private int _claimed = -1;
    private int _unnumbered;
    private int _marker = -1;

    // A marker whose answer will not come any more.
    private int _lostMarker = -1;
    private bool _isAnsweredSinceMarker;
    private Submission? _markerWaiting;
    private bool _wantsMarker = true;
    private int _passedOver;
    private bool _resendJustSeen;
    private int _lastLineHint = -1;
    private int _suspectResend = -1;
    private int _expectedEchoes;
    private long _quietUntilMs;
    private long _heardMs;
    private long _progressMs;
    private long _markerSentMs;
    private long _handshakeMs;
    private int _handshakes;
    private int _misses;
    private bool _isBusyKnown;
    private long _cleanSince;
    private bool _overdraft;
    private long _overdraftMs;

    /// <summary>A stream that starts with M110.</summary>
    /// <param name="receiveBytes">The firmware's receive buffer, in bytes.</param>
    /// <param name="slots">Commands that it takes ahead, until it tells.</param>
    /// <param name="baud">The wire's speed; 0 where there is no wire to wait for.</param>
    /// <param name="timings">Time limits.</param>
    /// <param name="nowMs">Now.</param>
    public MarlinStreamer(int receiveBytes, int slots, int baud, LinkTimings timings, long nowMs)
        : base(MarlinDialect.Instance, new SendWindow(receiveBytes - 1, slots), timings, firstSequence: 0)
    {
        _receiveBytes = receiveBytes - 1;
        _bytesPerMs = baud > 0 ? baud / 10_000.0 : 1000;
        _heardMs = _progressMs = _markerSentMs = nowMs;
        Submit(new Submission("M110 N0"));
    }

    /// <summary>True once M110 was taken: numbers are agreed.</summary>
    public bool IsNumbered => Acknowledged >= 0;

    /// <summary>Times that the firmware asked for a line again.</summary>
    public int Resends => _resends.Count;

    /// <summary>Answers that belonged to nothing that was sent.</summary>
    public int SpuriousAnswers { get; private set; }

    /// <summary>Answers found missing by a marker.</summary>
    public int LostAnswers { get; private set; }

    /// <summary>
    /// True while heaters are ordered off: lines then fill the receive buffer whatever the slots say, so that the orders lie in the machine even if it is inside an M109 that it
    /// can't break off and the host goes away.
    /// </summary>
    public bool FillsReceiveBuffer { get; set; }

    /// <inheritdoc />
    public override int SureProgramLine => IsProgramDone ? AcknowledgedProgramLine : Math.Max(_provenLine, AcknowledgedProgramLine - MaxMiscount);

    /// <inheritdoc />
    public override void Attach(AdmittedProgram program, ProgramReader reader)
    {
        base.Attach(program, reader);
        _provenLine = 0;
    }

    /// <inheritdoc />
    public override void On(in FirmwareMessage message, long nowMs)
    {
        var followsResend = _resendJustSeen;
        _resendJustSeen = false;
        if (message.Kind is not (FirmwareMessageKind.Unknown or FirmwareMessageKind.Empty))
            _heardMs = nowMs;
        if (message.Kind is FirmwareMessageKind.Unknown or FirmwareMessageKind.Echo or FirmwareMessageKind.Position or FirmwareMessageKind.Temperature
                or FirmwareMessageKind.Version or FirmwareMessageKind.Capability or FirmwareMessageKind.HostAction)
            KeepReply(message);
        else if (message.HasTemperatures)
            KeepReply(message, AnsweredMarker()); // The answer to M105, whoever asked.

        switch (message.Kind)
        {
            case FirmwareMessageKind.Ok:
                OnOk(message, followsResend, nowMs);
                break;
            case FirmwareMessageKind.Resend:
                OnResend(message.Number, nowMs);
                break;
            case FirmwareMessageKind.Error when message.Number == 1:
                _lastLineHint = message.LastLine;
                break;
            case FirmwareMessageKind.Busy:
                _isBusyKnown = true;
                _progressMs = nowMs;
                break;
            case FirmwareMessageKind.Wait when LinesInFlight > 0 && nowMs - _markerSentMs > 250:
                // Idle with lines unanswered: an answer or a line was lost. A marker tells which.
                _lostMarker = Math.Max(_lostMarker, _marker);
                ForceMarker();
                break;
        }
    }

    /// <inheritdoc />
    public override void Check(long nowMs)
    {
        if (Fault is not null)
            return;
        if (!IsNumbered)
        {
            CheckHandshake(nowMs);
            return;
        }

        if (_markerWaiting is null && (_wantsMarker || nowMs - _markerSentMs >= Timings.TemperaturePollMs) && _marker < 0)
            QueueMarker();

        if (nowMs - _cleanSince > 60_000)
        {
            _cleanSince = nowMs;
            Window.Forgive();
        }

        if (LinesInFlight == 0)
        {
            _progressMs = nowMs;
            return;
        }

        // Lost answers can fill the window while the marker that would find them waits, or a refused line that it can't overtake: then that one line may go. It overruns nothing: whatever
        // Marlin is busy with, it has moved what it received into its slots long since, and the window is never wider than those (queue.cpp, get_available_commands, called by idle).
        if (nowMs - Math.Max(_progressMs, _overdraftMs) >= Timings.TemperaturePollMs)
        {
            _overdraft = true;
            _overdraftMs = nowMs;
        }

        var silenceMs = nowMs - _heardMs;
        var stuckMs = nowMs - _progressMs;
        var limitMs = _isBusyKnown ? Timings.NoReplyOnceBusyIsKnownMs : Allowance(Timings.NoReplyMs, PlannerBlocks);
        // Heard but nothing taken: temperatures come by themselves while heating; otherwise the count is off, or the line is stuck.
        var isMissed = silenceMs > limitMs || stuckMs > Allowance(Timings.NoReplyMs, PlannerBlocks);
        if (!isMissed)
            return;
        _misses++;
        _heardMs = _progressMs = nowMs;
        Window.Trouble();
        if (_misses > Timings.Misses)
        {
            var line = ProgramLineNear(Acknowledged + 1);
            Fail(
                $"the firmware answered nothing for {_misses} × {Math.Max(1, limitMs / 1000)} s; the last line it took is {AcknowledgedProgramLine}, lines up to {SentProgramLine} were sent. Check cable, power and the machine's screen.",
                line);
            return;
        }

        // Answers come in order. One came since the last marker was sent, and nothing after it: that was an earlier marker's late answer, or its own's, and nothing more will come.
        if (_isAnsweredSinceMarker)
            _lostMarker = Math.Max(_lostMarker, _marker);
        ForceMarker();
    }

    /// <inheritdoc />
    protected override LineTraits TraitsOf(ReadOnlySpan<byte> command)
    {
        if (command.Length < 2)
            return LineTraits.None;
        if (command[0] == (byte)'G')
        {
            return IsCode(command, 28) || IsCode(command, 29) || IsCode(command, 4) || IsCode(command, 30) || IsCode(command, 33) || IsCode(command, 34) || IsCode(command, 76)
                || IsCode(command, 80)
                ? LineTraits.Long
                : LineTraits.None;
        }

        if (command[0] != (byte)'M')
            return LineTraits.None;
        if (IsCode(command, 105))
            return LineTraits.Marker;
        return IsCode(command, 109) || IsCode(command, 190) || IsCode(command, 191) || IsCode(command, 400) || IsCode(command, 0) || IsCode(command, 1) || IsCode(command, 303)
            || IsCode(command, 600) || IsCode(command, 226) || IsCode(command, 48) || IsCode(command, 116)
            ? LineTraits.Long
            : LineTraits.None;
    }

    /// <inheritdoc />
    protected override bool MaySend(int sequence, int length, LineTraits traits, long nowMs)
    {
        if (Acknowledged < 0)
            return sequence == 0;
        if (_quietUntilMs > nowMs)
            return false;
        // Without EMERGENCY_PARSER a bare M108 or M112 is seen only when a command slot is free for it (Marlin queue.cpp, get_available_commands): behind a command that may wait
        // for minutes one slot stays free of all, a marker that looks for lost answers too, and program lines leave one more to the marker.
        if (!FillsReceiveBuffer && LinesInFlight >= FreeSlotLimit(sequence) && IsLongInFlight())
            return false;
        if (Window.Admits(LinesInFlight, BytesInFlight, length) && LinesInFlight < LineLimit)
            return (traits & LineTraits.Marker) == LineTraits.None || _marker < 0 || _marker == sequence;
        if (FillsReceiveBuffer && BytesInFlight + length + BareOrderBytes <= _receiveBytes)
            return true;
        // A marker may go beyond the window by one: it is what finds lost answers.
        var isMarker = (traits & LineTraits.Marker) != LineTraits.None && (_marker < 0 || _marker == sequence);
        if (_overdraft && !FillsReceiveBuffer)
            return isMarker || sequence <= Framed;
        return isMarker && BytesInFlight + length <= _receiveBytes;
    }

    /// <inheritdoc />
    protected override void OnSent(int sequence, long nowMs)
    {
        _overdraft = false;
        if (LinesInFlight == 1)
            _progressMs = Math.Max(_progressMs, nowMs);
        if (sequence == 0)
            _handshakeMs = nowMs;
        if ((Lines.TraitsOf(sequence) & LineTraits.Marker) == LineTraits.None)
            return;
        _marker = sequence;
        _isAnsweredSinceMarker = false;
        _markerSentMs = nowMs;
        _passedOver = 0;
        if (_markerWaiting is { Sequence: >= 0 })
            _markerWaiting = null;
    }

    // A plain `ok` can't be told from its double, which lets one line too many go. Once doubles were seen, a slot is kept free for that line.
    private int LineLimit => !_doublesAnswers || _isAdvanced ? Window.Slots : Math.Max(1, Window.Slots - 1);

    private int FreeSlotLimit(int sequence) => Math.Max(1, Window.Slots - (Lines.ProgramLineOf(sequence) != 0 ? 2 : 1));

    private bool IsLongInFlight()
    {
        for (var sequence = Acknowledged + 1; sequence <= Sent; sequence++)
        {
            if ((Lines.TraitsOf(sequence) & LineTraits.Long) != LineTraits.None)
                return true;
        }

        return false;
    }

    private static bool IsCode(ReadOnlySpan<byte> command, int code)
    {
        var digits = command[1..];
        return System.Buffers.Text.Utf8Parser.TryParse(digits, out int value, out var used) && value == code && (used == digits.Length || digits[used] is (byte)' ');
    }

    private void CheckHandshake(long nowMs)
    {
        if (Sent < 0 || nowMs - _handshakeMs < HandshakeMs)
            return;
        if (++_handshakes >= HandshakeAttempts)
        {
            Fail("the firmware does not answer M110 (agree on line numbers). Check cable, power and baud rate.", 0);
            return;
        }

        RewindTo(0);
    }

    private void OnOk(in FirmwareMessage message, bool followsResend, long nowMs)
    {
        if (message.HasTemperatures)
        {
            _markersAnswer = true;
            _isAnsweredSinceMarker = true;
            if (AnsweredMarker() is var answered && (answered > Acknowledged || (answered > _proven && answered >= 0)))
                Prove(answered, nowMs);
            else
                SpuriousAnswers++;
            return;
        }

        if (message.SlotsFree >= 0)
            Window.LearnSlots(message.SlotsFree + 1, isFirst: !_isAdvanced);
        if (message.Number >= 0 && message.Number <= Sent && message.Number > _proven)
        {
            _isAdvanced = true;
            // A number further on tells of lost answers, or was damaged itself: answers have no checksum. The next one, or a marker, shows which.
            var isSure = message.Number <= Acknowledged + 1 || message.Number == _claimed + 1;
            _claimed = message.Number;
            if (isSure)
                Prove(message.Number, nowMs);
            else
                ForceMarker();
            return;
        }

        if (message.Number >= 0 && Acknowledged >= 0)
        {
            // An old number is a doubled answer; an impossible one is damaged, and the next answer makes up for it.
            SpuriousAnswers++;
            return;
        }

        if (_isAdvanced && !FillsReceiveBuffer && message.Detail.StartsWith("P"u8) && ++_unnumbered >= ForeignAnswers)
        {
            Fail(
                $"the firmware took {_unnumbered} lines without a number, and every line of this session has one: another program talks to this machine. Close it. The job can't go on.",
                ProgramLineNear(Acknowledged + 1));
            return;
        }

        if (followsResend)
            return;
        if (LinesInFlight == 0 || (_isAdvanced && Acknowledged >= 0))
        {
            SpuriousAnswers++;
            return;
        }

        if (Acknowledged + 1 == _marker && _markersAnswer != false)
        {
            if (_markersAnswer is null)
            {
                _markersAnswer = false;
                _marker = -1;
            }
            else
            {
                // Once is a doubled answer. Twice: the marker's own answer was lost, and those of later lines come in.
                if (++_passedOver >= 2)
                {
                    _lostMarker = _marker;
                    LostAnswers++;
                    ForceMarker();
                }

                return;
            }
        }

        AcknowledgeThrough(Acknowledged + 1);
        OnProgress(nowMs);
        if (_markersAnswer == false && _marker >= 0 && _marker <= Acknowledged)
            _marker = -1;
    }

    // A marker that was given up (a long silence forced another) may be answered after all: of those in flight whose answers are not known to be lost, the first is the one that was.
    private int AnsweredMarker()
    {
        if (_marker >= 0 && _marker <= Acknowledged)
            return _marker;
        for (var sequence = Math.Max(Acknowledged, _lostMarker) + 1; sequence <= Sent; sequence++)
        {
            if ((Lines.TraitsOf(sequence) & LineTraits.Marker) != LineTraits.None)
                return sequence;
        }

        return -1;
    }

    // The firmware took everything up to this line: certain, not counted.
    private void Prove(int sequence, long nowMs)
    {
        if (sequence > Acknowledged + 1 && !_isAdvanced)
            LostAnswers += sequence - Acknowledged - 1;
        else if (sequence <= Acknowledged)
        {
            SpuriousAnswers += Acknowledged - sequence + 1;
            _doublesAnswers = true;
        }

        if (sequence > Sent)
            RewindTo(sequence + 1);
        AcknowledgeThrough(sequence);
        _proven = sequence;
        _provenLine = AcknowledgedProgramLine;
        if (_marker >= 0 && _marker <= sequence)
            _marker = -1;
        OnProgress(nowMs);
    }

    private void OnProgress(long nowMs)
    {
        _progressMs = nowMs;
        _misses = 0;
        _passedOver = 0;
        Window.Clean();
        _resends.Forget(Acknowledged);
    }

    private void OnResend(int requested, long nowMs)
    {
        _resendJustSeen = true;
        var hinted = _lastLineHint >= 0 ? _lastLineHint + 1 : -1;
        _lastLineHint = -1;
        if (Acknowledged < 0)
            return;
        _progressMs = nowMs;

        if (!IsPossible(requested))
        {
            if (IsPossible(hinted))
            {
                requested = hinted;
            }
            else
            {
                // Two independent fields, or two messages, that say the same are no noise: the firmware's count is not ours.
                if (requested >= 0 && (requested == hinted || requested == _suspectResend))
                {
                    Fail(
                        $"the firmware asks for its line {requested.ToString(CultureInfo.InvariantCulture)}, long after it took that line: it has restarted or another program talks to it. The job can't go on.",
                        ProgramLineNear(Acknowledged + 1));
                }

                _suspectResend = requested;
                Window.Trouble();
                ForceMarker();
                return;
            }
        }

        _suspectResend = -1;
        if (requested > Framed)
            return;
        var isEcho = requested == Sent + 1 && requested == _resends.Line && _expectedEchoes > 0;
        if (isEcho)
        {
            // Each line that was already on the wire behind the refused one is refused too, and asks for the same line.
            if (--_expectedEchoes == 0)
                _quietUntilMs = 0;
            else
                _quietUntilMs = nowMs + EchoMs(0);
            return;
        }

        if (requested == Sent + 1)
            return;
        var fault = _resends.Take(requested);
        Window.Trouble();
        if (fault is not null)
        {
            Fail(fault, ProgramLineNear(requested));
            return;
        }

        _expectedEchoes = Math.Max(0, Sent - requested);
        _quietUntilMs = _expectedEchoes > 0 ? nowMs + EchoMs(BytesInFlight) : 0;
        if (_marker >= requested)
            _marker = -1;
        _lostMarker = Math.Min(_lostMarker, requested - 1);
        _wantsMarker = true;
        RewindTo(requested);
    }

    // How long refusals of lines that are still on the wire may take to come in.
    private long EchoMs(int bytes) => 20 + (long)(bytes / _bytesPerMs);

    // Not before what was proven, nor further back than a few doubled answers can have misled the count: a board that restarted asks for line 1, and must not get it.
    private bool IsPossible(int requested) =>
        requested > Math.Max(Math.Max(0, _proven), Acknowledged - MaxMiscount) && requested <= Framed + 1 && requested > Framed - LineRing.Capacity + 1;

    private void ForceMarker()
    {
        _marker = -1;
        _wantsMarker = true;
        if (_markerWaiting is null)
            QueueMarker();
    }

    private void QueueMarker()
    {
        _wantsMarker = false;
        _markerWaiting = Marker();
        SubmitAhead(_markerWaiting);
    }

    private static Submission Marker() => new(MarkerCommand);
}
