// `fabnet gcode`: what a program would do, and whether a machine would take it; nothing moves.

using System.CommandLine;
using FabNet.CommandLine;
using FabNet.GCode;
using FabNet.Model.Machines;

namespace FabNet.Programs;

internal static class GCodeCommands
{
    private static readonly Argument<FileInfo> ProgramArgument = new("FILE") { Description = "A G-code file of any size." };

    public static Command Create() => new("gcode",
        """
        Reads G-code without a machine.

        Examples:
          fabnet gcode check part.gcode --profile prusa-mk3s
          fabnet gcode info part.gcode
        """)
    {
        CreateCheck(),
        CreateInfo(),
    };

    private static Command CreateCheck()
    {
        var profile = new Option<string>("--profile") { Description = "The machine: a built-in profile's name, or a path to a YAML file.", Required = true };
        var command = new Command("check",
            """
            Says whether a machine would take a program: each reason with its line.
            Exit code 0: admitted. 1: refused.

            Examples:
              fabnet gcode check part.gcode --profile prusa-mk3s
              fabnet gcode check part.nc --profile ./my-router.yaml --json
            """)
        { ProgramArgument, profile };
        command.SetAction(result =>
        {
            var machine = ProfileOption.Load(result.GetRequiredValue(profile));
            return Check(result.GetRequiredValue(ProgramArgument), machine, outcome =>
            {
                ProgramReports.Say(new CommandConsole(result.GetValue(CommandRunner.Json)), outcome, machine, "change the lines above, or choose another machine");
                return outcome.IsAdmitted ? CommandRunner.Succeeded : CommandRunner.Failed;
            });
        });
        return command;
    }

    private static Command CreateInfo()
    {
        var profile = new Option<string?>("--profile") { Description = "The machine whose speeds count; without it the generic one of the file's dialect." };
        var command = new Command("info",
            """
            Tells what a program does: time, extent, material, layers.

            Examples:
              fabnet gcode info part.gcode
              fabnet gcode info part.nc --profile shapeoko-3 --json
            """)
        { ProgramArgument, profile };
        command.SetAction(result =>
        {
            var file = result.GetRequiredValue(ProgramArgument);
            var machine = result.GetValue(profile) is { } name ? ProfileOption.Load(name) : ProfileOption.GenericFor(file.FullName);
            return Check(file, machine, outcome =>
            {
                ProgramReports.Say(new CommandConsole(result.GetValue(CommandRunner.Json)), outcome.Summary, machine);
                return CommandRunner.Succeeded;
            });
        });
        return command;
    }

    private static int Check(FileInfo file, MachineProfile machine, Func<AdmissionResult, int> report)
    {
        if (!file.Exists)
        {
            throw new UsageException($"There is no file {file.FullName}.");
        }

        using var source = file.OpenRead();
        using var sink = ProgramFile.CreateTemporary();
        var outcome = Admission.Check(source, machine, sink);
        using var program = outcome.Program;
        return report(outcome);
    }
}
