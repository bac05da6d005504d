// How far a publisher's broker has the site's job events: a small file, whole after kill -9.

using System.Globalization;
using FabNet.Edge.Leasing;
using FabNet.Edge.Storage;

namespace FabNet.Edge.SiteBroker;

/// <summary>
/// The journal cursor of the last job event that the broker acknowledged. At the very first start it is the journal's end, so that a site's past
/// is not published; a new journal begins at its beginning. Not thread safe.
/// </summary>
internal sealed class EventCursor
{
    private readonly string _path;
    private readonly string _bootId;

    /// <exception cref="IOException">The file can't be written.</exception>
    public EventCursor(string path, JobEventLog events)
    {
        _path = path;
        _bootId = events.BootId;
        if (!File.Exists(path))
        {
            Acknowledge(events.Head);
        }
        else if (File.ReadAllText(path).Split(' ', StringSplitOptions.TrimEntries) is [var boot, var cursor] && boot == _bootId
            && long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var acknowledged))
        {
            Acknowledged = Math.Min(acknowledged, events.Head);
        }
    }

    /// <summary>The broker has the events up to here.</summary>
    public long Acknowledged { get; private set; }

    /// <exception cref="IOException">The file can't be written; the events will be sent again after a restart.</exception>
    public void Acknowledge(long cursor)
    {
        Acknowledged = cursor;
        Disk.Replace(_path, string.Create(CultureInfo.InvariantCulture, $"{_bootId} {cursor}\n"));
    }
}
