// Idle capacity by the hour, and loaded set-ups that wait for work.

using FabNet.Model;
using FabNet.Model.Machines;
using FabNet.Model.Plans;
using FabNet.Model.Sites;
using FabNet.Planning;
using Xunit;

namespace FabNet.Tests.Planning;

public sealed class OutlookTests
{
    [Fact]
    public void Idle_minutes_follow_hours_reservations_claimed_work_and_the_plan()
    {
        var machine = Plants.At("lab-a/m1", Plants.Printer(), "PLA", "black");
        machine = machine with
        {
            Machine = machine.Machine with { Reserved = [new Reservation(Plants.Now.AddHours(3), Plants.Now.AddHours(4.5), "class")] },
            Committed = [new CommittedWork { Job = JobId.Parse("o-9.1"), Work = Plants.Work(), HasStarted = true, RemainingSeconds = 1200 }],
        };
        var away = Plants.At("lab-a/m2", Plants.Printer(), state: MachineState.Offline);
        var snapshot = Plants.Snapshot([machine, away]) with
        {
            Now = Plants.Now.AddMinutes(15),
            Sites = [Plants.Site("lab-a") with { Hours = [WeeklyHours.Parse("mon-sun 09:00-17:00")] }],
        };
        var outlook = Outlook.Of(snapshot, [Assignment("o-1.1", "lab-a/m1", Plants.Now.AddMinutes(60), 30)]);

        // Monday 09:15, 20 minutes of running work left, half an hour planned at 10:00, reserved from 12:00 to 13:30, closed at 17:00.
        Assert.Equal(Plants.Now, outlook.From);
        var idle = Assert.Single(outlook.Capacity);
        Assert.Equal((2, 1), (idle.Machines, idle.InService));
        Assert.Equal([25, 30, 60, 0, 30, 60, 60, 60, 0, 0], idle.Minutes.Take(10));
        Assert.Equal([0, 60], idle.Minutes.Skip(23).Take(2));
        Assert.Equal(Outlook.Hours, idle.Minutes.Count);
    }

    [Fact]
    public void Jobs_that_need_what_is_loaded_are_named_with_what_they_save()
    {
        var (black, white) = (Plants.At("lab-a/black", Plants.Printer(), "PETG", "black"), Plants.At("lab-a/white", Plants.Printer(), "PETG", "white"));
        var mill = Plants.At("lab-a/mill", Plants.Mill(), "PLYWOOD");
        var snapshot = Plants.Snapshot(
            [black, white, mill, Plants.At("lab-a/empty", Plants.Printer())],
            Plants.Job("o-1.1", Plants.Work(material: "PETG", color: "black")),
            Plants.Job("o-2.1", Plants.Work(material: "PETG")),
            Plants.Job("o-3.1", Plants.Work(material: "PLA")),
            Plants.Job("o-4.1", Plants.Work(Plants.Part("beam", 190), "PETG"), due: Plants.Now.AddHours(2)) with { Exclusions = [new MachineExclusion(black.Machine.Id, "it said no")] },
            Plants.Job("o-5.1", Plants.Work(Plants.Part("tower", 900), "PETG")));
        var setUps = Outlook.Of(snapshot, []).SetUps;
        Assert.Equal(["lab-a/black o-1.1 o-2.1", "lab-a/mill", "lab-a/white o-4.1 o-2.1"], setUps.Select(static s => string.Join(' ', [s.Machine.Id.ToString(), .. s.First.Select(static j => j.Value)])));
        Assert.Equal([2, 0, 2], setUps.Select(static s => s.Jobs));

        // Six minutes of a person at 18.00 and of the machine at 2.00 an hour, and 8 g purged at 25.00 a kilogram; a mill purges nothing.
        Assert.Equal((6, 2.20m), (setUps[0].SavedMinutes, setUps[0].SavedCost));
        Assert.Equal((6, 2.00m), (setUps[1].SavedMinutes, setUps[1].SavedCost));
    }

    [Fact]
    public void What_is_loaded_is_what_its_taken_work_leaves()
    {
        var machine = Plants.At("lab-a/m1", Plants.Printer(), "PLA", "white", MachineState.Running, new CommittedWork { Job = JobId.Parse("o-9.1"), Work = Plants.Work(material: "PETG", color: "black"), RemainingSeconds = 600 });
        var setUp = Assert.Single(Outlook.Of(Plants.Snapshot([machine], Plants.Job("o-1.1", Plants.Work(material: "PLA")), Plants.Job("o-2.1", Plants.Work(material: "PETG"))), []).SetUps);
        Assert.Equal((new LoadedMaterial("PETG", "black"), "o-2.1"), (setUp.Machine.Loaded, Assert.Single(setUp.First).Value));
    }

    [Fact]
    public void A_set_up_waits_for_work_only_if_its_machine_is_free_soon()
    {
        var snapshot = Plants.Snapshot([At("lab-a/busy", 13), At("lab-a/soon", 2), At("lab-a/taken", 2, new Reservation(Plants.Now.AddHours(1), Plants.Now.AddHours(20), "class")), At("lab-a/then", 1, new Reservation(Plants.Now, Plants.Now.AddHours(3), "class"))]);
        Assert.Equal([("lab-a/soon", Plants.Now.AddHours(2)), ("lab-a/then", Plants.Now.AddHours(3))], Outlook.Of(snapshot, []).SetUps.Select(static s => (s.Machine.Id.ToString(), s.FreeAt)));
    }

    [Fact]
    public void No_plan_leads_through_a_reservation()
    {
        var from = Plants.Now.AddMinutes(5);
        var machine = Plants.At("lab-a/m1", Plants.Printer(), "PLA", "black", MachineState.Reserved);
        machine = machine with { Machine = machine.Machine with { Reserved = [new Reservation(from, from.AddHours(6), "class"), new Reservation(Plants.Now.AddDays(-2), Plants.Now.AddDays(-1), "past")] } };
        var assignment = Assert.Single(Planner.Plan(Plants.Snapshot([machine], Plants.Job("o-1.1"))).Assignments);
        Assert.True(assignment.StartsAt >= from.AddHours(6), $"{assignment.StartsAt:u}");
    }

    private static PlantMachine At(string id, double busyHours, params Reservation[] reserved)
    {
        var machine = Plants.At(id, Plants.Printer(), "PLA", "black", committed: new CommittedWork { Job = JobId.Parse("o-9.1"), Work = Plants.Work(), HasStarted = true, RemainingSeconds = busyHours * 3600 });
        return machine with { Machine = machine.Machine with { Reserved = reserved } };
    }

    private static Assignment Assignment(string job, string machine, DateTimeOffset starts, double minutes) => new()
    {
        Job = JobId.Parse(job), Machine = MachineId.Parse(machine), Sequence = 0, StartsAt = starts, EndsAt = starts.AddMinutes(minutes), PromisedBy = starts.AddMinutes(minutes), RunMinutes = minutes, SetUpMinutes = 0, Cost = new CostBreakdown { Currency = "EUR" }, Why = "",
    };
}
