// Bundles of a catalogue: a part of it as one file, for where no network goes.

using FabNet.Catalogue.Bundles;
using FabNet.Protocol.V1;
using Grpc.Core;

namespace FabNet.Catalogue.Client;

/// <summary>Exports and imports bundles. Memory does not grow with their size.</summary>
public sealed class BundleClient
{
    private readonly Uri _address;
    private readonly TimeProvider _time;
    private readonly DesignCatalogue.DesignCatalogueClient _client;
    private readonly StatementClient _statements;

    internal BundleClient(Uri address, TimeProvider time, DesignCatalogue.DesignCatalogueClient client, StatementClient statements) =>
        (_address, _time, _client, _statements) = (address, time, client, statements);

    /// <summary>Writes a bundle of statements, with all that they build on, and files.</summary>
    /// <param name="path">The file; it stands there only when it is whole.</param>
    /// <param name="scope">Which part of the catalogue; nothing set for all of it.</param>
    /// <param name="report">Told after each file of a design; null for nobody.</param>
    /// <param name="cancellationToken">Stops; nothing is left.</param>
    /// <exception cref="IOException">The catalogue does not answer as it should, or the file can't be written.</exception>
    public Task<BundleContents> ExportAsync(string path, FollowScope scope, Action<BundleContents>? report = null, CancellationToken cancellationToken = default) =>
        BundleWriter.WriteAsync(_address, scope, Path.GetFullPath(path), _time, report, cancellationToken);

    /// <summary>Imports a bundle. Repeated after a cut it passes over what is there.</summary>
    /// <param name="archive">The bundle, from its beginning.</param>
    /// <param name="report">Told after each of its files; null for nobody.</param>
    /// <param name="cancellationToken">Stops; what was put stays.</param>
    /// <exception cref="BundleException">The bundle is damaged, cut off or hostile; what came before that place is imported.</exception>
    /// <exception cref="RpcException">The catalogue could not be reached, or has no space.</exception>
    public Task<BundleImport> ImportAsync(Stream archive, Action<BundleImport>? report = null, CancellationToken cancellationToken = default) =>
        new BundleReader(_client, _statements).ReadAsync(archive, report, cancellationToken);
}
