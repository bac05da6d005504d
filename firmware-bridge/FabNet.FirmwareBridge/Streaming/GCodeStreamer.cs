// Carries lines to a firmware in order and keeps account of what it took: the part that Marlin and GRBL share.

using FabNet.GCode;

namespace FabNet.FirmwareBridge.Streaming;

/// <summary>
/// The stream of lines to one firmware, for the life of one connection: program lines, commands of people and of the control, and polls, all through one send window. It does
/// no I/O and reads no clock: the session's loop hands it what the firmware said and takes the bytes to write, so every behaviour can be tested at any speed.
/// Sequence numbers count framed lines; on Marlin they are the line numbers. Acknowledged ≤ sent ≤ framed, except that after a Resend lines above sent wait to go again.
/// Nothing here allocates per line.
/// </summary>
internal abstract class GCodeStreamer(IFirmwareDialect dialect, SendWindow window, LinkTimings timings, int firstSequence)
{
    private readonly Queue<Submission> _queue = new();
    private readonly Queue<Submission> _ahead = new();
    private readonly Queue<Submission> _framedSubmissions = new();
    private readonly byte[] _content = new byte[dialect.MaxLineBytes];
    private ProgramReader? _program;
    private int _contentLength;
    private int _contentLine;
    private Staged _staged;
    private Submission? _stagedSubmission;
    private LineTraits _stagedTraits;
    private int _stagedLength;

    private enum Staged
    {
        Nothing,
        ProgramLine,
        Submission,
    }

    /// <summary>The lines in flight, and those that may be asked for again.</summary>
    protected LineRing Lines { get; } = new(dialect.MaxLineBytes);

    /// <summary>What bounds the lines in flight.</summary>
    public SendWindow Window { get; } = window;

    /// <summary>The link's time limits.</summary>
    protected LinkTimings Timings { get; } = timings;

    /// <summary>The last sequence number that was framed.</summary>
    public int Framed { get; private set; } = firstSequence - 1;

    /// <summary>The last sequence number that is on its way or arrived; falls back on a Resend.</summary>
    public int Sent { get; private set; } = firstSequence - 1;

    /// <summary>The last sequence number that the firmware took.</summary>
    public int Acknowledged { get; private set; } = firstSequence - 1;

    /// <summary>Bytes of the lines after <see cref="Acknowledged"/> up to <see cref="Sent"/>.</summary>
    public int BytesInFlight { get; private set; }

    /// <summary>Bytes of the first of those lines; 0 if there is none.</summary>
    public int FirstBytesInFlight => LinesInFlight > 0 ? Lines.LengthOf(Acknowledged + 1) : 0;

    /// <summary>Bytes of all lines that the firmware took.</summary>
    public long BytesTaken { get; private set; }

    /// <summary>Lines after <see cref="Acknowledged"/> up to <see cref="Sent"/>.</summary>
    public int LinesInFlight => Sent - Acknowledged;

    /// <summary>The last program line that the firmware took; 0 if none.</summary>
    public int AcknowledgedProgramLine { get; private set; }

    /// <summary>The last program line of which it is known that the firmware took it and all before it; 0 if none.</summary>
    public virtual int SureProgramLine => AcknowledgedProgramLine;

    /// <summary>The last program line that was ever sent; 0 if none.</summary>
    public int SentProgramLine { get; private set; }

    /// <summary>Holds the program back; commands and polls still go.</summary>
    public bool IsProgramHeld { get; set; }

    /// <summary>The program line at which the host stops for a person instead of sending it; 0 while it does not. Cleared by <see cref="PassStop"/>.</summary>
    public int StopLine { get; private set; }

    /// <summary>What that line says.</summary>
    public string StopText { get; private set; } = "";

    /// <summary>True once the program's last line was acknowledged, or there is no program.</summary>
    public bool IsProgramDone { get; private set; } = true;

    /// <summary>True when nothing waits and nothing is in flight.</summary>
    public bool IsDrained => LinesInFlight == 0 && Sent == Framed && _queue.Count == 0 && _ahead.Count == 0;

    /// <summary>Why the stream can't go on; null while it can. What the line was is in the text.</summary>
    public string? Fault { get; private set; }

    /// <summary>The program line that the fault is about; 0 if none.</summary>
    public int FaultLine { get; private set; }

    /// <summary>Estimated machine seconds until the end of a program line; used to adapt time limits to long moves.</summary>
    protected AdmittedProgram? Program { get; private set; }

    /// <summary>Takes a program whose lines are sent from now on.</summary>
    public virtual void Attach(AdmittedProgram program, ProgramReader reader)
    {
        Program = program;
        _program = reader;
        AcknowledgedProgramLine = 0;
        SentProgramLine = 0;
        IsProgramHeld = false;
        IsProgramDone = false;
        StopLine = 0;
    }

    /// <summary>Sends no further line of the program. Lines that are numbered already stay in the stream.</summary>
    public void Detach()
    {
        _program = null;
        _contentLine = 0;
        StopLine = 0;
        if (_staged == Staged.ProgramLine)
            _staged = Staged.Nothing;
    }

    /// <summary>The person is done: the program goes on behind the line that it stopped at.</summary>
    public void PassStop() => StopLine = 0;

    /// <summary>Sends a command as soon as the window lets it, ahead of the program.</summary>
    public void Submit(Submission submission) => _queue.Enqueue(submission);

    /// <summary>Sends a command before all others that were submitted: one that finds lost answers must not wait behind what those hold up.</summary>
    protected void SubmitAhead(Submission submission) => _ahead.Enqueue(submission);

    /// <summary>Answers everybody who still waits.</summary>
    public void Abandon(string why)
    {
        while (_framedSubmissions.TryDequeue(out var submission))
            submission.Abandon(why);
        while (_ahead.TryDequeue(out var submission) || _queue.TryDequeue(out submission))
            submission.Abandon(why);
    }

    /// <summary>Writes as many lines as may go now, several at once, into <paramref name="destination"/>.</summary>
    /// <returns>How many bytes were written.</returns>
    public int Fill(Span<byte> destination, long nowMs)
    {
        var written = 0;
        while (Fault is null)
        {
            var next = Sent + 1;
            int length;
            if (Sent < Framed)
            {
                length = Lines.LengthOf(next);
                if (written + length > destination.Length || !MaySend(next, length, Lines.TraitsOf(next), nowMs))
                    break;
            }
            else
            {
                if (!Stage())
                    break;
                length = _stagedLength;
                if (written + length > destination.Length || !MaySend(next, length, _stagedTraits, nowMs))
                    break;
                Commit();
            }

            Lines[next].CopyTo(destination[written..]);
            written += length;
            Sent = next;
            BytesInFlight += length;
            SentProgramLine = Math.Max(SentProgramLine, Lines.ProgramLineOf(next));
            OnSent(next, nowMs);
        }

        return written;
    }

    /// <summary>Takes in what the firmware said.</summary>
    public abstract void On(in FirmwareMessage message, long nowMs);

    /// <summary>Looks at the clock: polls, silences.</summary>
    public abstract void Check(long nowMs);

    /// <summary>What a command asks of the streamer.</summary>
    protected abstract LineTraits TraitsOf(ReadOnlySpan<byte> command);

    /// <summary>True if a program line asks the host, not the firmware, to wait for a person.</summary>
    protected virtual bool IsStop(ReadOnlySpan<byte> line) => false;

    /// <summary>True if this line may go now.</summary>
    protected abstract bool MaySend(int sequence, int length, LineTraits traits, long nowMs);

    /// <summary>A line was given to the wire.</summary>
    protected abstract void OnSent(int sequence, long nowMs);

    /// <summary>The firmware took everything up to this line, and nothing after it. May fall back when earlier answers were found to be spurious.</summary>
    protected void AcknowledgeThrough(int sequence, string? error = null)
    {
        while (Acknowledged < sequence)
        {
            Acknowledged++;
            BytesInFlight -= Lines.LengthOf(Acknowledged);
            BytesTaken += Lines.LengthOf(Acknowledged);
            var programLine = Lines.ProgramLineOf(Acknowledged);
            if (programLine != 0)
            {
                AcknowledgedProgramLine = programLine;
                NoticeEnd();
            }
            else
            {
                AnswerSubmission(Acknowledged, error);
            }
        }

        if (Acknowledged <= sequence)
            return;
        Acknowledged = sequence;
        RecountFlight();
        for (var earlier = sequence; earlier >= 0 && earlier > Framed - LineRing.Capacity; earlier--)
        {
            if (Lines.ProgramLineOf(earlier) is var line and not 0)
            {
                AcknowledgedProgramLine = line;
                break;
            }
        }
    }

    /// <summary>The next line to go is this one: after a Resend.</summary>
    protected void RewindTo(int sequence)
    {
        Sent = sequence - 1;
        if (Acknowledged > Sent)
            AcknowledgeThrough(Sent);
        RecountFlight();
    }

    /// <summary>The stream can't go on.</summary>
    protected void Fail(string fault, int programLine)
    {
        Fault ??= fault;
        if (FaultLine == 0)
            FaultLine = programLine;
    }

    /// <summary>The program line at or before a sequence number; 0 if none.</summary>
    protected int ProgramLineNear(int sequence)
    {
        for (; sequence >= 0 && sequence > Framed - LineRing.Capacity; sequence--)
        {
            if (Lines.ProgramLineOf(sequence) is var line and not 0)
                return line;
        }

        return 0;
    }

    /// <summary>A time limit for an answer, in ms, that leaves room for what is in flight and what is planned ahead.</summary>
    protected long Allowance(long baseMs, int plannerBlocks)
    {
        for (var sequence = Acknowledged + 1; sequence <= Sent; sequence++)
        {
            if ((Lines.TraitsOf(sequence) & LineTraits.Long) != LineTraits.None)
                return Math.Max(baseMs, Timings.LongCommandMs);
        }

        if (Program is null || SentProgramLine == 0 || IsProgramDone)
            return baseMs;
        var seconds = Program.SecondsUntilLine(SentProgramLine) - Program.SecondsUntilLine(Math.Max(0, AcknowledgedProgramLine - plannerBlocks));
        return baseMs + (long)(Math.Clamp(seconds, 0, 3600) * 2000);
    }

    /// <summary>What the firmware says belongs to the line that waits for its answer the longest. If that is one of the host's own, whose answer may be lost, it belongs to the command behind it.</summary>
    protected void KeepReply(in FirmwareMessage message)
    {
        var next = Acknowledged + 1;
        foreach (var submission in _framedSubmissions)
        {
            if (submission.Sequence != next++)
                return;
            if (submission.Waiter is null)
                continue;
            submission.AddReply(message.Text);
            return;
        }
    }

    /// <summary>Keeps a message as the answer to one line, if somebody waits for that.</summary>
    protected void KeepReply(in FirmwareMessage message, int sequence)
    {
        foreach (var submission in _framedSubmissions)
        {
            if (submission.Sequence == sequence && submission.Waiter is not null)
                submission.AddReply(message.Text);
        }
    }

    private void RecountFlight()
    {
        BytesInFlight = 0;
        for (var sequence = Acknowledged + 1; sequence <= Sent; sequence++)
            BytesInFlight += Lines.LengthOf(sequence);
    }

    private bool Stage()
    {
        if (_ahead.TryPeek(out var submission) || _queue.TryPeek(out submission))
        {
            if (_stagedSubmission != submission || _staged != Staged.Submission)
            {
                StageContent(submission.Command, programLine: 0);
                if (_stagedLength == 0)
                {
                    DequeueSubmission();
                    submission.Abandon($"The line has {submission.Command.Length} bytes; with number and checksum this firmware takes {dialect.MaxLineBytes - 1}. Shorten it.");
                    return Stage();
                }

                _staged = Staged.Submission;
                _stagedSubmission = submission;
            }

            return true;
        }

        if (_staged == Staged.ProgramLine)
            return true;
        if (IsProgramHeld || StopLine != 0 || _program is null)
            return false;
        if (_contentLine == 0)
        {
            if (!TryReadProgram(_program, out var line))
            {
                if (Fault is not null)
                    return false;
                _program = null;
                NoticeEnd();
                return false;
            }

            if (line.Length > _content.Length)
            {
                Fail($"line {_program.LineNumber} has {line.Length} bytes; this firmware takes {dialect.MaxLineBytes - 1}: it would be cut. It was not sent.", _program.LineNumber);
                return false;
            }

            if (IsStop(line))
            {
                StopLine = _program.LineNumber;
                StopText = FirmwareText.Of(line);
                return false;
            }

            line.CopyTo(_content);
            _contentLength = line.Length;
            _contentLine = _program.LineNumber;
        }

        StageContent(_content.AsSpan(0, _contentLength), _contentLine);
        if (_stagedLength == 0)
        {
            Fail(
                $"line {_contentLine} has {_contentLength} bytes; with its number and checksum it is longer than the {dialect.MaxLineBytes - 1} that this firmware takes. It was not sent.",
                _contentLine);
            return false;
        }

        _staged = Staged.ProgramLine;
        return true;
    }

    // A program may lie on a card that breaks while it is streamed.
    private bool TryReadProgram(ProgramReader program, out ReadOnlySpan<byte> line)
    {
        try
        {
            return program.TryRead(out line);
        }
        catch (IOException error)
        {
            Fail($"the program can't be read any further: {error.Message}", SentProgramLine);
            line = default;
            return false;
        }
    }

    private void StageContent(ReadOnlySpan<byte> content, int programLine)
    {
        var sequence = Framed + 1;
        _stagedTraits = TraitsOf(content);
        _stagedLength = dialect.Frame(content, sequence, Lines.SpaceOf(sequence));
        Lines.Set(sequence, _stagedLength, programLine, _stagedTraits);
    }

    private void Commit()
    {
        Framed++;
        if (_staged == Staged.Submission)
        {
            var submission = DequeueSubmission();
            _stagedSubmission = null;
            submission.Sequence = Framed;
            _framedSubmissions.Enqueue(submission);
        }
        else
        {
            _contentLine = 0;
        }

        _staged = Staged.Nothing;
    }

    private Submission DequeueSubmission() => _ahead.Count > 0 ? _ahead.Dequeue() : _queue.Dequeue();

    private void AnswerSubmission(int sequence, string? error)
    {
        while (_framedSubmissions.TryPeek(out var submission) && submission.Sequence <= sequence)
        {
            _framedSubmissions.Dequeue();
            submission.Answer(submission.Sequence == sequence ? error : null);
        }
    }

    private void NoticeEnd()
    {
        if (Program is not null && _program is null && AcknowledgedProgramLine >= SentProgramLine)
            IsProgramDone = true;
    }
}
