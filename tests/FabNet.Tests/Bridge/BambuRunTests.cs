// The decisions about a run, without a machine: what each report means, on a manual clock.

using System.Text.Json.Nodes;
using FabNet.FirmwareBridge;
using FabNet.FirmwareBridge.Mqtt;
using FabNet.GCode;
using Xunit;

namespace FabNet.Tests.Bridge;

public sealed class BambuRunTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly AdmittedProgram _program = BambuStand.Program();
    private readonly BambuReport _report = new();
    private readonly BambuMachineOptions _options = new() { Host = "h", SerialNumber = "S", AccessCode = "c" };
    private readonly ActiveRun _active;
    private readonly BambuRun _run;

    public BambuRunTests()
    {
        _active = new ActiveRun(_program, new RunOptions { Name = "o-1.1", StartKey = "o-1.1/1" }, new TaskCompletionSource<RunOutcome>());
        _run = new BambuRun(_active, BambuTask.Of("o-1.1/1", _program), _options, _time);
        Tell("IDLE", "");
        _run.OnSending("7");
    }

    [Fact]
    public void Without_an_answer_the_machine_is_asked_and_its_word_decides()
    {
        Assert.Equal(BambuStep.None, Next());
        _time.Advance(_options.StartAnswer);
        Assert.Equal(BambuStep.Ask, Next());
        _run.OnAsked();
        Tell("RUNNING", _run.Task.Name);
        Assert.Equal(BambuStep.None, Next());
        Assert.Equal(BambuStage.Printing, _run.Stage);
    }

    [Theory]
    [InlineData("IDLE", "", "it says IDLE")]
    [InlineData("FINISH", "vase", "it says FINISH")]
    [InlineData("RUNNING", "vase", "and prints 'vase'")]
    public void A_machine_that_names_another_task_did_not_begin(string state, string task, string says)
    {
        _time.Advance(_options.StartAnswer);
        Assert.Equal(BambuStep.Ask, Next());
        _run.OnAsked();
        Tell(state, task);
        Assert.Equal(BambuStep.None, Next()); // The start may still be in its hands.
        _time.Advance(_options.StartAnswer);
        Assert.Equal(BambuStep.End, Next());
        Assert.Equal(SafeState.NotNeeded, _run.SafeState);
        Assert.Contains(says, _active.BreakReason, StringComparison.Ordinal);
        Assert.Contains("not repeated", _active.BreakReason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_machine_that_says_nothing_leaves_it_unconfirmed_once_it_may_have_been_asked_for_all()
    {
        _time.Advance(_options.StartAnswer);
        Assert.Equal(BambuStep.Ask, Next());
        _run.OnAsked();
        _time.Advance(_options.StartAnswer);
        Assert.Equal(BambuStep.None, _run.Next(_report, true, TimeSpan.Zero, isStateOwed: true));
        Assert.Equal(BambuStep.End, Next());
        Assert.Equal(SafeState.Unconfirmed, _run.SafeState);
    }

    [Fact]
    public void A_print_that_fell_between_two_reports_is_complete()
    {
        Tell("FINISH", _run.Task.Name);
        Assert.Equal(BambuStep.End, Next());
        Assert.Null(_active.BreakReason);
    }

    [Fact]
    public void An_answer_for_the_file_alone_is_known_too()
    {
        Merge($$"""{"gcode_state":"PREPARE","gcode_file":"/cache/{{_run.Task.File}}"}""");
        Assert.Equal(BambuStep.None, Next());
        Assert.Equal(BambuStage.Printing, _run.Stage);
    }

    [Fact]
    public void A_broken_off_print_ends_when_the_heaters_are_off_or_unconfirmed_after_a_while()
    {
        Tell("RUNNING", _run.Task.Name);
        Assert.Equal(BambuStep.None, Next());
        Merge("""{"gcode_state":"FAILED","print_error":50364424,"nozzle_target_temper":210,"bed_target_temper":0}""");
        Assert.Equal(BambuStep.None, Next());
        Merge("""{"nozzle_target_temper":0}""");
        Assert.Equal(BambuStep.End, Next());
        Assert.Equal(SafeState.Confirmed, _run.SafeState);
        Assert.Contains("the nozzle does not keep its temperature", _active.BreakReason, StringComparison.Ordinal);
    }

    [Fact]
    public void Heaters_that_stay_on_are_told()
    {
        Tell("RUNNING", _run.Task.Name);
        Merge("""{"gcode_state":"FAILED","nozzle_target_temper":210,"bed_target_temper":60}""");
        Assert.Equal(BambuStep.None, Next());
        _time.Advance(_options.CoolDown);
        Assert.Equal(BambuStep.End, Next());
        Assert.Equal(SafeState.Unconfirmed, _run.SafeState);
    }

    [Fact]
    public void A_stop_goes_out_again_until_the_machine_obeys_and_only_to_this_print()
    {
        Tell("RUNNING", _run.Task.Name);
        _run.CallOff("enough", isCalledOff: true);
        Assert.Equal(BambuStep.Stop, Next());
        _run.OnStopSent();
        Assert.Equal(BambuStep.None, Next());
        _time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(BambuStep.Stop, Next());
        Tell("RUNNING", "vase");
        Assert.Equal(BambuStep.End, Next());
        Assert.Equal(SafeState.Unconfirmed, _run.SafeState);
    }

    [Fact]
    public void While_the_connection_is_away_nothing_is_decided_until_it_is_too_long()
    {
        _report.ForgetState();
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(BambuStep.None, _run.Next(_report, false, _options.Lost, false));
        Assert.Equal(BambuStep.End, _run.Next(_report, false, _options.Lost + TimeSpan.FromSeconds(1), false));
        Assert.Equal(SafeState.LinkLost, _run.SafeState);
    }

    [Fact]
    public void The_whole_state_is_asked_for_at_most_every_five_minutes()
    {
        var pulse = new BambuPulse(_options, new BambuCommands(), _time);
        Assert.Equal("pushall", Command(pulse.Ask()));
        for (var reconnect = 0; reconnect < 4; reconnect++)
        {
            _time.Advance(TimeSpan.FromSeconds(59));
            Assert.Equal("start", Command(pulse.Ask()));
            Assert.Null(pulse.Due());
            Assert.True(pulse.IsOwed);
        }

        _time.Advance(TimeSpan.FromMinutes(5) - (4 * TimeSpan.FromSeconds(59)));
        Assert.Equal("pushall", Command(pulse.Due()));
        Assert.False(pulse.IsOwed);
    }

    [Fact]
    public void A_machine_that_told_its_state_is_not_asked_for_all_again_and_silence_is_answered_by_start()
    {
        var pulse = new BambuPulse(_options, new BambuCommands(), _time);
        pulse.Ask();
        pulse.Ask();
        pulse.Hear(tellsState: true);
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.Null(pulse.Due());
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("start", Command(pulse.Due()));
        Assert.Null(pulse.Due());
    }

    public void Dispose()
    {
        _run.Dispose();
        _program.Dispose();
    }

    private static string? Command(byte[]? request) => (string?)JsonNode.Parse(request!)!["pushing"]!["command"];

    private void Tell(string state, string task)
    {
        Merge($$"""{"gcode_state":"{{state}}","subtask_name":"{{task}}"}""");
        _run.OnTold();
    }

    private void Merge(string json) => _report.Merge((JsonObject)JsonNode.Parse(json)!);

    private BambuStep Next() => _run.Next(_report, isConnected: true, TimeSpan.Zero, isStateOwed: false);
}
