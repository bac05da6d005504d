// What a bundle is: the names of its files.

using FabNet.Model;

namespace FabNet.Catalogue.Bundles;

/// <summary>
/// A part of a catalogue as one file: a tar archive. First <see cref="Begin"/>, last <see cref="End"/> with what it counts, so that one that was cut off shows. Between them statements, each after those that it
/// builds on, and behind a design those of its files that no design before it named.
/// </summary>
internal static class BundleFormat
{
    /// <summary>The first file; its content is the version of the format.</summary>
    public const string Begin = "fabnet-bundle";

    /// <summary>The last file; its content is how many files are between the two, as a decimal number.</summary>
    public const string End = "fabnet-bundle-end";

    /// <summary>The version that is written and read.</summary>
    public const string Version = "1\n";

    private const string Statements = "statements/";

    private const string StatementExtension = ".json";

    private const string Blobs = "blobs/sha256/";

    /// <summary>The name of a statement's file: its envelope as JSON.</summary>
    public static string NameOfStatement(Digest id) => Statements + id.Hex + StatementExtension;

    /// <summary>The name of a blob's file.</summary>
    public static string NameOfBlob(Digest digest) => Blobs + digest.Hex;

    /// <summary>Reads the name of a statement.</summary>
    public static bool IsStatement(string name, out Digest id)
    {
        id = default;
        return name.StartsWith(Statements, StringComparison.Ordinal) && name.EndsWith(StatementExtension, StringComparison.Ordinal)
            && name.Length > Statements.Length + StatementExtension.Length && Digest.TryParse("sha256:" + name[Statements.Length..^StatementExtension.Length], out id);
    }

    /// <summary>Reads the name of a blob.</summary>
    public static bool IsBlob(string name, out Digest digest)
    {
        digest = default;
        return name.StartsWith(Blobs, StringComparison.Ordinal) && Digest.TryParse("sha256:" + name[Blobs.Length..], out digest);
    }
}
