// The job's state machine under any sequence of events: what must hold whatever a site, a coordinator or a liar sends.

using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Jobs;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FabNet.Tests.Model;

public sealed class JobLifecycleProperties
{
    private static readonly JobId Id = JobId.Parse("o-1.1");
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);
    private static readonly MachineId Left = MachineId.Parse("lab-a/left");
    private static readonly Digest Program = Digest.Of([1]);

    private static readonly Config Config = Config.QuickThrowOnFailure.WithMaxTest(400).WithEndSize(60);

    private static readonly Gen<JobEvent> AnyEvent =
        from kind in Gen.Choose(0, 16)
        from epoch in Gen.Choose(0, 3)
        from other in Gen.Frequency((19, Gen.Constant(false)), (1, Gen.Constant(true)))
        from at in Gen.Choose(0, 100_000)
        select Make(kind, epoch, other, Start.AddSeconds(at));

    // Half of the events fit the job's epoch and could be next; without them few sequences would get far.
    private static readonly Gen<List<JobEvent>> Histories = Gen.Sized(size =>
        from raw in Gen.ArrayOf(Gen.Zip(AnyEvent, Gen.Elements(true, true, false)), size)
        select Fit(raw));

    [Fact]
    public void Final_states_stay_final_but_for_scrap_that_fails_and_failed_work_that_is_given_up() => Check((before, e, _, after) =>
        !before.IsFinal || after with { ReplacedBy = before.ReplacedBy } == before || (after with { State = before.State, Reason = before.Reason } == before && (before.State, e, after.State) is
            (JobState.Completed, JobScrapped, JobState.Failed) or (JobState.Failed or JobState.Rejected, JobCancelled, JobState.Cancelled)));

    [Fact]
    public void What_was_replaced_or_accepted_is_not_found_to_be_scrap() =>
        Check((before, e, refusal, _) => e is not JobScrapped || refusal is not null || before is { ReplacedBy: null, AcceptedAt: null, State: JobState.Completed });

    [Fact]
    public void A_refused_event_changes_nothing() => Check((before, refusal, after) => refusal is null || ReferenceEquals(before, after));

    [Fact]
    public void The_epoch_grows_by_one_at_a_lease_and_never_otherwise() =>
        Check((before, e, refusal, after) => after.Epoch == before.Epoch + (refusal is null && e is JobLeased ? 1 : 0));

    [Fact]
    public void An_event_of_another_epoch_or_another_job_is_refused() =>
        Check((before, e, refusal, _) => refusal is not null || (e.Job == before.Id && e.Epoch == before.Epoch + (e is JobLeased ? 1 : 0)));

    [Fact]
    public void A_job_that_was_started_never_waits_for_a_machine_again() =>
        Check((_, _, after) => after.StartedAt is null || after.State is not (JobState.Planned or JobState.Offered or JobState.Leased or JobState.Preparing or JobState.Ready));

    [Fact]
    public void A_lapsed_job_is_planned_again_only_on_its_sites_word_and_only_before_it_was_started() =>
        Check((before, e, _, after) => before.State is not JobState.Lost || after.State is not JobState.Planned || (e is JobReleased && before.StartedAt is null && before.ReplacedBy is null));

    [Fact]
    public void A_replaced_job_is_never_planned_again() => Check((_, _, after) => after.ReplacedBy is null || after.State is not (JobState.Planned or JobState.Offered));

    [Fact]
    public void An_ended_job_holds_no_lease_and_says_when_it_ended() => Check((_, _, after) => !after.IsFinal || (after.LeaseExpiresAt is null && after.EndedAt is not null));

    [Fact]
    public void Only_a_job_with_an_admitted_program_or_a_lapsed_lease_is_started() =>
        Check((before, e, refusal, _) => refusal is not null || e is not JobStarted || (before.StartedAt is null && before.State is JobState.Ready or JobState.Lost));

    [Fact]
    public void Each_epoch_has_at_most_one_start() => Prop.ForAll(Histories.ToArbitrary(), events =>
    {
        var starts = new List<int>();
        Run(events, (_, e, refusal, _) =>
        {
            if (refusal is null && e is JobStarted)
            {
                starts.Add(e.Epoch);
            }
        });
        return starts.Count == starts.Distinct().Count();
    }).Check(Config);

    [Fact]
    public void Replaying_what_was_applied_gives_the_same_job() => Prop.ForAll(Histories.ToArbitrary(), events =>
    {
        var applied = new List<JobEvent>();
        var live = Run(events, (_, e, refusal, _) =>
        {
            if (refusal is null)
            {
                applied.Add(e);
            }
        });
        return live == Run(applied, (_, _, refusal, _) => Assert.Null(refusal));
    }).Check(Config);

    [Fact]
    public void The_generator_reaches_every_state()
    {
        // Guards the properties above: a generator that never gets anywhere would prove nothing.
        var seen = new HashSet<JobState>();
        foreach (var events in Histories.Sample(500, 60))
        {
            Run(events, (_, _, _, after) => seen.Add(after.State));
        }

        Assert.Equal(Enum.GetValues<JobState>().ToHashSet(), seen);
    }

    private static void Check(Func<Job, string?, Job, bool> holds) => Check((before, _, refusal, after) => holds(before, refusal, after));

    private static void Check(Func<Job, JobEvent, string?, Job, bool> holds) => Prop.ForAll(Histories.ToArbitrary(), events =>
    {
        var all = true;
        Run(events, (before, e, refusal, after) => all &= holds(before, e, refusal, after));
        return all;
    }).Check(Config);

    private static Job Run(IEnumerable<JobEvent> events, Action<Job, JobEvent, string?, Job> seen)
    {
        var job = NewJob();
        foreach (var e in events)
        {
            var transition = JobLifecycle.Apply(job, e);
            seen(job, e, transition.Refusal, transition.Job);
            job = transition.Job;
        }

        return job;
    }

    private static Job NewJob() => new() { Id = Id, Order = OrderId.Parse("o-1"), Design = new DesignRef("clip", "1.0.0", Digest.Of([0])), Part = "clip" };

    private static List<JobEvent> Fit((JobEvent Event, bool Fits)[] raw)
    {
        var (job, fitted) = (NewJob(), new List<JobEvent>());
        foreach (var (e, fits) in raw)
        {
            var next = fits ? e with { Job = Id, Epoch = job.Epoch + (e is JobLeased ? 1 : 0) } : e;
            fitted.Add(next);
            job = JobLifecycle.Apply(job, next).Job;
        }

        return fitted;
    }

    private static JobEvent Make(int kind, int epoch, bool isOfOther, DateTimeOffset at)
    {
        var job = isOfOther ? JobId.Parse("o-1.2") : Id;
        return kind switch
        {
            0 => new JobOffered { Job = job, Epoch = epoch, At = at, Machine = Left },
            1 => new JobOfferDeclined { Job = job, Epoch = epoch, At = at },
            2 => new JobLeased { Job = job, Epoch = epoch, At = at, Machine = Left, ExpiresAt = at.AddMinutes(1) },
            3 => new JobLeaseRenewed { Job = job, Epoch = epoch, At = at, ExpiresAt = at.AddMinutes(1) },
            4 => new JobReleased { Job = job, Epoch = epoch, At = at, Reason = "r" },
            5 => new JobPreparing { Job = job, Epoch = epoch, At = at },
            6 => new JobReady { Job = job, Epoch = epoch, At = at, Program = Program, EstimatedSeconds = 60 },
            7 => new JobStarted { Job = job, Epoch = epoch, At = at },
            8 => new JobPaused { Job = job, Epoch = epoch, At = at, Reason = "r" },
            9 => new JobResumed { Job = job, Epoch = epoch, At = at },
            10 => new JobCompleted { Job = job, Epoch = epoch, At = at, Seconds = 60 },
            11 => new JobFailed { Job = job, Epoch = epoch, At = at, Reason = "r" },
            12 => new JobRejected { Job = job, Epoch = epoch, At = at, Reason = "r" },
            13 => new JobCancelled { Job = job, Epoch = epoch, At = at, Reason = "r" },
            15 => new JobScrapped { Job = job, Epoch = epoch, At = at, Reason = "r" },
            14 => new JobLost { Job = job, Epoch = epoch, At = at, Reason = "r" },
            _ => new JobReplaced { Job = job, Epoch = epoch, At = at, By = JobId.Parse("o-1.9") },
        };
    }
}
