// `fabnet gcode`: what a program would do, and whether a machine would take it; nothing moves.

using System.CommandLine;
using FabNet.CommandLine;
using FabNet.GCode;
using FabNet.Model.Machines;
using FabNet.Programs.Preview;

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
        CreateTime(),
        PreviewCommand.Create(ProgramArgument),
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
            var read = Follow(file, machine);
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            ProgramReports.Say(console, read, machine);
            SayRefusals(console, read, file, machine);
            return CommandRunner.Succeeded;
        });
        return command;
    }

    private static Command CreateTime()
    {
        var profile = new Option<string?>("--profile") { Description = "The machine whose speeds count; without it the generic one of the file's dialect." };
        var atLine = new Option<int?>("--at-line") { Description = "Also tell the time that is left after this line of the file." };
        var command = new Command("time",
            """
            Tells how long a program takes: in all, to heat up, by layer and by kind of path.

            Examples:
              fabnet gcode time part.gcode --profile prusa-mk3s
              fabnet gcode time part.gcode --at-line 52310 --json
            """)
        { ProgramArgument, profile, atLine };
        command.SetAction(result =>
        {
            var file = result.GetRequiredValue(ProgramArgument);
            var machine = result.GetValue(profile) is { } name ? ProfileOption.Load(name) : ProfileOption.GenericFor(file.FullName);
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            if (result.GetValue(atLine) is { } line)
                return Check(file, machine, outcome => SayRemaining(console, outcome, machine, line));
            var read = Follow(file, machine);
            TimeReport.Say(console, read.Summary, machine, remaining: null);
            SayRefusals(console, read, file, machine);
            return CommandRunner.Succeeded;
        });
        return command;
    }

    private static int SayRemaining(CommandConsole console, AdmissionResult outcome, MachineProfile machine, int sourceLine)
    {
        var summary = outcome.Summary;
        if (sourceLine < 1 || sourceLine > summary.SourceLineCount)
            throw new UsageException($"The file has {summary.SourceLineCount} lines, counted from 1; {sourceLine} is not among them.");
        if (outcome.Program is not { } program)
            throw new UsageException($"{machine.Name} would refuse this program, so there is no time at a line. `fabnet gcode check` tells why.");

        // The last line sent that comes from the file's line or from one before it.
        var (done, last) = (0, program.LineCount);
        while (done < last)
        {
            var middle = done + ((last - done + 1) / 2);
            if (program.SourceLineOf(middle) <= sourceLine)
                done = middle;
            else
                last = middle - 1;
        }

        TimeReport.Say(console, summary, machine, (sourceLine, summary.TimeSeconds - program.SecondsUntilLine(done)));
        return CommandRunner.Succeeded;
    }

    /// <summary>Reads a program without a machine.</summary>
    /// <exception cref="CommandFailedException">There is not one command in it.</exception>
    private static AdmissionResult Follow(FileInfo file, MachineProfile machine)
    {
        using var source = Open(file);
        var read = Toolpath.Follow(source, machine);
        return read.Summary.CommandCount > 0 ? read : throw new CommandFailedException($"{file.Name}: {read.Violations.First(static v => v.Severity == Severity.Refusal)}");
    }

    /// <summary>Figures of a program that can't be read whole must not pass for those of the whole.</summary>
    private static void SayRefusals(CommandConsole console, AdmissionResult read, FileInfo file, MachineProfile machine)
    {
        if (read.RefusalCount > 0)
        {
            console.Say($"refused    {machine.Name} would refuse it, and lines that can't be read are not in these figures. The first reason: {read.Violations.First(static v => v.Severity == Severity.Refusal)}");
            console.Say($"           All of them: fabnet gcode check {file.Name} --profile {machine.Name}");
        }
    }

    private static int Check(FileInfo file, MachineProfile machine, Func<AdmissionResult, int> report)
    {
        using var source = Open(file);
        using var sink = ProgramFile.CreateTemporary();
        var outcome = Admission.Check(source, machine, sink);
        using var program = outcome.Program;
        return report(outcome);
    }

    private static FileStream Open(FileInfo file) => file.Exists ? file.OpenRead() : throw new UsageException($"There is no file {file.FullName}.");
}
