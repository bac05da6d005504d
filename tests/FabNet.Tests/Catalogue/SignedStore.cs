// A store that is given designs, for tests that don't mind who publishes them.

using FabNet.Catalogue;
using FabNet.Catalogue.Search;
using FabNet.Model;
using FabNet.Protocol;
using FabNet.Protocol.Statements;

namespace FabNet.Tests.Catalogue;

internal static class SignedStore
{
    private static readonly TestPublisher Tester = new("tester");

    /// <summary>Puts a design's manifest, signed by the same publisher each time.</summary>
    public static async Task<PublishedManifest> PublishAsync(this CatalogueStore store, byte[] manifest, CancellationToken stop)
    {
        await store.PutAsync(Tester.Chain[0], stop);
        await store.PutAsync(Envelope.Sign(DesignManifest.MediaType, manifest, Tester.Key), stop);
        return store.Get(Digest.Of(manifest));
    }

    /// <summary>A version of a design, whoever published it.</summary>
    public static PublishedManifest Get(this CatalogueStore store, string name, string? version) => store.Get(new DesignName(null, name, version));
}
