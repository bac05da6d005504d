// The gRPC face of what a node follows: protos/fabnet/v1/catalogue.proto says what each call promises.

using FabNet.Protocol.V1;
using Grpc.Core;

namespace FabNet.Catalogue.Federation;

/// <summary>Serves a <see cref="CatalogueNode"/>.</summary>
internal sealed class CatalogueFederationService(CatalogueNode node) : CatalogueFederation.CatalogueFederationBase
{
    /// <inheritdoc />
    public override Task<Followed> Follow(FollowRequest request, ServerCallContext context) =>
        AnswerAsync(() => node.FollowAsync(AddressOf(request.Address), request.Scope ?? new FollowScope(), !request.NoBlobs, context.CancellationToken));

    /// <inheritdoc />
    public override Task<ListFollowedReply> ListFollowed(ListFollowedRequest request, ServerCallContext context) => AnswerAsync(() => Task.FromResult(ReplyOf(node.List())));

    /// <inheritdoc />
    public override Task<ListFollowedReply> Unfollow(UnfollowRequest request, ServerCallContext context) =>
        AnswerAsync(async () => ReplyOf(await node.UnfollowAsync(AddressOf(request.Address), request.Scope, context.CancellationToken)));

    private static Uri AddressOf(string text) => Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? uri
        : throw new CatalogueException(CatalogueFault.Invalid, "That is no catalogue's address. Write it as http://127.0.0.1:7301.");

    private static ListFollowedReply ReplyOf(IEnumerable<Followed> followed)
    {
        var reply = new ListFollowedReply();
        reply.Followed.AddRange(followed);
        return reply;
    }

    private static async Task<T> AnswerAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (CatalogueException e)
        {
            throw new RpcException(new Status(DesignCatalogueService.StatusOf(e.Fault), e.Message, e));
        }
        catch (FormatException e)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, e.Message, e));
        }
        catch (Journal.JournalException e)
        {
            throw new RpcException(new Status(StatusCode.ResourceExhausted, e.Message, e));
        }
    }
}
