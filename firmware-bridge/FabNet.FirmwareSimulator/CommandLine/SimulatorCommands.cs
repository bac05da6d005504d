// The command line: FabNet.FirmwareSimulator marlin|grbl|bambu|moonraker, its options and its help.

using System.CommandLine;
using System.Globalization;
using FabNet.FirmwareSimulator.Bambu;
using FabNet.FirmwareSimulator.Faults;
using FabNet.FirmwareSimulator.Grbl;
using FabNet.FirmwareSimulator.Marlin;
using FabNet.FirmwareSimulator.Moonraker;
using FabNet.Model.Machines;

namespace FabNet.FirmwareSimulator.CommandLine;

/// <summary>Builds the commands. Exit codes: 0 ended as asked, 1 failed, 2 bad usage.</summary>
internal static class SimulatorCommands
{
    private const int Failed = 1;
    private const int BadUsage = 2;

    public static RootCommand Root()
    {
        var root = new RootCommand(
            $"""
            Simulated machines: real protocols, machine time, faults on demand.

            The first line printed is the port to open (for bambu: the report topic; for moonraker: its address). While it runs, commands are read from standard input:
              status | unplug | plug | reset | stall SECONDS | mute SECONDS | break-heater | press-endstop x|y|z | release-endstop x|y|z | plan FAULT | quit
            (bambu: status | drop-connection SECONDS | silence SECONDS | print-error CODE | card in|out | quit)
            (moonraker: status | go-away | come-back | drop-connections | lose-request METHOD | lose-reply METHOD | fail-upload STATUS | cut-upload BYTES | slow-upload BYTES-PER-SECOND |
             shut-down REASON | restart | hold-at LINE | fail-at LINE REASON | quit)

            Faults (--fault, any number; TIME such as 30s, 500ms, 2m is machine time):
            {Indent(Fault.Forms)}

            Examples:
              FabNet.FirmwareSimulator marlin --link /tmp/printer --speed 60 --log executed.jsonl
              FabNet.FirmwareSimulator marlin --advanced-ok --fault corrupt-rx=0.001 --fault lose-ok=17 --seed 42
              FabNet.FirmwareSimulator grbl --profile shapeoko-3 --homing --fault endstop-at-line=100:x
              FabNet.FirmwareSimulator bambu --host 127.0.0.1 --port 1883 --serial 01P00A000000001 --access-code 12345678 --card /tmp/card --ftps-port 2990 --ca /tmp/ca.pem
              FabNet.FirmwareSimulator moonraker --profile voron-2.4 --port 7125 --files /tmp/gcodes --speed 60
            """);
        root.Subcommands.Add(Marlin());
        root.Subcommands.Add(Grbl());
        root.Subcommands.Add(Bambu());
        root.Subcommands.Add(Klipper());
        return root;
    }

    private static Command Marlin()
    {
        var command = new Command("marlin", "A 3D printer with Marlin 2.1 behind a pty.");
        var serial = new SerialOptions(command, "prusa-mk3s");
        var advancedOk = Flag(command, "--advanced-ok", "Built with ADVANCED_OK: ok tells line number, planner and queue.");
        var emergency = Flag(command, "--emergency-parser", "Built with EMERGENCY_PARSER: M108, M112, M410 act at once.");
        var monitoring = Flag(command, "--buffer-monitoring", "Built with BUFFER_MONITORING: D576.");
        var noOkAfterResend = Flag(command, "--no-ok-after-resend", "A build that sends no ok after a Resend.");
        var wait = Flag(command, "--wait-messages", "Built with NO_TIMEOUTS: says wait each idle second.");
        command.SetAction((parsed, cancellation) => RunSerialAsync(
            () => serial.Read(parsed, FirmwareDialect.Marlin, DefaultProfiles.Printer) with
            {
                Marlin = new MarlinBuild
                {
                    AdvancedOk = parsed.GetValue(advancedOk),
                    EmergencyParser = parsed.GetValue(emergency),
                    BufferMonitoring = parsed.GetValue(monitoring),
                    OkAfterResend = !parsed.GetValue(noOkAfterResend),
                    WaitMessageS = parsed.GetValue(wait) ? 1 : 0,
                },
            },
            cancellation));
        return command;
    }

    private static Command Grbl()
    {
        var command = new Command("grbl", "A router with GRBL 1.1h behind a pty.");
        var serial = new SerialOptions(command, "shapeoko-3");
        var homing = Flag(command, "--homing", "Homing is enabled ($22=1): it wakes up locked.");
        var softLimits = Flag(command, "--soft-limits", "Soft limits are enabled ($20=1); needs --homing.");
        var hardLimits = Flag(command, "--hard-limits", "Hard limits are enabled ($21=1).");
        var probe = new Option<double?>("--probe-surface") { Description = "Machine Z in mm at which a probe touches." };
        command.Options.Add(probe);
        command.SetAction((parsed, cancellation) => RunSerialAsync(
            () => serial.Read(parsed, FirmwareDialect.Grbl, DefaultProfiles.Router) with
            {
                Grbl = new GrblBuild
                {
                    Homing = parsed.GetValue(homing),
                    SoftLimits = parsed.GetValue(softLimits),
                    HardLimits = parsed.GetValue(hardLimits) || parsed.GetValue(serial.Faults)!.Any(f => f.StartsWith("endstop", StringComparison.Ordinal)),
                    ProbeSurfaceZ = parsed.GetValue(probe),
                },
            },
            cancellation));
        return command;
    }

    private static Command Bambu()
    {
        var command = new Command("bambu", "A Bambu Lab printer in LAN mode, as a client of an MQTT broker.");
        var host = Text(command, "--host", "The broker's host.", "127.0.0.1");
        var port = new Option<int>("--port") { Description = "The broker's port.", DefaultValueFactory = _ => 1883 };
        command.Options.Add(port);
        var serial = Text(command, "--serial", "The printer's serial number, part of its topics.", "01P00A000000001");
        var code = Text(command, "--access-code", "The LAN access code, its password (user bblp).", "12345678");
        var card = Text(command, "--card", "The folder that is its SD card: ftp:///name.3mf is name.3mf in it.", ".");
        var ftpsPort = new Option<int>("--ftps-port") { Description = "The port of its FTPS server on loopback; a free one by default (see status)." };
        command.Options.Add(ftpsPort);
        var authority = new Option<string?>("--ca") { Description = "A file that takes the CA of its certificate, for a host to pin." };
        command.Options.Add(authority);
        var profile = Text(command, "--profile", "The machine profile.", "bambu-p1s");
        var speed = Text(command, "--speed", "Machine seconds per real second, or max.", "1");
        var log = new Option<string?>("--log") { Description = "A file that takes one JSON object per executed command." };
        command.Options.Add(log);
        command.SetAction((parsed, cancellation) => GuardAsync(async () =>
        {
            var options = new BambuOptions
            {
                Host = parsed.GetValue(host)!,
                Port = parsed.GetValue(port),
                Serial = parsed.GetValue(serial)!,
                AccessCode = parsed.GetValue(code)!,
                CardFolder = parsed.GetValue(card)!,
                FtpsPort = parsed.GetValue(ftpsPort),
                AuthorityPath = parsed.GetValue(authority),
                Profile = MachineProfiles.Find(parsed.GetValue(profile)!),
                Speed = ParseSpeed(parsed.GetValue(speed)!),
                LogPath = parsed.GetValue(log),
            };
            await using var printer = BambuPrinter.Start(options);
            await Console.Out.WriteLineAsync(printer.ReportTopic);
            await ControlLines.RunAsync(line => ControlLines.Apply(printer, line), printer.Completion, cancellation);
        }));
        return command;
    }

    private static Command Klipper()
    {
        var command = new Command("moonraker", "A 3D printer with Klipper, behind Moonraker's API on loopback.");
        var port = new Option<int>("--port") { Description = "The TCP port; 0 for any free one.", DefaultValueFactory = _ => 7125 };
        command.Options.Add(port);
        var key = new Option<string?>("--api-key") { Description = "The API key that every client must give. Without it everybody is let in." };
        command.Options.Add(key);
        var files = Text(command, "--files", "The folder of G-code files.", ".");
        var profile = Text(command, "--profile", "The machine profile.", "voron-2.4");
        var speed = Text(command, "--speed", "Machine seconds per real second, or max.", "1");
        var log = new Option<string?>("--log") { Description = "A file that takes one JSON object per executed command." };
        command.Options.Add(log);
        command.SetAction((parsed, cancellation) => GuardAsync(async () =>
        {
            await using var printer = await MoonrakerPrinter.StartAsync(new MoonrakerOptions
            {
                Port = parsed.GetValue(port),
                ApiKey = parsed.GetValue(key),
                Folder = parsed.GetValue(files)!,
                Profile = MachineProfiles.Find(parsed.GetValue(profile)!),
                Speed = ParseSpeed(parsed.GetValue(speed)!),
                LogPath = parsed.GetValue(log),
            });
            await Console.Out.WriteLineAsync(printer.Address.ToString());
            await ControlLines.RunAsync(line => MoonrakerLines.Apply(printer, line), printer.Completion, cancellation);
        }));
        return command;
    }

    private static Task<int> RunSerialAsync(Func<SimulatorOptions> read, CancellationToken cancellation) => GuardAsync(async () =>
    {
        await using var machine = SimulatedMachine.Start(read());
        await Console.Out.WriteLineAsync(machine.PortPath);
        await ControlLines.RunAsync(line => ControlLines.Apply(machine, line), machine.Completion, cancellation);
    });

    /// <summary>The program's boundary: a failure becomes a message and an exit code.</summary>
    private static async Task<int> GuardAsync(Func<Task> run)
    {
        try
        {
            await run();
            return 0;
        }
        catch (FormatException wrong)
        {
            await Console.Error.WriteLineAsync(wrong.Message);
            return BadUsage;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or KeyNotFoundException)
        {
            await Console.Error.WriteLineAsync(failure.Message);
            return Failed;
        }
    }

    internal static double ParseSpeed(string text)
    {
        if (text == "max")
        {
            return double.PositiveInfinity;
        }

        return double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var speed) && speed > 0
            ? speed
            : throw new FormatException($"'{text}' is no speed: write a number above 0, such as 60, or max.");
    }

    private static Option<bool> Flag(Command command, string name, string description)
    {
        var option = new Option<bool>(name) { Description = description };
        command.Options.Add(option);
        return option;
    }

    private static Option<string> Text(Command command, string name, string description, string fallback)
    {
        var option = new Option<string>(name) { Description = description, DefaultValueFactory = _ => fallback };
        command.Options.Add(option);
        return option;
    }

    private static string Indent(string text) => "  " + text.ReplaceLineEndings("\n  ");

    /// <summary>The options that both serial firmwares share.</summary>
    private sealed class SerialOptions
    {
        private readonly Option<string?> _link = new("--link") { Description = "A symbolic link to keep pointed at the port, over unplugging too." };
        private readonly Option<int> _baud = new("--baud") { Description = "Wire speed in bits per second. Default: the profile's." };
        private readonly Option<double> _usbLatency = new("--usb-latency") { Description = "The USB adapter's latency timer in milliseconds; 16 is an FTDI chip's own.", DefaultValueFactory = _ => 0 };
        private readonly Option<string> _speed = new("--speed") { Description = "Machine seconds per real second (60), or max: nothing waits for time.", DefaultValueFactory = _ => "1" };
        private readonly Option<int> _seed = new("--seed") { Description = "Seed of random faults.", DefaultValueFactory = _ => 1 };
        private readonly Option<string?> _log = new("--log") { Description = "A file that takes one JSON object per executed command, appended before its ok is sent." };
        private readonly Option<string?> _profile;
        private readonly Option<bool> _strictBaud = new("--strict-baud") { Description = "A host at another baud rate reads and sends garbage." };
        private readonly Option<bool> _resetOnOpen = new("--reset-on-open") { Description = "Opening the port resets the board." };

        public SerialOptions(Command command, string example)
        {
            _profile = new Option<string?>("--profile") { Description = $"The machine profile, such as {example}. Without one, a plain machine." };
            foreach (var option in (Option[])[_link, _baud, _usbLatency, _speed, _seed, _log, _profile, Faults, _strictBaud, _resetOnOpen])
            {
                command.Options.Add(option);
            }
        }

        public Option<string[]> Faults { get; } = new("--fault") { Description = "A fault, such as lose-ok=17; see FabNet.FirmwareSimulator --help.", DefaultValueFactory = _ => [] };

        public SimulatorOptions Read(ParseResult parsed, FirmwareDialect dialect, MachineProfile plain)
        {
            var profile = parsed.GetValue(_profile) is { } name ? MachineProfiles.Find(name) : plain;
            if (profile.Dialect != dialect)
            {
                throw new FormatException($"{profile.Name} speaks {profile.Dialect}, not {dialect}: choose another --profile or another command.");
            }

            return new SimulatorOptions
            {
                Profile = profile,
                Link = parsed.GetValue(_link),
                Baud = parsed.GetValue(_baud),
                UsbLatencyS = parsed.GetValue(_usbLatency) / 1000,
                Speed = ParseSpeed(parsed.GetValue(_speed)!),
                Seed = parsed.GetValue(_seed),
                LogPath = parsed.GetValue(_log),
                Faults = [.. parsed.GetValue(Faults)!.Select(Fault.Parse)],
                ChecksBaud = parsed.GetValue(_strictBaud),
                ResetsOnOpen = parsed.GetValue(_resetOnOpen),
            };
        }
    }
}
