// Files by digest of what made them, bounded by size: the least recently used go first.

using FabNet.Model;

namespace FabNet.Edge.Storage;

/// <summary>
/// A folder of files named by digest. A file is there whole or not at all. When it was last used is its access time, which the cache sets
/// itself, so it holds on disks mounted with <c>noatime</c>. Thread safe; several processes may share a folder.
/// </summary>
internal sealed class FileCache
{
    /// <summary>Ends the name of a file that is not whole yet.</summary>
    public const string PartialExtension = ".partial";

    private static readonly TimeSpan PartialAge = TimeSpan.FromDays(7);

    private readonly string _extension;
    private readonly long _maxBytes;
    private readonly TimeProvider _time;
    private readonly Lock _evicting = new();

    public FileCache(string folder, string extension, long maxBytes, TimeProvider time)
    {
        Folder = Path.GetFullPath(folder);
        _extension = extension;
        _maxBytes = maxBytes;
        _time = time;
    }

    public string Folder { get; }

    /// <summary>Where a file is gathered that is not whole yet; forgotten after a week without news.</summary>
    public string PartialPathOf(Digest key) => Path.Combine(Folder, key.Hex + PartialExtension);

    public string PathOf(Digest key) => Path.Combine(Folder, key.Hex + _extension);

    /// <summary>Opens a file that is there, and counts it as used. What is open stays readable when it is evicted.</summary>
    public FileStream? TryOpen(Digest key)
    {
        try
        {
            var file = Open(PathOf(key));
            File.SetLastAccessTimeUtc(file.SafeFileHandle, _time.GetUtcNow().UtcDateTime);
            return file;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Copies a file into the cache and opens it.</summary>
    public async Task<FileStream> AddAsync(Digest key, string source, CancellationToken cancellationToken)
    {
        await using var from = Open(source);
        return await AddAsync(key, to => from.CopyToAsync(to, cancellationToken));
    }

    /// <summary>Writes a file of the cache and opens it.</summary>
    public async Task<FileStream> AddAsync(Digest key, Func<FileStream, Task> write)
    {
        Directory.CreateDirectory(Folder);
        var temporary = Path.Combine(Folder, $".{Guid.NewGuid():N}.tmp");
        try
        {
            await using var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete);
            await write(file);
            file.Flush(flushToDisk: true);
            return Publish(key, temporary);
        }
        finally
        {
            Disk.TryDelete(temporary);
        }
    }

    /// <summary>Makes a file that is whole and synced part of the cache, and opens it.</summary>
    public FileStream Publish(Digest key, string whole)
    {
        var path = PathOf(key);
        File.Move(whole, path, overwrite: true);
        var file = Open(path);
        File.SetLastAccessTimeUtc(file.SafeFileHandle, _time.GetUtcNow().UtcDateTime);
        Evict(keep: path);
        return file;
    }

    private void Evict(string keep)
    {
        lock (_evicting)
        {
            foreach (var forgotten in new DirectoryInfo(Folder).GetFiles("*" + PartialExtension).Where(f => f.LastWriteTimeUtc < _time.GetUtcNow().UtcDateTime - PartialAge))
            {
                Disk.TryDelete(forgotten.FullName);
            }

            var files = new DirectoryInfo(Folder).GetFiles("*" + _extension);
            var total = files.Sum(f => f.Length);
            foreach (var file in files.OrderBy(f => f.LastAccessTimeUtc))
            {
                if (total <= _maxBytes)
                {
                    return;
                }

                if (file.FullName != keep)
                {
                    total -= file.Length;
                    Disk.TryDelete(file.FullName);
                }
            }
        }
    }

    private static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
}
