// Problems that can't be: refused where they stand, in a sentence that says what would do.

using FabNet.Model;
using FabNet.Model.Sites;
using FabNet.Planning.Scheduling;
using Xunit;

namespace FabNet.Tests.Planning;

public sealed class ProblemRulesTests
{
    private static ScheduleProblem Good => ScheduleProblems.Create(1, jobs: 3, machines: 3);

    public static TheoryData<string, Func<ScheduleProblem, ScheduleProblem>> Bad => new()
    {
        { "job o-0.0: quantity is 0; it must be from 1 to 1000000.", Job(static j => j with { Quantity = 0 }) },
        { "job o-0.0, minutes of all copies: is NaN; it must be from 1E-06 to 1000000.", Job(static j => j with { MinutesEach = double.NaN }) },
        { "job o-0.0, minutes of all copies: is -3; it must be from 1E-06 to 1000000.", Job(static j => j with { Quantity = 1, MinutesEach = -3 }) },
        { "job o-0.0, priority: is Infinity;", Job(static j => j with { Priority = double.PositiveInfinity }) },
        { "is more than 3660 days from", Job(static j => j with { Due = DateTimeOffset.MaxValue }) },
        { "before it may begin", Job(static j => j with { Release = ScheduleProblems.Now.AddDays(2), Due = ScheduleProblems.Now.AddDays(1) }) },
        { "job o-0.0, destination: there is no workshop 'nowhere' in the problem.", Job(static j => j with { Destination = "nowhere" }) },
        { "job o-0.0, notOn: there is no machine 'x' in the problem.", Job(static j => j with { NotOn = new Dictionary<string, string> { ["x"] = "" } }) },
        { "job o-0.0: says no running time. Give minutesEach, or byClass.", Job(static j => j with { MinutesEach = null }) },
        { "job o-0.0, sizeMm, width: is 0;", Job(static j => j with { SizeMm = new Size3(0, 1, 1) }) },
        { "The job o-0.0 is there twice. Give each its own id.", static p => p with { Jobs = [p.Jobs[0], p.Jobs[0]] } },
        { "A machine has no id", static p => p with { Machines = [p.Machines[0] with { Id = " " }] } },
        { "machine lab-0/m0: there is no class 'lathe' in the problem.", static p => p with { Machines = [p.Machines[0] with { Class = "lathe" }] } },
        { "machine lab-0/m0, speed: is 0;", static p => p with { Machines = [p.Machines[0] with { Speed = 0 }] } },
        { "which ends before it begins.", static p => p with { Machines = [p.Machines[0] with { Blocked = [new BlockedTime(ScheduleProblems.Now.AddHours(1), ScheduleProblems.Now, "")] }] } },
        { "workshop lab-0, prices, machinePerHour: is 10000000;", Workshop(static w => w with { Prices = new SitePrices { MachinePerHour = 1e7m } }) },
        { "workshop lab-0: energyPerKwhByHour has 3 prices. Give 24,", Workshop(static w => w with { Prices = new SitePrices { EnergyPerKwhByHour = [1, 2, 3] } }) },
        { "workshop lab-0: 'Mars/Base' is no time zone", Workshop(static w => w with { TimeZone = "Mars/Base" }) },
        { "has only one of latitude and longitude.", Workshop(static w => w with { Longitude = null }) },
        { "workshop lab-0, latitude: is 91;", Workshop(static w => w with { Latitude = 91 }) },
        { "now: is 9999-12-31 23:59:59Z; it must be from 1970-01-01 00:00:00Z to 3000-01-01 00:00:00Z.", static p => p with { Now = DateTimeOffset.MaxValue } },
        { "waitingPerHour: is -1;", static p => p with { WaitingPerHour = -1 } },
        { "class printer, setUp, purgeGrams: is -1;", static p => p with { Classes = [p.Classes[0] with { SetUp = new() { PurgeGrams = -1 } }, p.Classes[1]] } },
    };

    [Theory]
    [MemberData(nameof(Bad), DisableDiscoveryEnumeration = true)]
    public void A_problem_that_cannot_be_is_refused_with_the_place_and_the_reason(string message, Func<ScheduleProblem, ScheduleProblem> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        var refused = Assert.Throws<ProblemException>(() => ScheduleSearch.Solve(change(Good), ScheduleProblems.Steps(1)));
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_problem_has_an_empty_schedule()
    {
        var schedule = ScheduleSearch.Solve(Good with { Jobs = [], Machines = [] }, ScheduleProblems.Steps(1));
        Assert.Empty(schedule.Runs);
        Assert.Equal(0, schedule.TotalCost);
        Assert.Null(schedule.Scope);
        Assert.Equal("There is no machine yet. Wait for a workshop to join.", ScheduleSearch.Solve(Good with { Machines = [], Jobs = [Good.Jobs[0] with { NotOn = new Dictionary<string, string>() }] }, ScheduleProblems.Steps(1)).Unscheduled[0].Reason);
    }

    private static Func<ScheduleProblem, ScheduleProblem> Job(Func<ScheduleJob, ScheduleJob> change) => p => p with { Jobs = [change(p.Jobs[0]), .. p.Jobs.Skip(1)] };

    private static Func<ScheduleProblem, ScheduleProblem> Workshop(Func<Workshop, Workshop> change) => p => p with { Workshops = [change(p.Workshops[0]), .. p.Workshops.Skip(1)] };
}
