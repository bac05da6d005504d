// What the machine's codes mean, in words that say what to do. Source of the codes: pybambu (print_error, hms, stg_cur) and the maker's wiki; the words are this project's own.

using System.Globalization;

namespace FabNet.FirmwareBridge.Mqtt;

/// <summary>Print errors, health messages and reasons of a pause in words, each with its code.</summary>
internal static class BambuFaults
{
    /// <summary>The task was called off at the machine or from here: a fact, no fault.</summary>
    public const uint Cancelled = 0x0300_400C;

    /// <summary>What is wrong or asked for, in words for a person; null if nothing is.</summary>
    public static string? Describe(BambuReport report)
    {
        var parts = new List<string>();
        if (report.State == "PAUSE" && report.Stage is { } stage && Pause(stage) is { } pause)
            parts.Add(pause);
        if (report.PrintError is not 0 and not Cancelled)
            parts.Add(PrintError(report.PrintError));
        parts.AddRange(report.Health.Select(Health));
        return parts.Count == 0 ? null : string.Join("; ", parts);
    }

    /// <summary>A print error in words.</summary>
    public static string PrintError(uint code)
    {
        var words = code switch
        {
            0x0300_4000 => "homing of Z failed",
            0x0300_4002 => "bed levelling failed",
            0x0300_4006 or 0x0300_8016 => "the nozzle is clogged",
            0x0300_4008 => "the filament changer could not change the filament",
            0x0300_4009 => "homing of X and Y failed",
            0x0300_400B => "the machine's parts don't hear each other: restart it",
            Cancelled => "the print was called off",
            0x0300_400D => "it could not go on after a power cut",
            0x0300_8001 => "somebody paused it at the machine",
            0x0300_8002 => "the first layer looks wrong: look at it, then resume or cancel",
            0x0300_8003 => "the camera sees spaghetti: look at the print, then resume or cancel",
            0x0300_8004 or 0x0700_8011 or 0x07FF_8011 or 0x0300_8015 => "the filament has run out: load more, then resume",
            0x0300_8005 => "the cover of the tool head fell off: put it back, then resume",
            0x0300_8006 or 0x0300_8019 => "the build plate is not seen: put it on properly",
            0x0300_8008 => "the nozzle does not keep its temperature",
            0x0300_8009 => "the bed does not keep its temperature",
            0x0300_800A => "the waste chute is full: empty it",
            0x0300_800B => "the filament cutter is stuck",
            0x0300_800E or 0x0500_8013 => "the file is gone: check the SD card",
            0x0300_800F => "the door is open",
            0x0300_8010 => "the hot end's fan does not turn as it should",
            0x0300_8013 => "the program asks for a person (M400 U1)",
            0x0300_8014 => "the nozzle is covered with filament, or the plate lies crooked",
            0x0300_8017 => "something lies on the bed: take it away",
            0x0300_8018 => "the chamber does not keep its temperature",
            0x0500_4002 or 0x0500_400A => "it does not take the file's name",
            0x0500_4003 => "it can't read the file",
            0x0500_4004 => "it is busy with another task",
            0x0500_4005 => "it is updating its firmware",
            0x0500_4006 => "its storage is full: delete files from the SD card",
            0x0500_4007 => "its firmware needs repair",
            0x0500_400B => "it could not fetch the file",
            0x0500_400C => "there is no SD card in it",
            0x0500_400D => "it wants a self-test first: start it on its screen",
            0x0500_400E => "the print was called off",
            0x0500_C010 => "the SD card can't be read or written: put it in again, or another one",
            0x0502_4007 => "it takes no commands from this program: switch on LAN only mode and developer mode on its screen",
            0x0700_8001 => "the filament could not be cut",
            0x0700_8010 or 0x07FF_8010 => "the filament can't be pulled: look for a knot or a stuck spool",
            0x07FF_8012 => "it does not know which spool to use: resume to let it try again",
            _ => "the maker's wiki explains it",
        };
        return string.Create(CultureInfo.InvariantCulture, $"error {code >> 16:X4}-{code & 0xFFFF:X4} ({words})");
    }

    /// <summary>A health message in words: how bad, which part, and the code under which the maker's wiki explains it.</summary>
    public static string Health(BambuHealth health)
    {
        var severity = (health.Code >> 16) switch
        {
            1 => "fatal: ",
            2 => "serious: ",
            3 => "",
            4 => "for information: ",
            _ => "",
        };
        var part = (health.Attribute >> 24) switch
        {
            0x03 => "motion and heaters",
            0x05 => "main board",
            0x07 when ((health.Attribute >> 16) & 0xFF) == 0xFF => "external spool",
            0x07 => $"filament changer {(char)('A' + ((health.Attribute >> 16) & 0x07))}{Slot(health.Attribute)}",
            0x08 => "tool head",
            0x0C => "camera and first-layer scanner",
            0x12 => "filament changer (lite)",
            _ => "the machine",
        };
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{severity}{part}, HMS_{health.Attribute >> 16:X4}_{health.Attribute & 0xFFFF:X4}_{health.Code >> 16:X4}_{health.Code & 0xFFFF:X4}{(IsOutOfFilament(health) ? " (the filament has run out)" : "")}");
    }

    private static bool IsOutOfFilament(BambuHealth health) =>
        (health.Attribute >> 24) is 0x07 or 0x12 && (health.Attribute & 0xFFFF) is >= 0x2000 and <= 0x2300 && health.Code == 0x0002_0001;

    private static string Slot(uint attribute) =>
        (attribute & 0xFFFF) is 0x2000 or 0x2100 or 0x2200 or 0x2300 ? string.Create(CultureInfo.InvariantCulture, $" slot {((attribute >> 8) & 0x0F) + 1}") : "";

    private static string? Pause(int stage) => stage switch
    {
        5 or 30 => "the program asks for a person",
        6 => "the filament has run out",
        16 => "somebody paused it",
        17 => "the cover of the tool head fell off",
        20 => "the nozzle does not keep its temperature",
        21 => "the bed does not keep its temperature",
        23 => "a motor lost steps",
        26 => "the filament changer is gone",
        27 => "the hot end's fan is too slow",
        28 => "the chamber does not keep its temperature",
        32 => "the nozzle is covered with filament",
        33 => "the filament cutter does not work",
        34 => "the first layer looks wrong",
        35 => "the nozzle is clogged",
        _ => null,
    };
}
