// How far a run was when the process died: a small file, rewritten every few seconds and never synced.

using System.Globalization;
using FabNet.Edge.Storage;
using FabNet.Model;

namespace FabNet.Edge.Machines;

/// <summary>The mark of one machine's run. Used by the machine's listener alone, but for reading at the start.</summary>
internal sealed class RunMark(string path, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private long _written;
    private bool _isWritten;

    /// <summary>Writes the mark, at most every five seconds: a lost one costs a vaguer message, no more.</summary>
    /// <returns>Null, or what the disk said.</returns>
    public string? Write(JobId job, int epoch, int line)
    {
        if (_isWritten && time.GetElapsedTime(_written) < Interval)
        {
            return null;
        }

        _isWritten = true;
        _written = time.GetTimestamp();
        try
        {
            var temporary = path + ".tmp";
            File.WriteAllText(temporary, string.Create(CultureInfo.InvariantCulture, $"{job} {epoch} {line}\n"));
            File.Move(temporary, path, overwrite: true);
            return null;
        }
        catch (IOException e)
        {
            return Disk.Explain(e, path).Message;
        }
    }

    /// <summary>The line that was marked for a job's run; 0 if none was.</summary>
    public int Read(JobId job, int epoch)
    {
        try
        {
            var words = File.ReadAllText(path).Split(' ', StringSplitOptions.TrimEntries);
            return words is [var marked, var ofEpoch, var line] && marked == job.Value
                && int.TryParse(ofEpoch, CultureInfo.InvariantCulture, out var e) && e == epoch
                && int.TryParse(line, CultureInfo.InvariantCulture, out var number) ? number : 0;
        }
        catch (IOException)
        {
            return 0; // There is no mark: the run was too short for one.
        }
    }

    /// <summary>Removes the mark.</summary>
    public void Clear()
    {
        _isWritten = false;
        Disk.TryDelete(path);
    }
}
