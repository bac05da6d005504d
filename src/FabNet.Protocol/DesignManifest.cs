// The canonical manifest of a design: the bytes whose SHA-256 names an immutable version.

using System.Text.Json;
using FabNet.Model;
using FabNet.Model.Designs;

namespace FabNet.Protocol;

/// <summary>
/// Writes and reads the canonical manifest: JSON with sorted members, no blanks, UTF-8; numbers to three digits after the point; members
/// that say nothing are left out. It holds neither its own digest nor when it was published. Reading is strict: every field is checked,
/// and bytes that <see cref="Write"/> would not produce are refused, so that one design has one digest.
/// </summary>
public static class DesignManifest
{
    /// <summary>The media type of the manifest, which it also states; a later format gets another.</summary>
    public const string MediaType = "application/vnd.fabnet.design.v1+json";

    /// <summary>The most bytes that a manifest may have: 4 MiB.</summary>
    public const int MaxBytes = 4 * 1024 * 1024;

    /// <summary>The most files that a manifest may name, each mention counted.</summary>
    public const int MaxArtefacts = 10_000;

    /// <summary>The most parts that a manifest may name.</summary>
    public const int MaxParts = 1_000;

    /// <summary>Writes the canonical manifest; <see cref="DesignRef.Manifest"/> and <see cref="Design.PublishedAt"/> are not in it.</summary>
    /// <exception cref="FormatException">The design breaks a rule of the manifest; the message says which field and why.</exception>
    public static byte[] Write(Design design)
    {
        DesignRules.Check(design);
        var json = new CanonicalJson();
        DesignManifestWriter.Write(json, design);
        return json.Written.Length <= MaxBytes
            ? json.Written.ToArray()
            : throw new FormatException($"The manifest has {json.Written.Length} bytes; at most {MaxBytes} are allowed. Publish fewer files.");
    }

    /// <summary>Reads a canonical manifest. The reader compares the digest in the result with the one that was asked for.</summary>
    /// <param name="manifest">The bytes as published.</param>
    /// <param name="publishedAt">When the catalogue accepted it; not part of the manifest.</param>
    /// <exception cref="FormatException">It is not a canonical manifest; the message says what is wrong and where.</exception>
    public static Design Read(ReadOnlySpan<byte> manifest, DateTimeOffset publishedAt)
    {
        if (manifest.Length > MaxBytes)
        {
            throw new FormatException($"The manifest has {manifest.Length} bytes; at most {MaxBytes} are allowed.");
        }

        Design design;
        byte[] canonical;
        try
        {
            var reader = new Utf8JsonReader(manifest, new JsonReaderOptions { MaxDepth = 8, AllowMultipleValues = false });
            using var document = JsonDocument.ParseValue(ref reader);
            design = DesignManifestReader.Read(new ManifestElement(document.RootElement, "manifest"), publishedAt, Digest.Of(manifest));
            canonical = Write(design);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new FormatException(Printable($"The manifest is not JSON: {e.Message}"), e);
        }
        catch (FormatException e) when (e.Message.Any(char.IsControl))
        {
            throw new FormatException(Printable(e.Message), e);
        }

        return manifest.SequenceEqual(canonical)
            ? design
            : throw new FormatException("The manifest is not canonical: write its members sorted, each once, without blanks, and numbers to three digits after the point.");
    }

    // A refusal quotes what a stranger wrote: nothing in it may steer the reader's terminal.
    private static string Printable(string message) => string.Concat(message.Where(c => !char.IsControl(c)));
}
