// What holds of every plan, whatever the network and the jobs.

using FabNet.Model.Machines;
using FabNet.Model.Plans;
using FabNet.Planning;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FabNet.Tests.Planning;

public sealed class PlannerProperties
{
    private static readonly Config Config = Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(25);

    [Fact]
    public void Every_job_is_placed_once_or_named_with_its_reason() => Check((snapshot, plan) =>
        plan.Assignments.Select(a => a.Job).Concat(plan.Unplaced.Select(u => u.Job)).Order(Comparer<FabNet.Model.JobId>.Create((a, b) => string.CompareOrdinal(a.Value, b.Value)))
            .SequenceEqual(snapshot.Jobs.Select(j => j.Id).Order(Comparer<FabNet.Model.JobId>.Create((a, b) => string.CompareOrdinal(a.Value, b.Value))))
        && plan.Unplaced.All(u => u.Reason.EndsWith('.')) && plan.Assignments.All(a => a.Why.Length > 0));

    [Fact]
    public void No_job_is_placed_on_a_machine_that_can_not_make_it_or_must_not() => Check((snapshot, plan) => plan.Assignments.All(a =>
    {
        var (machine, job) = (snapshot.Machines.Single(m => m.Machine.Id == a.Machine), snapshot.Jobs.Single(j => j.Id == a.Job));
        var (profile, work) = (machine.Machine.Profile, job.Work);
        return machine.State is MachineState.Idle or MachineState.Preparing or MachineState.Running or MachineState.Paused or MachineState.NeedsClearing or MachineState.Reserved
            && profile.Process == work.Part.Process
            && (work.Material is null || profile.Materials.Contains(work.Material))
            && profile.EnvelopeMm.Fits(work.Part.OuterDimensionsMm!.Value)
            && job.Exclusions.All(e => e.Machine != a.Machine);
    }));

    [Fact]
    public void A_job_is_left_over_only_where_no_machine_can_take_it() => Check((snapshot, plan) => plan.Unplaced.All(u =>
        snapshot.Machines.All(m => Planner.Quote(snapshot, snapshot.Jobs.Single(j => j.Id == u.Job), m.Machine.Id).Obstacle is not null)));

    [Fact]
    public void Nothing_overlaps_on_a_machine_and_nothing_comes_before_what_it_has_taken() => Check((snapshot, plan) =>
        plan.Assignments.GroupBy(a => a.Machine).All(group =>
        {
            var committed = snapshot.Machines.Single(m => m.Machine.Id == group.Key).Committed;
            var free = snapshot.Now.AddSeconds(committed.Sum(c => c.RemainingSeconds ?? 0));
            var sequence = committed.Count;
            foreach (var run in group.GroupBy(a => a.Sequence))
            {
                var first = run.First();
                if (first.StartsAt < free.AddMilliseconds(-1) || first.EndsAt <= first.StartsAt || run.Key != sequence++ || run.Any(a => (a.StartsAt, a.EndsAt, a.Bed) != (first.StartsAt, first.EndsAt, first.Bed)))
                {
                    return false;
                }

                free = first.EndsAt;
            }

            return true;
        }));

    [Fact]
    public void No_plan_leads_through_a_reservation() => Check((snapshot, plan) => plan.Assignments.All(a =>
        snapshot.Machines.Single(m => m.Machine.Id == a.Machine).Machine.Reserved.All(r => a.EndsAt <= r.From.AddMilliseconds(1) || a.StartsAt >= r.To.AddMilliseconds(-1))));

    [Fact]
    public void Idle_minutes_are_between_none_and_all() => Check((snapshot, plan) =>
    {
        var outlook = Outlook.Of(snapshot, plan.Assignments);
        return outlook.Capacity.All(static c => c.Minutes.Count == Outlook.Hours && c.Minutes.All(m => m >= 0 && m <= 60 * c.InService))
            && outlook.SetUps.All(static s => s.First.Count == Math.Min(5, s.Jobs) && s.SavedCost >= 0);
    });

    [Fact]
    public void A_bed_is_shared_only_where_its_machine_can_by_equal_jobs_that_are_sliced_and_fit() => Check((snapshot, plan) => plan.Assignments.GroupBy(a => (a.Machine, a.Sequence)).All(run =>
    {
        if (run.Count() == 1)
        {
            return run.Single().Bed is null;
        }

        var machine = snapshot.Machines.Single(m => m.Machine.Id == run.Key.Machine).Machine;
        var works = run.Select(a => snapshot.Jobs.Single(j => j.Id == a.Job).Work).ToList();
        var sizes = works.Select(w => w.Part.OuterDimensionsMm!.Value).ToList();
        var bed = machine.Profile.EnvelopeMm;
        return machine.SharesBeds
            && run.All(a => a.Bed == run.First().Job && a.RunMinutes > 0)
            && works.All(w => (w.Material, w.Color) == (works[0].Material, works[0].Color) && w.Material is not null)
            && works.All(w => w.Part.Artefacts.All(a => a.Kind is FabNet.Model.Designs.ArtefactKind.Mesh))
            && sizes.All(s => s.Height <= bed.Z.Length)
            && sizes.Sum(s => (s.Width + 6) * (s.Depth + 6)) <= (bed.X.Length - 30 + 6) * (bed.Y.Length - 30 + 6);
    }));

    [Fact]
    public void Work_that_was_taken_is_not_in_the_plan() => Check((snapshot, plan) =>
        !plan.Assignments.Select(a => a.Job).Intersect(snapshot.Machines.SelectMany(m => m.Committed).Select(c => c.Job)).Any());

    [Fact]
    public void Cost_terms_are_not_negative_and_sum_to_the_total() => Check((_, plan) => plan.Assignments.All(a =>
        a.Cost is { MachineTime: >= 0, SetUp: >= 0, Material: >= 0, Energy: >= 0, Transport: >= 0, Lateness: >= 0, Risk: >= 0 } c
        && c.Total == c.MachineTime + c.SetUp + c.Material + c.Energy + c.Transport + c.Lateness + c.Risk));

    [Fact]
    public void Lateness_is_priced_exactly_where_a_job_ends_after_it_is_due() => Check((snapshot, plan) => plan.Assignments.All(a =>
    {
        var due = snapshot.Jobs.Single(j => j.Id == a.Job).Due;
        var hours = due is null ? 0 : Math.Max(0, (a.EndsAt - due.Value).TotalHours);
        return Math.Abs((double)a.Cost.Lateness - hours) < 0.001; // Every site here asks 1.00 an hour.
    }));

    [Fact]
    public void Equal_snapshots_give_equal_plans_in_whatever_order_they_are_written() => Check((snapshot, plan) =>
    {
        var again = Planner.Plan(snapshot with { Machines = [.. snapshot.Machines.Reverse()], Jobs = [.. snapshot.Jobs.Reverse()], Sites = [.. snapshot.Sites.Reverse()] });
        return again.Assignments.SequenceEqual(plan.Assignments)
            && again.Unplaced.OrderBy(u => u.Job.Value, StringComparer.Ordinal).SequenceEqual(plan.Unplaced.OrderBy(u => u.Job.Value, StringComparer.Ordinal));
    });

    [Fact]
    public void One_more_machine_of_the_same_kind_never_makes_identical_jobs_end_later() => Prop.ForAll(
        Gen.Zip(Gen.Choose(1, 6), Gen.Choose(1, 30)).ToArbitrary(),
        size =>
        {
            var (machines, jobs) = size;
            return Makespan(machines + 1, jobs) <= Makespan(machines, jobs);
        }).Check(Config);

    [Fact]
    public void The_generator_makes_plans_worth_checking()
    {
        var plans = Plants.Any.Sample(200, 25).Select(Planner.Plan).ToList();
        Assert.True(plans.Sum(p => p.Assignments.Count) > 200);
        Assert.True(plans.Sum(p => p.Unplaced.Count) > 200);
        Assert.Contains(plans, p => p.Assignments.Any(a => a.Cost.Transport > 0));
        Assert.Contains(plans, p => p.Assignments.Any(a => a.Cost.Lateness > 0));
        Assert.Contains(plans, p => p.Assignments.Any(a => a.Bed is not null));
    }

    private static DateTimeOffset Makespan(int machines, int jobs) => Planner.Plan(Plants.Snapshot(
        [.. Enumerable.Range(0, machines).Select(i => Plants.At($"lab-a/m{i}", Plants.Printer(), "PLA", "black"))],
        [.. Enumerable.Range(1, jobs).Select(i => Plants.Job($"o-1.{i}", Plants.Work(color: "black")))])).Assignments.Max(a => a.EndsAt);

    private static void Check(Func<PlantSnapshot, Plan, bool> holds) =>
        Prop.ForAll(Plants.Any.ToArbitrary(), snapshot => holds(snapshot, Planner.Plan(snapshot))).Check(Config);
}
