using FabNet.Edge;
using FabNet.Edge.Configuration;
using FabNet.Edge.Leasing;
using FabNet.Edge.Machines;
using FabNet.GCode;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;

namespace FabNet.Tests.Edge;

/// <summary>What tests of interrupted jobs share: sites that ask, journals as a crash leaves them, and a person who decides.</summary>
internal static class RecoveryBench
{
    private static readonly HashSet<string> HostCommands = new(StringComparer.Ordinal) { "M115", "M110 N0", "M105", "M114", "M155 S2", "M154 S2", "M400", "$I", "$$", "$#", "$G" };

    /// <summary>Lets a person decide about jobs that are interrupted on the bench's machine.</summary>
    public static void Asks(this AgentBench bench) =>
        bench.Config = bench.Config with { Machines = [bench.Config.Machines[0] with { OnInterruption = InterruptionPolicy.Ask }] };

    /// <summary>The lines of a program as they are sent.</summary>
    public static List<string> LinesOf(string gcode, MachineProfile profile)
    {
        using var program = Admit(gcode, profile);
        using var reader = program.OpenReader();
        var lines = new List<string>();
        while (reader.TryRead(out var line))
        {
            lines.Add(System.Text.Encoding.ASCII.GetString(line));
        }

        return lines;
    }

    /// <summary>Leaves the data folder as an agent does that was killed in mid-run: the journal, the mark, and the program.</summary>
    /// <returns>The job, and its program's file.</returns>
    public static (Job Job, string Path) LeaveBehind(string data, TestCoordinator coordinator, Job job, string gcode, MachineProfile profile, int lastLine)
    {
        using var program = Admit(gcode, profile);
        var at = TimeProvider.System.GetUtcNow();
        Directory.CreateDirectory(Path.Combine(data, "running"));
        Directory.CreateDirectory(Path.Combine(data, "programs"));
        using (var book = EdgeBook.Open(Path.Combine(data, "journal.db"), TimeProvider.System))
        {
            book.Grant(job);
            book.Append(new JobPreparing { Job = job.Id, Epoch = 1, At = at });
            book.Append(new JobReady { Job = job.Id, Epoch = 1, At = at, Program = program.Digest, EstimatedSeconds = 60 });
            book.Append(new JobStarted { Job = job.Id, Epoch = 1, At = at });
        }

        new RunMark(Path.Combine(data, "running", "mk3"), TimeProvider.System).Begin(job.Id, 1, new MarkedLine(lastLine, program.LineCount));
        var path = Path.Combine(data, "programs", $"{job.Id}.1.{program.Digest.Hex}.gcode");
        File.WriteAllText(path, string.Concat(LinesOf(gcode, profile).Select(l => l + "\n")));
        coordinator.Know(job);
        return (job, path);
    }

    /// <summary>A person reads what would be done, and confirms it.</summary>
    /// <returns>The lines that come first, and the line that it goes on with.</returns>
    public static async Task<(IReadOnlyList<string> Preamble, int FromLine)> RecoverAsync(this EdgeAgent agent, int? fromLine = null)
    {
        var stopped = await agent.Loop.AskAsync(() => agent.Loop.InterruptedOn(Bench.Machine), Bench.Token);
        var plan = await agent.Recovery.PlanAsync(stopped, fromLine, Bench.Token);
        Task<string?> begun;
        try
        {
            begun = await agent.Loop.AskAsync(() => agent.Loop.GoOn(Bench.Machine, stopped.Interruption.Key, plan), Bench.Token);
        }
        catch (OperatorException)
        {
            plan.Dispose();
            throw;
        }

        return await begun is { } refusal ? throw new OperatorException(refusal) : (plan.Preamble, plan.Rest.From!.FirstLine);
    }

    /// <summary>What a machine executed that was not the host's own talk.</summary>
    public static List<string> Executed(this FabNet.FirmwareSimulator.SimulatedMachine machine) =>
        [.. machine.Log.Snapshot().Select(c => c.Text).Where(t => !HostCommands.Contains(t))];

    private static AdmittedProgram Admit(string gcode, MachineProfile profile)
    {
        var result = Admission.Check(new MemoryStream(System.Text.Encoding.ASCII.GetBytes(gcode)), profile, new MemoryStream());
        return result.Program ?? throw new InvalidOperationException(string.Join("; ", result.Violations));
    }
}
