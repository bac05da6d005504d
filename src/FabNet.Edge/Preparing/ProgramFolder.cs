// The admitted programs on disk, named by job, epoch and digest.

using FabNet.Edge.Storage;
using FabNet.GCode;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using Microsoft.Win32.SafeHandles;

namespace FabNet.Edge.Preparing;

/// <summary>
/// Where admission writes programs. Only <see cref="Admission"/> can make an <see cref="AdmittedProgram"/>, so after a restart jobs are
/// admitted again. What an earlier process left is removed, but for the programs of jobs that it had started: with these an interrupted job can be gone on with.
/// </summary>
internal sealed class ProgramFolder
{
    /// <param name="folder">The folder.</param>
    /// <param name="started">The jobs whose programs are kept.</param>
    /// <exception cref="IOException">The folder can't be made or cleaned.</exception>
    public ProgramFolder(string folder, IEnumerable<Job> started)
    {
        Folder = Path.GetFullPath(folder);
        Directory.CreateDirectory(Folder);
        var kept = started.Where(static job => job.Program is not null).Select(job => PathOf(job, job.Program!.Value)).ToHashSet(StringComparer.Ordinal);
        foreach (var left in Directory.EnumerateFiles(Folder).Where(path => !kept.Contains(path)))
        {
            Disk.TryDelete(left);
        }
    }

    /// <summary>Its full path.</summary>
    public string Folder { get; }

    /// <summary>Where a job's admitted program lies.</summary>
    public string PathOf(Job job, Digest program) => Path.Combine(Folder, $"{job.Id}.{job.Epoch}.{program.Hex}.gcode");

    /// <summary>Admits G-code into a file of its own, which is on the disk when this returns.</summary>
    /// <returns>The result, and the file's path if it was admitted.</returns>
    /// <exception cref="DiskFullException">There is no space left.</exception>
    public (AdmissionResult Result, string? Path) Admit(Stream gcode, Job job, MachineProfile profile, CancellationToken cancellationToken)
    {
        var sink = Create(FileOptions.None);
        var isKept = false;
        try
        {
            var result = Admission.Check(gcode, profile, sink, cancellationToken: cancellationToken);
            if (result.Program is not { } program)
            {
                return (result, null);
            }

            var path = PathOf(job, program.Digest);
            Disk.Publish(sink, path);
            SyncName(sink.SafeFileHandle);
            isKept = true;
            return (result, path);
        }
        catch (IOException e)
        {
            throw Disk.Explain(e, Folder);
        }
        finally
        {
            if (!isKept)
            {
                Discard(sink);
            }
        }
    }

    /// <summary>A file for a program that lives no longer than what holds it.</summary>
    /// <exception cref="IOException">It can't be made.</exception>
    public FileStream CreateTemporary() => Create(FileOptions.DeleteOnClose);

    /// <summary>Removes a program that is no longer needed.</summary>
    public static void Remove(Prepared prepared)
    {
        prepared.Dispose();
        Disk.TryDelete(prepared.Path);
    }

    /// <summary>Gives up a file whose program was refused.</summary>
    public static void Discard(FileStream sink)
    {
        var path = sink.Name;
        try
        {
            sink.Dispose();
        }
        catch (IOException)
        {
            // The disk is full: closing tries to write what is left of a file that is deleted next.
        }

        Disk.TryDelete(path);
    }

    private FileStream Create(FileOptions options) => new(
        Path.Combine(Folder, $"{Guid.NewGuid():N}.tmp"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, 64 * 1024, options);

    // The rename is a change of its own: Linux file systems that journal write it with the file.
    private static void SyncName(SafeFileHandle file) => RandomAccess.FlushToDisk(file);
}
