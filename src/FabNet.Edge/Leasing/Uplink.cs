// What goes up to the coordinator: which facts, how many at once, and what is sent again.

using System.Threading.Channels;
using FabNet.Edge.Telemetry;
using FabNet.Model;
using FabNet.Model.Sites;
using FabNet.Protocol;
using FabNet.Protocol.V1;
using Google.Protobuf.WellKnownTypes;

namespace FabNet.Edge.Leasing;

/// <summary>
/// The upward lanes. Job events and telemetry go in windows of unacknowledged reports and start again from what the coordinator has; of
/// machine states only the newest counts. When the stream is full, what is left waits for the next call. Owned by the edge's loop.
/// </summary>
internal sealed class Uplink(EdgeBook book, TelemetrySpool spool)
{
    private const int EventWindow = 256;
    private const int TelemetryWindow = 4;

    private readonly Dictionary<MachineId, FabNet.Model.Sites.MachineStatus> _dirty = [];
    private ChannelWriter<EdgeUp>? _up;
    private long _eventsSent;
    private long _telemetrySent;
    private long _eventsAcknowledged;
    private long _telemetryAcknowledged;

    /// <summary>True while the coordinator listens.</summary>
    public bool IsConnected => _up is not null;

    /// <summary>A connection was welcomed: everything after what the coordinator has is sent again.</summary>
    public void Connect(ChannelWriter<EdgeUp> up, EdgeDown.Types.Welcome welcome)
    {
        _up = up;
        _eventsSent = _eventsAcknowledged = welcome.JobEventSequence;
        _telemetrySent = _telemetryAcknowledged = welcome.TelemetrySequence;
        book.Acknowledge(welcome.JobEventSequence);
        spool.Acknowledge(welcome.TelemetrySequence);
    }

    /// <summary>The stream broke.</summary>
    public void Disconnect()
    {
        _up?.TryComplete();
        _up = null;
    }

    /// <summary>The coordinator journaled everything up to here. A lower number than before means: send again from there.</summary>
    public void Acknowledge(EdgeDown.Types.Acknowledged acknowledged)
    {
        if (acknowledged.JobEventSequence < _eventsAcknowledged)
        {
            _eventsSent = acknowledged.JobEventSequence;
        }

        _eventsAcknowledged = acknowledged.JobEventSequence;
        _telemetryAcknowledged = Math.Max(_telemetryAcknowledged, acknowledged.TelemetrySequence);
        book.Acknowledge(acknowledged.JobEventSequence);
        spool.Acknowledge(acknowledged.TelemetrySequence);
    }

    /// <summary>A machine's state to send; a newer one of the same machine replaces it.</summary>
    public void Tell(FabNet.Model.Sites.MachineStatus status) => _dirty[status.Machine] = status;

    /// <summary>Sends now, or not at all.</summary>
    public bool TrySend(EdgeUp message) => _up?.TryWrite(message) ?? false;

    /// <summary>Sends what there is room for.</summary>
    public void Pump()
    {
        if (_up is null)
        {
            return;
        }

        foreach (var status in _dirty.Values.ToList())
        {
            if (!TrySend(new EdgeUp { MachineStatus = status.ToWire() }))
            {
                return;
            }

            _dirty.Remove(status.Machine);
        }

        PumpEvents();
        PumpTelemetry();
    }

    private void PumpEvents()
    {
        var room = (int)(EventWindow - (_eventsSent - _eventsAcknowledged));
        if (room <= 0 || _eventsSent >= book.Outbox.NextSequence - 1)
        {
            return;
        }

        foreach (var happened in book.Outbox.After(_eventsSent, room))
        {
            if (!TrySend(new EdgeUp { JobEvent = new() { Sequence = happened.Sequence, Event = happened.Event.ToWire() } }))
            {
                return;
            }

            _eventsSent = happened.Sequence;
        }
    }

    private void PumpTelemetry()
    {
        var room = (int)(TelemetryWindow - (_telemetrySent - _telemetryAcknowledged));
        if (room <= 0 || _telemetrySent >= spool.LastSequence)
        {
            return;
        }

        foreach (var report in spool.ReadAfter(_telemetrySent, room))
        {
            if (!TrySend(new EdgeUp { Telemetry = report }))
            {
                return;
            }

            _telemetrySent = report.Sequence;
        }
    }
}
