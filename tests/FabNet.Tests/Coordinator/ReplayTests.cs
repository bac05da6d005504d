// Kill -9 at any moment: what is in the journal is what there was, and the coordinator goes on from it.

using FabNet.Coordinator.State;
using FabNet.Journal;
using FabNet.Model;
using FabNet.Model.Jobs;
using Xunit;
using static FabNet.Tests.Coordinator.PlayedSite;

namespace FabNet.Tests.Coordinator;

public sealed class ReplayTests
{
    [Fact(Timeout = 120_000)]
    public async Task At_every_moment_the_journal_replays_to_the_state_that_was_and_a_coordinator_starts_from_it()
    {
        await using var network = new CoordinatorHarness();
        Dictionary<long, string> seen = [];
        await PlayAsync(network, () => network.Do(() => seen[network.Journal.Head] = CoordinatorHarness.Dump(network.Node.State)));
        var entries = network.Journal.Read().ToList();
        Assert.True(entries.Count > 30 && seen.Count > 15, $"{entries.Count} entries, {seen.Count} moments");

        var replayed = new CoordinatorState();
        Assert.All(entries, entry =>
        {
            replayed.Apply(RecordFormat.Read(entry), entry.At);
            if (seen.TryGetValue(entry.Cursor, out var live))
            {
                Assert.Equal(live, CoordinatorHarness.Dump(replayed));
            }
        });

        // Units are appended whole, so these are the places at which a kill can stop it; each must be one that it can start from.
        foreach (var cursor in seen.Keys)
        {
            await using var restarted = StartFrom(network, entries.Take((int)cursor));
            await restarted.Do(() => { });
            Assert.DoesNotContain(await restarted.Ask(() => restarted.Node.State.Live.Select(j => j.Job.State).ToList()), s => s is JobState.Offered);
            Assert.Null(restarted.Journal.FindTampering());
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task After_a_restart_held_jobs_stay_held_and_what_was_reported_is_not_taken_twice()
    {
        var network = new CoordinatorHarness(Directory.CreateTempSubdirectory("fabnet-coordinator-").FullName);
        try
        {
            var site = await network.JoinAsync();
            var jobs = await network.OrderAsync(quantity: 3, key: "k");
            await site.ClaimAsync(jobs[0]);
            await site.RunAsync(jobs[0], 1, UntilRunning);
            Assert.Equal(JobState.Offered, await network.StateAsync(jobs[1]));

            network = await network.ReopenAsync();
            Assert.Equal([JobState.Running, JobState.Planned, JobState.Planned], await Task.WhenAll(jobs.Select(network.StateAsync)));
            Assert.Equal(jobs, await network.OrderAsync(quantity: 3, key: "k"));
            await network.PassAsync(TimeSpan.FromSeconds(30));
            Assert.Equal(JobState.Running, await network.StateAsync(jobs[0]));

            var back = await network.JoinAsync();
            var welcome = back.Received()[0].Welcome;
            Assert.Equal(3, welcome.JobEventSequence);
            Assert.Equal(jobs[0].Value, Assert.Single(welcome.Leases).Job.Id);
            Assert.Equal(3, await back.ReportAsync(Started with { Job = jobs[0], Epoch = 1 }, sequence: 3));
            Assert.Equal(4, await back.ReportAsync(Completed with { Job = jobs[0], Epoch = 1 }, sequence: 4));
        }
        finally
        {
            await network.DisposeAsync();
            Directory.Delete(network.Folder, recursive: true);
        }
    }

    [Fact]
    public void A_journal_that_no_coordinator_wrote_is_refused_with_the_entry_named()
    {
        var folder = Directory.CreateTempSubdirectory("fabnet-coordinator-").FullName;
        try
        {
            var path = Path.Combine(folder, "journal.db");
            using (var journal = SqliteJournal.Open(path, TimeProvider.System))
            {
                journal.Append(new JournalRecord("order.placed/9", "{}"u8.ToArray()));
            }

            var e = Assert.Throws<JournalException>(() => new FabNet.Coordinator.CoordinatorNode(
                new() { DataFolder = folder }, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance));
            Assert.Contains("Entry 1", e.Message);
            SqliteJournal.Open(path, TimeProvider.System).Dispose();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static CoordinatorHarness StartFrom(CoordinatorHarness origin, IEnumerable<JournalEntry> entries)
    {
        var folder = Path.Combine(origin.Folder, "restarts", Guid.NewGuid().ToString("N"));
        using (var journal = SqliteJournal.Open(Path.Combine(folder, "journal.db"), origin.Time))
        {
            journal.Append([.. entries.Select(e => new JournalRecord(e.Kind, e.Payload))]);
        }

        return new CoordinatorHarness(folder, origin.Time);
    }

    /// <summary>A small life: two sites, orders, claims, declines, failures, rejections, lies, losses, cancels and returns.</summary>
    private static async Task PlayAsync(CoordinatorHarness network, Func<Task> look)
    {
        async Task Step(Task step)
        {
            await step;
            await look();
        }

        var first = await network.JoinAsync("lab-a", machines: ["left", "right"]);
        await look();
        var second = await network.JoinAsync("lab-b");
        await Step(network.OrderAsync(quantity: 3));
        await Step(network.OrderAsync(quantity: 2, material: "PETG", key: "k"));
        await Step(first.ClaimAsync(JobId.Parse("o-1.1"), "left"));
        await Step(first.ClaimAsync(JobId.Parse("o-1.2"), "right"));
        await Step(second.ClaimAsync(JobId.Parse("o-2.1")));
        await Step(second.DeclineAsync(JobId.Parse("o-1.3"), "no"));
        foreach (var happened in (JobEvent[])[.. UntilRunning, Completed])
        {
            await Step(first.RunAsync(JobId.Parse("o-1.1"), 1, happened));
        }

        await Step(first.RunAsync(JobId.Parse("o-1.2"), 1, [.. UntilRunning, Failed]));
        await Step(second.RunAsync(JobId.Parse("o-2.1"), 1, Preparing));
        await Step(second.ReportAsync(Completed with { Job = JobId.Parse("o-1.2"), Epoch = 1 }));
        await Step(second.RunAsync(JobId.Parse("o-2.1"), 1, Rejected));
        await Step(first.ClaimAsync(JobId.Parse("o-1.4"), "left"));
        await Step(first.RunAsync(JobId.Parse("o-1.4"), 1, Preparing, Released));
        await Step(first.ClaimAsync(JobId.Parse("o-1.4"), "left"));
        await Step(first.RunAsync(JobId.Parse("o-1.4"), 2, UntilRunning));
        await Step(network.Do(() => network.Node.Orders.Cancel(network.Node.Orders.Job("o-1.4"), "stop")));
        await Step(first.LeaveAsync());
        await Step(network.PassAsync(TimeSpan.FromSeconds(61)));
        await Step(network.Ask(() => network.Node.Orders.ReplaceLost(network.Node.Orders.Job("o-1.4"), "gone")));
        await Step(network.Do(() => network.Node.Orders.Cancel(network.Node.Orders.Order("o-2"), "enough")));
        await Step(network.JoinAsync("lab-a", "boot-2", "left"));
    }
}
