// Reports are deltas: what is merged, what is replaced, and what hostile ones can't do.

using System.Text.Json.Nodes;
using FabNet.FirmwareBridge.Mqtt;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FabNet.Tests.Bridge;

public sealed class BambuReportTests
{
    private const string Whole = """
        {"msg":0,"gcode_state":"RUNNING","mc_percent":"7","nozzle_temper":21.25,"hms":[{"attr":50331904,"code":65537}],
         "ams":{"tray_now":"255","ams":[{"id":"0","humidity":"4","tray":[{"id":"0","tray_type":"PLA","remain":80},{"id":"1","tray_type":"PETG"}]}]}}
        """;

    private readonly BambuReport _report = new();

    [Fact]
    public void Nested_objects_and_items_with_an_id_are_merged_and_other_values_replaced()
    {
        Merge(Whole);
        Merge("""{"msg":1,"mc_percent":8,"hms":[],"ams":{"ams":[{"id":"0","tray":[{"id":"1","remain":5},{"id":"2","tray_type":"ABS"}]}]}}""");
        Assert.Equal((8, "RUNNING", 21.25), (_report.Percent, _report.State, _report.Temperatures()[0].CurrentC));
        Assert.Empty(_report.Health);
        var unit = _report.Merged["ams"]!["ams"]![0]!;
        Assert.Equal(("255", "4"), ((string?)_report.Merged["ams"]!["tray_now"], (string?)unit["humidity"]));
        Assert.Equal(["PLA", "PETG", "ABS"], unit["tray"]!.AsArray().Select(static tray => (string?)tray!["tray_type"]));
        Assert.Equal((80, 5), ((int)unit["tray"]![0]!["remain"]!, (int)unit["tray"]![1]!["remain"]!));
    }

    [Fact]
    public void In_a_whole_state_items_that_are_missing_are_gone()
    {
        Merge(Whole);
        Merge("""{"msg":0,"ams":{"ams":[{"id":"0","tray":[{"id":"0"}]}]}}""");
        var tray = Assert.Single(_report.Merged["ams"]!["ams"]![0]!["tray"]!.AsArray());
        Assert.Null(tray!["tray_type"]);
    }

    [Fact]
    public void After_a_lost_connection_the_state_is_unknown_and_the_rest_is_kept()
    {
        Merge(Whole);
        _report.ForgetState();
        Assert.Equal("", _report.State);
        Assert.Equal(7, _report.Percent);
    }

    [Theory]
    [InlineData("""{"print_error":50348044}""", null)] // Called off: no fault.
    [InlineData("""{"print_error":50364420}""", "error 0300-8004 (the filament has run out: load more, then resume)")]
    [InlineData("""{"print_error":-1}""", "error FFFF-FFFF (the maker's wiki explains it)")]
    [InlineData("""{"gcode_state":"PAUSE","stg_cur":16}""", "somebody paused it")]
    [InlineData("""{"hms":[{"attr":117448960,"code":131073}]}""", "serious: filament changer A slot 2, HMS_0700_2100_0002_0001 (the filament has run out)")]
    [InlineData("""{"hms":[{"attr":50331904,"code":65537}]}""", "fatal: motion and heaters, HMS_0300_0100_0001_0001")]
    public void Faults_are_told_in_words_with_their_code(string print, string? words)
    {
        Merge(print);
        Assert.Equal(words, BambuFaults.Describe(_report));
    }

    [Fact]
    public void Whatever_comes_instead_of_a_value_is_survived() => Prop.ForAll(
        Gen.Elements(
            "null", "true", "-1", "1e300", "\"\"", "\"NaN\"", "[]", "{}", "[null]", "[{}]", "[[1]]", "[{\"id\":null}]", "[{\"id\":\"0\"}]", "[{\"attr\":\"x\",\"code\":[]}]", "{\"ams\":[{\"id\":{}}]}",
            "99999999999999999999").ArrayOf(24).ToArbitrary(),
        values =>
        {
            var report = new BambuReport();
            string[] names = ["gcode_state", "mc_percent", "print_error", "hms", "ams", "stg_cur", "subtask_name", "nozzle_temper", "msg", "mc_remaining_time", "bed_target_temper", "gcode_file"];
            for (var i = 0; i < values.Length; i++)
                report.Merge((JsonObject)JsonNode.Parse($"{{\"{names[i % names.Length]}\":{values[i]}}}")!);
            _ = (report.State, report.Percent, report.PrintError, report.Task, report.File, report.Stage, report.RemainingMinutes, report.AreHeatersOff);
            _ = BambuFaults.Describe(report);
            return report.Temperatures().TrueForAll(static reading => double.IsFinite(reading.CurrentC)) && report.Percent is >= 0 and <= 100;
        }).QuickCheckThrowOnFailure();

    private void Merge(string json) => _report.Merge((JsonObject)JsonNode.Parse(json)!);
}
