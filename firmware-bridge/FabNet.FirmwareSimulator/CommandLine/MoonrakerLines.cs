// The words that the program takes on its standard input while a Klipper machine runs.

using System.Globalization;
using FabNet.FirmwareSimulator.Moonraker;

namespace FabNet.FirmwareSimulator.CommandLine;

/// <summary>Applies words to a Klipper machine.</summary>
internal static class MoonrakerLines
{
    /// <summary>Applies one line.</summary>
    /// <returns>The answer, or null for a plain ok.</returns>
    /// <exception cref="FormatException">The word or its value is unknown.</exception>
    public static string? Apply(MoonrakerPrinter printer, string line)
    {
        var faults = printer.Faults;
        switch (line.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries))
        {
            case ["status"]:
                return $"{printer.Address} {printer.State} t={printer.TimeS:0.0}s executed={printer.Log.Count} position={printer.Position}";
            case ["go-away"]:
                faults.GoAway();
                return null;
            case ["come-back"]:
                faults.ComeBack();
                return null;
            case ["drop-connections"]:
                faults.DropConnections();
                return null;
            case ["lose-request", var method]:
                faults.LoseRequest(method);
                return null;
            case ["lose-reply", var method]:
                faults.LoseReply(method);
                return null;
            case ["fail-upload", var status]:
                faults.FailUpload(Number(line, status));
                return null;
            case ["cut-upload", var bytes]:
                faults.CutUpload(Number(line, bytes));
                return null;
            case ["slow-upload", var pace]:
                faults.UploadBytesPerSecond = Number(line, pace);
                return null;
            case ["shut-down", .. var reason]:
                faults.ShutDown(string.Join(' ', reason));
                return null;
            case ["restart"]:
                faults.RestartKlipper();
                return null;
            case ["hold-at", var held]:
                faults.HoldAtLine(Number(line, held));
                return null;
            case ["fail-at", var failing, var reason]:
                faults.FailAtLine(Number(line, failing), reason);
                return null;
            default:
                throw new FormatException($"'{line}' is unknown; FabNet.FirmwareSimulator --help lists the words.");
        }
    }

    private static int Number(string line, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw new FormatException($"'{line}': {value} is no number.");
}
