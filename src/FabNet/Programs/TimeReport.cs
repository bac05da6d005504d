// How long a program takes, layer by layer and feature by feature.

using FabNet.CommandLine;
using FabNet.GCode;
using FabNet.Model.Machines;

namespace FabNet.Programs;

internal static class TimeReport
{
    private const int Shown = 5;

    /// <summary>Says the time of a program.</summary>
    /// <param name="console">Where to.</param>
    /// <param name="summary">What the program does.</param>
    /// <param name="machine">The machine whose speeds count.</param>
    /// <param name="remaining">The source line that somebody asked about, and the seconds left after it; null without.</param>
    public static void Say(CommandConsole console, ProgramSummary summary, MachineProfile machine, (int Line, double Seconds)? remaining)
    {
        console.Emit(json =>
        {
            json.WriteString("profile", machine.Name);
            json.WriteNumber("timeSeconds", Math.Round(summary.TimeSeconds, 3));
            json.WriteNumber("heatUpSeconds", Math.Round(summary.HeatUpSeconds, 1));
            if (remaining is { } rest)
            {
                json.WriteNumber("atLine", rest.Line);
                json.WriteNumber("remainingSeconds", Math.Round(rest.Seconds, 3));
            }

            ProgramReports.WriteLayers(json, summary);
            json.WriteStartArray("features");
            foreach (var feature in summary.Features)
            {
                json.WriteStartObject();
                json.WriteString("name", feature.Name);
                json.WriteNumber("timeSeconds", Math.Round(feature.Seconds, 3));
                json.WriteNumber("filamentMm", Math.Round(feature.FilamentMm, 3));
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
        console.Say($"machine    {machine.Title} ({machine.Name})");
        console.Say($"time       {Durations.Text(summary.TimeSeconds)}{(summary.HeatUpSeconds > 0 ? $", after about {Durations.Text(summary.HeatUpSeconds)} of heating" : "")}");
        if (remaining is { } left)
            console.Say($"left       {Durations.Text(left.Seconds)} after line {left.Line}");
        if (summary.LayerCount > 0)
        {
            console.Say($"layers     {summary.LayerCount}, {Durations.Text(summary.Layers.Average(layer => layer.Seconds))} on average; the slowest:");
            foreach (var layer in summary.Layers.OrderByDescending(layer => layer.Seconds).Take(Shown))
                console.Say($"             {layer.Index + 1,5} at Z {layer.ZMm:0.##} mm: {Durations.Text(layer.Seconds)}");
        }

        if (summary.Features.Count > 0)
        {
            console.Say("features   the slowest:");
            foreach (var feature in summary.Features.OrderByDescending(feature => feature.Seconds).Take(Shown))
                console.Say($"             {feature.Name}: {Durations.Text(feature.Seconds)} ({feature.Seconds / Math.Max(1e-9, summary.TimeSeconds):0 %})");
        }
    }
}
