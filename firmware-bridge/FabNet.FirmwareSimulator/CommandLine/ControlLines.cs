// The words that the program takes on its standard input while a machine runs.

using System.Globalization;
using FabNet.FirmwareSimulator.Bambu;
using FabNet.FirmwareSimulator.Faults;

namespace FabNet.FirmwareSimulator.CommandLine;

/// <summary>Reads lines, applies them, and prints one answer line for each: <c>ok</c>, a status, or <c>error: …</c>.</summary>
internal static class ControlLines
{
    /// <summary>Runs until <c>quit</c>, until the machine ends, or until cancelled. The end of the input is not the end: the machine runs on.</summary>
    public static async Task RunAsync(Func<string, string?> apply, Task machine, CancellationToken cancellation)
    {
        var reading = Task.Run(
            async () =>
            {
                while (await Console.In.ReadLineAsync(cancellation) is { } line)
                {
                    if (line.Trim() == "quit")
                    {
                        return true;
                    }

                    if (line.Trim().Length > 0)
                    {
                        await Console.Out.WriteLineAsync(Answer(apply, line.Trim()));
                    }
                }

                return false;
            },
            cancellation);
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = cancellation.Register(() => cancelled.TrySetResult());
        var quit = reading.ContinueWith(
            read => read.IsCompletedSuccessfully && read.Result ? Task.CompletedTask : cancelled.Task,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default).Unwrap();
        await await Task.WhenAny(quit, machine, cancelled.Task);
    }

    /// <summary>Applies a word to a serial machine.</summary>
    /// <returns>The answer, or null for a plain ok.</returns>
    /// <exception cref="FormatException">The word or its value is unknown.</exception>
    public static string? Apply(SimulatedMachine machine, string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        switch (words)
        {
            case ["status"]:
                return $"{machine.PortPath} {machine.State} t={machine.TimeS:0.0}s executed={machine.Log.Count} position={machine.Position} overflowed={machine.OverflowedBytes}";
            case ["unplug"]:
                machine.Faults.Unplug();
                return null;
            case ["plug"]:
                machine.Faults.Plug();
                return machine.PortPath;
            case ["reset"]:
                machine.Faults.Reset();
                return null;
            case ["stall", var seconds]:
                machine.Faults.Stall(Seconds(line, seconds));
                return null;
            case ["mute", var seconds]:
                machine.Faults.Mute(Seconds(line, seconds));
                return null;
            case ["break-heater"]:
                machine.Faults.BreakHeater();
                return null;
            case ["press-endstop", var axis]:
                machine.Faults.PressEndstop(Fault.ParseAxis(line, axis));
                return null;
            case ["release-endstop", var axis]:
                machine.Faults.ReleaseEndstop(Fault.ParseAxis(line, axis));
                return null;
            case ["plan", var fault]:
                machine.Faults.Plan(Fault.Parse(fault));
                return null;
            default:
                throw new FormatException($"'{line}' is unknown: status, unplug, plug, reset, stall S, mute S, break-heater, press-endstop A, release-endstop A, plan FAULT, quit.");
        }
    }

    /// <summary>Applies a word to an MQTT printer.</summary>
    /// <returns>The answer, or null for a plain ok.</returns>
    /// <exception cref="FormatException">The word or its value is unknown.</exception>
    public static string? Apply(BambuPrinter printer, string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        switch (words)
        {
            case ["status"]:
                return $"{printer.ReportTopic} {printer.GcodeState} connected={printer.IsConnected} ftps={printer.FtpsPort} t={printer.TimeS:0.0}s executed={printer.Log.Count} position={printer.Position}";
            case ["drop-connection", var seconds]:
                printer.DropConnection(Seconds(line, seconds));
                return null;
            case ["silence", var seconds]:
                printer.Silence(Seconds(line, seconds));
                return null;
            case ["print-error", var code] when int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var number):
                printer.RaisePrintError(number);
                return null;
            case ["card", "in" or "out"]:
                printer.SetCard(words[1] == "in");
                return null;
            default:
                throw new FormatException($"'{line}' is unknown: status, drop-connection S, silence S, print-error CODE, card in|out, quit.");
        }
    }

    private static string Answer(Func<string, string?> apply, string line)
    {
        try
        {
            return apply(line) ?? "ok";
        }
        catch (Exception wrong) when (wrong is FormatException or ArgumentException or IOException)
        {
            return $"error: {wrong.Message}";
        }
    }

    private static TimeSpan Seconds(string line, string value) => TimeSpan.FromSeconds(Fault.ParseTime(line, value));
}
