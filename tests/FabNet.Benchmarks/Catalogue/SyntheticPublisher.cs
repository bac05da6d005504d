// Who signs the made-up designs of a benchmark.

using FabNet.Model.Licensing;
using FabNet.Protocol;
using FabNet.Protocol.Statements;

namespace FabNet.Benchmarks.Catalogue;

/// <summary>A publisher with one key in memory. Thread safe: each thread signs with a copy of the key.</summary>
internal sealed class SyntheticPublisher : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fabnet-benchmark-");
    private readonly ThreadLocal<SigningKey> _keys;

    public SyntheticPublisher()
    {
        var path = Path.Combine(_folder.FullName, "key.pem");
        using var key = SigningKey.Create();
        key.WriteFile(path);
        _keys = new ThreadLocal<SigningKey>(() => SigningKey.ReadFile(path), trackAllValues: true);
        Introduction = StatementFormat.Sign(
            new PublisherStatement { Namespace = "synthetic", DisplayName = "A benchmark", Organisation = OrganisationKind.Person, Keys = [key.Public], Sequence = 1 }, key);
    }

    /// <summary>Its first statement.</summary>
    public Envelope Introduction { get; }

    public Envelope Sign(byte[] manifest) => Envelope.Sign(DesignManifest.MediaType, manifest, _keys.Value!);

    public void Dispose()
    {
        foreach (var key in _keys.Values)
        {
            key.Dispose();
        }

        _keys.Dispose();
        _folder.Delete(recursive: true);
    }
}
