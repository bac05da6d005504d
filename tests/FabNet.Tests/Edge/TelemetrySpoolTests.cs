using FabNet.Edge.Telemetry;
using FabNet.Model.Machines;
using Xunit;

namespace FabNet.Tests.Edge;

public sealed class TelemetrySpoolTests
{
    private const long Large = 10_000_000;

    private static readonly TimeSpan Week = TimeSpan.FromDays(7);

    [Fact]
    public void Reports_keep_their_sequence_and_samples_over_a_restart()
    {
        using var folder = new TestFolder();
        var time = new SteppedTime();
        using (var spool = TelemetrySpool.Open(folder.Path, Large, Week, time))
        {
            spool.Add(Sample(time, 21.5));
            Assert.Null(spool.Flush());
            spool.Add(Sample(time, 22.5));
            Assert.Null(spool.Flush());
        }

        using var reopened = TelemetrySpool.Open(folder.Path, Large, Week, time);
        var reports = reopened.ReadAfter(0, 10);
        Assert.Equal([1L, 2L], reports.Select(r => r.Sequence));
        Assert.Equal([21.5, 22.5], reports.SelectMany(r => r.Samples).Select(s => s.Value));
        Assert.Equal("lab-test/mk3", reports[0].Samples[0].Machine);
        reopened.Add(Sample(time, 23));
        reopened.Flush();
        Assert.Equal(3, reopened.LastSequence);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(30)]
    public void A_torn_last_record_is_cut_off_and_its_sequence_is_used_again(int tornBytes)
    {
        using var folder = new TestFolder();
        var time = new SteppedTime();
        using (var spool = TelemetrySpool.Open(folder.Path, Large, Week, time))
        {
            spool.Add(Sample(time, 1));
            spool.Flush();
            spool.Add(Sample(time, 2));
            spool.Flush();
        }

        var segment = Directory.GetFiles(folder.Path).Single();
        using (var file = new FileStream(segment, FileMode.Open))
        {
            file.SetLength(file.Length - tornBytes);
        }

        using var reopened = TelemetrySpool.Open(folder.Path, Large, Week, time);
        Assert.Equal(1, reopened.LastSequence);
        reopened.Add(Sample(time, 3));
        reopened.Flush();
        Assert.Equal([1.0, 3.0], reopened.ReadAfter(0, 10).SelectMany(r => r.Samples).Select(s => s.Value));
    }

    [Fact]
    public void A_flipped_bit_ends_a_segment_instead_of_being_sent()
    {
        using var folder = new TestFolder();
        var time = new SteppedTime();
        using (var spool = TelemetrySpool.Open(folder.Path, Large, Week, time))
        {
            spool.Add(Sample(time, 1));
            spool.Flush();
        }

        var segment = Directory.GetFiles(folder.Path).Single();
        var bytes = File.ReadAllBytes(segment);
        bytes[^2] ^= 4;
        File.WriteAllBytes(segment, bytes);
        using var reopened = TelemetrySpool.Open(folder.Path, Large, Week, time);
        Assert.Empty(reopened.ReadAfter(0, 10));
    }

    [Fact]
    public void The_oldest_samples_go_when_the_spool_is_full_and_the_next_report_counts_them()
    {
        using var folder = new TestFolder();
        var time = new SteppedTime();
        using var spool = TelemetrySpool.Open(folder.Path, 64_000, Week, time);
        const int Total = 20_000;
        for (var i = 0; i < Total; i++)
        {
            spool.Add(Sample(time, i));
            if (i % 50 == 49)
            {
                spool.Flush();
                Assert.True(spool.Bytes <= 64_000 + 8_000, $"{spool.Bytes} bytes");
            }
        }

        var held = spool.ReadAfter(0, int.MaxValue);
        var kept = held.Sum(r => r.Samples.Count);
        Assert.True(spool.Dropped > 0);
        Assert.Equal(Total, kept + spool.Dropped);
        Assert.Equal(Total - 1, held[^1].Samples[^1].Value);
        Assert.True(held.Sum(r => r.Dropped) > 0);
    }

    [Fact]
    public void Samples_past_their_age_go_and_are_counted()
    {
        using var folder = new TestFolder();
        var time = new SteppedTime();
        using var spool = TelemetrySpool.Open(folder.Path, Large, TimeSpan.FromHours(1), time);
        spool.Add(Sample(time, 1));
        spool.Flush();
        time.Step(TimeSpan.FromHours(2));
        spool.Add(Sample(time, 2));
        spool.Flush();
        var report = Assert.Single(spool.ReadAfter(0, 10));
        Assert.Equal((2L, 1L, 2.0), (report.Sequence, report.Dropped, report.Samples.Single().Value));
    }

    [Fact]
    public void What_is_acknowledged_is_forgotten_and_never_counted_as_dropped()
    {
        using var folder = new TestFolder();
        var time = new SteppedTime();
        using var spool = TelemetrySpool.Open(folder.Path, 64_000, Week, time);
        for (var i = 0; i < 10_000; i++)
        {
            spool.Add(Sample(time, i));
            if (i % 50 == 49)
            {
                spool.Flush();
                spool.Acknowledge(spool.LastSequence);
            }
        }

        Assert.Equal(0, spool.Dropped);
        Assert.Empty(spool.ReadAfter(spool.LastSequence, 10));
    }

    [Fact]
    public void A_sequence_that_a_power_cut_took_is_not_given_twice()
    {
        using var folder = new TestFolder();
        var time = new SteppedTime();
        using var spool = TelemetrySpool.Open(folder.Path, Large, Week, time);
        spool.Acknowledge(41);
        spool.Add(Sample(time, 1));
        spool.Flush();
        Assert.Equal(42, Assert.Single(spool.ReadAfter(41, 10)).Sequence);
    }

    [Fact]
    public void A_report_never_holds_more_than_a_thousand_samples()
    {
        using var folder = new TestFolder();
        var time = new SteppedTime();
        using var spool = TelemetrySpool.Open(folder.Path, Large, Week, time);
        for (var i = 0; i < 2_500; i++)
        {
            spool.Add(Sample(time, i));
        }

        spool.Flush();
        Assert.Equal([1000, 1000, 500], spool.ReadAfter(0, 10).Select(r => r.Samples.Count));
    }

    [Fact]
    public void The_sampler_keeps_one_value_a_second_and_one_in_fifteen_while_nothing_changes()
    {
        var time = new SteppedTime();
        var sampler = new TelemetrySampler();
        var changing = 0;
        for (var i = 0; i < 100; i++)
        {
            changing += sampler.Accepts(Sample(time, i)) ? 1 : 0;
            time.Step(TimeSpan.FromMilliseconds(100));
        }

        var still = 0;
        for (var i = 0; i < 300; i++)
        {
            still += sampler.Accepts(Sample(time, 500)) ? 1 : 0;
            time.Step(TimeSpan.FromMilliseconds(100));
        }

        Assert.Equal(10, changing);
        Assert.InRange(still, 2, 3);
    }

    private static TelemetrySample Sample(SteppedTime time, double value) => new(Bench.Machine, time.GetUtcNow(), Metric.HotEndC, 0, value, null);
}
