// What a Marlin says that asks for something: errors, commands that it does not know, the wishes of its host actions, temperatures, positions.

using FabNet.FirmwareBridge.Streaming;
using FabNet.Model.Machines;

namespace FabNet.FirmwareBridge.Marlin;

internal sealed partial class MarlinControl
{
    // Errors after which Marlin has stopped: kill() and its kin have turned the heaters off. Source: Marlin core/language.h.
    private static readonly string[] HaltWords = ["kill", "halted", "stopped", "KILLED", "hermal", "MINTEMP", "MAXTEMP", "Heating failed", "emergency", "Emergency"];

    // Errors that say nothing about the program. Source: as above.
    private static readonly string[] HarmlessWords = ["No thermistors", "volume.init", "SD init", "No SD", "EEPROM", "Cannot open"];

    /// <summary>True if an error says that the firmware has stopped.</summary>
    public static bool IsHalt(string error) => Array.Exists(HaltWords, word => error.Contains(word, StringComparison.Ordinal));

    private void OnError(in FirmwareMessage message)
    {
        Say(message);
        var text = FirmwareText.Of(message.Detail).Trim();
        if (Array.Exists(HarmlessWords, word => text.Contains(word)))
            return;
        if (IsHalt(text))
        {
            _isHalted = true;
            _emergencyMs = -1;
            RestState = MachineState.Alarm;
            RestReason = $"The firmware halted: {text}. It has turned its heaters off. Find the cause, then {HowToReset}";
            _streamer.Abandon("The firmware halted.");
        }

        BreakOff($"the firmware reported '{text}'");
    }

    // A command that the firmware passes over leaves the machine elsewhere than admission followed it to, or lets it go on where it should wait.
    private void OnEcho(ReadOnlySpan<byte> text)
    {
        switch (MarlinUnknown.Of(text, out var command))
        {
            case UnknownEffect.Lost:
                BreakOff($"the firmware does not know {command}, so the program's further moves would go elsewhere. Slice for this firmware, or have the command built into it");
                break;
            case UnknownEffect.Unheld:
                WantsPause = true;
                _streamer.IsProgramHeld = true;
                Events.Note($"The firmware does not know {command}, at which it should have waited for a person: the program is held here instead. Do what the program wants, then resume.");
                break;
            case UnknownEffect.None when command.Length > 0 && !_limits.IsAsking:
                Events.Note($"The firmware does not know {command} and passes it over.");
                break;
        }
    }

    private void OnHostAction(in FirmwareMessage message)
    {
        Say(message);
        var action = message.Detail;
        if (_prompt.On(action))
        {
            Question = _prompt.Showing;
            return;
        }

        if (Run is null)
            return;
        if (action.SequenceEqual("pause"u8) || action.SequenceEqual("paused"u8))
        {
            WantsPause = true;
            _streamer.IsProgramHeld = true;
        }
        else if (action.SequenceEqual("resume"u8) || action.SequenceEqual("resumed"u8))
        {
            WantsPause = false;
            _streamer.IsProgramHeld = Run.IsPaused;
        }
        else if (action.SequenceEqual("cancel"u8))
        {
            Run.IsCalledOff = true;
            BreakOff("called off at the machine");
        }
    }

    private void OnPersonWanted()
    {
        if (_personWanted)
            return;
        _personWanted = true;
        Question = "The machine waits for a person (M0, M1 or a filament change). Do what it asks, then resume.";
        Events.Add(new PromptRaised { At = Events.Now, Text = Question });
    }

    private void ClosePersonWanted()
    {
        if (!_personWanted)
            return;
        _personWanted = false;
        Question = _prompt.Showing;
        Events.Add(new PromptClosed { At = Events.Now });
    }

    private void OnTemperatures(in FirmwareMessage message, long nowMs)
    {
        if (_heaters.Take(message, nowMs) is not { } finding)
            return;
        Events.Note(finding);
        RestState = MachineState.Alarm;
        RestReason = finding;
        if (Run is null)
            SubmitHeatersOff([]);
        else
            BreakOff(finding);
    }

    private void OnPosition(ReadOnlySpan<byte> text)
    {
        Span<double> axes = stackalloc double[3];
        for (var axis = 0; axis < 3; axis++)
        {
            var at = text.IndexOf(":"u8);
            if (at < 1 || text[at - 1] != "XYZ"[axis])
                return;
            text = text[(at + 1)..].TrimStart((byte)' ');
            if (!FirmwareText.TryTakeNumber(ref text, out axes[axis]))
                return;
        }

        Events.Add(new PositionReported { At = Events.Now, XMm = axes[0], YMm = axes[1], ZMm = axes[2], IsMachine = false });
    }
}
