using FabNet.Edge.Leasing;
using FabNet.Journal;
using FabNet.Model.Jobs;
using FabNet.Model.Sites;
using Xunit;

namespace FabNet.Tests.Edge;

public sealed class EdgeBookTests
{
    [Fact]
    public void Everything_that_was_journaled_is_there_after_a_restart()
    {
        using var folder = new TestFolder();
        var time = new SteppedTime();
        var job = Bench.Leased(Bench.AnyDesign, material: "PETG", color: "white");
        string boot;
        using (var book = Open(folder, time))
        {
            boot = book.BootId;
            Assert.Null(book.Grant(job));
            Assert.Null(book.Append(new JobPreparing { Job = job.Id, Epoch = 1, At = time.GetUtcNow() }));
            Assert.Null(book.Append(new JobReady { Job = job.Id, Epoch = 1, At = time.GetUtcNow(), Program = Bench.AnyDesign.Manifest, EstimatedSeconds = 61.5, EstimatedGrams = 4.25 }));
            book.SetMachine(new MachineRecord { Machine = "mk3", Loaded = new LoadedMaterial("PETG", "white"), NeedsClearing = "The part of o-7.1 is on it." });
        }

        using var reopened = Open(folder, time);
        Assert.Equal(boot, reopened.BootId);
        var held = Assert.Single(reopened.Leases.Open).Job;
        Assert.Equal(job with { State = JobState.Ready, Program = Bench.AnyDesign.Manifest, EstimatedSeconds = 61.5, EstimatedGrams = 4.25 }, held);
        Assert.Equal([1L, 2L], reopened.Outbox.After(0, 10).Select(e => e.Sequence));
        Assert.Equal(new MachineRecord { Machine = "mk3", Loaded = new LoadedMaterial("PETG", "white"), NeedsClearing = "The part of o-7.1 is on it." }, reopened.Machine("mk3"));
    }

    [Fact]
    public void An_event_that_the_lifecycle_refuses_is_not_journaled()
    {
        using var folder = new TestFolder();
        var time = new SteppedTime();
        using var book = Open(folder, time);
        var job = Bench.Leased(Bench.AnyDesign);
        book.Grant(job);
        Assert.Contains("Leased", book.Append(new JobStarted { Job = job.Id, Epoch = 1, At = time.GetUtcNow() }), StringComparison.Ordinal);
        Assert.Contains("epoch", book.Append(new JobPreparing { Job = job.Id, Epoch = 2, At = time.GetUtcNow() }), StringComparison.Ordinal);
        Assert.Equal(0, book.Outbox.Count);
    }

    [Fact]
    public void A_lease_is_taken_once_in_each_epoch_even_after_a_restart()
    {
        using var folder = new TestFolder();
        var time = new SteppedTime();
        var job = Bench.Leased(Bench.AnyDesign);
        using (var book = Open(folder, time))
        {
            book.Grant(job);
            book.Append(new JobReleased { Job = job.Id, Epoch = 1, At = time.GetUtcNow(), Reason = "stopped" });
            Assert.Empty(book.Leases.All);
        }

        using var reopened = Open(folder, time);
        Assert.NotNull(reopened.Grant(job));
        Assert.Null(reopened.Grant(job with { Epoch = 2 }));
    }

    [Fact]
    public void What_lies_on_a_machine_can_be_found_to_be_scrap_after_the_coordinator_heard_that_it_was_made_and_after_a_restart()
    {
        using var folder = new TestFolder();
        var time = new SteppedTime();
        Job[] jobs = [.. Enumerable.Range(1, 3).Select(n => Bench.Leased(Bench.AnyDesign, number: n))];
        var machine = jobs[0].Machine!.Value;
        using (var book = Open(folder, time))
        {
            Make(book, jobs[0]);
            book.Acknowledge(4);
            Assert.Null(book.Leases.Find(jobs[0].Id));
        }

        using (var reopened = Open(folder, time))
        {
            Assert.Equal([jobs[0].Id], reopened.Leases.LyingOn(machine).Select(j => j.Id));
            Assert.Null(reopened.Append(Scrap(jobs[0])));
            Assert.Equal([5L], reopened.Outbox.After(4, 10).Select(e => e.Sequence));
            Assert.NotNull(reopened.Append(Scrap(jobs[0])));

            // The next start, or a person who cleared it, says that nothing lies there any more.
            Make(reopened, jobs[1]);
            Make(reopened, jobs[2]);
            Assert.Equal([jobs[2].Id], reopened.Leases.LyingOn(machine).Select(j => j.Id));
            reopened.SetMachine(new MachineRecord { Machine = machine.Name });
            reopened.Acknowledge(13);
            Assert.NotNull(reopened.Append(Scrap(jobs[2])));
        }

        using var last = Open(folder, time);
        Assert.Empty(last.Leases.LyingOn(machine));

        void Make(EdgeBook book, Job job)
        {
            book.Grant(job);
            Assert.Null(book.Append(new JobPreparing { Job = job.Id, Epoch = 1, At = time.GetUtcNow() }));
            Assert.Null(book.Append(new JobReady { Job = job.Id, Epoch = 1, At = time.GetUtcNow(), Program = Bench.AnyDesign.Manifest, EstimatedSeconds = 60 }));
            Assert.Null(book.Append(new JobStarted { Job = job.Id, Epoch = 1, At = time.GetUtcNow() }));
            Assert.Null(book.Append(new JobCompleted { Job = job.Id, Epoch = 1, At = time.GetUtcNow(), Seconds = 60 }));
        }

        JobScrapped Scrap(Job job) => new() { Job = job.Id, Epoch = 1, At = time.GetUtcNow(), Reason = "its layers shifted" };
    }

    [Fact]
    public void Ended_jobs_are_forgotten_only_once_the_coordinator_knows()
    {
        using var folder = new TestFolder();
        var time = new SteppedTime();
        using var book = Open(folder, time);
        var job = Bench.Leased(Bench.AnyDesign);
        book.Grant(job);
        book.Append(new JobRejected { Job = job.Id, Epoch = 1, At = time.GetUtcNow(), Reason = "no toolpath" });
        Assert.Single(book.Leases.All);
        book.Acknowledge(1);
        Assert.Empty(book.Leases.All);
    }

    [Fact]
    public void Events_that_a_coordinator_lost_after_acknowledging_are_read_from_the_journal_again()
    {
        using var folder = new TestFolder();
        var time = new SteppedTime();
        using var book = Open(folder, time);
        var job = Bench.Leased(Bench.AnyDesign);
        book.Grant(job);
        book.Append(new JobPreparing { Job = job.Id, Epoch = 1, At = time.GetUtcNow() });
        book.Append(new JobRejected { Job = job.Id, Epoch = 1, At = time.GetUtcNow(), Reason = "no toolpath" });
        book.Acknowledge(2);
        Assert.Equal(0, book.Outbox.Count);
        Assert.Equal([2L], book.Outbox.After(1, 10).Select(e => e.Sequence));
    }

    [Fact]
    public void A_journal_set_back_to_a_backup_does_not_use_a_sequence_twice()
    {
        using var folder = new TestFolder();
        var time = new SteppedTime();
        using var book = Open(folder, time);
        var job = Bench.Leased(Bench.AnyDesign);
        book.Acknowledge(17);
        book.Grant(job);
        book.Append(new JobPreparing { Job = job.Id, Epoch = 1, At = time.GetUtcNow() });
        Assert.Equal(18, Assert.Single(book.Outbox.After(17, 10)).Sequence);
    }

    [Fact]
    public void A_lost_job_is_answered_with_what_is_really_so()
    {
        using var folder = new TestFolder();
        var time = new SteppedTime();
        using var book = Open(folder, time);
        var job = Bench.Leased(Bench.AnyDesign) with { State = JobState.Running, StartedAt = time.GetUtcNow() };
        book.Grant(job);
        book.MarkLost(job.Id, 1, "The lease had lapsed.");
        Assert.Null(book.Append(new JobResumed { Job = job.Id, Epoch = 1, At = time.GetUtcNow() }));
        Assert.Equal(JobState.Running, book.Leases.Find(job.Id)!.Job.State);
    }

    [Fact]
    public void A_journal_of_another_program_is_refused_with_its_entry()
    {
        using var folder = new TestFolder();
        var path = folder.In("journal.db");
        using (var journal = SqliteJournal.Open(path, TimeProvider.System))
        {
            journal.Append(new JournalRecord("order", "{\"order\":1}"u8.ToArray()));
        }

        Assert.Contains("Entry 1", Assert.Throws<JournalException>(() => EdgeBook.Open(path, TimeProvider.System)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_power_cut_at_any_byte_of_the_last_records_leaves_a_whole_state_before_them()
    {
        using var folder = new TestFolder();
        var time = new SteppedTime();
        using var book = Open(folder, time);
        var job = Bench.Leased(Bench.AnyDesign);
        book.Grant(job);
        book.Append(new JobPreparing { Job = job.Id, Epoch = 1, At = time.GetUtcNow() });
        var states = new List<(int Bytes, JobState State)> { (Log().Length, JobState.Preparing) };
        book.Append(new JobReady { Job = job.Id, Epoch = 1, At = time.GetUtcNow(), Program = Bench.AnyDesign.Manifest, EstimatedSeconds = 60 });
        states.Add((Log().Length, JobState.Ready));
        book.Append(new JobStarted { Job = job.Id, Epoch = 1, At = time.GetUtcNow() });
        states.Add((Log().Length, JobState.Running));
        var log = Log();

        // The first and the last bytes of each record, and others by chance.
        var random = new Random(7);
        var cuts = states.SelectMany(s => Enumerable.Range(-6, 13).Select(o => s.Bytes + o)).Concat(Enumerable.Range(0, 60).Select(_ => random.Next(states[0].Bytes, log.Length)));
        foreach (var cut in cuts.Where(c => c >= states[0].Bytes && c <= log.Length).Distinct())
        {
            Directory.CreateDirectory(folder.In("left"));
            File.Copy(folder.In("journal.db"), folder.In("left/journal.db"));
            File.WriteAllBytes(folder.In("left/journal.db-wal"), log[..cut]);
            using (var left = EdgeBook.Open(folder.In("left/journal.db"), time))
            {
                Assert.Equal(states.Last(s => s.Bytes <= cut).State, Assert.Single(left.Leases.Open).Job.State);
            }

            Directory.Delete(folder.In("left"), recursive: true);
        }

        byte[] Log() => File.ReadAllBytes(folder.In("journal.db-wal"));
    }

    private static EdgeBook Open(TestFolder folder, TimeProvider time) => EdgeBook.Open(folder.In("journal.db"), time);
}
