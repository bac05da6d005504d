using FabNet.Edge;
using FabNet.Edge.Configuration;
using FabNet.Edge.Leasing;
using FabNet.Model.Sites;
using FabNet.Protocol;
using FabNet.Protocol.V1;
using Google.Protobuf.WellKnownTypes;
using Xunit;
using LoadedMaterial = FabNet.Model.Sites.LoadedMaterial;

namespace FabNet.Tests.Edge;

public sealed class OfferDeskTests
{
    [Theory]
    [InlineData(ClaimPolicy.All, "PETG", "white", true)]
    [InlineData(ClaimPolicy.None, "PLA", "black", false)]
    [InlineData(ClaimPolicy.Matching, "PLA", "black", true)]
    [InlineData(ClaimPolicy.Matching, "PLA", null, true)]
    [InlineData(ClaimPolicy.Matching, null, null, true)]
    [InlineData(ClaimPolicy.Matching, "PLA", "white", false)]
    [InlineData(ClaimPolicy.Matching, "PETG", "black", false)]
    public void The_sites_policy_decides_what_is_claimed_unasked(ClaimPolicy policy, string? material, string? color, bool takes) =>
        Assert.Equal(takes, new OfferDesk(policy).TakesByItself(Bench.Leased(Bench.AnyDesign, material: material, color: color), new LoadedMaterial("PLA", "black")));

    [Fact]
    public void An_offer_that_nobody_answered_in_time_is_forgotten()
    {
        var desk = new OfferDesk(ClaimPolicy.None);
        var job = Bench.Leased(Bench.AnyDesign);
        desk.Keep(new EdgeDown.Types.Offer { Job = job.ToWire(), Machine = Bench.Machine.ToString(), AnswerBy = Timestamp.FromDateTimeOffset(Bench.Noon) });
        desk.Expire(Bench.Noon.AddSeconds(-1));
        Assert.Single(desk.Waiting);
        desk.Expire(Bench.Noon);
        Assert.Empty(desk.Waiting);
    }

    [Fact(Timeout = 10_000)]
    public async Task Claims_under_way_are_told_when_the_link_breaks()
    {
        var desk = new OfferDesk(ClaimPolicy.None);
        var answer = desk.AwaitAnswer(Bench.Leased(Bench.AnyDesign).Id);
        desk.Clear();
        await Assert.ThrowsAsync<OperatorException>(() => answer);
    }
}
