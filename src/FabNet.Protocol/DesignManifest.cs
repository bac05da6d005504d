// The canonical manifest of a design: the bytes whose SHA-256 names an immutable version.

using System.Text.Json;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Machines;

namespace FabNet.Protocol;

/// <summary>
/// Writes and reads the canonical manifest: JSON with sorted members, no blanks, UTF-8; lengths, volumes and masses to three digits after
/// the point. It holds neither its own digest nor when it was published. Reading is strict: every field is checked, and bytes that
/// <see cref="Write"/> would not produce are refused, so that one design has one digest.
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
        json.BeginObject();
        WriteArtefacts(json.Name("files"), design.Files);
        json.Name("function").String(design.Function);
        json.Name("license").String(design.License);
        json.Name("licensor").String(design.Licensor);
        json.Name("mediaType").String(MediaType);
        json.Name("name").String(design.Ref.Name);
        json.Name("parts").BeginArray();
        foreach (var part in design.Parts)
        {
            WritePart(json, part);
        }

        json.EndArray();
        WriteIfPresent(json, "repo", design.Repository);
        json.Name("title").String(design.Title);
        json.Name("version").String(design.Ref.Version);
        json.EndObject();
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
            design = ReadDesign(new ManifestElement(document.RootElement, "manifest"), publishedAt, Digest.Of(manifest));
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

    private static void WritePart(CanonicalJson json, DesignPart part)
    {
        json.BeginObject();
        WriteArtefacts(json.Name("artefacts"), part.Artefacts);
        WriteIfPresent(json, "massGrams", part.MassGrams);
        WriteIfPresent(json, "material", part.Material);
        json.Name("name").String(part.Name);
        if (part.OuterDimensionsMm is { } size)
        {
            json.Name("outerDimensionsMm").BeginObject();
            json.Name("depth").Number(size.Depth);
            json.Name("height").Number(size.Height);
            json.Name("width").Number(size.Width);
            json.EndObject();
        }

        json.Name("quantity").Number(part.Quantity);
        WriteIfPresent(json, "tsdc", part.Process.ToTsdc());
        WriteIfPresent(json, "volumeMm3", part.VolumeMm3);
        json.EndObject();
    }

    private static void WriteArtefacts(CanonicalJson json, IReadOnlyList<Artefact> artefacts)
    {
        json.BeginArray();
        foreach (var artefact in artefacts)
        {
            json.BeginObject();
            json.Name("digest").String(artefact.Digest.Value);
            json.Name("kind").String(KindName(artefact.Kind));
            WriteIfPresent(json, "machineClass", artefact.MachineClass);
            WriteIfPresent(json, "material", artefact.Material);
            json.Name("mediaType").String(artefact.MediaType);
            json.Name("path").String(artefact.Path);
            json.Name("size").Number(artefact.Size);
            json.EndObject();
        }

        json.EndArray();
    }

    private static Design ReadDesign(ManifestElement json, DateTimeOffset publishedAt, Digest digest)
    {
        json.RequireMembers("files", "function", "license", "licensor", "mediaType", "name", "parts", "repo", "title", "version");
        var format = json["mediaType"].String();
        return format != MediaType
            ? throw new FormatException($"The manifest's mediaType is '{format}'; this version reads {MediaType}.")
            : new Design
            {
                Ref = new DesignRef(json["name"].String(), json["version"].String(), digest),
                Title = json["title"].String(),
                Function = json["function"].String(),
                License = json["license"].String(),
                Licensor = json["licensor"].String(),
                Repository = json.Find("repo")?.String(),
                PublishedAt = publishedAt,
                Parts = json["parts"].List(MaxParts, ReadPart),
                Files = json["files"].List(MaxArtefacts, ReadArtefact),
            };
    }

    private static DesignPart ReadPart(ManifestElement json)
    {
        json.RequireMembers("artefacts", "massGrams", "material", "name", "outerDimensionsMm", "quantity", "tsdc", "volumeMm3");
        var code = json.Find("tsdc")?.String();
        var process = TsdcCodes.FromTsdc(code);
        if (code is not null && process == FabricationProcess.Unknown)
        {
            throw new FormatException($"{json.Path}.tsdc is '{code}', which this version does not know. It knows 3DP, CNC and LAS.");
        }

        return new DesignPart
        {
            Name = json["name"].String(),
            Process = process,
            Material = json.Find("material")?.String(),
            OuterDimensionsMm = json.Find("outerDimensionsMm") is { } size ? ReadSize(size) : null,
            VolumeMm3 = json.Find("volumeMm3")?.Double(),
            MassGrams = json.Find("massGrams")?.Double(),
            Quantity = checked((int)json["quantity"].Integer(int.MaxValue)),
            Artefacts = json["artefacts"].List(MaxArtefacts, ReadArtefact),
        };
    }

    private static Size3 ReadSize(ManifestElement json)
    {
        json.RequireMembers("depth", "height", "width");
        return new Size3(json["width"].Double(), json["depth"].Double(), json["height"].Double());
    }

    private static Artefact ReadArtefact(ManifestElement json)
    {
        json.RequireMembers("digest", "kind", "machineClass", "material", "mediaType", "path", "size");
        return new Artefact
        {
            Path = json["path"].String(),
            Kind = ReadKind(json["kind"]),
            MediaType = json["mediaType"].String(),
            Digest = new Digest(json["digest"].String()),
            Size = json["size"].Integer(long.MaxValue),
            MachineClass = json.Find("machineClass")?.String(),
            Material = json.Find("material")?.String(),
        };
    }

    private static string KindName(ArtefactKind kind) => kind switch
    {
        ArtefactKind.Source => "source",
        ArtefactKind.Mesh => "mesh",
        ArtefactKind.Toolpath => "toolpath",
        _ => "other",
    };

    private static ArtefactKind ReadKind(ManifestElement json) => json.String() switch
    {
        "source" => ArtefactKind.Source,
        "mesh" => ArtefactKind.Mesh,
        "toolpath" => ArtefactKind.Toolpath,
        "other" => ArtefactKind.Other,
        var kind => throw new FormatException($"{json.Path} is '{kind}', which this version does not know. It knows source, mesh, toolpath and other."),
    };

    private static void WriteIfPresent(CanonicalJson json, string name, string? value)
    {
        if (value is not null)
        {
            json.Name(name).String(value);
        }
    }

    private static void WriteIfPresent(CanonicalJson json, string name, double? value)
    {
        if (value is { } number)
        {
            json.Name(name).Number(number);
        }
    }
}
