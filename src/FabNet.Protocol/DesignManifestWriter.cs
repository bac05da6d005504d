// Writes the members of a manifest, in the order that canonical JSON asks for.

using FabNet.Model;
using FabNet.Model.Designs;

namespace FabNet.Protocol;

/// <summary>Writes a checked design. A member that says nothing is not written, so that a design without it keeps the digest it always had.</summary>
internal static class DesignManifestWriter
{
    public static void Write(CanonicalJson json, Design design)
    {
        json.BeginObject();
        WriteList(json, "attribution", design.Attribution, (credit, to) => to.String(credit));
        WriteList(json, "billOfMaterials", design.BillOfMaterials, WriteBought);
        WriteText(json, "commit", design.Commit);
        json.Name("files");
        WriteArtefacts(json, design.Files);
        if (design.ForkOf is { } origin)
        {
            WriteOrigin(json.Name("forkOf"), origin);
        }

        json.Name("function").String(design.Function);
        json.Name("license").String(design.License);
        json.Name("licensor").String(design.Licensor);
        json.Name("mediaType").String(DesignManifest.MediaType);
        json.Name("name").String(design.Ref.Name);
        WriteTexts(json, "okh", design.OkhFields);
        json.Name("parts").BeginArray();
        foreach (var part in design.Parts)
        {
            WritePart(json, part);
        }

        json.EndArray();
        WriteText(json, "publisher", design.Publisher);
        WriteText(json, "repo", design.Repository);
        json.Name("title").String(design.Title);
        json.Name("version").String(design.Ref.Version);
        json.EndObject();
    }

    /// <summary>The word that a manifest has for a kind.</summary>
    public static string KindName(ArtefactKind kind) => kind switch
    {
        ArtefactKind.Source => "source",
        ArtefactKind.Mesh => "mesh",
        ArtefactKind.Toolpath => "toolpath",
        ArtefactKind.Export => "export",
        ArtefactKind.Instructions => "instructions",
        ArtefactKind.Image => "image",
        _ => "other",
    };

    private static void WritePart(CanonicalJson json, DesignPart part)
    {
        json.BeginObject();
        json.Name("artefacts");
        WriteArtefacts(json, part.Artefacts);
        WriteSize(json, "claimedDimensionsMm", part.ClaimedDimensionsMm);
        WriteNumber(json, "massGrams", part.MassGrams);
        WriteText(json, "material", part.Material);
        json.Name("name").String(part.Name);
        WriteTexts(json, "okh", part.OkhFields);
        WriteSize(json, "outerDimensionsMm", part.OuterDimensionsMm);
        json.Name("quantity").Number(part.Quantity);
        if (part.Requirements is { } requirements)
        {
            WriteRequirements(json.Name("requirements"), requirements);
        }

        WriteText(json, "tsdc", part.Process.ToTsdc());
        WriteNumber(json, "volumeMm3", part.VolumeMm3);
        json.EndObject();
    }

    private static void WriteRequirements(CanonicalJson json, PartRequirements requirements)
    {
        json.BeginObject();
        WriteNumber(json, "infillPercent", requirements.InfillPercent);
        WriteNumber(json, "layerMm", requirements.LayerMm);
        WriteNumber(json, "nozzleMm", requirements.NozzleMm);
        WriteNumber(json, "toleranceMm", requirements.ToleranceMm);
        WriteText(json, "tool", requirements.Tool);
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
            WriteText(json, "machineClass", artefact.MachineClass);
            WriteText(json, "material", artefact.Material);
            json.Name("mediaType").String(artefact.MediaType);
            json.Name("path").String(artefact.Path);
            WriteList(json, "runs", artefact.Runs, (run, to) => to.String(run.Value));
            WriteTexts(json, "settings", artefact.Settings);
            json.Name("size").Number(artefact.Size);
            json.EndObject();
        }

        json.EndArray();
    }

    private static void WriteBought(BoughtPart bought, CanonicalJson json)
    {
        json.BeginObject();
        WriteText(json, "link", bought.Link);
        json.Name("name").String(bought.Name);
        json.Name("quantity").Number(bought.Quantity);
        WriteText(json, "reference", bought.Reference);
        WriteText(json, "unit", bought.Unit);
        json.EndObject();
    }

    private static void WriteOrigin(CanonicalJson json, ForkOrigin origin)
    {
        json.BeginObject();
        json.Name("manifest").String(origin.Design.Manifest.Value);
        json.Name("name").String(origin.Design.Name);
        WriteText(json, "publisher", origin.Publisher?.Value);
        json.Name("version").String(origin.Design.Version);
        json.EndObject();
    }

    private static void WriteSize(CanonicalJson json, string name, Size3? dimensions)
    {
        if (dimensions is not { } size)
        {
            return;
        }

        json.Name(name).BeginObject();
        json.Name("depth").Number(size.Depth);
        json.Name("height").Number(size.Height);
        json.Name("width").Number(size.Width);
        json.EndObject();
    }

    private static void WriteList<T>(CanonicalJson json, string name, IReadOnlyList<T> items, Action<T, CanonicalJson> write)
    {
        if (items.Count == 0)
        {
            return;
        }

        json.Name(name).BeginArray();
        foreach (var item in items)
        {
            write(item, json);
        }

        json.EndArray();
    }

    public static void WriteTexts(CanonicalJson json, string name, IReadOnlyDictionary<string, string> texts)
    {
        if (texts.Count == 0)
        {
            return;
        }

        json.Name(name).BeginObject();
        foreach (var (key, text) in texts.OrderBy(t => t.Key, StringComparer.Ordinal))
        {
            json.Name(key).String(text);
        }

        json.EndObject();
    }

    public static void WriteText(CanonicalJson json, string name, string? value)
    {
        if (value is not null)
        {
            json.Name(name).String(value);
        }
    }

    private static void WriteNumber(CanonicalJson json, string name, double? value)
    {
        if (value is { } number)
        {
            json.Name(name).Number(number);
        }
    }
}
