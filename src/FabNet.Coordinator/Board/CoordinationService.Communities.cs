// coordination.proto, answered: the communities that this one follows, and claims there.

using FabNet.Model;
using FabNet.Protocol.V1;
using Grpc.Core;

namespace FabNet.Coordinator.Board;

internal sealed partial class CoordinationService
{
    /// <summary>How long another community is waited for.</summary>
    private static readonly TimeSpan ElsewhereWithin = TimeSpan.FromSeconds(30);

    public override Task<ListCommunitiesReply> ListCommunities(ListCommunitiesRequest request, ServerCallContext context) => Ask(node.Communities.List, context);

    public override Task<CommunityStatus> FollowCommunity(FollowCommunityRequest request, ServerCallContext context) =>
        Ask(() => node.Communities.Of(node.Following.Follow(request.Name, request.Address)), context);

    public override Task<UnfollowCommunityReply> UnfollowCommunity(UnfollowCommunityRequest request, ServerCallContext context) => Ask(
        () =>
        {
            node.Following.Unfollow(request.Name);
            return new UnfollowCommunityReply { Jobs = node.Guests.Book.Held.Count(g => g.Origin.Community == request.Name) };
        },
        context);

    public override Task<ClaimElsewhereReply> ClaimElsewhere(ClaimElsewhereRequest request, ServerCallContext context) => RpcErrors.Mapped(async () =>
    {
        var (job, machine) = (JobId.Parse(request.JobId), MachineId.Parse(request.Machine));
        var claim = await node.AskAsync(() => node.Guests.Claim(request.Community, job, machine), context.CancellationToken);
        try
        {
            return new ClaimElsewhereReply { JobId = (await claim.WaitAsync(ElsewhereWithin, time, context.CancellationToken)).Value };
        }
        catch (TimeoutException e)
        {
            throw new RefusedException(Refusal.Unavailable, $"The community {request.Community} did not answer within {ElsewhereWithin.TotalSeconds:0} s. Look with 'fabnet communities' whether the job was leased, and claim it again if not.", e);
        }
    });
}
