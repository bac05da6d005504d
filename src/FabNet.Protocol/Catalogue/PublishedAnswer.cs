// A catalogue's answer to "which design?", believed only where digests prove it.

using FabNet.Model.Designs;
using FabNet.Protocol.V1;

namespace FabNet.Protocol.Catalogue;

/// <summary>Reads a published design as the answer to a question.</summary>
public static class PublishedAnswer
{
    /// <summary>The design that was asked for: its manifest has the digest that was asked for or that the catalogue itself names, and the name and version that were asked for.</summary>
    /// <param name="published">What came.</param>
    /// <param name="asked">What was asked. A manifest's digest says all; otherwise the name, and the version if there is one, must be right.</param>
    /// <exception cref="TamperedException">It is another design, or its manifest breaks the rules.</exception>
    public static Design AnswerTo(this PublishedDesign published, GetDesignRequest asked)
    {
        Design design;
        try
        {
            design = published.ToModel();
        }
        catch (FormatException e)
        {
            throw new TamperedException(e.Message, e);
        }

        var isIt = asked.HasManifestDigest ? design.Ref.Manifest.Value == asked.ManifestDigest
            : design.Ref.Name == asked.Name && (!asked.HasVersion || design.Ref.Version == asked.Version);
        return isIt ? design
            : throw new TamperedException($"The catalogue was asked for {Describe(asked)} and sent {design.Ref} with the manifest {design.Ref.Manifest}. Don't trust it.");
    }

    private static string Describe(GetDesignRequest asked) => asked.HasManifestDigest ? $"the manifest {asked.ManifestDigest}"
        : asked.HasVersion ? $"{asked.Name}@{asked.Version}" : asked.Name;
}
