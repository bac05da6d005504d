// Telemetry on disk until the coordinator has it: bounded by size and age, every drop counted, whole after kill -9.

using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using FabNet.Edge.Storage;
using FabNet.Model.Machines;
using FabNet.Protocol.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using TelemetrySample = FabNet.Model.Machines.TelemetrySample;

namespace FabNet.Edge.Telemetry;

/// <summary>
/// An append-only queue of telemetry reports in segment files. Samples are gathered in memory and written as one report of at most 1,000 by
/// <see cref="Flush"/>; a report keeps its sequence for ever, so it may be sent again. Nothing is synced sample by sample: kill -9 costs what was
/// not flushed, a power cut what the system had not written yet. Thread safe; calls are short.
/// </summary>
/// <remarks>Record: length (4 bytes, little endian), CRC-32C (4 bytes), a TelemetryReport. A torn last record ends the file and is cut off.</remarks>
internal sealed class TelemetrySpool : IDisposable
{
    /// <summary>The most samples in one report (edge.proto).</summary>
    public const int MaxSamples = 1000;

    private const int HeaderBytes = 8;

    private readonly Lock _gate = new();
    private readonly string _folder;
    private readonly long _maxBytes;
    private readonly long _segmentBytes;
    private readonly TimeSpan _maxAge;
    private readonly TimeProvider _time;
    private readonly LinkedList<SpoolSegment> _segments = [];
    private readonly List<TelemetrySample> _gathered = new(MaxSamples);
    private FileStream _active;
    private bool _isSegmentOver;
    private long _next;
    private long _acknowledged;
    private long _droppedUnreported;
    private long _droppedTotal;

    private TelemetrySpool(string folder, long maxBytes, TimeSpan maxAge, TimeProvider time)
    {
        _folder = folder;
        _maxBytes = maxBytes;
        _segmentBytes = Math.Clamp(maxBytes / 16, 4096, 4_000_000);
        _maxAge = maxAge;
        _time = time;
        foreach (var path in Directory.EnumerateFiles(folder, "*" + SpoolSegment.Extension).Order(StringComparer.Ordinal))
        {
            _segments.AddLast(SpoolSegment.Scan(path));
        }

        if (_segments.Last is { Value: var last })
        {
            _next = last.NextSequence;
            _active = new FileStream(last.Path, FileMode.Open, FileAccess.Write, FileShare.Read | FileShare.Delete, bufferSize: 0);
            _active.SetLength(last.Bytes);
            _active.Position = last.Bytes;
        }
        else
        {
            _next = 1;
            StartSegment();
        }
    }

    /// <summary>Samples lost to the bounds, or to a disk that could not be written, since this process opened the spool.</summary>
    public long Dropped
    {
        get
        {
            lock (_gate)
            {
                return _droppedTotal;
            }
        }
    }

    /// <summary>The sequence of the newest report; 0 if there never was one.</summary>
    public long LastSequence
    {
        get
        {
            lock (_gate)
            {
                return _next - 1;
            }
        }
    }

    /// <summary>Bytes on disk.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
            {
                return _segments.Sum(s => s.Bytes);
            }
        }
    }

    /// <summary>Opens the spool of a folder, and creates it where there is none.</summary>
    /// <exception cref="IOException">The folder can't be written.</exception>
    public static TelemetrySpool Open(string folder, long maxBytes, TimeSpan maxAge, TimeProvider time)
    {
        Directory.CreateDirectory(folder);
        return new TelemetrySpool(folder, maxBytes, maxAge, time);
    }

    /// <summary>Called with each sample that is taken, by whoever adds it. Must not wait. Set before the first sample.</summary>
    public Action<TelemetrySample>? Added { get; set; }

    /// <summary>Takes a sample; every thousandth is followed by a flush.</summary>
    public void Add(TelemetrySample sample)
    {
        Added?.Invoke(sample);
        lock (_gate)
        {
            _gathered.Add(sample);
            if (_gathered.Count >= MaxSamples)
            {
                FlushLocked();
            }
        }
    }

    /// <summary>Writes what was gathered as one report. Where the disk refuses, the samples are dropped, and counted in the next report.</summary>
    /// <returns>Null, or what the disk said.</returns>
    public IOException? Flush()
    {
        lock (_gate)
        {
            return FlushLocked();
        }
    }

    /// <summary>The next reports after a sequence that are still held.</summary>
    public IReadOnlyList<EdgeUp.Types.TelemetryReport> ReadAfter(long sequence, int max)
    {
        lock (_gate)
        {
            var reports = new List<EdgeUp.Types.TelemetryReport>();
            foreach (var segment in _segments)
            {
                if (segment.NextSequence <= sequence + 1)
                {
                    continue;
                }

                using var file = new FileStream(segment.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                foreach (var record in segment.Records)
                {
                    if (record.Sequence <= sequence)
                    {
                        continue;
                    }

                    if (reports.Count == max)
                    {
                        return reports;
                    }

                    var payload = new byte[record.Length];
                    file.Position = record.Offset;
                    file.ReadExactly(payload);
                    reports.Add(EdgeUp.Types.TelemetryReport.Parser.ParseFrom(payload));
                }
            }

            return reports;
        }
    }

    /// <summary>Forgets every report up to a sequence. A sequence that was never written (the disk lost its end in a power cut) is not given again.</summary>
    public void Acknowledge(long sequence)
    {
        lock (_gate)
        {
            _acknowledged = Math.Max(_acknowledged, sequence);
            while (_segments.First is { Value: var oldest } && _segments.Count > 1 && oldest.NextSequence <= _acknowledged + 1)
            {
                Remove(oldest);
            }

            if (_acknowledged >= _next)
            {
                _next = _acknowledged + 1;
                _isSegmentOver = true;
            }
        }
    }

    /// <summary>Flushes and closes.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            FlushLocked();
            _active.Dispose();
        }
    }

    private IOException? FlushLocked()
    {
        try
        {
            DropBeyondBounds();
            while (_gathered.Count > 0 || _droppedUnreported > 0)
            {
                Write();
            }

            return null;
        }
        catch (IOException e)
        {
            Drop(_gathered.Count);
            _gathered.Clear();
            return Disk.Explain(e, _folder);
        }
    }

    private void Write()
    {
        var count = Math.Min(_gathered.Count, MaxSamples);
        var report = new EdgeUp.Types.TelemetryReport { Sequence = _next, Dropped = _droppedUnreported };
        foreach (var sample in CollectionsMarshal.AsSpan(_gathered)[..count])
        {
            report.Samples.Add(ToWire(sample));
        }

        var record = new byte[HeaderBytes + report.CalculateSize()];
        report.WriteTo(record.AsSpan(HeaderBytes));
        BinaryPrimitives.WriteInt32LittleEndian(record, record.Length - HeaderBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(4), SpoolSegment.Checksum(record.AsSpan(HeaderBytes)));
        var segment = _segments.Last!.Value;
        if (_isSegmentOver || (segment.Bytes > 0 && segment.Bytes + record.Length > _segmentBytes))
        {
            StartSegment();
            segment = _segments.Last!.Value;
        }

        try
        {
            _active.Write(record);
        }
        catch (IOException)
        {
            _active.SetLength(segment.Bytes);
            _active.Position = segment.Bytes;
            throw;
        }

        segment.Append(new SpoolRecord(_next, segment.Bytes + HeaderBytes, record.Length - HeaderBytes, count), record.Length, _time.GetUtcNow());
        _next++;
        _droppedUnreported = 0;
        _gathered.RemoveRange(0, count);
    }

    private void DropBeyondBounds()
    {
        var oldestAllowed = _time.GetUtcNow() - _maxAge;
        while (_segments.First is { Value: var oldest } && oldest.Records.Count > 0
            && (oldest.NewestAt < oldestAllowed || _segments.Sum(s => s.Bytes) + _segmentBytes > _maxBytes))
        {
            if (_segments.Count == 1)
            {
                if (oldest.NewestAt >= oldestAllowed)
                {
                    return;
                }

                StartSegment();
            }

            Drop(oldest.Records.Where(r => r.Sequence > _acknowledged).Sum(r => (long)r.Samples));
            Remove(oldest);
        }
    }

    private void Drop(long samples)
    {
        _droppedUnreported += samples;
        _droppedTotal += samples;
    }

    private void Remove(SpoolSegment segment)
    {
        _segments.Remove(segment);
        Disk.TryDelete(segment.Path);
    }

    // A full disk may refuse: then the segment before is still there to be written.
    [MemberNotNull(nameof(_active))]
    private void StartSegment()
    {
        var segment = SpoolSegment.Create(_folder, _next, _time.GetUtcNow());
        var file = new FileStream(segment.Path, FileMode.Create, FileAccess.Write, FileShare.Read | FileShare.Delete, bufferSize: 0);
        if (_segments.Last is { Value: var last } && last.Path == segment.Path)
        {
            _segments.RemoveLast();
        }

        _segments.AddLast(segment);
        _active?.Dispose();
        _active = file;
        _isSegmentOver = false;
    }

    private static FabNet.Protocol.V1.TelemetrySample ToWire(TelemetrySample sample)
    {
        var wire = new FabNet.Protocol.V1.TelemetrySample
        {
            Machine = sample.Machine.ToString(),
            At = Timestamp.FromDateTimeOffset(sample.At),
            Metric = (FabNet.Protocol.V1.Metric)(int)sample.Metric,
            Index = sample.Index,
            Value = sample.Value,
        };
        if (sample.Job is { } job)
        {
            wire.JobId = job.Value;
        }

        return wire;
    }
}
