// A disk that is really full while a machine runs: the machine makes its part, and no fact is lost.

using System.Diagnostics;
using FabNet.Edge.Configuration;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using FabNet.Model.Sites;
using Xunit;

namespace FabNet.Tests.Edge;

public sealed class FullDiskTests
{
    private const int DiskBytes = 4 << 20;

    [Fact(Timeout = 120_000)]
    public async Task A_job_on_a_full_disk_is_made_to_its_end_and_every_event_is_told_once_there_is_space()
    {
        const int Moves = 3000;
        await using var disk = await SmallDisk.MountAsync();
        await using var bench = await AgentBench.CreateAsync(speed: 30);
        bench.Config = bench.Config with { DataFolder = disk.Data };
        await bench.StartAgentAsync();
        await bench.WaitForMachineAsync(MachineState.Idle);
        var job = bench.Grant(moves: Moves);
        await bench.Marlin.Log.WaitForCountAsync(200, Bench.Token);
        disk.Fill();
        var host = bench.Agent!.HostOf(Bench.Machine);
        await host.PauseAsync(Bench.Token);
        await bench.WaitForMachineAsync(MachineState.Paused, "There is no space left on");
        await host.ResumeAsync(Bench.Token);
        await bench.Marlin.Log.WaitForCountAsync(Moves, Bench.Token);
        var next = bench.Grant(moves: 20, number: 2);
        Assert.Equal(JobState.Running, bench.Coordinator.Job(job.Id).State);

        await bench.Coordinator.WaitAsync(() => host.Report.State is MachineState.Idle, "the machine to have ended");
        disk.Free();
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Completed);
        Assert.Equal(
            [typeof(JobPreparing), typeof(JobReady), typeof(JobStarted), typeof(JobPaused), typeof(JobResumed), typeof(JobCompleted)],
            bench.Coordinator.EventsOf(job.Id).Select(e => e.GetType()));
        await bench.Coordinator.WaitForStateAsync(next.Id, JobState.Ready);
        Assert.Equal(AgentBench.MovesOf(Bench.Program(Moves)), bench.ExecutedMoves());
        Assert.Empty(bench.Coordinator.Refused);
    }

    [Fact(Timeout = 120_000)]
    public async Task Nothing_starts_on_a_full_disk_and_a_running_machine_can_be_stopped()
    {
        await using var disk = await SmallDisk.MountAsync();
        await using var bench = await AgentBench.CreateAsync();
        bench.Config = bench.Config with { DataFolder = disk.Data, Policy = new SitePolicy { Clear = ClearPolicy.Automatic } };
        await bench.StartAgentAsync();
        await bench.WaitForMachineAsync(MachineState.Idle);
        var running = bench.Grant(moves: 8000);
        var next = bench.Grant(moves: 40, number: 2);
        await bench.Coordinator.WaitForStateAsync(next.Id, JobState.Ready);
        await bench.Marlin.Log.WaitForCountAsync(100, Bench.Token);
        disk.Fill();
        bench.Coordinator.Say(new Protocol.V1.EdgeDown { CancelIntent = new() { JobId = running.Id.Value, Epoch = 1, Reason = "called off" } });
        var host = bench.Agent!.HostOf(Bench.Machine);
        await bench.Coordinator.WaitAsync(() => host.Report.State is MachineState.Idle, "the machine to have stopped");
        await bench.WaitForMachineAsync(MachineState.Preparing, "There is no space left on");
        var moved = bench.ExecutedMoves();
        Assert.Equal(AgentBench.MovesOf(Bench.Program(8000)).Take(moved.Count), moved);
        Assert.Contains(bench.Marlin.Log.Snapshot(), c => c.Text.StartsWith("M140 S0", StringComparison.Ordinal));

        disk.Free();
        await bench.Coordinator.WaitForStateAsync(running.Id, JobState.Cancelled);
        await bench.Coordinator.WaitForStateAsync(next.Id, JobState.Completed);
        Assert.Equal([.. moved, .. AgentBench.MovesOf(Bench.Program(40))], bench.ExecutedMoves());
    }

    [Fact(Timeout = 120_000)]
    public async Task A_stop_on_a_full_disk_waits_for_the_machine_and_not_for_space()
    {
        await using var disk = await SmallDisk.MountAsync();
        await using var bench = await AgentBench.CreateAsync();
        bench.Config = bench.Config with { DataFolder = disk.Data };
        bench.HandOverLimit = Timeout.InfiniteTimeSpan;
        bench.DeliveryLimit = TimeSpan.Zero;
        await bench.StartAgentAsync();
        await bench.WaitForMachineAsync(MachineState.Idle);
        var running = bench.Grant(moves: 8000);
        var next = bench.Grant(moves: 40, number: 2);
        await bench.Coordinator.WaitForStateAsync(next.Id, JobState.Ready);
        await bench.Marlin.Log.WaitForCountAsync(100, Bench.Token);
        disk.Fill();
        await bench.StopAgentAsync();
        var moved = bench.ExecutedMoves();
        Assert.InRange(moved.Count, 1, 7999);
        Assert.Contains(bench.Marlin.Log.Snapshot(), c => c.Text.StartsWith("M140 S0", StringComparison.Ordinal));

        disk.Free();
        await bench.StartAgentAsync();
        await bench.Coordinator.WaitForStateAsync(running.Id, JobState.Failed);
        Assert.Equal(moved, bench.ExecutedMoves());
    }

    [Fact(Timeout = 120_000)]
    public async Task What_waited_for_space_is_tried_again_though_the_clock_was_set_back()
    {
        var time = new JumpingTime();
        await using var disk = await SmallDisk.MountAsync();
        await using var bench = await AgentBench.CreateAsync();
        bench.Time = time;
        bench.Config = bench.Config with { DataFolder = disk.Data };
        await bench.StartAgentAsync();
        await bench.WaitForMachineAsync(MachineState.Idle);
        disk.Fill(leaving: 256 * 1024);
        var job = bench.Grant();
        await bench.WaitForMachineAsync(MachineState.Idle, "no space left");
        time.Jump(TimeSpan.FromHours(-5));
        disk.Free();
        time.Skip(TimeSpan.FromSeconds(20));
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Completed);
    }

    /// <summary>A file system of a few megabytes, in memory.</summary>
    private sealed class SmallDisk : IAsyncDisposable
    {
        private readonly TestFolder _folder = new();

        public string Data => Path.Combine(Mount, "data");

        private string Mount => _folder.In("disk");

        private string Filler => Path.Combine(Mount, "filler");

        public static async Task<SmallDisk> MountAsync()
        {
            var disk = new SmallDisk();
            Directory.CreateDirectory(disk.Mount);
            if (await RunAsync("mount", "-t", "tmpfs", "-o", $"size={DiskBytes}", "none", disk.Mount) != 0)
            {
                disk._folder.Dispose();
                Assert.Skip("SKIPPED: this test mounts a small disk, which this user or this system does not allow.");
            }

            return disk;
        }

        public void Fill(int leaving = 0)
        {
            var bytes = new DriveInfo(Mount).AvailableFreeSpace - leaving;
            using var filler = new FileStream(Filler, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
            try
            {
                for (; leaving == 0 || bytes > 0; bytes -= 4096)
                {
                    filler.Write(new byte[4096]);
                }
            }
            catch (IOException e) when (FabNet.Journal.FullDisk.IsCauseOf(e))
            {
                // Not one page is left.
            }
        }

        public void Free() => File.Delete(Filler);

        public async ValueTask DisposeAsync()
        {
            Assert.Equal(0, await RunAsync("umount", "--lazy", Mount));
            _folder.Dispose();
        }

        private static async Task<int> RunAsync(string program, params string[] arguments)
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, UseShellExecute = false })!;
            await process.StandardError.ReadToEndAsync(CancellationToken.None);
            await process.WaitForExitAsync(CancellationToken.None);
            return process.ExitCode;
        }
    }
}
