// Opening hours as people write them.

using System.Text.Json;
using FabNet.Model.Sites;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FabNet.Tests.Model;

public sealed class OpeningHoursTests
{
    [Theory]
    [InlineData("mon-fri 09:00-18:00", "mon-fri 09:00-18:00")]
    [InlineData("Sat,Sun 10:00-14:30", "sat,sun 10:00-14:30")]
    [InlineData("fri-mon 20:00-02:00", "mon,fri-sun 20:00-02:00")]
    [InlineData("tue 00:00-00:00", "tue 00:00-00:00")]
    [InlineData("mon,tue,wed  08:15-08:20", "mon-wed 08:15-08:20")]
    public void Days_and_hours_are_read_and_written(string text, string written) => Assert.Equal(written, OpeningHours.Parse(text).ToString());

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
        Assert.Contains("such as mon-fri 09:00-18:00", Assert.Throws<FormatException>(() => OpeningHours.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Hours_past_midnight_end_on_the_next_day()
    {
        var late = OpeningHours.Parse("fri 20:00-02:00");
        Assert.Equal(TimeSpan.FromHours(6), late.Length);
        Assert.True(late.BeginOn(DayOfWeek.Friday));
        Assert.False(late.BeginOn(DayOfWeek.Saturday));
        Assert.Equal(TimeSpan.FromDays(1), OpeningHours.Parse("mon-sun 00:00-00:00").Length);
    }

    [Fact]
    public void What_is_written_is_read_back() => Prop.ForAll<uint>(static seed =>
    {
        string[] names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        var days = string.Join(',', names.Where((_, i) => ((seed % 127 + 1) >> i & 1) != 0));
        var hours = OpeningHours.Parse($"{days} {TimeOnly.MinValue.AddMinutes(seed % 1440):HH:mm}-{TimeOnly.MinValue.AddMinutes(seed / 7 % 1440):HH:mm}");
        Assert.Equal(hours, OpeningHours.Parse(hours.ToString()));
        Assert.Equal(hours, JsonSerializer.Deserialize<OpeningHours>(JsonSerializer.Serialize(hours)));
    }).Check(Config.QuickThrowOnFailure);
}
