// Puts a design together from its manifest and its files, and tells what the manifest lacks.

using System.Text.RegularExpressions;
using FabNet.Catalogue.OpenKnowHow;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Licensing;

namespace FabNet.Catalogue.Designs;

/// <summary>What a manifest says becomes a design: cleaned, cut to the manifest's limits, with a finding for whatever was changed or is missing.</summary>
internal static partial class DesignAssembly
{
    private const int MaxAttribution = 200;

    public static Design Assemble(string folderName, OkhManifest okh, bool isYaml, DesignFolder files, GitCheckout? git, Dictionary<string, Digest> digests, FindingList findings)
    {
        var title = TitleOf(okh, folderName, findings);
        var repository = PlainText.Line(okh.Repository, 2_000) ?? git?.Repository;
        ReportMissingFields(okh, repository, isYaml, findings);
        var parts = new PartFinder(okh, files, digests, findings).FindParts();
        foreach (var document in okh.Documents)
        {
            files.Resolve(document);
        }

        var taken = parts.SelectMany(p => p.Artefacts).Select(a => a.Path).ToHashSet(StringComparer.Ordinal);
        var licensor = PlainText.Line(okh.Licensor, 200) ?? "";
        return new Design
        {
            Ref = new DesignRef(okh.Extension.Name ?? NameOf(title, folderName, findings), VersionOf(okh, findings), default),
            Title = title,
            Function = PlainText.Of(okh.Function, 8_000) ?? "",
            License = LicenseOf(okh, isYaml, findings),
            Licensor = licensor,
            Attribution = [.. okh.Attribution.Select(c => PlainText.Line(c, 200)).OfType<string>().Where(c => c != licensor).Distinct(StringComparer.Ordinal).Take(MaxAttribution)],
            Publisher = okh.Extension.Publisher,
            ForkOf = okh.Extension.ForkOf,
            Repository = repository,
            Commit = git?.Commit ?? CommitOf(okh, findings),
            PublishedAt = DateTimeOffset.UnixEpoch,
            Parts = parts,
            BillOfMaterials = BillOf(okh, files, findings),
            OkhFields = okh.Kept,
            Files = [.. files.Files.Where(f => !taken.Contains(f.Path)).Select(f => DesignImporter.ArtefactOf(f, digests))],
        };
    }

    private static string TitleOf(OkhManifest okh, string folderName, FindingList findings)
    {
        var title = PlainText.Name(okh.Name, 200);
        if (title is not null && title != okh.Name?.Trim())
        {
            findings.Add(FindingKind.NameUnclear, null, $"The name '{title}' had characters that nobody sees, or too many; they were left out.");
        }

        title ??= PlainText.Name(folderName, 200) ?? "design";
        if (NameForm.FindMix(title) is { } mix)
        {
            findings.Add(FindingKind.NameUnclear, null, $"The name '{title}' {mix}");
        }

        return title;
    }

    private static string? CommitOf(OkhManifest okh, FindingList findings)
    {
        if (okh.Extension.Commit is not { } commit || CommitPattern().IsMatch(commit))
        {
            return okh.Extension.Commit;
        }

        findings.Add(FindingKind.ValueForm, null, $"fabnet.commit is '{PlainText.Line(commit, 80)}', not 40 or 64 lower-case hexadecimal digits. It was left out.");
        return null;
    }

    private static IReadOnlyList<BoughtPart> BillOf(OkhManifest okh, DesignFolder files, FindingList findings)
    {
        if (okh.Extension.Bought.Count > 0 || okh.Bom is not { } named || !files.TryGet(named.Path, out var file) || file.Size is 0 or > BomFile.MaxBytes
            || !file.Path.EndsWith(".csv", StringComparison.OrdinalIgnoreCase))
        {
            return okh.Extension.Bought;
        }

        if (BomFile.Read(File.ReadAllText(file.FullPath)) is { } bought)
        {
            return bought;
        }

        findings.Add(FindingKind.ValueForm, file.Path, 1, "has no column that is headed name, part or item, so what is to be bought was not read. Name the columns name, quantity, reference, link.");
        return [];
    }

    private static void ReportMissingFields(OkhManifest okh, string? repository, bool isYaml, FindingList findings)
    {
        Report(okh.OkhVersion, "okhv", "okhv = \"2.4\"");
        Report(okh.Name, isYaml ? "title" : "name", "the name that people read");
        Report(okh.Licensor, "licensor", "who licenses it");
        Report(okh.Function, isYaml ? "description" : "function", "what it does");
        Report(repository, isYaml ? "project-link" : "repo", "where it is developed");

        void Report(string? value, string field, string meaning)
        {
            if (value is null)
            {
                findings.Add(FindingKind.FieldMissing, null, $"{field} is missing: {meaning}.");
            }
        }
    }

    private static string LicenseOf(OkhManifest okh, bool isYaml, FindingList findings)
    {
        if (PlainText.Line(okh.License, 200) is not { } license || license is DesignImporter.NoLicense or "LicenseRef-NOASSERTION")
        {
            findings.Add(FindingKind.LicenseMissing, null,
                $"{(isYaml ? "license.hardware" : "license")} is missing, so nobody may make this legally; {DesignImporter.NoLicense} was recorded. "
                + "Choose one and write its SPDX id, such as CERN-OHL-S-2.0.");
            return DesignImporter.NoLicense;
        }

        try
        {
            _ = LicenseExpression.Parse(license);
        }
        catch (LicenseSyntaxException e)
        {
            findings.Add(FindingKind.ValueForm, null, $"license is '{license}', which is no SPDX expression. {e.Message}. It was recorded as it stands.");
        }

        return license;
    }

    private static string NameOf(string title, string folderName, FindingList findings)
    {
        if (DesignSlug.Of(title) is { Length: > 0 } name)
        {
            return name;
        }

        name = DesignSlug.Of(folderName) is { Length: > 0 } fromFolder ? fromFolder : "design";
        findings.Add(FindingKind.ValueForm, null, $"No catalogue name can be made from '{title}'; '{name}' was taken. Give it a name with Latin letters or digits, or such a folder.");
        return name;
    }

    private static string VersionOf(OkhManifest okh, FindingList findings)
    {
        const string None = "0.0.0";
        if (okh.Version is not { } version)
        {
            findings.Add(FindingKind.VersionMissing, null, $"version is missing; {None} was recorded. Write a version, and a new one for each change: published versions never change.");
            return None;
        }

        var clean = InVersionPattern().Replace(version, "-").Trim('-', '.', '+', '_');
        clean = clean.Length switch { 0 => None, > 64 => clean[..64].TrimEnd('-', '.', '+', '_'), _ => clean };
        if (clean != version)
        {
            findings.Add(FindingKind.ValueForm, null, $"version is '{PlainText.Line(version, 100)}'; '{clean}' was recorded. Use letters, digits, dots and dashes, such as 1.2.0.");
        }
        else if (!SemanticPattern().IsMatch(clean))
        {
            findings.Add(FindingKind.ValueForm, null, $"version is '{clean}', which is no semantic version; it was recorded as it stands, and missing numbers count as 0. Write three numbers, such as 1.2.0.");
        }

        return clean;
    }

    [GeneratedRegex(@"\A([0-9a-f]{40}|[0-9a-f]{64})\z", RegexOptions.CultureInvariant)]
    private static partial Regex CommitPattern();

    [GeneratedRegex(@"[^0-9A-Za-z.+_-]+", RegexOptions.CultureInvariant)]
    private static partial Regex InVersionPattern();

    // Semantic Versioning 2.0.0, clauses 2, 9 and 10.
    [GeneratedRegex(@"\A(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex SemanticPattern();
}
