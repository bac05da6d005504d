// Reads Open Know-How manifests, whichever version they are written in.

using FabNet.Catalogue.Designs;

namespace FabNet.Catalogue.OpenKnowHow;

/// <summary>Reads a manifest file into <see cref="OkhManifest"/>: okh.toml (2.x and its LOSH forerunners) or okh.yml (v1).</summary>
internal static class OkhReader
{
    /// <summary>The most bytes that a manifest file may have: 4 MiB, as many as the canonical manifest that is made from it.</summary>
    public const int MaxBytes = Protocol.DesignManifest.MaxBytes;

    /// <summary>Reads a manifest file.</summary>
    /// <exception cref="ManifestSyntaxException">It is not TOML, or not YAML.</exception>
    public static OkhManifest Read(ReadOnlySpan<byte> bytes, bool isYaml, FindingList findings) =>
        isYaml ? OkhVersionOne.Read(YamlManifestReader.Read(bytes), findings) : OkhVersionTwo.Read(TomlReader.Read(bytes), findings);

    /// <summary>The files of several fields.</summary>
    public static List<OkhFile> FilesOf(OkhFields fields, params ReadOnlySpan<string> names)
    {
        var files = new List<OkhFile>();
        foreach (var name in names)
        {
            files.AddRange(fields.Files(name));
        }

        return files;
    }
}
