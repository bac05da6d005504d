// Reads the members of a manifest, and knows no others.

using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Machines;

namespace FabNet.Protocol;

/// <summary>Reads a design from a manifest's JSON. Every fault throws <see cref="FormatException"/> with the member's path.</summary>
internal static class DesignManifestReader
{
    private static readonly Dictionary<string, ArtefactKind> Kinds =
        Enum.GetValues<ArtefactKind>().ToDictionary(DesignManifestWriter.KindName, StringComparer.Ordinal);

    public static Design Read(ManifestElement json, DateTimeOffset publishedAt, Digest digest)
    {
        json.RequireMembers(
            "attribution", "billOfMaterials", "commit", "files", "forkOf", "function", "license", "licensor", "mediaType", "name", "okh", "parts", "publisher",
            "repo", "title", "version");
        var format = json["mediaType"].String();
        return format != DesignManifest.MediaType
            ? throw new FormatException($"The manifest's mediaType is '{format}'; this version reads {DesignManifest.MediaType}.")
            : new Design
            {
                Ref = new DesignRef(json["name"].String(), json["version"].String(), digest),
                Title = json["title"].String(),
                Function = json["function"].String(),
                License = json["license"].String(),
                Licensor = json["licensor"].String(),
                Attribution = json.OptionalList("attribution", DesignRules.MaxAttribution, credit => credit.String()),
                Publisher = json.Find("publisher")?.String(),
                ForkOf = json.Find("forkOf") is { } origin ? ReadOrigin(origin) : null,
                Repository = json.Find("repo")?.String(),
                Commit = json.Find("commit")?.String(),
                PublishedAt = publishedAt,
                Parts = json["parts"].List(DesignManifest.MaxParts, ReadPart),
                BillOfMaterials = json.OptionalList("billOfMaterials", DesignRules.MaxBought, ReadBought),
                OkhFields = json.OptionalTexts("okh", DesignRules.MaxOkhFields),
                Files = json["files"].List(DesignManifest.MaxArtefacts, ReadArtefact),
            };
    }

    private static DesignPart ReadPart(ManifestElement json)
    {
        json.RequireMembers(
            "artefacts", "claimedDimensionsMm", "massGrams", "material", "name", "okh", "outerDimensionsMm", "quantity", "requirements", "tsdc", "volumeMm3");
        var code = json.Find("tsdc")?.String();
        var process = TsdcCodes.FromTsdc(code);
        if (code is not null && process == FabricationProcess.Unknown)
        {
            throw new FormatException($"{json.Path}.tsdc is '{code}', which this version does not know. It knows {TsdcCodes.Known}.");
        }

        return new DesignPart
        {
            Name = json["name"].String(),
            Process = process,
            Material = json.Find("material")?.String(),
            OuterDimensionsMm = ReadSize(json.Find("outerDimensionsMm")),
            ClaimedDimensionsMm = ReadSize(json.Find("claimedDimensionsMm")),
            VolumeMm3 = json.Find("volumeMm3")?.Double(),
            MassGrams = json.Find("massGrams")?.Double(),
            Quantity = checked((int)json["quantity"].Integer(int.MaxValue)),
            Requirements = json.Find("requirements") is { } requirements ? ReadRequirements(requirements) : null,
            OkhFields = json.OptionalTexts("okh", DesignRules.MaxOkhFields),
            Artefacts = json["artefacts"].List(DesignManifest.MaxArtefacts, ReadArtefact),
        };
    }

    private static PartRequirements ReadRequirements(ManifestElement json)
    {
        json.RequireMembers("infillPercent", "layerMm", "nozzleMm", "toleranceMm", "tool");
        return new PartRequirements
        {
            InfillPercent = json.Find("infillPercent")?.Double(),
            LayerMm = json.Find("layerMm")?.Double(),
            NozzleMm = json.Find("nozzleMm")?.Double(),
            ToleranceMm = json.Find("toleranceMm")?.Double(),
            Tool = json.Find("tool")?.String(),
        };
    }

    private static Artefact ReadArtefact(ManifestElement json)
    {
        json.RequireMembers("digest", "kind", "machineClass", "material", "mediaType", "path", "runs", "settings", "size");
        var kind = json["kind"].String();
        return new Artefact
        {
            Path = json["path"].String(),
            Kind = Kinds.TryGetValue(kind, out var known) ? known
                : throw new FormatException($"{json.Path}.kind is '{kind}', which this version does not know. It knows {string.Join(", ", Kinds.Keys)}."),
            MediaType = json["mediaType"].String(),
            Digest = new Digest(json["digest"].String()),
            Size = json["size"].Integer(long.MaxValue),
            MachineClass = json.Find("machineClass")?.String(),
            Material = json.Find("material")?.String(),
            Settings = json.OptionalTexts("settings", DesignRules.MaxSettings),
            Runs = json.OptionalList("runs", DesignRules.MaxRuns, run => new Digest(run.String())),
        };
    }

    private static BoughtPart ReadBought(ManifestElement json)
    {
        json.RequireMembers("link", "name", "quantity", "reference", "unit");
        return new BoughtPart
        {
            Name = json["name"].String(),
            Quantity = json["quantity"].Double(),
            Unit = json.Find("unit")?.String(),
            Reference = json.Find("reference")?.String(),
            Link = json.Find("link")?.String(),
        };
    }

    private static ForkOrigin ReadOrigin(ManifestElement json)
    {
        json.RequireMembers("manifest", "name", "publisher", "version");
        return new ForkOrigin(
            json.Find("publisher") is { } publisher ? new Digest(publisher.String()) : null,
            new DesignRef(json["name"].String(), json["version"].String(), new Digest(json["manifest"].String())));
    }

    private static Size3? ReadSize(ManifestElement? json)
    {
        json?.RequireMembers("depth", "height", "width");
        return json is { } size ? new Size3(size["width"].Double(), size["depth"].Double(), size["height"].Double()) : null;
    }
}
