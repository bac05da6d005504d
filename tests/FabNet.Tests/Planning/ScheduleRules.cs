// What no schedule may break, checked apart from the code that makes schedules.

using FabNet.Planning.Scheduling;
using Xunit;

namespace FabNet.Tests.Planning;

internal static class ScheduleRules
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    public static void Check(ScheduleProblem problem, Schedule schedule)
    {
        var jobs = problem.Jobs.ToDictionary(static j => j.Id);
        var machines = problem.Machines.ToDictionary(static m => m.Id);
        var classes = problem.Classes.ToDictionary(static c => c.Name);
        var workshops = problem.Workshops.ToDictionary(static w => w.Id);
        Assert.Equal(problem.Jobs.Select(static j => j.Id).Order(), schedule.Runs.SelectMany(static r => r.Jobs).Select(static j => j.Id).Concat(schedule.Unscheduled.Select(static u => u.Id)).Order());
        foreach (var sequence in schedule.Runs.GroupBy(static r => r.Machine))
        {
            var machine = machines[sequence.Key];
            var machineClass = classes[machine.Class];
            var free = problem.Now.AddMinutes(machine.Queue.Sum(static q => q.Minutes));
            foreach (var run in sequence.OrderBy(static r => r.Sequence))
            {
                Assert.True(run.StartsAt >= free - Tick, $"{run.Machine} begins at {run.StartsAt} and is free at {free}");
                Assert.True(run.EndsAt > run.StartsAt);
                free = run.EndsAt;
                foreach (var blocked in machine.Blocked)
                {
                    Assert.True(run.EndsAt <= blocked.From + Tick || run.StartsAt >= blocked.To - Tick, $"{run.Machine} runs from {run.StartsAt} to {run.EndsAt} and is blocked from {blocked.From} to {blocked.To}");
                }

                AssertAttended(workshops[machine.Workshop], machineClass, run);
                foreach (var job in run.Jobs.Select(j => jobs[j.Id]))
                {
                    Assert.True(job.Release is null || run.StartsAt >= job.Release - Tick, $"{job.Id} begins before its release");
                    Assert.DoesNotContain(machine.Id, job.NotOn.Keys);
                    Assert.True(job.Process is null || machineClass.Process is null || job.Process == machineClass.Process);
                    Assert.True(job.Needs.NozzleMm is not { } nozzle || machineClass.NozzlesMm.Count == 0 || machineClass.NozzlesMm.Contains(nozzle));
                    Assert.True(job.SizeMm is not { } size || machineClass.SizeMm is not { } largest
                        || (size.Height <= largest.Height && Math.Max(size.Width, size.Depth) <= Math.Max(largest.Width, largest.Depth) && Math.Min(size.Width, size.Depth) <= Math.Min(largest.Width, largest.Depth)));
                }

                if (run.Jobs.Count > 1)
                {
                    Assert.True(machineClass.SharesBeds);
                    Assert.Single(run.Jobs.Select(j => jobs[j.Id].Needs).Distinct());
                    var area = run.Jobs.Select(j => jobs[j.Id]).Sum(static j => j.Quantity * j.SizeMm!.Value.Width * j.SizeMm.Value.Depth);
                    Assert.True(area <= machineClass.SizeMm!.Value.Width * machineClass.SizeMm.Value.Depth, "more lies on the bed than it has room for");
                }
            }
        }
    }

    // Somebody is there when a set-up begins; beside an attended machine, until the run ends.
    private static void AssertAttended(Workshop workshop, MachineClass machineClass, ScheduledRun run)
    {
        if (workshop.Hours.Count == 0)
        {
            return;
        }

        var zone = TimeZoneInfo.FindSystemTimeZoneById(workshop.TimeZone);
        var begin = TimeZoneInfo.ConvertTime(run.StartsAt, zone).DateTime;
        var isOpen = workshop.Hours.Any(h => Enumerable.Range(-1, 2).Select(d => begin.Date.AddDays(d)).Any(day => h.BeginOn(day.DayOfWeek)
            && begin >= day + h.From.ToTimeSpan() - Tick && begin <= day + h.From.ToTimeSpan() + h.Length + Tick));
        Assert.True(isOpen, $"{run.Machine} is set up at {begin} ({workshop.TimeZone}), when nobody is there");
        Assert.True(machineClass.RunsUnattended || run.EndsAt - run.StartsAt > TimeSpan.FromHours(6)
            || workshop.Hours.Any(h => Enumerable.Range(-1, 2).Select(d => begin.Date.AddDays(d)).Any(day => h.BeginOn(day.DayOfWeek) && begin >= day + h.From.ToTimeSpan() - Tick
                && TimeZoneInfo.ConvertTime(run.EndsAt, zone).DateTime <= day + h.From.ToTimeSpan() + h.Length + Tick)), $"{run.Machine} runs on when nobody is there");
    }
}
