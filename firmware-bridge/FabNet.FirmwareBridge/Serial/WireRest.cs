// How long a streaming machine may be left alone, so that its answers are read together.

using FabNet.FirmwareBridge.Streaming;

namespace FabNet.FirmwareBridge.Serial;

/// <summary>
/// While what is in flight surely keeps the wire busy, an <c>ok</c> need not wake anybody: a wake-up costs ten times what the session does for a line. The wire carries at least its baud
/// rate, and as much as was seen (a board on USB answers faster than any baud rate says, and is never left alone); what the clock is late by is taken off.
/// </summary>
/// <param name="baud">Bits per second, ten for each byte.</param>
internal sealed class WireRest(int baud)
{
    // Beyond this nothing is gained, and what a firmware says of itself (an alarm, a question) should not wait.
    private const double LongestMs = 3;
    private const double ShortestMs = 1;

    // The rest is for the answers' own way back, and for the turn that follows.
    private const double Share = 0.8;
    private const double LearningMs = 10;

    private readonly double _leastBytesPerMs = baud / 10_000.0;
    private double _bytesPerMs = double.PositiveInfinity;
    private long _taken;
    private long _learntFrom;
    private double _learntAt;
    private double _lateMs = 0.2;
    private double _endsAt = double.NaN;

    /// <summary>To be asked in every turn of the loop, after all that may go has been written.</summary>
    /// <param name="streamer">What is in flight.</param>
    /// <param name="nowMs">Now, in fractions too.</param>
    /// <returns>Milliseconds, from 1 to 3; 0 to wait for bytes.</returns>
    public double NextMs(GCodeStreamer streamer, double nowMs)
    {
        if (nowMs > _endsAt)
            _lateMs += (nowMs - _endsAt - _lateMs) / 8;
        else
            _lateMs *= 0.999;
        _endsAt = double.NaN;
        Learn(streamer.BytesTaken, nowMs);
        if (streamer.BytesTaken == _taken)
            return 0;
        _taken = streamer.BytesTaken;
        // The first of them has perhaps arrived all but its last byte.
        var busyMs = (streamer.BytesInFlight - streamer.FirstBytesInFlight) / _bytesPerMs;
        var restMs = Math.Min((busyMs * Share) - _lateMs, LongestMs);
        if (restMs < ShortestMs)
            return 0;
        _endsAt = nowMs + restMs;
        return restMs;
    }

    private void Learn(long taken, double nowMs)
    {
        var passedMs = nowMs - _learntAt;
        if (passedMs < LearningMs)
            return;
        // What came after a standstill says nothing of the wire.
        _bytesPerMs = passedMs > LearningMs * 4 ? double.PositiveInfinity : Math.Max(_leastBytesPerMs, (taken - _learntFrom) / passedMs);
        _learntFrom = taken;
        _learntAt = nowMs;
    }
}
