// How a run looks: one line that is redrawn on a terminal, a line now and then in a pipe, an object an event in JSON.

using FabNet.CommandLine;
using FabNet.FirmwareBridge;

namespace FabNet.Machines;

/// <param name="console">Where it is shown.</param>
/// <param name="toWhole">From a line of the program that runs to one of the whole program: another where it is gone on with.</param>
internal sealed class RunView(CommandConsole console, Func<int, int> toWhole) : IDisposable
{
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(10);

    private const double FractionBetweenLines = 0.05;

    private readonly StatusLine _line = new(console);
    private string _heat = "";
    private double _saidFraction = double.NegativeInfinity;
    private DateTimeOffset _saidAt = DateTimeOffset.MinValue;

    /// <summary>Shows an event.</summary>
    public void Show(MachineEvent happened)
    {
        switch (happened)
        {
            case TemperaturesReported temperatures: Show(temperatures); break;
            case ProgressReported progress: Show(progress); break;
            case PositionReported position:
                Emit(happened, "position", json =>
                {
                    json.WriteNumber("x", position.XMm);
                    json.WriteNumber("y", position.YMm);
                    json.WriteNumber("z", position.ZMm);
                    json.WriteBoolean("machine", position.IsMachine);
                });
                break;
            case MachineStateChanged state:
                Emit(happened, "state", json =>
                {
                    json.WriteString("state", state.State.ToString().ToLowerInvariant());
                    json.WriteString("reason", state.Reason);
                });
                if (state.Reason is not null)
                {
                    _line.Say($"{state.State.ToString().ToLowerInvariant()}: {state.Reason}");
                }

                break;
            case PromptRaised prompt:
                Emit(happened, "prompt", json =>
                {
                    json.WriteString("text", prompt.Text);
                    json.WriteStartArray("choices");
                    foreach (var choice in prompt.Choices)
                    {
                        json.WriteStringValue(choice);
                    }

                    json.WriteEndArray();
                });
                _line.Say($"the machine asks: {prompt.Text} {string.Join("  ", prompt.Choices.Select((c, i) => $"[{i}] {c}"))}");
                break;
            case MachineNoted note:
                Emit(happened, "note", json => json.WriteString("text", note.Text));
                _line.Say(note.Text);
                break;
            case FirmwareSaid said:
                Emit(happened, "firmware", json => json.WriteString("text", said.Text));
                break;
            default:
                break;
        }
    }

    /// <summary>Says how the run ended.</summary>
    public void Conclude(RunOutcome outcome, int programLines)
    {
        var lineCount = toWhole(programLines);
        var executed = toWhole(outcome.LastExecutedLine);
        var sent = toWhole(outcome.LastSentLine);
        var (word, reason, safe) = outcome switch
        {
            RunOutcome.Completed => ("completed", null, null),
            RunOutcome.Failed failed => ("failed", failed.Reason, (SafeState?)failed.SafeState),
            RunOutcome.Cancelled cancelled => ("cancelled", cancelled.Reason, cancelled.SafeState),
            _ => throw new NotSupportedException($"{outcome.GetType().Name} is not a known outcome."),
        };
        console.Emit(json =>
        {
            json.WriteString("event", word);
            json.WriteNumber("lines", lineCount);
            json.WriteNumber("lastExecutedLine", executed);
            json.WriteNumber("lastSentLine", sent);
            json.WriteNumber("seconds", Math.Round(outcome.Duration.TotalSeconds, 3));
            json.WriteString("reason", reason);
            json.WriteString("safeState", safe?.ToString());
        });
        _line.Say(reason is null
            ? $"completed  {lineCount} lines in {Durations.Text(outcome.Duration.TotalSeconds)}"
            : $"{word} after line {executed} of {lineCount} (sent up to {sent}): {reason}");
        if (safe is { } state)
        {
            _line.Say(Text(state));
        }
    }

    public void Dispose() => _line.Erase();

    private static string Text(SafeState state) => state switch
    {
        SafeState.Confirmed => "heaters and spindle are off: the firmware confirmed it",
        SafeState.FirmwareStopped => "the firmware has stopped itself; heaters and spindle are off by its own doing",
        SafeState.LinkLost => "the link is lost: heaters may still be hot and the spindle may still turn. Go and look",
        SafeState.Unconfirmed => "heaters and spindle were ordered off, and nothing confirmed it. Go and look",
        _ => "nothing was on",
    };

    private void Show(TemperaturesReported temperatures)
    {
        Emit(temperatures, "temperatures", json =>
        {
            json.WriteStartArray("readings");
            foreach (var reading in temperatures.Readings)
            {
                json.WriteStartObject();
                json.WriteString("heater", reading.Kind.ToString().ToLowerInvariant());
                json.WriteNumber("index", reading.Index);
                json.WriteNumber("c", reading.CurrentC);
                if (reading.TargetC is { } target)
                {
                    json.WriteNumber("targetC", target);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
        _heat = string.Join("  ", temperatures.Readings.Select(r => $"{r.Kind switch { HeaterKind.HotEnd => "hot end", HeaterKind.Bed => "bed", _ => "chamber" }} {r.CurrentC:0}{(r.TargetC is > 0 ? $"/{r.TargetC:0}" : "")} °C"));
    }

    private void Show(ProgressReported progress)
    {
        Emit(progress, "progress", json =>
        {
            json.WriteNumber("line", toWhole(progress.Line));
            json.WriteNumber("lines", toWhole(progress.LineCount));
            json.WriteNumber("fraction", Math.Round(progress.Fraction, 5));
            json.WriteNumber("elapsedSeconds", Math.Round(progress.Elapsed.TotalSeconds, 1));
            if (progress.Remaining is { } remaining)
            {
                json.WriteNumber("remainingSeconds", Math.Round(remaining.TotalSeconds, 1));
            }
        });
        var left = progress.Remaining is { } time ? $"  {Durations.Text(time.TotalSeconds)} left" : "";
        if (_line.IsShown)
        {
            _line.Draw($"{StatusLine.Bar(progress.Fraction, 30)} line {toWhole(progress.Line)} of {toWhole(progress.LineCount)}{left}  {_heat}");
        }
        else if (progress.Fraction >= _saidFraction + FractionBetweenLines || progress.At >= _saidAt + BetweenLines)
        {
            (_saidFraction, _saidAt) = (progress.Fraction, progress.At);
            console.Say($"{progress.Fraction,5:0 %}  line {toWhole(progress.Line)} of {toWhole(progress.LineCount)}{left}  {_heat}".TrimEnd());
        }
    }

    private void Emit(MachineEvent happened, string name, Action<System.Text.Json.Utf8JsonWriter> properties) => console.Emit(json =>
    {
        json.WriteString("event", name);
        json.WriteString("at", happened.At);
        properties(json);
    });
}
