// What statements build on, asked of the node that they came from.

using FabNet.Catalogue.Trust;
using FabNet.Model;
using FabNet.Protocol;
using FabNet.Protocol.Statements;
using FabNet.Protocol.V1;
using Envelope = FabNet.Protocol.V1.Envelope;

namespace FabNet.Catalogue.Federation;

/// <summary>Finds the statements that others wait for: of a publisher and a collection the whole chain, of a design its manifest with all signatures.</summary>
internal static class DependencySearch
{
    /// <summary>Asks a node for what is needed.</summary>
    /// <returns>Statements to be tried; none if the node does not have it.</returns>
    /// <exception cref="PeerException">It does not answer, or not as an honest node does.</exception>
    public static async Task<IReadOnlyList<Envelope>> FindAsync(Peer peer, Need need, CancellationToken cancellationToken)
    {
        switch (need.Kind)
        {
            case NeedKind.Key:
                return (await peer.FindPublisherAsync(new GetPublisherRequest { KeyId = need.Id.Value }, cancellationToken))?.Chain ?? [];
            case NeedKind.Design:
                return await peer.FindDesignAsync(need.Id, cancellationToken) is { Signatures.Count: > 0 } design ? [EnvelopeOf(design)] : [];
            case NeedKind.Publisher:
                return await ListAsync(peer, new ListStatementsRequest { By = { need.Id.Value }, Kinds = { StatementKinds.Publisher } }, cancellationToken);
            case NeedKind.Collection:
                return await ListAsync(peer, new ListStatementsRequest { About = { need.Id.Value }, Kinds = { StatementKinds.Collection } }, cancellationToken);
            default:
                return await ListAsync(peer, new ListStatementsRequest { About = { need.Id.Value }, Kinds = { StatementKinds.Proposal } }, cancellationToken);
        }
    }

    private static Envelope EnvelopeOf(PublishedDesign design)
    {
        var envelope = new Envelope { PayloadType = StatementKinds.MediaTypeOf(StatementKinds.Design), Payload = design.Manifest };
        envelope.Signatures.AddRange(design.Signatures);
        return envelope;
    }

    // A chain is short; what is longer than a page is not waited for here.
    private static async Task<IReadOnlyList<Envelope>> ListAsync(Peer peer, ListStatementsRequest request, CancellationToken cancellationToken)
    {
        request.Limit = 1_000;
        return [.. (await peer.ListAsync(request, cancellationToken)).Statements.Select(s => s.Envelope)];
    }
}
