// Sends one program to one machine and shows how it goes: what `fabnet machine send` does.

using FabNet.CommandLine;
using FabNet.FirmwareBridge;
using FabNet.GCode;
using FabNet.Model.Machines;
using FabNet.Programs;

namespace FabNet.Machines;

/// <summary>Checks a program, runs it, and reports.</summary>
/// <param name="console">Where to report.</param>
/// <param name="connection">The machine.</param>
/// <param name="profile">The machine's profile; null for the generic one of its dialect.</param>
/// <param name="start">Where to begin.</param>
internal sealed class ProgramSender(CommandConsole console, MachineConnection connection, MachineProfile? profile, StartAt start)
{
    // GRBL tells its work offset with each tenth report, five times a second; a Marlin that homes or waits answers M114 behind that.
    private static readonly TimeSpan PlaceLimit = TimeSpan.FromSeconds(10);

    private readonly TaskCompletionSource<Position> _counted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Not null if a program is gone on with in its middle.
    private ResumptionResult? _rest;
    private AdmittedProgram? _whole;

    /// <summary>Sends the program.</summary>
    /// <returns>The exit code: 0 when the machine has executed all of it.</returns>
    public async Task<int> SendAsync(FileInfo file, CancellationToken stop)
    {
        try
        {
            return await RunAsync(file, stop);
        }
        finally
        {
            _whole?.Dispose();
        }
    }

    private async Task<int> RunAsync(FileInfo file, CancellationToken stop)
    {
        if (!file.Exists)
        {
            throw new UsageException($"There is no file {file.FullName}.");
        }

        // What is known of the machine is checked before its port is touched.
        var known = profile ?? (connection.Dialect is { } dialect ? Generic(dialect) : null);
        using var early = known is null ? null : Admit(file, known);
        if (known is not null && early is null)
        {
            return CommandRunner.Failed;
        }

        await using var session = connection.CreateSession();
        var machine = await session.OpenAsync(stop);
        console.Emit(json =>
        {
            json.WriteString("event", "connected");
            json.WriteString("firmware", machine.Firmware);
            json.WriteString("dialect", machine.Dialect.ToString().ToLowerInvariant());
            json.WriteString("port", machine.Address);
        });
        console.Say($"connected  {machine.Firmware} on {machine.Address}");
        using var program = early ?? Admit(file, Generic(machine.Dialect));
        if (program is null)
        {
            return CommandRunner.Failed;
        }

        using var reportingEnds = new CancellationTokenSource();
        using var view = new RunView(console, ToWhole);
        var reporting = ReportAsync(session, view, reportingEnds.Token);
        if (_rest is { } rest && !await ConfirmsAsync(rest, session, stop))
        {
            await reportingEnds.CancelAsync();
            await reporting;
            return CommandRunner.Failed;
        }

        using var keys = new RunKeys(console, session);
        var outcome = await session.RunAsync(program, new RunOptions { Name = file.Name, LeavesPart = false }, stop);
        await reportingEnds.CancelAsync();
        await reporting;
        view.Conclude(outcome, program.LineCount);
        if (outcome is not RunOutcome.Completed && ToWhole(outcome.LastExecutedLine) is > 0 and var last && Resumption.IsOfferedBy(program.Profile))
        {
            SayHowToGoOn(_whole ?? program, last + 1);
        }

        return outcome is RunOutcome.Completed ? CommandRunner.Succeeded : CommandRunner.Failed;
    }

    private static MachineProfile Generic(FirmwareDialect dialect) => dialect switch
    {
        FirmwareDialect.Grbl => MachineProfiles.Find(MachineProfiles.GenericGrbl),
        FirmwareDialect.Klipper => throw new UsageException("A Klipper machine has no limits that hold for all of them. Name its profile, such as --profile voron-2.4, or a YAML file of your own."),
        _ => MachineProfiles.Find(MachineProfiles.GenericMarlin),
    };

    private async Task ReportAsync(IMachineSession session, RunView view, CancellationToken ends)
    {
        try
        {
            await foreach (var happened in session.ReadEventsAsync(ends))
            {
                if (happened is PositionReported { IsMachine: false } place)
                {
                    _counted.TrySetResult(new Position(place.XMm, place.YMm, place.ZMm));
                }

                view.Show(happened);
            }
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
        }
    }

    private AdmittedProgram? Admit(FileInfo file, MachineProfile machine)
    {
        using var source = file.OpenRead();
        var sink = ProgramFile.CreateTemporary();
        var result = Admission.Check(source, machine, sink);
        ProgramReports.Say(console, result, machine, "nothing was sent");
        if (!result.IsAdmitted)
        {
            sink.Dispose();
        }

        return result.Program is { } program && start.Line > 1 ? GoOn(program) : result.Program;
    }

    private void SayHowToGoOn(AdmittedProgram whole, int next)
    {
        if (next > whole.LineCount)
        {
            console.Say("what can be done: look at the machine; every line was executed");
            return;
        }

        var (line, refusal) = Resumption.Find(whole, next, ProgramFile.CreateTemporary);
        console.Say(line is null
            ? $"what can be done: look at the machine, then send the program again from its beginning. {refusal}"
            : $"what can be done: look at the machine; to go on with this program, add --from-line {line}");
    }

    private int ToWhole(int line) => _rest?.ToWhole(line) ?? line;

    private AdmittedProgram? GoOn(AdmittedProgram whole)
    {
        _whole = whole;
        var sink = ProgramFile.CreateTemporary();
        var result = Resumption.Create(whole, start.Line, sink);
        if (result.Program is null)
        {
            sink.Dispose();
            console.Fail(result.Refusal!, CommandRunner.Failed);
            return null;
        }

        _rest = result;
        console.Say($"goes on at line {start.Line} of {whole.LineCount}. First it sends:");
        foreach (var line in result.Preamble)
        {
            console.Say("  " + line);
        }

        return result.Program;
    }

    // The machine is asked where it is before the person is: one that was switched off meanwhile would go on in the wrong place.
    private async Task<bool> ConfirmsAsync(ResumptionResult rest, IMachineSession session, CancellationToken stop)
    {
        Position? countedMm = null;
        try
        {
            if (session.Info is { Dialect: FirmwareDialect.Marlin })
            {
                await session.SendAsync("M114", stop);
            }

            countedMm = await _counted.Task.WaitAsync(PlaceLimit, stop);
        }
        catch (TimeoutException)
        {
            console.Say("the machine was asked where it is, and did not say");
        }

        var question = rest.Precondition + rest.CompareWith(countedMm);
        console.Emit(json =>
        {
            json.WriteString("event", "goes-on");
            json.WriteNumber("line", rest.FirstLine);
            json.WriteString("precondition", question);
        });
        if (start.IsConfirmed)
        {
            console.Say(question);
            return true;
        }

        if (console.Confirms(question))
        {
            return true;
        }

        console.Fail($"{question} Nothing was sent. See to it, then confirm, or add --yes.", CommandRunner.Failed);
        return false;
    }
}
