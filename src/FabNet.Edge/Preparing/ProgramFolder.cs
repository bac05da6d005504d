// The admitted programs on disk, named by digest.

using FabNet.Edge.Storage;
using FabNet.GCode;
using FabNet.Model.Machines;

namespace FabNet.Edge.Preparing;

/// <summary>
/// Where admission writes programs. Only <see cref="Admission"/> can make an <see cref="AdmittedProgram"/>, so after a restart jobs are
/// admitted again, and what an earlier process left is removed.
/// </summary>
internal sealed class ProgramFolder
{
    private readonly string _folder;

    /// <exception cref="IOException">The folder can't be made or cleaned.</exception>
    public ProgramFolder(string folder)
    {
        _folder = Path.GetFullPath(folder);
        Directory.CreateDirectory(_folder);
        foreach (var left in Directory.EnumerateFiles(_folder))
        {
            Disk.TryDelete(left);
        }
    }

    /// <summary>Admits G-code into a file of its own.</summary>
    /// <returns>The result, and the file's path if it was admitted.</returns>
    /// <exception cref="DiskFullException">There is no space left.</exception>
    public (AdmissionResult Result, string? Path) Admit(Stream gcode, MachineProfile profile, CancellationToken cancellationToken)
    {
        var temporary = Path.Combine(_folder, $"{Guid.NewGuid():N}.tmp");
        var sink = new FileStream(temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, 64 * 1024);
        var isKept = false;
        try
        {
            var result = Admission.Check(gcode, profile, sink, cancellationToken: cancellationToken);
            if (result.Program is not { } program)
            {
                return (result, null);
            }

            var path = Path.Combine(_folder, $"{program.Digest.Hex}.{Guid.NewGuid():N}.gcode");
            Disk.Publish(sink, path);
            isKept = true;
            return (result, path);
        }
        catch (IOException e)
        {
            throw Disk.Explain(e, _folder);
        }
        finally
        {
            if (!isKept)
            {
                Discard(sink, temporary);
            }
        }
    }

    /// <summary>Removes a program that is no longer needed.</summary>
    public static void Remove(Prepared prepared)
    {
        prepared.Dispose();
        Disk.TryDelete(prepared.Path);
    }

    private static void Discard(FileStream sink, string path)
    {
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
}
