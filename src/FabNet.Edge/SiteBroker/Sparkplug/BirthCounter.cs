// bdSeq: the number that ties a node's death to its birth, kept across restarts.

using System.Globalization;
using FabNet.Edge.Storage;

namespace FabNet.Edge.SiteBroker.Sparkplug;

/// <summary>Counts connections from 0 to 255, then from 0 again, in a file. Not thread safe.</summary>
internal sealed class BirthCounter(string path)
{
    /// <summary>The number of the next connection, written down before it is used.</summary>
    /// <exception cref="IOException">It can't be written.</exception>
    public int Next()
    {
        var next = File.Exists(path) && byte.TryParse(File.ReadAllText(path).AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            ? (last + 1) % 256
            : 0;
        Disk.Replace(path, next.ToString(CultureInfo.InvariantCulture));
        return next;
    }
}
