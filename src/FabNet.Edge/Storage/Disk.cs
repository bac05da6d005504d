// What the edge needs of a disk: files that are whole or absent after a crash, and a full disk that says which disk it is.

using System.Globalization;
using System.Text;
using FabNet.Journal;

namespace FabNet.Edge.Storage;

/// <summary>A disk is full. The message names the folder and the disk.</summary>
public sealed class DiskFullException : IOException
{
    /// <summary>Creates the exception.</summary>
    public DiskFullException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    /// <summary>True if the whole disk is too small: waiting for space does not help.</summary>
    public bool IsForGood { get; init; }
}

/// <summary>Whole files, and honest words for a full disk.</summary>
internal static class Disk
{
    private const long JournalReserveBytes = 1_000_000;

    /// <summary>True if an exception says that a disk has no space left.</summary>
    public static bool IsFull(Exception e) => e is DiskFullException || FullDisk.IsCauseOf(e);

    /// <summary>Names the disk of a path with what is free on it, for a message.</summary>
    public static string Describe(string path)
    {
        try
        {
            var drive = new DriveInfo(FindMount(Path.GetFullPath(path)));
            return string.Create(CultureInfo.InvariantCulture, $"the disk of {path} (mounted at {drive.Name}, {drive.AvailableFreeSpace / 1e6:0.#} MB free)");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return $"the disk of {path}";
        }
    }

    /// <summary>The same exception, or one that says which disk is full.</summary>
    public static IOException Explain(IOException e, string path) => IsFull(e) && e is not DiskFullException
        ? new DiskFullException($"There is no space left on {Describe(path)}. Free some space; the work is tried again.", e)
        : e;

    /// <summary>Refuses to begin what would fill a disk to the last byte: the journal lives there too.</summary>
    /// <param name="path">Where it will be written.</param>
    /// <param name="bytes">How much.</param>
    /// <exception cref="DiskFullException">There is not so much space, or less than a megabyte would be left.</exception>
    public static void RequireSpace(string path, long bytes)
    {
        var drive = new DriveInfo(Path.GetFullPath(path));
        var isForGood = drive.TotalSize < bytes + JournalReserveBytes;
        if (isForGood || drive.AvailableFreeSpace < bytes + JournalReserveBytes)
        {
            throw new DiskFullException(string.Create(
                CultureInfo.InvariantCulture,
                $"There is no space left for {bytes / 1e6:0.#} MB on {Describe(path)}. {(isForGood ? $"It has {drive.TotalSize / 1e6:0.#} MB in all: this site needs a larger one for that." : "Free some space; the work is tried again.")}"))
            {
                IsForGood = isForGood,
            };
        }
    }

    /// <summary>Makes a file that is written in full visible under its name: synced, then renamed, so that a crash leaves it whole or absent.</summary>
    public static void Publish(FileStream written, string finalPath)
    {
        written.Flush(flushToDisk: true);
        File.Move(written.Name, finalPath, overwrite: true);
    }

    /// <summary>Puts a small text in place of a file's content: after a crash it holds the old one or the new one. Creates the folder.</summary>
    public static void Replace(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var file = new FileStream(path + ".tmp", FileMode.Create, FileAccess.Write);
        file.Write(Encoding.UTF8.GetBytes(text));
        Publish(file, path);
    }

    /// <summary>Deletes a file if it is there; a file that can't be deleted now is left.</summary>
    public static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It stays until the next clean-up, which tries again; nothing depends on its absence.
        }
    }

    private static string FindMount(string path)
    {
        var best = Path.GetPathRoot(path)!;
        foreach (var drive in DriveInfo.GetDrives())
        {
            var name = drive.Name;
            if (name.Length > best.Length && (path == name || path.StartsWith(name.EndsWith(Path.DirectorySeparatorChar) ? name : name + Path.DirectorySeparatorChar, StringComparison.Ordinal)))
            {
                best = name;
            }
        }

        return best;
    }
}
