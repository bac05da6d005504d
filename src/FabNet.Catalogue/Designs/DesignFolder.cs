// The files of a design's folder, as far as they may be published.

using FabNet.Catalogue.OpenKnowHow;
using FabNet.Model;
using FabNet.Protocol;

namespace FabNet.Catalogue.Designs;

/// <summary>A file of a folder.</summary>
/// <param name="Path">Within the folder, with forward slashes.</param>
/// <param name="FullPath">On this machine.</param>
/// <param name="Size">In bytes, when it was listed.</param>
/// <param name="Digest">Of its bytes, where they were read already; null where not.</param>
internal readonly record struct FolderFile(string Path, string FullPath, long Size, Digest? Digest = null);

/// <summary>
/// Lists a folder once. Links are never followed (a link could publish a file from outside), hidden files and folders (<c>.git</c>, …)
/// are not part of a design, and names that could not be written on every system are left out with a finding. Names are composed (NFC), as
/// not all systems write them.
/// </summary>
internal sealed class DesignFolder
{
    private readonly SortedDictionary<string, FolderFile> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _byFoldedPath = new(StringComparer.OrdinalIgnoreCase);
    private readonly ImportLimits _limits;
    private readonly FindingList _findings;
    private long _totalBytes;

    private DesignFolder(ImportLimits limits, FindingList findings) => (_limits, _findings) = (limits, findings);

    /// <summary>The files in the order of their paths.</summary>
    public IReadOnlyCollection<FolderFile> Files => _files.Values;

    /// <summary>Lists a folder.</summary>
    /// <exception cref="DesignImportException">It is beyond a limit, or can't be read.</exception>
    public static DesignFolder List(string root, ImportLimits limits, FindingList findings)
    {
        var folder = new DesignFolder(limits, findings);
        try
        {
            folder.AddAll(new DirectoryInfo(root), "", depth: 0);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or (IOException and not DesignImportException))
        {
            throw new DesignImportException($"The folder {root} can't be read: {e.Message}", e);
        }

        return folder;
    }

    /// <summary>Lists what was unpacked, whose digests are known.</summary>
    /// <exception cref="DesignImportException">It is beyond a limit.</exception>
    public static DesignFolder Of(IEnumerable<FolderFile> unpacked, ImportLimits limits, FindingList findings)
    {
        var folder = new DesignFolder(limits, findings);
        foreach (var file in unpacked)
        {
            folder.Add(file);
        }

        return folder;
    }

    public bool TryGet(string path, out FolderFile file) => _files.TryGetValue(path, out file);

    /// <summary>Takes a file out of the design.</summary>
    public void Remove(string path)
    {
        _files.Remove(path);
        _byFoldedPath.Remove(path);
    }

    /// <summary>The files that a manifest's path names: one file, or all in a folder. Reports a path that names none.</summary>
    public IReadOnlyList<FolderFile> Resolve(OkhFile named)
    {
        var path = ComposedText.Of(named.Path).Replace('\\', '/').TrimEnd('/');
        while (path.StartsWith("./", StringComparison.Ordinal))
        {
            path = path[2..];
        }

        if (path is "" or ".")
        {
            return [];
        }

        if (_files.TryGetValue(path, out var file))
        {
            return [file];
        }

        if (DesignPath.FindFault(path) is { } fault)
        {
            _findings.Add(FindingKind.FileLeftOut, named.Line, $"{named.Field} names '{OneLine(named.Path)}', which {fault}.");
            return [];
        }

        var within = _files.Values.Where(f => f.Path.StartsWith(path + "/", StringComparison.Ordinal)).ToList();
        if (within.Count > 0)
        {
            return within;
        }

        if (_byFoldedPath.TryGetValue(path, out var sameButCase))
        {
            _findings.Add(FindingKind.ValueForm, named.Line, $"{named.Field} names '{path}'; the file is '{sameButCase}'. Write it in the same case.");
            return [_files[sameButCase]];
        }

        _findings.Add(FindingKind.FileMissing, named.Line, $"{named.Field} names '{OneLine(path)}', which is not in the folder. Add the file or remove the line.");
        return [];
    }

    private void AddAll(DirectoryInfo folder, string prefix, int depth)
    {
        if (depth > _limits.MaxDepth)
        {
            throw new DesignImportException($"The folder '{prefix}' is more than {_limits.MaxDepth} folders deep. Publish a flatter folder.");
        }

        foreach (var entry in folder.EnumerateFileSystemInfos().OrderBy(e => e.Name, StringComparer.Ordinal))
        {
            var path = prefix + ComposedText.Of(entry.Name);
            if (IsHidden(entry.Name))
            {
                continue;
            }

            if (entry.LinkTarget is not null || entry.Attributes.HasFlag(FileAttributes.ReparsePoint))
            {
                _findings.Add(FindingKind.FileLeftOut, OneLine(path), null, "is a link, and links are not published. Put a copy of the file in its place.");
            }
            else if (entry is DirectoryInfo subfolder)
            {
                AddAll(subfolder, path + "/", depth + 1);
            }
            else if (entry is FileInfo file)
            {
                Add(new FolderFile(path, file.FullName, file.Length));
            }
        }
    }

    /// <summary>Hidden files and an editor's copies are not part of a design.</summary>
    public static bool IsHidden(string name) => name.StartsWith('.') || name.EndsWith('~');

    private void Add(FolderFile file)
    {
        var (path, size) = (file.Path, file.Size);
        if (DesignPath.FindFault(path) is { } fault)
        {
            _findings.Add(FindingKind.FileLeftOut, OneLine(path), null, $"{fault}. It was left out; give it another name.");
            return;
        }

        if (_byFoldedPath.TryGetValue(path, out var other))
        {
            _findings.Add(FindingKind.FileLeftOut, path, null, $"differs from {other} in upper and lower case only, which some systems can't hold. It was left out; give it another name.");
            return;
        }

        if (NameForm.FindMix(path) is { } mix)
        {
            _findings.Add(FindingKind.NameUnclear, path, null, mix);
        }

        if (size > _limits.MaxFileBytes)
        {
            throw new DesignImportException($"The file {path} has {size} bytes; at most {_limits.MaxFileBytes} can be published. Remove it or make it smaller.");
        }

        if (_files.Count == _limits.MaxFiles || (_totalBytes += size) > _limits.MaxTotalBytes)
        {
            throw new DesignImportException($"The folder has more than {_limits.MaxFiles} files or {_limits.MaxTotalBytes} bytes. Publish the folder of one design, without what is made from it.");
        }

        if (IsGitLfsPointer(file))
        {
            _findings.Add(FindingKind.LfsPointer, path, null, "is a pointer of Git LFS, not the file itself. It was left out; fetch them with git lfs pull, and import again.");
            return;
        }

        _byFoldedPath.Add(path, path);
        _files.Add(path, file);
    }

    // Empty files are never opened here or later: a pipe or a device has no length, and opening it could wait for ever.
    private static bool IsGitLfsPointer(FolderFile file)
    {
        if (file.Size is 0 or > 1024)
        {
            return false;
        }

        Span<byte> start = stackalloc byte[42];
        using var stream = File.OpenRead(file.FullPath);
        var read = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        return start[..read].StartsWith("version https://git-lfs.github.com/spec/v1"u8);
    }

    private static string OneLine(string path) => string.Concat(path.Where(c => !char.IsControl(c)));
}
