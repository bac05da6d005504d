// Unpacks an archive of a design into a folder of our own, file by file, within limits, trusting nothing that it says.

using System.Formats.Tar;
using System.IO.Compression;
using FabNet.Catalogue.OpenKnowHow;
using FabNet.Protocol;

namespace FabNet.Catalogue.Designs;

/// <summary>
/// Unpacks zip, tar and tar.gz as streams: no file lies in memory, and what the archive says of sizes is only a reason to refuse it
/// earlier. Nothing but plain files with good names is written, under names of our own making within one folder.
/// </summary>
internal sealed class DesignArchive
{
    /// <summary>Below this many bytes a high ratio is no bomb.</summary>
    private const long FreeBytes = 64L << 20;

    private readonly string _path;
    private readonly string _target;
    private readonly ImportLimits _limits;
    private readonly FindingList _findings;
    private readonly List<FolderFile> _files = [];
    private readonly HashSet<string> _seen = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _folders = new(StringComparer.OrdinalIgnoreCase);
    private readonly byte[] _buffer = new byte[128 * 1024];
    private long _archiveBytes;
    private long _totalBytes;
    private int _entries;

    private DesignArchive(string path, string target, ImportLimits limits, FindingList findings) =>
        (_path, _target, _limits, _findings) = (path, target, limits, findings);

    private enum Form
    {
        Unknown,
        Zip,
        Tar,
        TarGzip,
    }

    /// <summary>True for a file that begins as an archive does, whatever its name.</summary>
    public static bool IsArchive(string path) => FormOf(path) != Form.Unknown;

    /// <summary>Unpacks an archive; the files come with their paths in it and their digests.</summary>
    /// <exception cref="DesignImportException">It is damaged, or beyond a limit.</exception>
    public static async Task<IReadOnlyList<FolderFile>> UnpackAsync(string path, string target, ImportLimits limits, FindingList findings, CancellationToken cancellationToken)
    {
        var archive = new DesignArchive(path, target, limits, findings);
        try
        {
            await archive.UnpackAsync(FormOf(path), cancellationToken);
            return WithoutWrapper(archive._files);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException or InvalidOperationException or ArgumentException or NotSupportedException)
        {
            throw new DesignImportException($"The archive {path} is damaged, or not of a form that can be read: {e.Message}", e);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or (IOException and not DesignImportException))
        {
            throw new DesignImportException($"The archive {path} can't be unpacked to {target}: {e.Message}", e);
        }
    }

    private static Form FormOf(string path)
    {
        Span<byte> start = stackalloc byte[262];
        using var stream = File.OpenRead(path);
        start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        return start.StartsWith("PK\u0003\u0004"u8) || start.StartsWith("PK\u0005\u0006"u8) ? Form.Zip
            : start.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]) ? Form.TarGzip
            : start.Length == 262 && start[257..].SequenceEqual("ustar"u8) ? Form.Tar
            : Form.Unknown;
    }

    // Archives of a repository hold one folder with everything in it.
    private static List<FolderFile> WithoutWrapper(List<FolderFile> files)
    {
        var wrapper = files.Count == 0 || files[0].Path.IndexOf('/', StringComparison.Ordinal) is not (> 0 and var slash) ? "" : files[0].Path[..(slash + 1)];
        return wrapper.Length > 0 && files.TrueForAll(f => f.Path.StartsWith(wrapper, StringComparison.Ordinal)) && !files.Exists(f => DesignImporter.IsManifestName(f.Path))
            ? files.ConvertAll(f => f with { Path = f.Path[wrapper.Length..] })
            : files;
    }

    private async Task UnpackAsync(Form form, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.Read, 64 * 1024, FileOptions.SequentialScan);
        _archiveBytes = file.Length;
        switch (form)
        {
            case Form.Zip:
                ZipDirectory.RequireAtMost(file, _limits.MaxFiles * 2);
                using (var zip = new ZipArchive(file, ZipArchiveMode.Read))
                {
                    foreach (var entry in zip.Entries)
                    {
                        await AddAsync(entry, cancellationToken);
                    }
                }

                break;
            case Form.Tar:
                await UnpackTarAsync(file, cancellationToken);
                break;
            case Form.TarGzip:
                await using (var plain = new GZipStream(file, CompressionMode.Decompress))
                {
                    await UnpackTarAsync(plain, cancellationToken);
                }

                break;
        }
    }

    private async Task UnpackTarAsync(Stream stream, CancellationToken cancellationToken)
    {
        await using var bounded = new BoundedStream(stream);
        await using var tar = new TarReader(bounded);
        while (true)
        {
            // A header may announce a name of 2 GB, which the reader would fetch into memory.
            bounded.Allow(BoundedStream.HeaderBytes);
            if (await tar.GetNextEntryAsync(copyData: false, cancellationToken) is not { } entry)
            {
                return;
            }

            bounded.Allow(long.MaxValue);
            var isFile = entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile;
            var isSilent = entry.EntryType is TarEntryType.Directory or TarEntryType.GlobalExtendedAttributes;
            var target = Admit(entry.Name, isFile ? entry.Length : 0, isFile ? null : isSilent ? "" : $"is a {Name(entry.EntryType)}, which is not published. Put a copy of the file in its place.");
            await (target is { } wanted ? CopyAsync(entry.DataStream, wanted, entry.Length, cancellationToken) : SkipAsync(entry.DataStream, cancellationToken));
        }
    }

    // What is left out passes through too, and must not go on for ever.
    private async Task SkipAsync(Stream? data, CancellationToken cancellationToken)
    {
        int read;
        while (data is not null && (read = await data.ReadAsync(_buffer, cancellationToken)) > 0)
        {
            _totalBytes += read;
            RequireRoom("(left out)", 0);
        }
    }

    private async Task AddAsync(ZipArchiveEntry entry, CancellationToken cancellationToken)
    {
        // The upper half of the attributes is a Unix mode where the archive was made on such a system.
        const int TypeMask = 0xF000, Link = 0xA000, Plain = 0x8000, Folder = 0x4000;
        var type = (entry.ExternalAttributes >> 16) & TypeMask;
        var isFolder = entry.FullName.EndsWith('/') || type == Folder;
        var reason = isFolder ? ""
            : type == Link ? "is a link, and links are not published. Put a copy of the file in its place."
            : type is 0 or Plain ? entry.IsEncrypted ? "is encrypted. It was left out; publish it without a password." : null
            : "is not a plain file, and was left out.";
        if (Admit(entry.FullName, entry.Length, reason) is { } target)
        {
            await using var data = await entry.OpenAsync(cancellationToken);
            await CopyAsync(data, target, entry.Length, cancellationToken);
        }
    }

    /// <summary>Where an entry goes: null if it is left out, with a finding unless the reason is empty.</summary>
    private FolderFile? Admit(string name, long claimed, string? reason)
    {
        if (++_entries > _limits.MaxFiles * 2)
        {
            throw new DesignImportException($"The archive {_path} has more than {_limits.MaxFiles * 2} entries. Publish the folder of one design, without what is made from it.");
        }

        var path = ComposedText.Of(name);
        path = path.StartsWith("./", StringComparison.Ordinal) ? path[2..] : path;
        if (reason?.Length == 0 || IsHidden(path))
        {
            return null;
        }

        var fault = DesignPath.FindFault(path) is { } bad ? $"{bad}. It was left out; give it another name." : reason;
        fault ??= _seen.Contains(path) ? "is there twice (upper and lower case do not matter). The first was taken; give the other another name." : null;
        fault ??= _folders.Contains(path) || ParentsOf(path).Any(_seen.Contains) ? "stands for a file and for a folder. It was left out; give one of them another name." : null;
        if (fault is not null)
        {
            _findings.Add(FindingKind.FileLeftOut, PlainText.Line(path, 300) ?? "a file without a name", null, fault);
            return null;
        }

        if (path.Count(c => c == '/') > _limits.MaxDepth)
        {
            throw new DesignImportException($"The file '{path}' is more than {_limits.MaxDepth} folders deep. Publish a flatter folder.");
        }

        if (_files.Count == _limits.MaxFiles)
        {
            throw new DesignImportException($"The archive {_path} has more than {_limits.MaxFiles} files. Publish one design, without what is made from it.");
        }

        RequireRoom(path, claimed);
        _seen.Add(path);
        _folders.UnionWith(ParentsOf(path));
        return new FolderFile(path, Path.Combine(_target, _files.Count.ToString(System.Globalization.CultureInfo.InvariantCulture)), 0);
    }

    private async Task CopyAsync(Stream? data, FolderFile file, long claimed, CancellationToken cancellationToken)
    {
        using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        long size = 0;
        await using (var target = new FileStream(file.FullPath, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            int read;
            while (data is not null && (read = await data.ReadAsync(_buffer, cancellationToken)) > 0)
            {
                size += read;
                RequireRoom(file.Path, size);
                hash.AppendData(_buffer, 0, read);
                await target.WriteAsync(_buffer.AsMemory(0, read), cancellationToken);
            }
        }

        if (size != claimed)
        {
            throw new DesignImportException($"The archive {_path} is damaged: it says that {file.Path} has {claimed} bytes, and {size} are there.");
        }

        _totalBytes += size;
        _files.Add(file with { Size = size, Digest = Model.Digest.FromHash(hash.GetHashAndReset()) });
    }

    private void RequireRoom(string path, long size)
    {
        if (size > _limits.MaxFileBytes)
        {
            throw new DesignImportException($"The file {path} has {size} bytes or more; at most {_limits.MaxFileBytes} can be published. Remove it or make it smaller.");
        }

        if (_totalBytes + size > _limits.MaxTotalBytes)
        {
            throw new DesignImportException($"The archive {_path} has more than {_limits.MaxTotalBytes} bytes. Publish one design, without what is made from it.");
        }

        if (_totalBytes + size - FreeBytes > (decimal)_archiveBytes * _limits.MaxArchiveRatio)
        {
            throw new DesignImportException($"The archive {_path} would unpack to more than {_limits.MaxArchiveRatio} times its size, as only bombs do. Publish the folder instead if it is none.");
        }
    }

    // A hidden file is passed over in silence, as in a folder; what only begins with dots on its way out is told.
    private static bool IsHidden(string path)
    {
        var names = path.Split('/');
        return names.Any(DesignFolder.IsHidden) && DesignPath.FindFault(string.Join('/', names.Select(n => n.Trim('.').Length > 0 ? n.TrimStart('.') : n))) is null;
    }

    private static IEnumerable<string> ParentsOf(string path)
    {
        for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash > 0; slash = path.IndexOf('/', slash + 1))
        {
            yield return path[..slash];
        }
    }

    private static string Name(TarEntryType type) => type switch
    {
        TarEntryType.SymbolicLink => "link",
        TarEntryType.HardLink => "hard link",
        TarEntryType.Fifo => "pipe",
        TarEntryType.BlockDevice or TarEntryType.CharacterDevice => "device",
        _ => $"special entry ({type})",
    };
}
