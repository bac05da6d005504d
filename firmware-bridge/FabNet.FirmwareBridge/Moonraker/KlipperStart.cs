// The start of one run on a Klipper machine: upload, consent, once and never again.

using System.Globalization;
using System.Text.Json;
using FabNet.FirmwareBridge.Marlin;

namespace FabNet.FirmwareBridge.Moonraker;

/// <summary>
/// One start. Owned by the session's loop. Nothing moves before it is sent, and it is sent once: where nobody answers, the file is removed, without which a start that is still under
/// way can't begin.
/// </summary>
internal sealed class KlipperStart : IDisposable
{
    private readonly ActiveRun _run;
    private readonly string _file;
    private readonly MoonrakerLink _link;
    private readonly KlipperQuestions _questions;
    private readonly KlipperView _view;
    private readonly MoonrakerMachineOptions _options;
    private readonly EventOutbox _events;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _callingOff = new();
    private readonly Task<string?> _preparing;
    private Step _step;
    private bool _isKeyChecked;
    private bool _isInStartModes;
    private string? _failure;

    /// <summary>A start whose upload begins now.</summary>
    /// <param name="run">The run.</param>
    /// <param name="name">The file's name in <see cref="MoonrakerFiles.Folder"/>.</param>
    /// <param name="file">The file's name as Klipper has it.</param>
    /// <param name="link">The connection.</param>
    /// <param name="files">What goes over HTTP.</param>
    /// <param name="questions">What the run asks.</param>
    /// <param name="view">What the machine says.</param>
    /// <param name="options">How patient to be.</param>
    /// <param name="events">Where events go.</param>
    /// <param name="time">The clock.</param>
    public KlipperStart(
        ActiveRun run, string name, string file, MoonrakerLink link, MoonrakerFiles files, KlipperQuestions questions, KlipperView view, MoonrakerMachineOptions options, EventOutbox events, TimeProvider time)
    {
        (_run, _file, _link, _questions, _view, _options, _events, _time) = (run, file, link, questions, view, options, events, time);
        _preparing = Task.Run(() => PrepareAsync(files, name), CancellationToken.None);
    }

    private enum Step
    {
        /// <summary>The file is uploaded, the caller is asked, and the modes are set.</summary>
        Preparing,

        /// <summary>The start was sent; nobody knows yet whether Klipper took it.</summary>
        Starting,

        /// <summary>The file is removed, so that a start that is still under way can't begin.</summary>
        Fencing,

        /// <summary>Klipper executes it.</summary>
        Begun,
    }

    /// <summary>Completes when the upload and the caller's consent are there.</summary>
    public Task Prepared => _preparing;

    /// <summary>True once the start was sent.</summary>
    public bool IsSent => _step != Step.Preparing;

    /// <summary>When it was sent.</summary>
    public long SentAt { get; private set; }

    /// <summary>True once Klipper took it.</summary>
    public bool HasBegun => _step == Step.Begun;

    /// <summary>Calls off the upload.</summary>
    public void CallOff() => _callingOff.Cancel();

    /// <summary>Takes the next step, if there is one to take.</summary>
    /// <returns>Why nothing was begun, once that is sure; null before, and if it has begun.</returns>
    public string? Advance()
    {
        if (_step == Step.Preparing && _preparing.IsCompleted && !_questions.IsAsking && _failure is null)
            Start();
        else if (_step == Step.Starting && _view.IsReady && _questions.MayAsk)
            AwaitStart();
        else if (_step == Step.Fencing && _view.IsReady && _questions.MayAsk)
            Fence();
        return _failure;
    }

    /// <inheritdoc />
    public void Dispose() => _callingOff.Dispose();

    // Uploads first, then asks the caller: nothing moves before the start.
    private async Task<string?> PrepareAsync(MoonrakerFiles files, string name)
    {
        if (await files.UploadAsync(_run.Program, name, _callingOff.Token) is { } refusal)
            return $"the program could not be uploaded: {refusal}";
        if (_run.Options.BeforeFirstMotion is { } hook)
            await hook(CancellationToken.None);
        return null;
    }

    private void Start()
    {
        _failure = WhyNot();
        if (_failure is not null)
            return;
        if (_run.Options.StartKey is not null && !_isKeyChecked)
        {
            _questions.AskHistory(_file, said =>
            {
                _isKeyChecked = true;
                if (said is not null)
                    _failure = $"this start was made before, and it ended as {said}; the same one is not made twice";
            });
            return;
        }

        if (!_isInStartModes)
        {
            _questions.AskScript(string.Join('\n', MarlinOperations.StartModes(Math.Min(1, _run.Program.Profile.HotEnds.Count))), answer =>
            {
                _isInStartModes = answer.IsDone;
                if (answer.Outcome == RpcOutcome.Refused)
                    _failure = $"the machine did not take the modes that the program starts in: {answer.Message}";
            });
            return;
        }

        _events.Add(new RunStarted { At = _events.Now, Name = _run.Options.Name });
        SentAt = _time.GetTimestamp();
        _run.StartedMs = 0;
        _step = Step.Starting;
        _link.Ask("printer.print.start", writer => writer.WriteString("filename", _file), _options.StartAnswer, answer =>
        {
            // Done, late or lost: only Klipper's status says what became of it. Refused: it says why, and the status has the last word all the same.
            if (answer.Outcome != RpcOutcome.Refused || _step != Step.Starting)
                return;
            _run.BreakReason ??= $"the machine refused the start: {answer.Message}";
            _step = Step.Fencing;
        });
    }

    private string? WhyNot()
    {
        if (_run.BreakReason is { } reason)
            return reason;
        if (_preparing.IsCanceled)
            return "the start was called off";
        if (_preparing.Exception is { } error)
            return $"the start could not be recorded: {error.InnerException?.Message ?? error.Message}";
        if (_preparing.Result is { } refusal)
            return refusal;
        if (_run.Options.StartBefore is { } limit && _events.Now > limit)
            return $"its right to start ended at {limit.ToString("O", CultureInfo.InvariantCulture)}";
        if (!_view.IsReady)
            return _link.IsOpen ? $"the machine is not ready any more: {_view.Status.KlippyMessage}" : "the connection was lost before the start; the start is not kept for later";
        if (_view.Status.IsPrintActive)
            return $"the machine has begun to print {_view.Status.FileName}";
        return null;
    }

    private void AwaitStart()
    {
        if (_view.Status.FileName == _file)
            _step = Step.Begun;
        else if (_time.GetElapsedTime(SentAt) > _options.StartAnswer)
            _step = Step.Fencing;
    }

    // If the file is in use, it has begun.
    private void Fence()
    {
        if (_view.Status.FileName == _file)
        {
            _step = Step.Begun;
            return;
        }

        _questions.Ask("server.files.delete_file", writer => writer.WriteString("path", $"gcodes/{_file}"), answer =>
        {
            if (answer.Outcome is RpcOutcome.Done or RpcOutcome.Refused && answer.Code != 403)
                AskWhetherBegun();
        });
    }

    private void AskWhetherBegun() => _questions.Ask("printer.objects.query", WritePrintStats, answer =>
    {
        if (!answer.IsDone)
            return;
        _view.Status.Merge(answer["status"]);
        if (_view.Status.FileName != _file)
            _failure = "the machine did not begin. The start was sent once and is not repeated, and the file was removed, so that it can't begin later";
    });

    private static void WritePrintStats(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("objects");
        writer.WriteNull("print_stats");
        writer.WriteEndObject();
    }
}
