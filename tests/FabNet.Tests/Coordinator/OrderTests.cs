// Orders: how they are split, refused, called off, and how failed work is done again.

using FabNet.Coordinator;
using FabNet.Coordinator.Orders;
using FabNet.Coordinator.Statistics;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using FabNet.Model.Orders;
using FabNet.Tests.Planning;
using Xunit;
using static FabNet.Tests.Coordinator.PlayedSite;

namespace FabNet.Tests.Coordinator;

public sealed class OrderTests
{
    [Fact(Timeout = 30_000)]
    public async Task A_whole_design_makes_each_part_as_often_as_a_product_needs_it()
    {
        await using var network = new CoordinatorHarness();
        var design = CoordinatorHarness.Design with { Parts = [Plants.Part("body") with { Material = "petg" }, Plants.Part("foot") with { Quantity = 4 }] };
        var jobs = await network.OrderAsync(quantity: 2, design: design);
        Assert.Equal(10, jobs.Length);
        Assert.Equal(["body PETG", "body PETG", .. Enumerable.Repeat("foot ", 8)], await network.Ask(() => jobs.Select(j => network.Node.State.Jobs[j].Job is var x ? $"{x.Part} {x.Material}" : "").ToList()));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_part_that_no_machine_makes_is_refused_and_the_others_can_be_ordered_by_name()
    {
        await using var network = new CoordinatorHarness();
        var design = CoordinatorHarness.Design with { Parts = [Plants.Part("body"), Plants.Part("board") with { Process = FabricationProcess.CircuitBoard }] };
        var e = await Assert.ThrowsAsync<RefusedException>(() => network.OrderAsync(design: design));
        Assert.Contains("board of", e.Message, StringComparison.Ordinal);
        Assert.Contains("made by PCB, which no machine of FabNet's does", e.Message, StringComparison.Ordinal);
        Assert.Single(new OrderRequest { Quantity = 1, Customer = "", Part = "body" }.PartsOf(design));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_key_places_one_order_however_often_it_is_repeated()
    {
        await using var network = new CoordinatorHarness();
        Assert.Equal(await network.OrderAsync(key: "k1"), await network.OrderAsync(key: "k1"));
        await network.OrderAsync(key: "k2");
        Assert.Equal(2, await network.Ask(() => network.Node.State.Orders.Count));
    }

    [Theory]
    [InlineData(0, null, null, "quantity: 0 is not between")]
    [InlineData(-3, null, null, "quantity: -3 is not between")]
    [InlineData(10_001, null, null, "quantity: 10001 is not between")]
    [InlineData(1, "PL;A", null, "material: 'PL;A' is not a material")]
    [InlineData(1, null, "black\n", null)]
    [InlineData(1, null, "<script>", "color: '<script>' is not a colour")]
    public void A_field_that_can_not_be_is_named(int quantity, string? material, string? color, string? expected)
    {
        var request = new OrderRequest { Quantity = quantity, Material = material, Color = color, Customer = "" };
        if (expected is null)
        {
            Assert.Equal("black", request.Checked(Plants.Now).Color);
        }
        else
        {
            Assert.Contains(expected, Assert.Throws<RefusedException>(() => request.Checked(Plants.Now)).Message);
        }
    }

    [Fact]
    public void A_due_time_that_has_passed_is_refused() => Assert.Contains(
        "due:", Assert.Throws<RefusedException>(() => new OrderRequest { Quantity = 1, Customer = "", Due = Plants.Now.AddMinutes(-1) }.Checked(Plants.Now)).Message);

    [Fact(Timeout = 30_000)]
    public async Task An_unknown_material_is_refused_with_the_known_ones_once_a_site_has_joined()
    {
        await using var network = new CoordinatorHarness();
        await network.OrderAsync(material: "UNOBTAINIUM");
        await network.JoinAsync();
        var e = await Assert.ThrowsAsync<RefusedException>(() => network.OrderAsync(material: "UNOBTAINIUM"));
        Assert.Equal(Refusal.Invalid, e.Refusal);
        Assert.Contains("Known materials: PETG, PLA.", e.Message);
    }

    [Fact(Timeout = 30_000)]
    public async Task Calling_an_order_off_ends_what_waits_and_asks_who_holds_the_rest()
    {
        await using var network = new CoordinatorHarness();
        var site = await network.JoinAsync();
        var jobs = await network.OrderAsync(quantity: 4);
        await site.ClaimAsync(jobs[0]);
        await site.RunAsync(jobs[0], 1, UntilRunning);
        site.Received();
        await network.Do(() => network.Node.Orders.Cancel(network.Node.State.Orders[OrderId.Parse("o-1")], "no longer needed"));

        var received = site.Received();
        Assert.Equal("no longer needed", Assert.Single(received, m => m.CancelIntent is not null).CancelIntent.Reason);
        Assert.Equal(jobs[1].Value, Assert.Single(received, m => m.OfferWithdrawn is not null).OfferWithdrawn.JobId);
        Assert.Equal([JobState.Running, JobState.Cancelled, JobState.Cancelled, JobState.Cancelled], await Task.WhenAll(jobs.Select(network.StateAsync)));

        await site.RunAsync(jobs[0], 1, Cancelled);
        Assert.Equal(OrderStatus.Cancelled, await network.Ask(() => network.Node.State.Orders[OrderId.Parse("o-1")].Status));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_cancel_reaches_a_site_that_was_away_and_a_job_given_back_ends()
    {
        await using var network = new CoordinatorHarness();
        var site = await network.JoinAsync();
        var job = (await network.OrderAsync())[0];
        await site.ClaimAsync(job);
        await site.LeaveAsync();
        await network.Do(() => network.Node.Orders.Cancel(network.Node.Orders.Job(job.Value), "changed my mind"));
        Assert.Equal(JobState.Leased, await network.StateAsync(job));

        var back = await network.JoinAsync();
        Assert.Equal(job.Value, Assert.Single(back.Received(), m => m.CancelIntent is not null).CancelIntent.JobId);
        await back.RunAsync(job, 1, Released);
        Assert.Equal(JobState.Cancelled, await network.StateAsync(job));
        var e = await Assert.ThrowsAsync<RefusedException>(() => network.Do(() => network.Node.Orders.Cancel(network.Node.Orders.Job(job.Value), "again")));
        Assert.Equal(Refusal.Precondition, e.Refusal);
    }

    [Fact(Timeout = 30_000)]
    public async Task What_fails_while_it_is_called_off_is_called_off()
    {
        await using var network = new CoordinatorHarness();
        var site = await network.JoinAsync();
        var job = (await network.OrderAsync())[0];
        await site.ClaimAsync(job);
        await site.RunAsync(job, 1, UntilRunning);
        await network.Do(() => network.Node.Orders.Cancel(network.Node.Orders.Job(job.Value), "no longer needed"));
        await site.RunAsync(job, 1, new JobFailed { Job = job, Epoch = 1, At = default, LastLine = 3, Reason = "power cut" });

        Assert.Equal((JobState.Cancelled, "no longer needed"), await network.Ask(() => (network.Node.State.Jobs[job].Job.State, network.Node.State.Jobs[job].Job.Reason)));
        Assert.Equal(OrderStatus.Cancelled, await network.Ask(() => network.Node.Orders.Order("o-1").Status));
        Assert.Single(await network.Ask(() => network.Node.State.Jobs.Keys.ToList()));
    }

    [Fact(Timeout = 30_000)]
    public async Task What_its_site_finds_to_be_scrap_is_made_again_and_counts_in_the_yield()
    {
        await using var network = new CoordinatorHarness();
        var site = await network.JoinAsync();
        var job = (await network.OrderAsync())[0];
        await site.ClaimAsync(job);
        await site.RunAsync(job, 1, [.. UntilRunning, Completed]);
        Assert.Equal(OrderStatus.Completed, await network.Ask(() => network.Node.Orders.Order("o-1").Status));
        var failing = await network.Ask(() => network.Node.State.Statistics.FailureOf(MachineId.Parse("lab-a/left")));
        await site.RunAsync(job, 1, new JobScrapped { Job = job, Epoch = 1, At = default, Reason = "its layers shifted" });

        var made = await network.JobAsync(job);
        Assert.Equal((JobState.Failed, "its layers shifted", JobId.Parse("o-1.2")), (made.State, made.Reason, made.ReplacedBy));
        Assert.Equal(OrderStatus.Open, await network.Ask(() => network.Node.Orders.Order("o-1").Status));
        Assert.True(await network.Ask(() => network.Node.State.Statistics.FailureOf(MachineId.Parse("lab-a/left"))) > failing);
        var told = await network.Ask(() => StatisticsView.Of(network.Node.State, new(), network.Time.GetUtcNow()).Machines[0].All);
        Assert.Equal((1, 0, 1, 1, 0.0), (told.Completed, told.Failed, told.Made, told.Scrapped, told.Yield));

        // Said twice, it is scrap once; and somebody else has no say in it.
        await site.RunAsync(job, 1, new JobScrapped { Job = job, Epoch = 1, At = default, Reason = "again" });
        Assert.Equal(2, await network.Ask(() => network.Node.State.Jobs.Count));
    }

    [Fact(Timeout = 30_000)]
    public async Task What_was_accepted_or_is_somebody_elses_can_not_be_found_to_be_scrap()
    {
        await using var network = new CoordinatorHarness();
        var (site, other) = (await network.JoinAsync(), await network.JoinAsync("lab-b"));
        var jobs = await network.OrderAsync(quantity: 2);
        foreach (var job in jobs)
        {
            await site.ClaimAsync(job);
            await site.RunAsync(job, 1, [.. UntilRunning, Completed]);
        }

        await other.ReportAsync(new JobScrapped { Job = jobs[0], Epoch = 1, At = network.Time.GetUtcNow(), Reason = "envy" });
        Assert.Equal(JobState.Completed, await network.StateAsync(jobs[0]));
        await network.Do(() => network.Node.Orders.Accept(network.Node.Orders.Order("o-1"), "ana", []));
        await site.ReportAsync(new JobScrapped { Job = jobs[1], Epoch = 1, At = network.Time.GetUtcNow(), Reason = "late" });
        Assert.Equal(OrderStatus.Delivered, await network.Ask(() => network.Node.Orders.Order("o-1").Status));
    }

    [Fact(Timeout = 30_000)]
    public async Task An_order_whose_work_failed_for_good_is_closed_by_calling_it_off()
    {
        await using var network = new CoordinatorHarness();
        var site = await network.JoinAsync();
        var job = (await network.OrderAsync())[0];
        for (var attempt = 1; attempt <= 4; attempt++)
        {
            await site.ClaimAsync(job);
            await site.RunAsync(job, 1, [.. UntilRunning, Failed]);
            job = (await network.JobAsync(job)).ReplacedBy ?? job;
        }

        Assert.Equal(OrderStatus.NeedsAttention, await network.Ask(() => network.Node.Orders.Order("o-1").Status));
        var before = await network.Ask(() => StatisticsView.Of(network.Node.State, new(), network.Time.GetUtcNow()).Machines[0].All);
        await network.Do(() => network.Node.Orders.Cancel(network.Node.Orders.Order("o-1"), "nobody needs it any more"));
        Assert.Equal(OrderStatus.Cancelled, await network.Ask(() => network.Node.Orders.Order("o-1").Status));
        Assert.Equal("nobody needs it any more", (await network.JobAsync(job)).Reason);
        Assert.Equal(before, await network.Ask(() => StatisticsView.Of(network.Node.State, new(), network.Time.GetUtcNow()).Machines[0].All));
        var dump = await network.Ask(() => CoordinatorHarness.Dump(network.Node.State));
        await using var again = await network.ReopenAsync();
        Assert.Equal(dump, await again.Ask(() => CoordinatorHarness.Dump(again.Node.State)));
        await Assert.ThrowsAsync<RefusedException>(() => again.Do(() => again.Node.Orders.Cancel(again.Node.Orders.Job(job.Value), "twice")));
    }

    [Fact(Timeout = 30_000)]
    public async Task Failed_work_is_done_again_three_times_and_then_waits_for_a_person()
    {
        await using var network = new CoordinatorHarness();
        var site = await network.JoinAsync();
        await network.OrderAsync();
        for (var attempt = 1; attempt <= 4; attempt++)
        {
            var job = JobId.Parse($"o-1.{attempt}");
            await site.ClaimAsync(job);
            await site.RunAsync(job, 1, [.. UntilRunning, Failed]);
        }

        var order = await network.Ask(() => network.Node.State.Orders[OrderId.Parse("o-1")]);
        Assert.Equal(4, order.Jobs.Count);
        Assert.Equal(["o-1.2", "o-1.3", "o-1.4", null], order.Jobs.Select(j => j.Job.ReplacedBy?.Value));
        Assert.Equal([null, "o-1.1", "o-1.2", "o-1.3"], order.Jobs.Select(j => j.Job.Replaces?.Value));
        Assert.Equal(OrderStatus.NeedsAttention, order.Status);
    }

    [Fact(Timeout = 30_000)]
    public async Task Rejected_work_goes_to_another_site_and_not_to_the_same_class_there()
    {
        await using var network = new CoordinatorHarness();
        var first = await network.JoinAsync(machines: ["left", "right"]);
        var job = (await network.OrderAsync())[0];
        await first.ClaimAsync(job);
        first.Received();
        await first.RunAsync(job, 1, Rejected);
        Assert.Empty(first.Offered());
        var order = await network.Ask(() => network.Node.State.Orders[OrderId.Parse("o-1")]);
        Assert.Equal(OrderStatus.NeedsAttention, order.Status);
        Assert.Equal(["o-1.2 lab-b/left"], (await network.JoinAsync("lab-b")).Offered());
        await first.ClaimAsync(JobId.Parse("o-1.2"), "right");
        Assert.Contains("lab-a/left rejected the work", Assert.Single(first.Received(), m => m.ClaimRefused is not null).ClaimRefused.Reason);
    }

    [Fact(Timeout = 30_000)]
    public async Task Rejected_work_of_an_order_that_was_called_off_stays_so_when_an_able_site_joins()
    {
        await using var network = new CoordinatorHarness();
        var first = await network.JoinAsync();
        var job = (await network.OrderAsync())[0];
        await first.ClaimAsync(job);
        await first.RunAsync(job, 1, Rejected);
        await network.Ask(() =>
        {
            network.Node.Orders.Cancel(network.Node.State.Orders[OrderId.Parse("o-1")], "no longer wanted");
            return true;
        });
        Assert.Empty((await network.JoinAsync("lab-b")).Offered());
        Assert.Equal(1, await network.Ask(() => network.Node.State.Jobs.Count));
    }

    [Fact(Timeout = 30_000)]
    public async Task Work_that_no_machine_could_do_better_is_not_done_again()
    {
        await using var network = new CoordinatorHarness();
        var site = await network.JoinAsync();
        var job = (await network.OrderAsync())[0];
        await site.ClaimAsync(job);
        await site.RunAsync(job, 1, new JobRejected { Job = job, Epoch = 1, At = default, Reason = "the digest does not match", Everywhere = true });
        Assert.Equal(1, await network.Ask(() => network.Node.State.Jobs.Count));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_lost_job_is_done_again_when_a_person_says_so_and_not_made_twice_if_its_site_comes_back()
    {
        await using var network = new CoordinatorHarness();
        var site = await network.JoinAsync();
        var job = (await network.OrderAsync())[0];
        await site.ClaimAsync(job);
        await site.RunAsync(job, 1, Preparing, Ready);
        await site.LeaveAsync();
        await Assert.ThrowsAsync<RefusedException>(() => network.Ask(() => network.Node.Orders.ReplaceLost(network.Node.Orders.Job(job.Value), "too early")));
        await network.PassAsync(TimeSpan.FromSeconds(61));
        var replacement = await network.Ask(() => network.Node.Orders.ReplaceLost(network.Node.Orders.Job(job.Value), "the site burnt down").Job);
        Assert.Equal((JobState.Planned, job), (replacement.State, replacement.Replaces));

        var back = await network.JoinAsync();
        Assert.Contains("the site burnt down", Assert.Single(back.Received(), m => m.CancelIntent is not null).CancelIntent.Reason);
        await back.ReportAsync(Released with { Job = job, Epoch = 1 }, sequence: 3);
        Assert.Equal(JobState.Cancelled, await network.StateAsync(job));
    }
}
