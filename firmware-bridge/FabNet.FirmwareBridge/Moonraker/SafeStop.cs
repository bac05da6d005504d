// Stops a print for good and leaves the machine safe: cancel, heaters off, standstill, each confirmed; the emergency stop where that takes too long.

using System.Text.Json;

namespace FabNet.FirmwareBridge.Moonraker;

/// <summary>
/// One stop. Owned by the session's loop. Every order may be repeated, so a lost answer is asked for again; what decides is Klipper's own status: the file no longer
/// active, the orders done, every target 0. Sources: Klipper klippy/extras/pause_resume.py, virtual_sdcard.py, heaters.py.
/// </summary>
internal sealed class SafeStop
{
    private readonly MoonrakerLink _link;
    private readonly KlipperView _view;
    private readonly MoonrakerMachineOptions _options;
    private readonly TimeProvider _time;
    private readonly string _file;
    private readonly long _since;
    private Step _step;
    private bool _isAsking;
    private bool _hasFailed;
    private long _askedAt;
    private long _emergencyAt;
    private SafeState? _ended;

    /// <summary>A stop that begins now.</summary>
    /// <param name="link">The connection.</param>
    /// <param name="view">What the machine says.</param>
    /// <param name="options">How patient to be.</param>
    /// <param name="time">The clock.</param>
    /// <param name="file">The file that must no longer be executed.</param>
    public SafeStop(MoonrakerLink link, KlipperView view, MoonrakerMachineOptions options, TimeProvider time, string file)
    {
        _link = link;
        _view = view;
        _options = options;
        _time = time;
        _file = file;
        _since = time.GetTimestamp();
    }

    private enum Step
    {
        Cancelling,
        Cooling,
        Looking,
        Emergency,
    }

    /// <summary>Takes the next step, if it is time.</summary>
    /// <returns>What is known of the heaters once it is over; null before.</returns>
    public SafeState? Advance()
    {
        if (_ended is not null)
            return _ended;
        // A Klipper that has shut down has let go of heaters and motors; its microcontrollers do so by themselves when it is gone.
        if (_view.HasStopped)
            return _ended = SafeState.FirmwareStopped;
        if (_time.GetElapsedTime(_since) > _options.StopPatience && _step != Step.Emergency)
            BeginEmergency();
        if (_step == Step.Emergency && _time.GetElapsedTime(_emergencyAt) > _options.Answer)
            return _ended = _view.IsReady ? SafeState.Unconfirmed : SafeState.LinkLost;
        if (!_view.IsReady || _isAsking || (_hasFailed && _time.GetElapsedTime(_askedAt) < _options.StatePoll))
            return null;
        switch (_step)
        {
            case Step.Cancelling when _view.Status.IsPrintActive && _view.Status.FileName == _file:
                if (_askedAt == 0)
                    Ask((limit, then) => _link.Ask("printer.print.cancel", null, limit, then), static _ => { });
                else if (_time.GetElapsedTime(_askedAt) > _options.StatePoll)
                    Ask((limit, then) => _link.AskScript("SDCARD_RESET_FILE", limit, then), static _ => { }); // CANCEL_PRINT is often a macro, and does not know of a print held by M25.
                break;
            case Step.Cancelling:
                _step = Step.Cooling;
                goto case Step.Cooling;
            case Step.Cooling:
                Ask((limit, then) => _link.AskScript("TURN_OFF_HEATERS\nM107\nM400", limit, then), answer => _step = answer.IsDone ? Step.Looking : Step.Cooling);
                break;
            case Step.Looking:
                Ask((limit, then) => _link.Ask("printer.objects.query", WriteHeaters, limit, then), OnTargets);
                break;
        }

        return _ended;
    }

    private void Ask(Action<TimeSpan, Action<RpcAnswer>> send, Action<RpcAnswer> then)
    {
        _isAsking = true;
        _askedAt = _time.GetTimestamp();
        send(_options.StopPatience, answer =>
        {
            _isAsking = false;
            _hasFailed = !answer.IsDone;
            _askedAt = _time.GetTimestamp(); // Klipper's status follows its answer within a quarter of a second.
            then(answer);
        });
    }

    private void BeginEmergency()
    {
        _step = Step.Emergency;
        _emergencyAt = _time.GetTimestamp();
        _link.Ask("printer.emergency_stop", null, _options.Answer, answer =>
        {
            if (answer.IsDone)
                _ended ??= SafeState.FirmwareStopped;
        });
    }

    private void WriteHeaters(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("objects");
        foreach (var heater in _view.Heaters)
        {
            writer.WriteStartArray(heater);
            writer.WriteStringValue("target");
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private void OnTargets(RpcAnswer answer)
    {
        if (!answer.IsDone)
            return;
        if (_view.Heaters.All(heater => answer["status"].Member(heater).Number("target") == 0))
            _ended = SafeState.Confirmed;
        else
            _step = Step.Cooling;
    }
}
