// Hours of the week as people write them, and the moments that they are.

using System.Globalization;
using System.Text.Json;
using FabNet.Model.Sites;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FabNet.Tests.Model;

public sealed class WeeklyHoursTests
{
    [Theory]
    [InlineData("mon-fri 09:00-18:00", "mon-fri 09:00-18:00")]
    [InlineData("Sat,Sun 10:00-14:30", "sat,sun 10:00-14:30")]
    [InlineData("fri-mon 20:00-02:00", "mon,fri-sun 20:00-02:00")]
    [InlineData("tue 00:00-00:00", "tue 00:00-00:00")]
    [InlineData("mon,tue,wed  08:15-08:20", "mon-wed 08:15-08:20")]
    public void Days_and_hours_are_read_and_written(string text, string written) => Assert.Equal(written, WeeklyHours.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("09:00-18:00")]
    [InlineData("mo-fr 09:00-18:00")]
    [InlineData("mon-fri 9-18")]
    [InlineData("mon-fri 09:00")]
    [InlineData("mon-fri 24:00-25:00")]
    [InlineData("mon--fri 09:00-18:00")]
    [InlineData("mon-tue-wed 09:00-18:00")]
    public void What_is_none_is_refused_with_an_example(string text) =>
        Assert.Contains("such as mon-fri 09:00-18:00", Assert.Throws<FormatException>(() => WeeklyHours.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Hours_past_midnight_end_on_the_next_day()
    {
        var late = WeeklyHours.Parse("fri 20:00-02:00");
        Assert.Equal(TimeSpan.FromHours(6), late.Length);
        Assert.True(late.BeginOn(DayOfWeek.Friday));
        Assert.False(late.BeginOn(DayOfWeek.Saturday));
        Assert.Equal(TimeSpan.FromDays(1), WeeklyHours.Parse("mon-sun 00:00-00:00").Length);
    }

    [Theory]
    [InlineData("tue 14:00-16:00", "2026-03-24", "2026-03-24T14:00Z", "2026-03-24T16:00Z")]
    [InlineData("tue 14:00-16:00", "2026-03-31", "2026-03-31T13:00Z", "2026-03-31T15:00Z")]
    [InlineData("sun 00:30-01:30", "2026-03-29", "2026-03-29T00:30Z", "2026-03-29T01:00Z")]
    [InlineData("sun 01:30-02:15", "2026-03-29", "2026-03-29T01:00Z", "2026-03-29T01:15Z")]
    [InlineData("sun 01:15-01:45", "2026-03-29", null, null)]
    [InlineData("sat 22:00-04:00", "2026-10-24", "2026-10-24T21:00Z", "2026-10-25T04:00Z")]
    public void Local_time_holds_when_clocks_are_changed(string hours, string day, string? from, string? to)
    {
        var date = DateTime.Parse(day, CultureInfo.InvariantCulture);
        var times = WeeklyHours.Between([WeeklyHours.Parse(hours)], TimeZoneInfo.FindSystemTimeZoneById("Europe/Lisbon"), date, date);
        Assert.Equal(from is null ? [] : [(Moment(from), Moment(to!))], times);

        static DateTimeOffset Moment(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Hours_of_one_day_are_those_that_are_written() => Assert.Equal(WeeklyHours.Parse("sun 22:00-01:00"), WeeklyHours.On(DayOfWeek.Sunday, new TimeOnly(22, 0), new TimeOnly(1, 0)));

    [Fact]
    public void What_is_written_is_read_back() => Prop.ForAll<uint>(static seed =>
    {
        string[] names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        var days = string.Join(',', names.Where((_, i) => ((seed % 127 + 1) >> i & 1) != 0));
        var hours = WeeklyHours.Parse($"{days} {TimeOnly.MinValue.AddMinutes(seed % 1440):HH:mm}-{TimeOnly.MinValue.AddMinutes(seed / 7 % 1440):HH:mm}");
        Assert.Equal(hours, WeeklyHours.Parse(hours.ToString()));
        Assert.Equal(hours, JsonSerializer.Deserialize<WeeklyHours>(JsonSerializer.Serialize(hours)));
    }).Check(Config.QuickThrowOnFailure);
}
