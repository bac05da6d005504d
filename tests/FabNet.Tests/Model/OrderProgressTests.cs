// How an order's status follows from its jobs.

using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Jobs;
using FabNet.Model.Orders;
using Xunit;

namespace FabNet.Tests.Model;

public sealed class OrderProgressTests
{
    [Theory]
    [InlineData("", OrderStatus.Open)]
    [InlineData("Planned", OrderStatus.Open)]
    [InlineData("Planned Offered Leased", OrderStatus.Open)]
    [InlineData("Planned Preparing", OrderStatus.InProduction)]
    [InlineData("Planned Completed", OrderStatus.InProduction)]
    [InlineData("Running Lost", OrderStatus.NeedsAttention)]
    [InlineData("Running Failed", OrderStatus.NeedsAttention)]
    [InlineData("Completed Rejected", OrderStatus.NeedsAttention)]
    [InlineData("Completed Completed", OrderStatus.Completed)]
    [InlineData("Cancelled Cancelled", OrderStatus.Cancelled)]
    [InlineData("Completed Cancelled", OrderStatus.Cancelled)]
    [InlineData("Cancelled Failed", OrderStatus.Cancelled)]
    [InlineData("Cancelled Lost", OrderStatus.NeedsAttention)]
    [InlineData("Cancelled Running", OrderStatus.InProduction)]
    [InlineData("Failed* Completed", OrderStatus.Completed)]
    [InlineData("Lost* Planned", OrderStatus.Open)]
    [InlineData("Completed+ Completed", OrderStatus.Completed)]
    [InlineData("Completed+ Completed+", OrderStatus.Delivered)]
    [InlineData("Completed* Completed+", OrderStatus.Delivered)]
    [InlineData("Completed+ Planned", OrderStatus.InProduction)]
    public void The_status_follows_from_the_jobs(string states, OrderStatus expected) =>
        Assert.Equal(expected, OrderProgress.StatusOf(states.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Job)));

    /// <summary>A state; with a star: replaced; with a plus: accepted.</summary>
    private static Job Job(string state) => new()
    {
        Id = JobId.Parse("o-1.1"),
        Order = OrderId.Parse("o-1"),
        Design = new DesignRef("clip", "1.0.0", Digest.Of([0])),
        Part = "clip",
        State = Enum.Parse<JobState>(state.TrimEnd('*', '+')),
        AcceptedAt = state.EndsWith('+') ? DateTimeOffset.UnixEpoch : null,
        ReplacedBy = state.EndsWith('*') ? JobId.Parse("o-1.2") : null,
    };
}
