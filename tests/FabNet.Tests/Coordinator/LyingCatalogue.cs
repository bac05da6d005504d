// A catalogue that answers everything with one prepared design, whatever its digest.

using FabNet.Protocol.V1;
using Grpc.Core;

namespace FabNet.Tests.Coordinator;

internal sealed class LyingCatalogue(PublishedDesign answer) : DesignCatalogue.DesignCatalogueBase
{
    public override Task<PublishedDesign> GetDesign(GetDesignRequest request, ServerCallContext context) => Task.FromResult(answer);
}
