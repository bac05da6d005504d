// Imports a folder with an Open Know-How manifest: takes what is there, says what is missing, guesses no licence.

using System.Text.RegularExpressions;
using FabNet.Catalogue.OpenKnowHow;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Protocol;

namespace FabNet.Catalogue.Designs;

/// <summary>Imports folders. The folder is read, never written; all of its visible files become part of the design.</summary>
public static partial class DesignImporter
{
    /// <summary>What stands for a licence where the manifest names none (SPDX).</summary>
    public const string NoLicense = "NOASSERTION";

    private static readonly string[] ManifestNames = ["okh.toml", "okh.yml", "okh.yaml"];

    /// <summary>Imports a folder with an <c>okh.toml</c> (2.x) or <c>okh.yml</c> (v1).</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="limits">Limits; null for the defaults.</param>
    /// <param name="cancellationToken">Stops the import.</param>
    /// <exception cref="DesignImportException">There is no manifest, it is not TOML or YAML, the folder is over a limit, or a file can't be read.</exception>
    public static async Task<ImportedDesign> ImportAsync(string folder, ImportLimits? limits = null, CancellationToken cancellationToken = default)
    {
        var root = Path.GetFullPath(folder);
        var manifestFile = FindManifest(root);
        var findings = new FindingList(manifestFile);
        var files = DesignFolder.List(root, limits ?? new ImportLimits(), findings);
        var isYaml = !manifestFile.EndsWith(".toml", StringComparison.Ordinal);
        var okh = ReadManifest(root, manifestFile, isYaml, findings);
        try
        {
            var digests = await DigestAllAsync(files, cancellationToken);
            var design = Assemble(root, okh, isYaml, files, digests, findings);
            var manifest = DesignManifest.Write(design);
            return new ImportedDesign
            {
                Design = DesignManifest.Read(manifest, DateTimeOffset.UnixEpoch),
                Manifest = manifest,
                FilesByDigest = files.Files.GroupBy(f => digests[f.Path]).ToDictionary(g => g.Key, g => g.First().FullPath),
                Findings = findings.InOrderOfFixing(),
            };
        }
        catch (Exception e) when (e is FormatException or UnauthorizedAccessException or (IOException and not DesignImportException))
        {
            throw new DesignImportException($"The design in {root} can't be imported: {e.Message}", e);
        }
    }

    private static string FindManifest(string root)
    {
        if (!Directory.Exists(root))
        {
            throw new DesignImportException($"There is no folder {root}.");
        }

        return ManifestNames.FirstOrDefault(name => File.Exists(Path.Combine(root, name)))
            ?? throw new DesignImportException(
                $"The folder {root} has no okh.toml and no okh.yml. Write an okh.toml with name, version, license, licensor and function; docs/okh.md shows one.");
    }

    private static OkhManifest ReadManifest(string root, string name, bool isYaml, FindingList findings)
    {
        var path = Path.Combine(root, name);
        try
        {
            var file = new FileInfo(path);
            if (file.LinkTarget is not null)
            {
                throw new DesignImportException($"{path} is a link. Put the manifest itself in its place.");
            }

            return file.Length switch
            {
                0 => throw new DesignImportException($"{path} is empty. Write at least name, version, license, licensor and function; docs/okh.md shows one."),
                > OkhReader.MaxBytes => throw new DesignImportException($"{path} has {file.Length} bytes; a manifest has at most {OkhReader.MaxBytes}."),
                _ => OkhReader.Read(File.ReadAllBytes(path), isYaml, findings),
            };
        }
        catch (ManifestSyntaxException e)
        {
            throw new DesignImportException($"{path}, {e.Message}", e);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or (IOException and not DesignImportException))
        {
            throw new DesignImportException($"{path} can't be read: {e.Message}", e);
        }
    }

    private static async Task<Dictionary<string, Digest>> DigestAllAsync(DesignFolder files, CancellationToken cancellationToken)
    {
        var digests = new Dictionary<string, Digest>(StringComparer.Ordinal);
        foreach (var file in files.Files)
        {
            if (file.Size == 0)
            {
                digests.Add(file.Path, Digest.Of([]));
                continue;
            }

            await using var stream = new FileStream(file.FullPath, FileMode.Open, FileAccess.Read, FileShare.Read, 128 * 1024, FileOptions.Asynchronous | FileOptions.SequentialScan);
            digests.Add(file.Path, await Digest.OfAsync(stream, cancellationToken));
            if (stream.Position != file.Size)
            {
                throw new DesignImportException($"The file {file.FullPath} changed while it was read. Import again when nothing writes to it.");
            }
        }

        return digests;
    }

    private static Design Assemble(string root, OkhManifest okh, bool isYaml, DesignFolder files, Dictionary<string, Digest> digests, FindingList findings)
    {
        ReportMissingFields(okh, isYaml, findings);
        var parts = new PartFinder(okh, files, digests, findings).FindParts();
        foreach (var document in okh.Documents)
        {
            files.Resolve(document);
        }

        var taken = parts.SelectMany(p => p.Artefacts).Select(a => a.Path).ToHashSet(StringComparer.Ordinal);
        var title = Clean(okh.Name, 200) ?? Path.GetFileName(root);
        return new Design
        {
            Ref = new DesignRef(NameOf(title, root, findings), VersionOf(okh, findings), default),
            Title = title,
            Function = Clean(okh.Function, 8_000) ?? "",
            License = LicenseOf(okh, isYaml, findings),
            Licensor = Clean(okh.Licensor, 200) ?? "",
            Repository = Clean(okh.Repository, 2_000),
            PublishedAt = DateTimeOffset.UnixEpoch,
            Parts = parts,
            Files = [.. files.Files.Where(f => !taken.Contains(f.Path)).Select(f => ArtefactOf(f, digests))],
        };
    }

    internal static Artefact ArtefactOf(FolderFile file, IReadOnlyDictionary<string, Digest> digests)
    {
        var (kind, mediaType) = FileTypes.Of(file.Path);
        return new Artefact { Path = file.Path, Kind = kind, MediaType = mediaType, Digest = digests[file.Path], Size = file.Size };
    }

    /// <summary>A text as a manifest may hold it: without control characters, cut at a length; null if nothing is left.</summary>
    internal static string? Clean(string? text, int maxLength)
    {
        if (text is null)
        {
            return null;
        }

        // Control characters and those that turn the reading direction could steer or fool a reader's terminal.
        var clean = string.Concat(text.EnumerateRunes()
            .Where(r => r.Value is '\n' or '\t' || !(Rune(r) || r.Value is (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069)))).Trim();
        clean = clean.Length <= maxLength ? clean : clean[..(char.IsHighSurrogate(clean[maxLength - 1]) ? maxLength - 1 : maxLength)];
        return clean.Length > 0 ? clean : null;

        static bool Rune(System.Text.Rune rune) => System.Text.Rune.IsControl(rune);
    }

    private static void ReportMissingFields(OkhManifest okh, bool isYaml, FindingList findings)
    {
        Report(okh.OkhVersion, "okhv", "okhv = \"2.4\"");
        Report(okh.Name, isYaml ? "title" : "name", "the name that people read");
        Report(okh.Licensor, "licensor", "who licenses it");
        Report(okh.Function, isYaml ? "description" : "function", "what it does");
        Report(okh.Repository, isYaml ? "project-link" : "repo", "where it is developed");

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
        if (Clean(okh.License, 200) is not { } license)
        {
            findings.Add(FindingKind.LicenseMissing, null,
                $"{(isYaml ? "license.hardware" : "license")} is missing, so nobody may make this legally; {NoLicense} was recorded. "
                + "Choose one and write its SPDX id, such as CERN-OHL-S-2.0.");
            return NoLicense;
        }

        if (!SpdxExpressionPattern().IsMatch(license))
        {
            findings.Add(FindingKind.ValueForm, null, $"license is '{license}', which is no SPDX expression. It was recorded as it stands; write an id from spdx.org/licenses.");
        }

        return license;
    }

    private static string NameOf(string title, string root, FindingList findings)
    {
        if (DesignSlug.Of(title) is { Length: > 0 } name)
        {
            return name;
        }

        name = DesignSlug.Of(Path.GetFileName(root)) is { Length: > 0 } fromFolder ? fromFolder : "design";
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
        clean = clean.Length switch { 0 => None, > 64 => clean[..64], _ => clean };
        if (clean != version)
        {
            findings.Add(FindingKind.ValueForm, null, $"version is '{Clean(version, 100)}'; '{clean}' was recorded. Use letters, digits, dots and dashes, such as 1.2.0.");
        }

        return clean;
    }

    [GeneratedRegex(@"\A\(*[A-Za-z0-9.+:-]+\)*( (AND|OR|WITH) \(*[A-Za-z0-9.+:-]+\)*)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex SpdxExpressionPattern();

    [GeneratedRegex(@"[^0-9A-Za-z.+_-]+", RegexOptions.CultureInvariant)]
    private static partial Regex InVersionPattern();
}
