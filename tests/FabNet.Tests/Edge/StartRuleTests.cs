using FabNet.Edge.Leasing;
using FabNet.Edge.Queue;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using FabNet.Model.Sites;
using Xunit;

namespace FabNet.Tests.Edge;

public sealed class StartRuleTests
{
    private static readonly MachineProfile Profile = Bench.Mk3;

    private static readonly Job Ready = Bench.Leased(Bench.AnyDesign) with { State = JobState.Ready, LeaseExpiresAt = Bench.Noon.AddSeconds(60) };

    [Fact]
    public void A_ready_job_starts_on_an_idle_cleared_machine_with_its_material() =>
        Assert.Equal(Obstacle.None, Check(Ready, Needs("PLA", null), MachineState.Idle, new LoadedMaterial("PLA", "black")).Obstacle);

    [Theory]
    [InlineData(MachineState.Offline)]
    [InlineData(MachineState.Running)]
    [InlineData(MachineState.Paused)]
    [InlineData(MachineState.Alarm)]
    [InlineData(MachineState.Attention)]
    public void No_job_starts_on_a_machine_that_is_not_idle(MachineState state) =>
        Assert.Contains(state.ToString(), Check(Ready, Needs("PLA", null), state, new LoadedMaterial("PLA", null)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_bed_that_nobody_cleared_blocks_the_next_start()
    {
        var verdict = Check(Ready, Needs("PLA", null), MachineState.Idle, new LoadedMaterial("PLA", null), needsClearing: "The part of o-7.9 is on it.");
        Assert.Equal(Obstacle.Wait, verdict.Obstacle);
        Assert.Contains("fabnet site clear lab-test/mk3", verdict.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(5, false)]
    [InlineData(6, true)]
    public void A_lease_must_have_more_than_its_margin_left(int secondsLeft, bool starts)
    {
        var verdict = Check(Ready with { LeaseExpiresAt = Bench.Noon.AddSeconds(secondsLeft) }, Needs(null, null), MachineState.Idle, default);
        Assert.Equal(starts, verdict.Obstacle is Obstacle.None);
    }

    [Theory]
    [InlineData("PETG", null, "PLA", "black", "PETG")]
    [InlineData("PLA", "white", "PLA", "black", "PLA white")]
    [InlineData("PLA", null, null, null, "PLA")]
    public void Another_material_asks_the_operator_and_says_what_to_type(string needs, string? color, string? loaded, string? loadedColor, string command)
    {
        var verdict = Check(Ready, Needs(needs, color), MachineState.Idle, new LoadedMaterial(loaded, loadedColor));
        Assert.Equal(Obstacle.WrongMaterial, verdict.Obstacle);
        Assert.EndsWith($"fabnet site load lab-test/mk3 {command}", verdict.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_admitted_for_another_profile_never_starts()
    {
        var verdict = Check(Ready, new ProgramNeeds(MachineProfiles.Find("ender-3"), null, null), MachineState.Idle, default);
        Assert.Contains("ender-3", verdict.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_machine_out_of_service_takes_nothing()
    {
        var facts = new MachineFacts(Bench.Machine, Profile, MachineState.Idle, new MachineRecord { Machine = "mk3", Maintenance = "belt" });
        Assert.Contains("belt", StartRule.Check(Ready, Needs(null, null), facts, Bench.Noon).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_job_without_a_program_waits() =>
        Assert.Equal(Obstacle.Wait, Check(Ready, null, MachineState.Idle, default).Obstacle);

    private static ProgramNeeds Needs(string? material, string? color) => new(Profile, material, color);

    private static StartVerdict Check(Job job, ProgramNeeds? needs, MachineState state, LoadedMaterial loaded, string? needsClearing = null) =>
        StartRule.Check(job, needs, new MachineFacts(Bench.Machine, Profile, state, new MachineRecord { Machine = "mk3", Loaded = loaded, NeedsClearing = needsClearing }), Bench.Noon);
}
