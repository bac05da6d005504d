// Reservations that come every week: at the same local time whatever the clocks do, made and removed as one, and each of their times respected.

using System.Globalization;
using FabNet.Edge;
using FabNet.Edge.Leasing;
using FabNet.Edge.Queue;
using FabNet.Model;
using FabNet.Planning;
using FabNet.Protocol.V1;
using FabNet.Tests.Planning;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;
using Xunit;
using MachineState = FabNet.Model.Machines.MachineState;

namespace FabNet.Tests.Edge;

public sealed class WeeklyReservationTests
{
    private const string Lisbon = "Europe/Lisbon";

    // Of 2026, a Sunday: a month before clocks are put forward there.
    private static readonly DateTimeOffset Noon = Bench.Noon;

    // Tuesdays from 14:00 to 16:00, from March 17 on.
    private static readonly ReservationRecord Course = Once("r-1", "2026-03-17T14:00Z", "2026-03-17T16:00Z");

    [Fact]
    public void A_course_at_14_stays_at_14_when_clocks_are_put_forward()
    {
        var book = new ReservationBook();
        book.Apply(ReservationBook.EveryWeek(Course, Lisbon, null, 4));
        Assert.Equal(["03-17 14:00 16:00", "03-24 14:00 16:00", "03-31 13:00 15:00", "04-07 13:00 15:00"], Ahead(book, Noon));
        Assert.Equal(["03-31 13:00 15:00", "04-07 13:00 15:00"], Ahead(book, At("2026-03-31T14:59Z")));
        Assert.Equal(["04-07 13:00 15:00"], Ahead(book, At("2026-03-31T15:00Z")));
        Assert.Empty(Ahead(book, At("2026-04-07T15:00Z")));
        Assert.Null(book.Next("mk3", At("2026-04-07T15:00Z")));
    }

    [Theory]
    [InlineData(null, 57)]
    [InlineData("2026-04-07", 4)]
    [InlineData("2026-04-06", 3)]
    [InlineData("2026-03-17", 1)]
    public void It_comes_until_its_last_day_and_is_reckoned_a_year_and_a_month_ahead(string? until, int times)
    {
        var book = new ReservationBook();
        book.Apply(ReservationBook.EveryWeek(Course, Lisbon, until is null ? null : DateOnly.Parse(until, CultureInfo.InvariantCulture), null));
        Assert.Equal(times, book.Ahead("mk3", At("2026-03-17T12:00Z")).Count);
    }

    [Fact]
    public void What_lasts_past_midnight_is_under_way_on_the_next_day()
    {
        var book = new ReservationBook();
        book.Apply(ReservationBook.EveryWeek(Once("r-1", "2026-03-03T22:00Z", "2026-03-04T06:00Z"), Lisbon, null, null));
        Assert.Equal(At("2026-03-10T22:00Z"), book.Next("mk3", At("2026-03-11T05:00Z"))!.From);
        Assert.Equal(At("2026-03-17T22:00Z"), book.Next("mk3", At("2026-03-11T06:00Z"))!.From);
    }

    [Fact]
    public void The_next_is_the_first_of_both_kinds_whatever_the_clock_did()
    {
        var book = new ReservationBook();
        book.Apply(ReservationBook.EveryWeek(Course, Lisbon, null, null));
        book.Apply(Once("r-2", "2026-03-20T09:00Z", "2026-03-20T12:00Z"));
        Assert.Equal(["r-1", "r-2", "r-1"], ((DateTimeOffset[])[Noon, At("2026-03-18T00:00Z"), At("2026-03-21T00:00Z")]).Select(now => book.Next("mk3", now)!.Id));
        Assert.Null(book.Next("another", Noon));
        Assert.Equal(Course.From, book.Next("mk3", Noon.AddYears(-50))!.From);
        Assert.Equal(At("2056-03-07T14:00Z"), book.Next("mk3", At("2056-03-01T12:00Z"))!.From);
    }

    [Fact]
    public void A_day_that_is_skipped_is_free_and_others_stay_after_a_restart_too()
    {
        using var folder = new TestFolder();
        var weekly = ReservationBook.EveryWeek(Course, Lisbon, null, 3);
        using (var book = EdgeBook.Open(folder.In("journal.db"), TimeProvider.System))
        {
            book.Reserve(weekly);
            book.Skip("r-1", new DateOnly(2026, 3, 24));
        }

        using var reopened = EdgeBook.Open(folder.In("journal.db"), TimeProvider.System);
        Assert.Equal(["03-17 14:00 16:00", "03-31 13:00 15:00"], Ahead(reopened.Reservations, Noon));
        Assert.Equal(("r-2", weekly), (reopened.Reservations.NextId, reopened.Reservations.Find("r-1")));
        reopened.Unreserve("r-1");
        Assert.Empty(Ahead(reopened.Reservations, Noon));
        Assert.False(reopened.Reservations.HasWeekly);
    }

    [Theory]
    [InlineData("2026-03-31T12:00Z", "2026-03-31T13:01Z", "reserved from 2026-03-31 13:00 UTC to 2026-03-31 15:00 UTC already (r-1, for Ana). Take another time, or cancel that one: fabnet site unreserve r-1 --on 2026-03-31")]
    [InlineData("2026-03-31T15:00Z", "2026-03-31T16:00Z", null)]
    [InlineData("2026-03-24T12:00Z", "2026-03-24T14:00Z", null)]
    [InlineData("2027-02-20T12:00Z", "2027-03-03T12:00Z", "--on 2027-02-23")]
    public void What_would_overlap_one_of_its_times_is_refused(string from, string to, string? words)
    {
        var book = new ReservationBook();
        book.Apply(ReservationBook.EveryWeek(Course, Lisbon, null, null));
        IsRefused(book, Once("r-2", from, to), words);
    }

    [Theory]
    [InlineData("2026-03-10T15:59Z", "2026-03-10T17:00Z", "already (r-1")] // The same hours for a minute, from the next week on.
    [InlineData("2026-03-10T16:00Z", "2026-03-10T18:00Z", "already (r-2, for Ana). Take another time, or cancel that one: fabnet site unreserve r-2")]
    [InlineData("2026-03-11T14:00Z", "2026-03-11T16:00Z", null)]
    [InlineData("2027-02-24T10:00Z", "2027-02-24T12:00Z", null)]
    [InlineData("2027-02-23T13:00Z", "2027-02-23T15:00Z", "already (r-1")] // It begins in a year.
    public void A_weekly_one_that_would_overlap_another_at_any_time_is_refused(string from, string to, string? words)
    {
        var book = new ReservationBook();
        book.Apply(ReservationBook.EveryWeek(Course, Lisbon, null, null));
        book.Apply(Once("r-2", "2026-06-02T16:00Z", "2026-06-02T17:00Z"));
        IsRefused(book, ReservationBook.EveryWeek(Once("r-3", from, to), Lisbon, null, null), words);
    }

    [Fact]
    public void A_machine_has_no_more_times_ahead_than_the_network_is_told()
    {
        var book = new ReservationBook();
        for (var day = 0; day < 3; day++)
        {
            book.Apply(ReservationBook.EveryWeek(Course with { Id = $"r-{day + 1}", From = Course.From.AddDays(day), To = Course.To.AddDays(day) }, Lisbon, null, null));
        }

        var another = Course with { Id = "r-4", From = Course.From.AddDays(3), To = Course.To.AddDays(3) };
        IsRefused(book, ReservationBook.EveryWeek(another, Lisbon, null, null), "or say --until");
        IsRefused(book, ReservationBook.EveryWeek(another, Lisbon, null, 20), null);
    }

    [Theory]
    [InlineData("2026-03-17T14:00Z", "2026-03-18T14:01Z", null, null, "lasts at most a day")]
    [InlineData("2026-03-17T14:00Z", "2026-03-18T14:00Z", null, null, null)]
    [InlineData("2026-03-17T14:00:30Z", "2026-03-17T16:00Z", null, null, "without seconds")]
    [InlineData("2026-03-17T14:00Z", "2026-03-17T16:00Z", "2026-03-16", null, "Say a later --until")]
    [InlineData("2026-03-17T14:00Z", "2026-03-17T16:00Z", "2026-05-01", 3, "not both")]
    [InlineData("2026-03-17T14:00Z", "2026-03-17T16:00Z", null, 0, "from 1 to 520")]
    [InlineData("2026-03-17T14:00Z", "2026-03-17T16:00Z", null, -1, "from 1 to 520")]
    [InlineData("2026-03-17T14:00Z", "2026-03-17T16:00Z", null, 521, "from 1 to 520")]
    public void What_can_not_come_every_week_is_refused_with_the_reason(string from, string to, string? until, int? times, string? words)
    {
        var first = Once("r-1", from, to);
        var last = until is null ? (DateOnly?)null : DateOnly.Parse(until, CultureInfo.InvariantCulture);
        if (words is null)
        {
            Assert.NotNull(ReservationBook.EveryWeek(first, Lisbon, last, times).Weekly);
        }
        else
        {
            Assert.Contains(words, Assert.Throws<OperatorException>(() => ReservationBook.EveryWeek(first, Lisbon, last, times)).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("2026-03-24T13:30Z", "2026-03-24T16:00Z")]
    [InlineData("2026-03-31T12:30Z", "2026-03-31T15:00Z")]
    [InlineData("2026-03-31T15:10Z", "2026-03-31T15:10Z")]
    public void The_planner_goes_around_each_of_its_times(string now, string starts)
    {
        var book = new ReservationBook();
        book.Apply(ReservationBook.EveryWeek(Course, Lisbon, null, null));
        var machine = Plants.At("lab-a/mk3", Plants.Printer(), "PLA", "black");
        machine = machine with { Machine = machine.Machine with { Reserved = [.. book.Ahead("mk3", At(now)).Select(ReservationBook.Public)] } };
        var snapshot = Plants.Snapshot([machine], Plants.Job("o-1.1", Plants.Work(Plants.Part(sizeMm: 80)))) with { Now = At(now) };
        var assignment = Assert.Single(Planner.Plan(snapshot).Assignments);
        Assert.True(assignment.EndsAt - assignment.StartsAt > TimeSpan.FromMinutes(30), $"it takes {assignment.EndsAt - assignment.StartsAt}");
        Assert.InRange(assignment.StartsAt, At(starts), At(starts).AddMinutes(30));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_course_is_made_listed_skipped_and_removed_as_one_and_the_network_is_told_of_what_comes_near()
    {
        var time = new JumpingTime();
        await using var bench = await AgentBench.CreateAsync();
        bench.Time = time;
        bench.Config = bench.Config with { TimeZone = Lisbon };
        await using var server = await GrpcHost.StartAsync(
            s => s.AddEdge([bench.Config], new EdgeAgentOptions { ReconnectDelay = TimeSpan.FromMilliseconds(100), Time = time }), a => a.MapSiteConsole());
        await bench.WaitForMachineAsync(MachineState.Idle);
        using var channel = GrpcChannel.ForAddress(server.Address);
        var console = new SiteConsole.SiteConsoleClient(channel);
        var begins = new DateTimeOffset(time.GetUtcNow().UtcDateTime.Date.AddDays(3).AddHours(14), TimeSpan.Zero);
        var local = TimeZoneInfo.ConvertTime(begins, TimeZoneInfo.FindSystemTimeZoneById(Lisbon));
        var weekly = string.Create(CultureInfo.InvariantCulture, $"{local:ddd} {local:HH:mm}-{local.AddHours(2):HH:mm}").ToLowerInvariant();

        var reply = await console.ReserveAsync(
            new ReserveRequest { Machine = "lab-test/mk3", From = Timestamp.FromDateTimeOffset(begins), To = Timestamp.FromDateTimeOffset(begins.AddHours(2)), For = "Ana Sousa", Reason = "course", Weekly = true }, cancellationToken: Bench.Token);
        Assert.Contains($"is reserved every {weekly} ({Lisbon}) from {local:yyyy-MM-dd} for Ana Sousa (r-1)", reply.Message, StringComparison.Ordinal);
        Assert.Equal((weekly, Lisbon, ""), (reply.Reservation.Weekly, reply.Reservation.TimeZone, reply.Reservation.Until));
        var told = (await bench.Coordinator.WaitForAsync(static m => m.Site?.Machines[0].Reserved.Count > 50, "the course")).Site.Machines[0].Reserved;
        Assert.Equal((Timestamp.FromDateTimeOffset(begins), "course"), (told[0].From, told[0].Reason));

        // One day falls out; no other can.
        var on = local.AddDays(7).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        await console.CancelReservationAsync(new() { Id = "r-1", On = on }, cancellationToken: Bench.Token);
        await bench.Coordinator.WaitForAsync(m => m.Site?.Machines[0].Reserved is [{ } first, { } second, ..] && (second.From - first.From).ToTimeSpan() > TimeSpan.FromDays(13), "a week without it");
        foreach (var (day, words) in (ReadOnlySpan<(string, string)>)[(on, "does not begin on"), (local.AddDays(1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), "does not begin on"), ("tomorrow", "is no day")])
        {
            var refusal = Assert.Throws<RpcException>(() => console.CancelReservation(new() { Id = "r-1", On = day }, cancellationToken: Bench.Token)).Status;
            Assert.Equal(StatusCode.FailedPrecondition, refusal.StatusCode);
            Assert.Contains(words, refusal.Detail, StringComparison.Ordinal);
        }

        // Two weeks later, two more of its times are within a year and a month.
        var last = told[^1].From.ToDateTimeOffset();
        time.Skip(TimeSpan.FromDays(15));
        await bench.Coordinator.WaitForAsync(m => m.Site?.Machines[0].Reserved is [.., { } furthest] && furthest.From.ToDateTimeOffset() > last.AddDays(10), "what has come near");
        var row = Assert.Single((await console.ListReservationsAsync(new(), cancellationToken: Bench.Token)).Reservations);
        Assert.True(row.From.ToDateTimeOffset() > begins.AddDays(10), $"the next is on {row.From}");
        Assert.Contains("any more", (await console.CancelReservationAsync(new() { Id = "r-1" }, cancellationToken: Bench.Token)).Message, StringComparison.Ordinal);
        await bench.Coordinator.WaitForAsync(static m => m.Site?.Machines[0].Reserved.Count == 0, "the end of the course");
        Assert.Empty((await console.ListReservationsAsync(new(), cancellationToken: Bench.Token)).Reservations);
    }

    private static void IsRefused(ReservationBook book, ReservationRecord asked, string? words)
    {
        var refusal = book.Refusal(asked, Bench.Machine, Noon);
        if (words is null)
        {
            Assert.Null(refusal);
        }
        else
        {
            Assert.Contains(words, refusal, StringComparison.Ordinal);
        }
    }

    private static IEnumerable<string> Ahead(ReservationBook book, DateTimeOffset now) => book.Ahead("mk3", now).Select(static r => string.Create(CultureInfo.InvariantCulture, $"{r.From:MM-dd HH:mm} {r.To:HH:mm}"));

    private static ReservationRecord Once(string id, string from, string to) => new() { Id = id, Machine = "mk3", From = At(from), To = At(to), For = "Ana" };

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
