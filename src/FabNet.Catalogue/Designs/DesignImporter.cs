// Imports a folder or an archive with an Open Know-How manifest: takes what is there, says what is missing, guesses no licence.

using System.Text.RegularExpressions;
using FabNet.Catalogue.OpenKnowHow;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Licensing;
using FabNet.Protocol;

namespace FabNet.Catalogue.Designs;

/// <summary>
/// Imports folders, git checkouts and archives. They are read, never written; all visible files become part of the design, except
/// <c>okh.toml</c>, which says what the manifest says: <see cref="OkhWriter"/> writes it again.
/// </summary>
public static partial class DesignImporter
{
    /// <summary>What stands for a licence where the manifest names none (SPDX).</summary>
    public const string NoLicense = "NOASSERTION";

    private const int MaxAttribution = 200;

    private static readonly string[] ManifestNames = [OkhWriter.FileName, "okh.yml", "okh.yaml"];

    /// <summary>Imports a folder (which may be a git checkout) or an archive (zip, tar, tar.gz) with an <c>okh.toml</c> (2.x) or <c>okh.yml</c> (v1).</summary>
    /// <param name="path">The folder or the archive.</param>
    /// <param name="limits">Limits; null for the defaults.</param>
    /// <param name="cancellationToken">Stops the import.</param>
    /// <returns>The design. Dispose it when its files are no longer needed: an archive was unpacked for it.</returns>
    /// <exception cref="DesignImportException">There is no manifest, it is not TOML or YAML, a limit is passed, the archive is damaged, or a file can't be read.</exception>
    public static async Task<ImportedDesign> ImportAsync(string path, ImportLimits? limits = null, CancellationToken cancellationToken = default)
    {
        var source = Path.GetFullPath(path);
        var unpacked = Directory.Exists(source) || !File.Exists(source) ? null : CreateScratch(source);
        try
        {
            var findings = new FindingList();
            limits ??= new ImportLimits();
            var files = unpacked is null
                ? DesignFolder.List(RequireManifest(source), limits, findings)
                : DesignFolder.Of(await DesignArchive.UnpackAsync(source, unpacked, limits, findings, cancellationToken), limits, findings);
            var imported = await TakeAsync(source, files, unpacked is null ? GitCheckout.Find(source) : null, findings, cancellationToken);
            return imported with { UnpackedTo = unpacked };
        }
        catch
        {
            if (unpacked is not null)
            {
                Directory.Delete(unpacked, recursive: true);
            }

            throw;
        }
    }

    /// <summary>True for the path of a manifest file.</summary>
    internal static bool IsManifestName(string path) => ManifestNames.Contains(path, StringComparer.Ordinal);

    private static async Task<ImportedDesign> TakeAsync(string source, DesignFolder files, GitCheckout? git, FindingList findings, CancellationToken cancellationToken)
    {
        var manifestFile = FindManifest(source, files);
        findings.ManifestFile = manifestFile.Path;
        var isYaml = manifestFile.Path != OkhWriter.FileName;
        var okh = ReadManifest(Path.Combine(source, manifestFile.Path), manifestFile, isYaml, findings);

        // What okh.toml says is in the manifest, and a second copy could only contradict it.
        files.Remove(OkhWriter.FileName);
        try
        {
            var digests = await DigestAllAsync(files, cancellationToken);
            ScanDrawings(files, findings);
            var design = Assemble(TitleOf(source), okh, isYaml, files, git, digests, findings);
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
            throw new DesignImportException($"The design in {source} can't be imported: {e.Message}", e);
        }
    }

    // The folder for temporary files often lies in memory; this one is made for large ones (FHS 3.0, 5.15).
    private static string CreateScratch(string source)
    {
        if (!DesignArchive.IsArchive(source))
        {
            throw new DesignImportException($"{source} is neither a folder nor a zip, tar or tar.gz archive. Give the folder of a design, or an archive of it.");
        }

        const string LargeTemporaries = "/var/tmp";
        return OperatingSystem.IsLinux() && Environment.GetEnvironmentVariable("TMPDIR") is null && Directory.Exists(LargeTemporaries)
            ? Directory.CreateDirectory(Path.Combine(LargeTemporaries, $"fabnet-import-{Guid.NewGuid():N}"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName
            : Directory.CreateTempSubdirectory("fabnet-import-").FullName;
    }

    // Before the folder is listed: somebody may have named a whole disk.
    private static string RequireManifest(string root) => !Directory.Exists(root) ? throw new DesignImportException($"There is no folder and no archive {root}.")
        : ManifestNames.Any(n => File.Exists(Path.Combine(root, n))) ? root
        : throw NoManifest(root);

    private static string TitleOf(string source)
    {
        var name = Path.GetFileName(source);
        return Directory.Exists(source) ? name : ArchiveEndingPattern().Replace(name, "") is { Length: > 0 } stem ? stem : "design";
    }

    private static FolderFile FindManifest(string source, DesignFolder files)
    {
        foreach (var name in ManifestNames)
        {
            if (files.TryGet(name, out var file))
            {
                return file;
            }
        }

        throw ManifestNames.FirstOrDefault(n => new FileInfo(Path.Combine(source, n)).LinkTarget is not null) is { } link
            ? new DesignImportException($"{Path.Combine(source, link)} is a link. Put the manifest itself in its place.")
            : NoManifest(source);
    }

    private static DesignImportException NoManifest(string source) =>
        new($"{source} has no okh.toml and no okh.yml. Write an okh.toml with name, version, license, licensor and function; docs/okh.md shows one.");

    private static OkhManifest ReadManifest(string place, FolderFile file, bool isYaml, FindingList findings)
    {
        try
        {
            return file.Size switch
            {
                0 => throw new DesignImportException($"{place} is empty. Write at least name, version, license, licensor and function; docs/okh.md shows one."),
                > OkhReader.MaxBytes => throw new DesignImportException($"{place} has {file.Size} bytes; a manifest has at most {OkhReader.MaxBytes}."),
                _ => OkhReader.Read(File.ReadAllBytes(file.FullPath), isYaml, findings),
            };
        }
        catch (ManifestSyntaxException e)
        {
            throw new DesignImportException($"{place}, {e.Message}", e);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or (IOException and not DesignImportException))
        {
            throw new DesignImportException($"{place} can't be read: {e.Message}", e);
        }
    }

    private static async Task<Dictionary<string, Digest>> DigestAllAsync(DesignFolder files, CancellationToken cancellationToken)
    {
        var digests = new Dictionary<string, Digest>(StringComparer.Ordinal);
        foreach (var file in files.Files)
        {
            digests.Add(file.Path, file.Digest ?? (file.Size == 0 ? Digest.Of([]) : await DigestAsync(file, cancellationToken)));
        }

        return digests;
    }

    private static async Task<Digest> DigestAsync(FolderFile file, CancellationToken cancellationToken)
    {
        await using var stream = new FileStream(file.FullPath, FileMode.Open, FileAccess.Read, FileShare.Read, 128 * 1024, FileOptions.Asynchronous | FileOptions.SequentialScan);
        var digest = await Digest.OfAsync(stream, cancellationToken);
        return stream.Position == file.Size ? digest
            : throw new DesignImportException($"The file {file.FullPath} changed while it was read. Import again when nothing writes to it.");
    }

    private static void ScanDrawings(DesignFolder files, FindingList findings)
    {
        foreach (var file in files.Files.Where(f => f.Size > 0 && FileTypes.Of(f.Path).Shape == Shape.Drawing))
        {
            using var stream = File.OpenRead(file.FullPath);
            if (SvgScan.FindFault(stream) is { } fault)
            {
                findings.Add(FindingKind.ActiveContent, file.Path, null, fault);
            }
        }
    }

    private static Design Assemble(string folderName, OkhManifest okh, bool isYaml, DesignFolder files, GitCheckout? git, Dictionary<string, Digest> digests, FindingList findings)
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
            Files = [.. files.Files.Where(f => !taken.Contains(f.Path)).Select(f => ArtefactOf(f, digests))],
        };
    }

    internal static Artefact ArtefactOf(FolderFile file, IReadOnlyDictionary<string, Digest> digests)
    {
        var type = FileTypes.Of(file.Path);
        return new Artefact { Path = file.Path, Kind = type.Kind, MediaType = type.MediaType, Digest = digests[file.Path], Size = file.Size };
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
        if (PlainText.Line(okh.License, 200) is not { } license || license is NoLicense or "LicenseRef-NOASSERTION")
        {
            findings.Add(FindingKind.LicenseMissing, null,
                $"{(isYaml ? "license.hardware" : "license")} is missing, so nobody may make this legally; {NoLicense} was recorded. "
                + "Choose one and write its SPDX id, such as CERN-OHL-S-2.0.");
            return NoLicense;
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
        clean = clean.Length switch { 0 => None, > 64 => clean[..64], _ => clean };
        if (clean != version)
        {
            findings.Add(FindingKind.ValueForm, null, $"version is '{PlainText.Line(version, 100)}'; '{clean}' was recorded. Use letters, digits, dots and dashes, such as 1.2.0.");
        }

        return clean;
    }

    [GeneratedRegex(@"\.(zip|tar|tgz|tar\.gz)\z", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex ArchiveEndingPattern();

    [GeneratedRegex(@"\A([0-9a-f]{40}|[0-9a-f]{64})\z", RegexOptions.CultureInvariant)]
    private static partial Regex CommitPattern();

    [GeneratedRegex(@"[^0-9A-Za-z.+_-]+", RegexOptions.CultureInvariant)]
    private static partial Regex InVersionPattern();
}
