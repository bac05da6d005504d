// `fabnet machine`: a machine on this computer's own ports, with nothing else.

using System.CommandLine;
using System.IO.Ports;
using FabNet.CommandLine;
using FabNet.FirmwareBridge;
using FabNet.FirmwareBridge.Serial;
using FabNet.Model.Machines;
using FabNet.Programs;

namespace FabNet.Machines;

internal static class MachineCommands
{
    public static Command Create() => new("machine",
        """
        Drives a machine on a serial port of this computer, with nothing else.

        Examples:
          fabnet machine list
          fabnet machine send part.gcode --port /dev/ttyUSB0
        """)
    {
        CreateSend(),
        CreateList(),
        CreateConsole(),
        CreateProfiles(),
    };

    private static Command CreateSend()
    {
        var file = new Argument<FileInfo>("FILE") { Description = "A G-code file of any size." };
        var connection = new ConnectionOptions();
        var profile = new Option<string?>("--profile")
        {
            Description = $"The machine: a built-in profile's name, or a path to a YAML file. Without it the generic profile of the dialect: {MachineProfiles.GenericMarlin} or {MachineProfiles.GenericGrbl}.",
        };
        var fromLine = new Option<int>("--from-line") { Description = "Go on with an interrupted program at this line, counted as the messages of a run count them. A person confirms.", DefaultValueFactory = _ => 1 };
        var yes = new Option<bool>("--yes") { Description = "Confirm --from-line without being asked." };
        var command = new Command("send",
            """
            Runs a program on a machine. The file is checked against the machine's profile first; nothing moves if it is refused.
            While it runs, Ctrl-C cancels it safely (heaters and spindle off); on a terminal, type p to pause, r to resume,
            a number to answer a prompt, ! for an emergency stop, and Enter.
            Exit code 0: the machine has executed all of it. 1: refused, failed or cancelled.

            Examples:
              fabnet machine send part.gcode --port /dev/ttyUSB0
              fabnet machine send part.nc --port /dev/ttyACM0 --dialect grbl --profile shapeoko-3
              fabnet machine send part.gcode --port /dev/ttyUSB0 --baud 250000 --json
              fabnet machine send part.nc --port /dev/ttyACM0 --profile shapeoko-3 --from-line 1240
              fabnet machine send part.gcode --port http://voron.local:7125 --profile voron-2.4
            """)
        { file, profile, fromLine, yes };
        connection.AddTo(command);
        command.SetAction((result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            var named = result.GetValue(profile) is { } name ? ProfileOption.Load(name) : null;
            var options = connection.Read(result, named);
            var start = new StartAt(result.GetValue(fromLine), result.GetValue(yes));
            return new ProgramSender(console, options, named, start).SendAsync(result.GetRequiredValue(file), stop);
        });
        return command;
    }

    private static Command CreateList()
    {
        var command = new Command("list",
            """
            Lists this computer's serial ports, the stable names first.

            Example:
              fabnet machine list
            """);
        command.SetAction(result =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            var ports = SerialPort.GetPortNames();
            console.Emit(json =>
            {
                json.WriteStartArray("ports");
                foreach (var port in ports)
                {
                    json.WriteStringValue(port);
                }

                json.WriteEndArray();
            });
            foreach (var port in ports)
            {
                console.Say(port);
            }

            if (ports.Length == 0)
            {
                console.Say("no serial port: plug a machine in, or see with 'dmesg' whether its USB adapter was recognised");
            }

            return CommandRunner.Succeeded;
        });
        return command;
    }

    private static Command CreateConsole()
    {
        var connection = new ConnectionOptions();
        var command = new Command("console",
            """
            Talks to a machine: each line that you type is sent, and what it answers is shown. An empty line or the end of
            input ends it. A line with only ! is an emergency stop. A line that begins with / works the machine by hand, in the
            same words for every firmware: /home, /jog X10 F1000, /jog stop, /feed 80, /probe Z-20 F50, /zero XYZ.

            Examples:
              fabnet machine console --port /dev/ttyUSB0
              echo M105 | fabnet machine console --port /dev/ttyUSB0 --json
              echo /home | fabnet machine console --port /dev/ttyACM0
            """);
        connection.AddTo(command);
        command.SetAction((result, stop) => MachineConsole.RunAsync(new CommandConsole(result.GetValue(CommandRunner.Json)), connection.Read(result, null), stop));
        return command;
    }

    private static Command CreateProfiles()
    {
        var command = new Command("profiles",
            """
            Lists the built-in machine profiles.

            Example:
              fabnet machine profiles
            """);
        command.SetAction(result =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            var table = new TextTable("PROFILE", "DIALECT", "ENVELOPE", "MACHINE");
            foreach (var profile in MachineProfiles.BuiltIn)
            {
                var box = profile.EnvelopeMm;
                console.Emit(json =>
                {
                    json.WriteString("name", profile.Name);
                    json.WriteString("title", profile.Title);
                    json.WriteString("dialect", profile.Dialect.ToString().ToLowerInvariant());
                    json.WriteNumber("baud", profile.Baud);
                });
                table.Add(profile.Name, profile.Dialect.ToString().ToLowerInvariant(), $"{box.X.Length:0.#} × {box.Y.Length:0.#} × {box.Z.Length:0.#} mm", profile.Title);
            }

            console.Say(table);
            return CommandRunner.Succeeded;
        });
        return command;
    }
}
