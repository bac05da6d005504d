// One file of the telemetry spool, and what is known of the reports in it.

using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using FabNet.Protocol.V1;
using Google.Protobuf;

namespace FabNet.Edge.Telemetry;

/// <summary>Where one report lies.</summary>
/// <param name="Sequence">Its sequence.</param>
/// <param name="Offset">Where its payload begins in the file.</param>
/// <param name="Length">The payload's length in bytes.</param>
/// <param name="Samples">How many samples it holds.</param>
internal readonly record struct SpoolRecord(long Sequence, long Offset, int Length, int Samples);

/// <summary>One segment file, named by the sequence of its first report.</summary>
internal sealed class SpoolSegment
{
    public const string Extension = ".spool";

    private readonly List<SpoolRecord> _records = [];
    private readonly long _firstSequence;

    private SpoolSegment(string path, long firstSequence, DateTimeOffset newestAt)
    {
        Path = path;
        _firstSequence = firstSequence;
        NewestAt = newestAt;
    }

    public string Path { get; }

    /// <summary>Bytes of whole records.</summary>
    public long Bytes { get; private set; }

    /// <summary>When the newest report was written.</summary>
    public DateTimeOffset NewestAt { get; private set; }

    public IReadOnlyList<SpoolRecord> Records => _records;

    /// <summary>The sequence that follows the last report.</summary>
    public long NextSequence => _records.Count > 0 ? _records[^1].Sequence + 1 : _firstSequence;

    public static SpoolSegment Create(string folder, long firstSequence, DateTimeOffset now) =>
        new(System.IO.Path.Combine(folder, firstSequence.ToString("D20", CultureInfo.InvariantCulture) + Extension), firstSequence, now);

    /// <summary>Reads a segment that an earlier process left, up to the first record that is not whole.</summary>
    public static SpoolSegment Scan(string path)
    {
        var first = long.TryParse(System.IO.Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var named) ? named : 1;
        var segment = new SpoolSegment(path, first, new DateTimeOffset(File.GetLastWriteTimeUtc(path)));
        var bytes = File.ReadAllBytes(path);
        var offset = 0;
        while (TryReadRecord(bytes.AsSpan(offset), out var payload) && TryParse(payload, out var report) && report.Sequence >= segment.NextSequence)
        {
            segment._records.Add(new SpoolRecord(report.Sequence, offset + 8, payload.Length, report.Samples.Count));
            offset += 8 + payload.Length;
        }

        segment.Bytes = offset;
        return segment;
    }

    public void Append(SpoolRecord record, int bytes, DateTimeOffset at)
    {
        _records.Add(record);
        Bytes += bytes;
        NewestAt = at;
    }

    /// <summary>CRC-32C (Castagnoli), which processors compute themselves.</summary>
    public static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(bytes))
        {
            crc = BitOperations.Crc32C(crc, word);
        }

        foreach (var rest in bytes[(bytes.Length & ~7)..])
        {
            crc = BitOperations.Crc32C(crc, rest);
        }

        return ~crc;
    }

    private static bool TryReadRecord(ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        if (bytes.Length < 8)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        if (length < 0 || length > bytes.Length - 8)
        {
            return false;
        }

        payload = bytes.Slice(8, length);
        return Checksum(payload) == BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
    }

    private static bool TryParse(ReadOnlySpan<byte> payload, out EdgeUp.Types.TelemetryReport report)
    {
        try
        {
            report = EdgeUp.Types.TelemetryReport.Parser.ParseFrom(payload);
            return true;
        }
        catch (InvalidProtocolBufferException)
        {
            report = new();
            return false;
        }
    }
}
