// Planning problems as files: what may be left out, and what is refused with its place.

using FabNet.CommandLine;
using FabNet.Planning.Scheduling;
using FabNet.Plans;
using Xunit;

namespace FabNet.Tests.Planning;

public sealed class ScheduleFormatTests : IDisposable
{
    private const string Least = """
        {
          "now": "2026-11-22T08:00:00Z",
          "workshops": [ { "id": "lab-a", "hours": ["mon-fri 09:00-17:00"] } ], // a comment
          "classes": [ { "name": "mk3" } ],
          "machines": [ { "id": "lab-a/left", "workshop": "lab-a", "class": "mk3", "loaded": { "material": "PLA" } } ],
          "jobs": [ { "id": "one", "minutesEach": 60, "gramsEach": 20, "needs": { "material": "PLA" } }, ],
        }
        """;

    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void What_is_left_out_has_its_default()
    {
        var schedule = ScheduleSearch.Solve(Read(Least), ScheduleProblems.Steps(10));

        // 22 November 2026 is a Sunday: nobody is there before Monday. 3 minutes to clear, 4 to warm up.
        Assert.Equal(new DateTimeOffset(2026, 11, 23, 9, 0, 0, TimeSpan.Zero), Assert.Single(schedule.Runs).StartsAt);
        Assert.Equal(7, schedule.Runs[0].SetUpMinutes);
    }

    [Fact]
    public void What_is_written_is_read_back()
    {
        var problem = ScheduleProblems.Create(4, jobs: 20, machines: 5);
        var written = ScheduleFormat.Write(problem);
        Assert.Equal(written, ScheduleFormat.Write(Read(written)));
        var schedule = ScheduleSearch.Solve(problem, ScheduleProblems.Steps(20));
        File.WriteAllText(_path, ScheduleFormat.Write(schedule));
        Assert.Equal(ScheduleFormat.Write(schedule), ScheduleFormat.Write(ScheduleFormat.ReadSchedule(_path)));
    }

    [Theory]
    [InlineData("\"gramsEach\"", "\"gramsEech\"", "line 6")]
    [InlineData("\"gramsEach\"", "\"gramsEech\"", "gramsEech")]
    [InlineData("60", "\"60\"", "$.jobs[0].minutesEach")]
    [InlineData("\"gramsEach\"", "\"gramsEech\"", "There is no member 'gramsEech' here.")]
    [InlineData("60", "\"60\"", "There should be a number")]
    [InlineData("\"2026-11-22T08:00:00Z\"", "\"today\"", "$.now: There should be a moment")]
    [InlineData("60", "1e999", "it must be from")]
    [InlineData("mon-fri 09:00-17:00", "9 to 5", "Write days and hours, such as mon-fri 09:00-18:00")]
    [InlineData("[ { \"name\": \"mk3\" } ]", "null", "classes")]
    [InlineData("[ { \"name\": \"mk3\" } ]", "[ null ]", "A class is null. Leave it out.")]
    [InlineData("{ \"material\": \"PLA\" } }, ]", "{ \"material\": \"PLA\" }, \"byClass\": { \"mk3\": null } } ]", "byClass: one is null")]
    [InlineData("\"now\"", "\"then\"", "then")]
    [InlineData("{\n", "[\n", "line 1, $: ")]
    [InlineData("2026-11-22T08:00:00Z", "2026-11-22T08:00:00", "$.now: There should be a moment with Z or its distance from UTC")]
    [InlineData("2026-11-22T08:00:00Z", "2026-11-22", "$.now: There should be a moment with Z or its distance from UTC")]
    [InlineData("\"now\": ", "\"now\": \"2026-11-22T08:00:00Z\", \"now\": ", "line 2, $.now: Duplicate")]
    [InlineData("\"minutesEach\": 60", "\"byClass\": { \"mk3\": { \"gramsEach\": 1 } }", "$.jobs[0].byClass.mk3: 'minutesEach' must be there.")]
    [InlineData("\"hours\"", "\"prices\": { \"currency\": null }, \"hours\"", "currency: 'currency' is null. Leave it out, or give it a value.")]
    [InlineData("\"gramsEach\"", "\"planned\": { \"machine\": null, \"sequence\": 1 }, \"gramsEach\"", "'machine' is null. Leave it out, or give it a value.")]
    [InlineData("\"one\"", "\"\\ud800\"", "Save the file as UTF-8.")]
    [InlineData("\"one\"", "\"a\\u001b[2J\"", "has a control character in its id")]
    public void What_can_not_be_read_is_refused_with_its_place(string right, string wrong, string says)
    {
        var refused = Record.Exception(() => ScheduleSearch.Solve(Read(Least.Replace(right, wrong, StringComparison.Ordinal)), ScheduleProblems.Steps(1)));
        Assert.True(refused is CommandFailedException or ProblemException, refused?.ToString());
        Assert.Contains(says, refused!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_in_another_encoding_or_without_anything_says_so()
    {
        File.WriteAllBytes(_path, System.Text.Encoding.Latin1.GetBytes(Least.Replace("one", "é", StringComparison.Ordinal)));
        Assert.EndsWith("Save the file as UTF-8.", Assert.Throws<CommandFailedException>(() => ScheduleFormat.ReadProblem(_path)).Message, StringComparison.Ordinal);
        Assert.EndsWith("The file is empty, or holds comments only.", Assert.Throws<CommandFailedException>(() => Read("// nothing")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_moment_is_read_with_its_distance_from_UTC()
    {
        var problem = Read(Least.Replace("08:00:00Z", "10:30:00.5+02:30", StringComparison.Ordinal));
        Assert.Equal(new DateTimeOffset(2026, 11, 22, 8, 0, 0, 500, TimeSpan.Zero), problem.Now);
    }

    [Fact]
    public void A_schedule_that_has_a_job_twice_is_not_explained()
    {
        var problem = Read(Least);
        var schedule = ScheduleSearch.Solve(problem, ScheduleProblems.Steps(10));
        Assert.Contains("job 'one' twice", Assert.Throws<ProblemException>(() => ScheduleExplanation.Of(problem, schedule with { Runs = [.. schedule.Runs, .. schedule.Runs] }, "one")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_is_named() => Assert.Contains("nowhere.json", Assert.Throws<CommandFailedException>(() => ScheduleFormat.ReadProblem("nowhere.json")).Message, StringComparison.Ordinal);

    private ScheduleProblem Read(string text)
    {
        File.WriteAllText(_path, text);
        return ScheduleFormat.ReadProblem(_path);
    }
}
