// What admission found, for people and for programs.

using System.Text.Json;
using FabNet.CommandLine;
using FabNet.GCode;
using FabNet.Model;
using FabNet.Model.Machines;

namespace FabNet.Programs;

internal static class ProgramReports
{
    /// <summary>Says whether a machine takes a program, and each reason with its line.</summary>
    /// <param name="console">Where.</param>
    /// <param name="outcome">What admission found.</param>
    /// <param name="machine">The machine.</param>
    /// <param name="afterRefusal">What a refusal means to the command that asked, or what to do next; ends the sentence.</param>
    public static void Say(CommandConsole console, AdmissionResult outcome, MachineProfile machine, string afterRefusal)
    {
        console.Emit(json =>
        {
            json.WriteString("event", outcome.IsAdmitted ? "admitted" : "refused");
            json.WriteBoolean("admitted", outcome.IsAdmitted);
            json.WriteString("profile", machine.Name);
            json.WriteNumber("violationCount", outcome.ViolationCount);
            json.WriteNumber("refusalCount", outcome.RefusalCount);
            json.WriteStartArray("violations");
            foreach (var violation in outcome.Violations)
            {
                json.WriteStartObject();
                json.WriteNumber("line", violation.Line);
                json.WriteString("code", violation.Code.ToString());
                json.WriteString("severity", violation.Severity == Severity.Refusal ? "refusal" : "warning");
                json.WriteString("message", violation.Message);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
        foreach (var violation in outcome.Violations)
        {
            console.Say($"{(violation.Severity == Severity.Refusal ? "refused" : "warning")}: {violation}");
        }

        if (outcome.ViolationCount > outcome.Violations.Count)
        {
            console.Say($"… and {outcome.ViolationCount - outcome.Violations.Count} more");
        }

        console.Say(outcome.IsAdmitted
            ? $"admitted   on {machine.Name}: {outcome.Summary.CommandCount} commands, about {Durations.Text(outcome.Summary.TimeSeconds)}"
            : $"refused on {machine.Name}: {outcome.RefusalCount} {(outcome.RefusalCount == 1 ? "reason" : "reasons")}; {afterRefusal}");
    }

    /// <summary>Says what a program does.</summary>
    public static void Say(CommandConsole console, AdmissionResult read, MachineProfile machine)
    {
        var summary = read.Summary;
        console.Emit(json =>
        {
            Write(json, summary, machine);
            json.WriteNumber("refusalCount", read.RefusalCount);
        });
        console.Say($"machine    {machine.Title} ({machine.Name})");
        console.Say($"time       {Durations.Text(summary.TimeSeconds)}{(summary.HeatUpSeconds > 0 ? $", after about {Durations.Text(summary.HeatUpSeconds)} of heating" : "")}");
        console.Say($"commands   {summary.CommandCount}, {summary.MotionCount} of them motion");
        SayBox(console, "motion", summary.MotionBoundsMm);
        SayBox(console, "cutting", summary.CuttingBoundsMm);
        if (summary.FilamentMm > 0)
        {
            console.Say($"filament   {summary.FilamentMm / 1000:0.00} m, {summary.FilamentGrams:0.0} g");
        }

        if (summary.LayerCount > 0)
        {
            console.Say($"layers     {summary.LayerCount}");
        }

        if (summary.MaxHotEndC > 0 || summary.MaxBedC > 0)
        {
            console.Say($"heat       hot end {summary.MaxHotEndC:0} °C, bed {summary.MaxBedC:0} °C");
        }

        if (summary.MaxSpindleRpm > 0)
        {
            console.Say($"spindle    {summary.MaxSpindleRpm:0} rev/min");
        }
    }

    /// <summary>Writes the layers as an array.</summary>
    public static void WriteLayers(Utf8JsonWriter json, ProgramSummary summary)
    {
        json.WriteStartArray("layers");
        foreach (var layer in summary.Layers)
        {
            json.WriteStartObject();
            json.WriteNumber("index", layer.Index);
            json.WriteNumber("zMm", layer.ZMm);
            json.WriteNumber("heightMm", layer.HeightMm);
            json.WriteNumber("firstLine", layer.FirstLine);
            json.WriteNumber("timeSeconds", Math.Round(layer.Seconds, 3));
            json.WriteNumber("filamentMm", Math.Round(layer.FilamentMm, 3));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, ProgramSummary summary, MachineProfile machine)
    {
        json.WriteString("profile", machine.Name);
        json.WriteNumber("timeSeconds", Math.Round(summary.TimeSeconds, 3));
        json.WriteNumber("heatUpSeconds", Math.Round(summary.HeatUpSeconds, 1));
        WriteBox(json, "motionBoundsMm", summary.MotionBoundsMm);
        WriteBox(json, "cuttingBoundsMm", summary.CuttingBoundsMm);
        json.WriteBoolean("boundsAreMachineCoordinates", summary.BoundsAreMachineCoordinates);
        json.WriteNumber("filamentMm", Math.Round(summary.FilamentMm, 3));
        json.WriteNumber("filamentGrams", Math.Round(summary.FilamentGrams, 3));
        json.WriteNumber("maxHotEndC", summary.MaxHotEndC);
        json.WriteNumber("maxBedC", summary.MaxBedC);
        json.WriteNumber("maxSpindleRpm", summary.MaxSpindleRpm);
        json.WriteNumber("commandCount", summary.CommandCount);
        json.WriteNumber("motionCount", summary.MotionCount);
        json.WriteNumber("layerCount", summary.LayerCount);
        WriteLayers(json, summary);
    }

    private static void WriteBox(Utf8JsonWriter json, string name, Box3? box)
    {
        if (box is not { } b)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        foreach (var (axis, range) in (ReadOnlySpan<(string, AxisRange)>)[("x", b.X), ("y", b.Y), ("z", b.Z)])
        {
            json.WriteStartArray(axis);
            json.WriteNumberValue(Math.Round(range.Min, 4));
            json.WriteNumberValue(Math.Round(range.Max, 4));
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void SayBox(CommandConsole console, string name, Box3? box)
    {
        if (box is { } b)
        {
            console.Say($"{name,-9}  X {b.X.Min:0.##} to {b.X.Max:0.##}, Y {b.Y.Min:0.##} to {b.Y.Max:0.##}, Z {b.Z.Min:0.##} to {b.Z.Max:0.##} mm");
        }
    }
}
