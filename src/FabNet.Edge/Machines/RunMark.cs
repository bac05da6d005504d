// How far a run was when the process or the power died: a small file of two slots, written in turn and synced.

using System.Globalization;
using System.Text;
using FabNet.Edge.Storage;
using FabNet.Model;

namespace FabNet.Edge.Machines;

/// <summary>What a mark says.</summary>
/// <param name="Line">A line of the whole program that was surely executed; 0 for none.</param>
/// <param name="LineCount">How many lines the whole program has.</param>
internal readonly record struct MarkedLine(int Line, int LineCount);

/// <summary>
/// The mark of one machine's run: a line that was surely executed. Each slot has its own disk block, number and checksum, so that a write torn by a power cut damages the
/// newer mark only, and the older one counts: a line too early is safe. Thread safe; an order ends before the next one's <see cref="Begin"/>.
/// </summary>
internal sealed class RunMark(string path, TimeProvider time)
{
    private const int SlotBytes = 4096;

    // A report comes each second, so that with this a cut loses five seconds at most.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(4);

    private readonly Lock _gate = new();
    private (JobId Job, int Epoch, int LineCount) _run;
    private long _number;
    private long _written;

    /// <summary>Sets the mark of a run that is about to start, and waits for the disk: whatever was marked before is void.</summary>
    /// <exception cref="IOException">It can't be written: the run must not start.</exception>
    public void Begin(JobId job, int epoch, MarkedLine marked)
    {
        lock (_gate)
        {
            _run = (job, epoch, marked.LineCount);
            File.Delete(path);
            Put(marked.Line);
        }
    }

    /// <summary>Marks a line, at most every four seconds, and waits for the disk.</summary>
    /// <returns>Null, or what the disk said: then the line before holds.</returns>
    public string? Write(JobId job, int epoch, int line)
    {
        lock (_gate)
        {
            if (_run.Job != job || _run.Epoch != epoch || time.GetElapsedTime(_written) < Interval)
            {
                return null;
            }

            try
            {
                Put(line);
                return null;
            }
            catch (IOException e)
            {
                return Disk.Explain(e, path).Message;
            }
        }
    }

    /// <summary>The line that was marked for a job's run; null if none was.</summary>
    public MarkedLine? Read(JobId job, int epoch)
    {
        try
        {
            using var file = File.OpenRead(path);
            var slots = new byte[2 * SlotBytes];
            var length = file.ReadAtLeast(slots, slots.Length, throwOnEndOfStream: false);
            var marks = new[] { Parse(slots.AsSpan(0, Math.Min(length, SlotBytes))), Parse(slots.AsSpan(Math.Min(length, SlotBytes), Math.Max(0, length - SlotBytes))) };
            var last = marks.Where(m => m is { } mark && mark.Job == job.Value && mark.Epoch == epoch).MaxBy(m => m!.Value.Number);
            return last?.Marked;
        }
        catch (IOException)
        {
            return null; // There is no mark, or the disk is broken: nothing is known.
        }
    }

    /// <summary>Removes the mark.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _run = default;
            Disk.TryDelete(path);
        }
    }

    private void Put(int line)
    {
        _number++;
        _written = time.GetTimestamp();
        var text = string.Create(CultureInfo.InvariantCulture, $"{_number} {_run.Job} {_run.Epoch} {line} {_run.LineCount}");
        using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, bufferSize: 0);
        file.Position = _number % 2 * SlotBytes;
        file.Write(Encoding.ASCII.GetBytes($"{text} {CheckOf(text)}\n"));
        file.Flush(flushToDisk: true);
    }

    private static (long Number, string Job, int Epoch, MarkedLine Marked)? Parse(ReadOnlySpan<byte> slot)
    {
        var end = slot.IndexOf((byte)'\n');
        var words = end < 0 ? [] : Encoding.ASCII.GetString(slot[..end]).Split(' ');
        return words is [var number, var job, var epoch, var line, var count, var check] && check == CheckOf(string.Join(' ', words[..5]))
            && long.TryParse(number, CultureInfo.InvariantCulture, out var n)
            && int.TryParse(epoch, CultureInfo.InvariantCulture, out var e)
            && int.TryParse(line, CultureInfo.InvariantCulture, out var l)
            && int.TryParse(count, CultureInfo.InvariantCulture, out var c) ? (n, job, e, new MarkedLine(l, c)) : null;
    }

    private static string CheckOf(string text) => Digest.Of(Encoding.ASCII.GetBytes(text)).Hex[..16];
}
