// Imports a folder or an archive with an Open Know-How manifest: takes what is there, says what is missing, guesses no licence.

using System.Text.RegularExpressions;
using FabNet.Catalogue.OpenKnowHow;
using FabNet.Model;
using FabNet.Model.Designs;
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

    /// <summary>The files that a design's manifest may be in, the one that counts first.</summary>
    internal static readonly string[] ManifestNames = [OkhWriter.FileName, "okh.yml", "okh.yaml"];

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
            var design = DesignAssembly.Assemble(TitleOf(source), okh, isYaml, files, git, digests, findings);
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

    internal static Artefact ArtefactOf(FolderFile file, IReadOnlyDictionary<string, Digest> digests)
    {
        var type = FileTypes.Of(file.Path);
        return new Artefact { Path = file.Path, Kind = type.Kind, MediaType = type.MediaType, Digest = digests[file.Path], Size = file.Size };
    }

    [GeneratedRegex(@"\.(zip|tar|tgz|tar\.gz)\z", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex ArchiveEndingPattern();
}
